/*
 * lib/memory.h: frames, pins, event channels and grants of a new domain
 *
 * All return the hypervisor's negative errno and leave wording to the caller.
 *
 * ABI: memory_op, mmuext_op, event_channel_op, grant_table_op
 */
#ifndef LIB_MEMORY_H
#define LIB_MEMORY_H

#include <xen/xen.h>

#include "lib/privcmd.h"

/**
 * mem_populate() - give frames to a domain
 * @order: each extent is 2^@order frames
 * @n:     extents
 * @pfns:  in: first pfn of each extent, an hv buffer; out: its first mfn for
 *         those that were populated
 *
 * Returns:  extents done, fewer than @n when memory ran out; negative errno
 */
long mem_populate(struct hv *hv, domid_t domid, unsigned int order,
		  xen_pfn_t *pfns, size_t n);

/** mem_set_map() - the memory map a PV domain reads: RAM from 0 to @bytes */
int mem_set_map(struct hv *hv, domid_t domid, uint64_t bytes);

/** mem_pin_l4() - validate @mfn as top-level page table of @domid */
int mem_pin_l4(struct hv *hv, domid_t domid, uint64_t mfn);

/** mem_alloc_port() - a port of @domid that @remote may bind; port or -errno */
int mem_alloc_port(struct hv *hv, domid_t domid, domid_t remote);

/**
 * mem_grant_frame() - machine frame of the first page of a grant table
 * @mfn: set on success only
 *
 * For kernels and hypervisors where the table cannot be mapped as a resource.
 */
int mem_grant_frame(struct hv *hv, domid_t domid, uint64_t *mfn);

#endif /* LIB_MEMORY_H */
