/*
 * cpu/warp.c: do two pcpus' time stamp counters agree?
 *
 * Both read in turn, under a lock: a reading below the one before it, which
 * the other pcpu took, shows by how much the reader's counter is behind.
 */
#include "warp.h"

/* Times that a reading follows one of the other pcpu. */
#define CHANGES 200

static void meet(u32 *at)
{
	__atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(at, __ATOMIC_SEQ_CST) < 2)
		__builtin_ia32_pause();
}

u64 warp_step(struct warp *w, unsigned int side, u64 (*clock)(void))
{
	u64 before, t;

	while (__atomic_exchange_n(&w->lock, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	before = w->last;
	t = clock();
	w->last = t;
	if (w->last_side != side)
		WRITE_ONCE(w->changes, w->changes + 1);
	w->last_side = side;
	STORE_REL(w->lock, 0);
	return t < before ? before - t : 0;
}

void warp_measure(struct warp *w, unsigned int side, u64 (*clock)(void))
{
	u64 behind = 0, b;

	meet(&w->begun);
	do {
		b = warp_step(w, side, clock);
		behind = max(behind, b);
		__builtin_ia32_pause();
	} while (READ_ONCE(w->changes) < CHANGES);
	w->behind[side] = behind;
	meet(&w->ended);
}

bool warp_sync(struct warp *rounds, unsigned int n, unsigned int side,
	       u64 (*clock)(void), void (*adjust)(u64 ticks), u64 *differs)
{
	unsigned int i, far = !side;
	u64 mine, its;

	*differs = 0;
	for (i = 0; i < n; i++) {
		warp_measure(&rounds[i], side, clock);
		mine = rounds[i].behind[side];
		its = rounds[i].behind[far];
		if (!mine && !its)
			return true;
		*differs = max(*differs, max(mine, its));
		if (adjust)
			adjust(mine - its);
	}
	return false;
}
