/*
 * ring.h: copy bytes through a ring shared with another domain
 *
 * Owns:       nothing; ring and indices lie in a page both sides can write
 * Invariants: each index of the other side is read once per call; bytes are
 *             copied before the index that hands them over is published
 * Lock:       none; one writer and one reader per ring
 * ABI:        free-running 32-bit indices, ring sizes that are powers of two
 */
#ifndef DOM0_TOOLS_RING_H
#define DOM0_TOOLS_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A ring and its two indices, wherever they lie. */
struct ring {
	char *data;
	uint32_t size;
	uint32_t *cons, *prod;
};

/**
 * ring_avail() - bytes that can be taken
 *
 * Returns: 0 to size, -EPROTO if the indices are further apart than that
 */
ssize_t ring_avail(const struct ring *r);

/** ring_room() - bytes that can be put; -EPROTO as ring_avail() */
ssize_t ring_room(const struct ring *r);

/**
 * ring_take() - consume up to @max bytes into @to
 *
 * Returns: bytes taken, -EPROTO
 */
ssize_t ring_take(const struct ring *r, void *to, size_t max);

/**
 * ring_peek() - copy the next @n bytes without consuming them
 *
 * Returns: 0, -EAGAIN if there are fewer, -EPROTO
 */
int ring_peek(const struct ring *r, void *to, size_t n);

/**
 * ring_put() - produce up to @n bytes from @from
 *
 * Returns: bytes put, -EPROTO
 */
ssize_t ring_put(const struct ring *r, const void *from, size_t n);

#endif
