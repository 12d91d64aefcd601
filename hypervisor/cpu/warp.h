/*
 * cpu/warp.h: comparing the clocks of two pcpus
 */
#ifndef CPU_WARP_H
#define CPU_WARP_H

#include <hv/types.h>

struct warp { /* all zero before */
	u32 lock;
	u32 begun, ended; /* how many of the two */
	u64 last;	  /* what was read last, by @last_side */
	unsigned int last_side, changes;
	u64 behind[2]; /* ticks; the most each saw itself behind */
};

/** warp_step() - one reading; returns by how much it is below the last, or 0 */
u64 warp_step(struct warp *w, unsigned int side, u64 (*clock)(void));

/**
 * warp_measure() - both pcpus call it, each as its own @side; they wait for
 * each other
 * @clock: reads this pcpu's counter, not before what precedes it
 *
 * When it returns both of @w->behind are there for both.
 */
void warp_measure(struct warp *w, unsigned int side, u64 (*clock)(void));

/**
 * warp_sync() - measure until the clocks agree, @n times at most; both call it
 * @rounds:  @n of them, all zero before
 * @adjust:  puts this side's clock forward by so many ticks; NULL: it cannot,
 * or it is for the other to do
 * @differs: ticks, the most that showed
 *
 * Returns:  on both sides the same: whether they agree at last
 */
bool warp_sync(struct warp *rounds, unsigned int n, unsigned int side,
	       u64 (*clock)(void), void (*adjust)(u64 ticks), u64 *differs);

#endif
