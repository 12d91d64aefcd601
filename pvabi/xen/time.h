/*
 * xen/time.h: the clock a guest reads without a hypercall
 *
 * ABI: version is odd while the hypervisor rewrites the record; a reader
 *      retries until it saw the same even version before and after.
 */
#ifndef PVABI_XEN_TIME_H
#define PVABI_XEN_TIME_H

#include <xen/types.h>

/* Bits of vcpu_time_info.flags. */
#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* all vcpus agree on the clock */
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1)

#ifndef __ASSEMBLER__

/*
 * now (ns since hypervisor boot) = system_time +
 *	(((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32)
 * where a negative tsc_shift shifts right.
 */
struct vcpu_time_info {
	uint32_t version;
	uint32_t pad0;
	uint64_t tsc_timestamp;
	uint64_t system_time; /* ns, at tsc_timestamp */
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad1[2];
};

#endif /* __ASSEMBLER__ */
#endif
