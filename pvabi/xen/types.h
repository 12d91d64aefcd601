/*
 * xen/types.h: the scalar types and the guest pointer of the interface
 *
 * ABI: Xen 4.17, x86-64 PV. Everything here is little endian, longs and
 *      pointers are 8 bytes. Freestanding: only <stdint.h> and <stddef.h>.
 */
#ifndef PVABI_XEN_TYPES_H
#define PVABI_XEN_TYPES_H

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

typedef uint16_t domid_t;
typedef uint32_t evtchn_port_t;
typedef uint32_t grant_ref_t;
typedef uint32_t grant_handle_t;
typedef uint64_t xen_pfn_t;
typedef uint64_t xen_ulong_t;
typedef uint64_t xen_callback_t; /* address of a guest entry point */
typedef uint8_t xen_domain_handle_t[16];

/*
 * A pointer into the caller's address space. A caller fills in @p; the
 * hypervisor treats @p as a number and never follows it.
 */
#define GUEST_HANDLE(type) \
	struct {           \
		type *p;   \
	}

/* A set of cpus or nodes: bit n of byte n / 8; bits past nr_bits are unset. */
struct xenctl_bitmap {
	GUEST_HANDLE(uint8_t) bitmap;
	uint32_t nr_bits;
};

#endif /* __ASSEMBLER__ */
#endif
