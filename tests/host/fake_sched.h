/*
 * fake_sched.h: run queues, timers and event channels on pcpus whose clock the
 * test moves
 *
 * The real ones; what they need of the rest of the hypervisor is in
 * fake_sched.c. One pcpu and two domains of four vcpus, none online.
 */
#ifndef TESTS_HOST_FAKE_SCHED_H
#define TESTS_HOST_FAKE_SCHED_H

#include "../../hypervisor/sched/internal.h"
#include "fake.h"

#define STEP	      (100 * NS_PER_US)
#define apic_deadline (deadlines[this_pcpu()->id])

extern u64 clock_ns, deadlines[2];
extern struct domain *d0, *d1;
extern struct domain *shut_down; /* the last that was, and why */
extern u32 shut_reason;
extern unsigned int switches;
extern u64 switch_ns; /* what telling the outgoing guest takes */

/** advance() - the clock, and the timer of the running pcpu */
void advance(u64 ns);
/** exit_work() - what the gate does before a guest runs */
void exit_work(void);
/** run_for() - guests compute, with all ticks */
void run_for(u64 ns);
void online(struct vcpu *v);
u64 used(struct vcpu *v);
void assert_near(u64 got, u64 want, u64 slack); /* ns */

/** fake_sched_setup(), fake_sched_teardown() - a checked fixture */
void fake_sched_setup(void);
void fake_sched_teardown(void);
#endif
