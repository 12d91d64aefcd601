#include "outbuf.h"

#include <stdlib.h>
#include <string.h>

/* Move what waits to the front and make room for @n bytes behind it. */
static int make_room(struct outbuf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 1024;
	char *bigger;

	if (b->off + b->len + n <= b->cap)
		return 0;
	if (b->off) {
		memmove(b->data, b->data + b->off, b->len);
		b->off = 0;
	}
	while (cap < b->len + n)
		cap *= 2;
	if (cap <= b->cap)
		return 0;
	bigger = realloc(b->data, cap);
	if (!bigger)
		return -1;
	b->data = bigger;
	b->cap = cap;
	return 0;
}

void outbuf_add(struct outbuf *b, const char *p, size_t n)
{
	if (n > b->limit) {
		p += n - b->limit;
		n = b->limit;
	}
	if (b->len + n > b->limit)
		outbuf_drop(b, b->len + n - b->limit);
	if (make_room(b, n)) {
		/* No memory for more: new bytes replace old ones. */
		if (n > b->cap)
			return;
		outbuf_drop(b, b->len);
	}
	memcpy(b->data + b->off + b->len, p, n);
	b->len += n;
}

const char *outbuf_peek(const struct outbuf *b, size_t *n)
{
	*n = b->len;
	return b->data + b->off;
}

void outbuf_drop(struct outbuf *b, size_t n)
{
	b->off += n;
	b->len -= n;
	if (!b->len)
		b->off = 0;
}

void outbuf_free(struct outbuf *b)
{
	free(b->data);
	b->data = NULL;
	b->off = b->len = b->cap = 0;
}
