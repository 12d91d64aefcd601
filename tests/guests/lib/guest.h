/*
 * lib/guest.h: everything a test file includes
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include "lib.h"
#include "hypercall.h"
#include "page.h"
#include "trap.h"
#include "event.h"
#include "clock.h"
#include "promise.h"
#include "vcpu.h"
#include <xen/errno.h>

extern struct start_info *start_info;
extern struct shared_info *shared_info; /* mapped before the first promise */
extern u8 shared_info_page[];

/* The running vcpu's record. */
struct vcpu_info *vcpu_info(void);

static inline bool is_dom0(void)
{
	return start_info->flags & SIF_INITDOMAIN;
}

/* Addresses no guest may use as a pointer. */
#define BAD_UNMAPPED	 ((void *)0x00007f0000001000UL)
#define BAD_NONCANONICAL ((void *)0x0000900000000000UL)
#define BAD_HYPERVISOR	 ((void *)0xffff830000001000UL)

#endif
