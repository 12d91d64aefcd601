/*
 * xen/io_ring.h: the request and response ring of block and network devices
 *
 * ABI: a page with four free-running indices, 48 bytes reserved, then the
 *      slots. A producer publishes entries, then its index, and sends an
 *      event only if the index passed the peer's *_event mark.
 */
#ifndef PVABI_XEN_IO_RING_H
#define PVABI_XEN_IO_RING_H

#include <xen/types.h>

typedef uint32_t RING_IDX;

struct ring_header {
	RING_IDX req_prod; /* front end's */
	RING_IDX req_event;
	RING_IDX rsp_prod; /* back end's */
	RING_IDX rsp_event;
	uint8_t reserved[48];
};

#define RING_HEADER_BYTES 64

/* Slots of @slot bytes in a ring of @bytes: the largest power of two. */
static inline uint32_t ring_slots(size_t bytes, size_t slot)
{
	uint32_t n = 1;

	while ((size_t)n * 2 * slot + RING_HEADER_BYTES <= bytes)
		n *= 2;
	return n;
}

#endif
