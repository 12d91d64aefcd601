/*
 * two_pcpus.h: two threads, each a pcpu with a vcpu, for ThreadSanitizer
 */
#ifndef TESTS_HOST_TWO_PCPUS_H
#define TESTS_HOST_TWO_PCPUS_H

#include "fake.h"

/** two_pcpus() - run @a as @va and @b as @vb at once, until both return */
void two_pcpus(struct vcpu *va, void (*a)(void), struct vcpu *vb,
	       void (*b)(void));

#endif
