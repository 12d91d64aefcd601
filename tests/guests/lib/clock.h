/*
 * lib/clock.h: time in a test guest
 */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include "lib.h"

#define MS 1000000UL

/* ns since the hypervisor's boot, from the record of vcpu @id or our own. */
u64 clock_of(u32 id);
u64 system_time(void);

/* Sleeps in the hypervisor, so that it gets round to its own work. */
void sleep_ns(u64 ns);

#endif
