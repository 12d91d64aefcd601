/*
 * cpu/warp.c: do two pcpus' time stamp counters agree?
 *
 * Both read in turn, under a lock: a reading below the one before it, which
 * the other pcpu took, shows by how much the reader's counter is behind.
 */
#include "warp.h"

#define TURNS 1000

static void meet(u32 *at)
{
	__atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(at, __ATOMIC_SEQ_CST) < 2)
		__builtin_ia32_pause();
}

static u64 read_once(struct warp *w, u64 (*clock)(void))
{
	u64 before, t;

	while (__atomic_exchange_n(&w->lock, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	before = w->last;
	t = clock();
	w->last = t;
	STORE_REL(w->lock, 0);
	return t < before ? before - t : 0;
}

void warp_measure(struct warp *w, unsigned int side, u64 (*clock)(void))
{
	u64 behind = 0, b;
	unsigned int i;

	meet(&w->begun);
	for (i = 0; i < TURNS; i++) {
		b = read_once(w, clock);
		behind = max(behind, b);
		__builtin_ia32_pause();
	}
	w->behind[side] = behind;
	meet(&w->ended);
}
