#include "ring.h"

#include <errno.h>
#include <string.h>

/* Pairs with the other side's release of the index it owns. */
static uint32_t theirs(const uint32_t *idx)
{
	return __atomic_load_n(idx, __ATOMIC_ACQUIRE);
}

static uint32_t ours(const uint32_t *idx)
{
	return __atomic_load_n(idx, __ATOMIC_RELAXED);
}

static ssize_t used(const struct ring *r, uint32_t cons, uint32_t prod)
{
	uint32_t n = prod - cons;

	return n <= r->size ? (ssize_t)n : -EPROTO;
}

ssize_t ring_avail(const struct ring *r)
{
	return used(r, ours(r->cons), theirs(r->prod));
}

ssize_t ring_room(const struct ring *r)
{
	ssize_t n = used(r, theirs(r->cons), ours(r->prod));

	return n < 0 ? n : (ssize_t)r->size - n;
}

static void copy_out(const struct ring *r, uint32_t cons, void *to, size_t n)
{
	uint32_t at = cons & (r->size - 1);
	size_t first = r->size - at < n ? r->size - at : n;

	memcpy(to, r->data + at, first);
	memcpy((char *)to + first, r->data, n - first);
}

ssize_t ring_take(const struct ring *r, void *to, size_t max)
{
	uint32_t cons = ours(r->cons);
	ssize_t n = used(r, cons, theirs(r->prod));

	if (n <= 0)
		return n;
	if ((size_t)n > max)
		n = max;
	copy_out(r, cons, to, n);
	__atomic_store_n(r->cons, cons + (uint32_t)n, __ATOMIC_RELEASE);
	return n;
}

int ring_peek(const struct ring *r, void *to, size_t n)
{
	uint32_t cons = ours(r->cons);
	ssize_t avail = used(r, cons, theirs(r->prod));

	if (avail < 0)
		return avail;
	if ((size_t)avail < n)
		return -EAGAIN;
	copy_out(r, cons, to, n);
	return 0;
}

ssize_t ring_put(const struct ring *r, const void *from, size_t n)
{
	uint32_t prod = ours(r->prod), at = prod & (r->size - 1), first;
	ssize_t room = used(r, theirs(r->cons), prod);

	if (room < 0)
		return room;
	room = r->size - room;
	if (n > (size_t)room)
		n = room;
	if (!n)
		return 0;
	first = r->size - at < n ? r->size - at : n;
	memcpy(r->data + at, from, first);
	memcpy(r->data, (const char *)from + first, n - first);
	__atomic_store_n(r->prod, prod + (uint32_t)n, __ATOMIC_RELEASE);
	return n;
}
