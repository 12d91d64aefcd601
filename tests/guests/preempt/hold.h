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

/* Starts counting anew; false where nothing is counted. */
bool hold_reset(void);
/* The longest since then. */
u64 hold_longest(void);

#define hold_begin()                                              \
	do {                                                      \
		if (!is_dom0())                                   \
			skip("needs the rights of dom0");         \
		if (!hold_reset())                                \
			skip("no counter, or not under -icount"); \
	} while (0)

/* Prints the figure, for docs/benchmarks, and checks it. */
#define hold_expect(what)                                    \
	do {                                                 \
		u64 longest_ = hold_longest();               \
		printf("HELD %s %lu\n", what, longest_);     \
		expect(longest_ > 0 && longest_ <= LONGEST); \
	} while (0)

#endif
