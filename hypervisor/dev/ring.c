/*
 * ring.c: the message ring and what sysctl readconsole makes of it
 *
 * Positions count bytes since boot modulo 2^32; differences are what matters.
 */
#include "internal.h"

#define MASK (RING_BYTES - 1)

void ring_put(struct msg_ring *r, const char *s, size_t n)
{
	for (; n; n--)
		r->buf[r->prod++ & MASK] = *s++;
	if (r->prod - r->cons > RING_BYTES)
		r->cons = r->prod - RING_BYTES;
}

size_t ring_read(struct msg_ring *r, char *buf, size_t n, bool clear,
		 bool incremental, u32 *index)
{
	u32 at = r->cons;
	size_t got = 0;

	/* A reader's old position is used while it is still in the ring. */
	if (incremental && *index - r->cons <= r->prod - r->cons)
		at = *index;
	while (at != r->prod && got < n)
		buf[got++] = r->buf[at++ & MASK];
	if (clear)
		r->cons = r->prod;
	*index = at;
	return got;
}
