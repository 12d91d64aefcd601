/*
 * lib/second.h: jobs for a second vcpu
 *
 * Invariants: one job at a time; it ends soon after second_stop is set. It
 *             takes no exception that a hook does not take: probes are
 *             the first vcpu's.
 */
#ifndef GUEST_SECOND_H
#define GUEST_SECOND_H

#include "lib.h"

/* Set by second_finish(); jobs look at it. */
extern volatile bool second_stop;

/* Starts vcpu 1, once. False: there is none. */
bool second_start(void);
void second_begin(void (*job)(void));
/* Tells the job to stop and waits; false when it does not, in 20 s. */
bool second_finish(void);

/* Yields until @met holds, at most 20 s; whether it does. */
bool wait_until(bool (*met)(void));

#endif
