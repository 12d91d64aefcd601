/*
 * hv/config.h: included before every unit by the build (-include)
 *
 * Build-time constants, and the visibility that lets position-independent
 * code address everything relative to RIP. Runtime choices are command-line
 * options (boot/cmdline.c), not macros.
 */
#ifndef HV_CONFIG_H
#define HV_CONFIG_H

#ifndef CONFIG_DEBUG
#define CONFIG_DEBUG 0 /* 1: lock ranks, ASSERT(), pt_check() hooks */
#endif

#define NR_PCPUS	 256   /* what structures are sized for */
#define NR_DOMAINS	 32752 /* valid domids: 0 .. DOMID_FIRST_RESERVED-1 */
#define MAX_VCPUS	 64 /* per domain; ids above 31 need vcpu_info moved */

#define PAGE_SHIFT	 12
#define PAGE_SIZE	 (1 << PAGE_SHIFT)
#define STACK_ORDER	 4 /* a pcpu's stacks: 64 KiB, naturally aligned */
#define STACK_SIZE	 (PAGE_SIZE << STACK_ORDER)

/* At the top of the stacks: struct stack_info, 8 bytes above the room's start,
 * which aligns the CPU's frames in it */
#define STACK_INFO_ROOM	 2048
#define STACK_INFO_PLACE (STACK_SIZE - STACK_INFO_ROOM + 8)

#ifndef __ASSEMBLY__
#if !defined(HOST_TEST)
#pragma GCC visibility push(hidden)
#endif
#endif

#endif
