/*
 * preempt/hold.h: how long the hypervisor went on without looking around
 *
 * Debug builds of Paravane count it, in ticks of the time stamp counter: under
 * QEMU's -icount shift=0 a tick is an instruction. Xen has no such counter.
 */
#ifndef GUEST_PREEMPT_HOLD_H
#define GUEST_PREEMPT_HOLD_H

#include <guest.h>

#define LONGEST 1000000 /* instructions */

/* Is it counted here, in instructions? */
bool hold_counted(void);
/* Starts counting anew. */
void hold_reset(void);
/* The longest since then; 0 where nothing is counted. */
u64 hold_longest(void);
/* Prints the figure, for docs/benchmarks; is it within the limit? */
bool hold_short(const char *what);

/* Without a counter the rest of a promise counts. */
#define hold_begin()                                      \
	do {                                              \
		if (!is_dom0())                           \
			skip("needs the rights of dom0"); \
		hold_reset();                             \
	} while (0)

#define hold_expect(what) expect(hold_short(what))

#endif
