/*
 * xen/console_ring.h: the page a domU shares with its console back end
 *
 * ABI: indices run freely; each side writes its own one only. Data first,
 *      then the barrier, then the index, then the event.
 */
#ifndef PVABI_XEN_CONSOLE_RING_H
#define PVABI_XEN_CONSOLE_RING_H

#include <xen/types.h>

typedef uint32_t XENCONS_RING_IDX;

#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface {
	char in[1024];
	char out[2048];
	XENCONS_RING_IDX in_cons, in_prod;
	XENCONS_RING_IDX out_cons, out_prod;
};

#endif
