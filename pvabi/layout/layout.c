/*
 * layout/layout.c: what the compiler must confirm about the headers
 *
 * Built into nothing; a wrong size, offset or number stops the build.
 */
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/console_ring.h>
#include <xen/cpuid.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/io_ring.h>
#include <xen/mca.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xs_wire.h>

/* Numbers in the lists are those of the headers. */
#define HYPERCALL(number, name, nargs, caller, meaning)         \
	_Static_assert(__HYPERVISOR_##name == (number), #name); \
	_Static_assert((nargs) <= 6, #name);
#include <calls/hypercalls.def>

#define SUBOP(call, number, name, meaning) \
	_Static_assert(name == (number) && __HYPERVISOR_##call >= 0, #name);
#include <calls/callback.def>
#include <calls/domctl.def>
#include <calls/event_channel.def>
#include <calls/grant.def>
#include <calls/memory.def>
#include <calls/mmuext.def>
#include <calls/physdev.def>
#include <calls/platform.def>
#include <calls/sched.def>
#include <calls/sysctl.def>
#include <calls/vcpu.def>
#include <calls/version.def>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type);
#define OFFSET(type, field, at) \
	_Static_assert(offsetof(type, field) == (at), #type "." #field);
#include <layout/layout.def>
