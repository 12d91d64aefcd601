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

#endif
