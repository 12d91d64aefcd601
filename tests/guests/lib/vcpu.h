/*
 * lib/vcpu.h: further vcpus of a test guest
 */
#ifndef GUEST_VCPU_H
#define GUEST_VCPU_H

#include "lib.h"
#include <xen/xen.h>

#define MAX_VCPUS 32 /* as many as shared_info has room for */

/*
 * Initialises vcpu @id to run @fn(@id) on a stack of its own, events masked.
 * Returns what VCPUOP_initialise did; VCPUOP_up is left to the caller.
 */
long vcpu_prepare(u32 id, void (*fn)(u32 id));
long vcpu_op(u32 op, u32 id, void *arg);

/* The vcpu running now, from its stack. */
u32 vcpu_self(void);

#endif
