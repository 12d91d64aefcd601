/*
 * outbuf.h: console output that nobody has read yet
 *
 * Owns:       its memory
 * Invariants: holds at most limit bytes, always the newest ones
 * Lock:       none
 */
#ifndef CONSOLE_OUTBUF_H
#define CONSOLE_OUTBUF_H

#include <stddef.h>

struct outbuf {
	char *data;
	size_t off, len, cap; /* bytes off .. off + len - 1 are waiting */
	size_t limit;	      /* bytes */
};

/** outbuf_add() - append; the oldest bytes go when there is no room */
void outbuf_add(struct outbuf *b, const char *p, size_t n);

/** outbuf_peek() - the bytes that come next; *n = 0 when there are none */
const char *outbuf_peek(const struct outbuf *b, size_t *n);

/** outbuf_drop() - the first @n of the peeked bytes were delivered */
void outbuf_drop(struct outbuf *b, size_t n);

/** outbuf_free() - forget everything */
void outbuf_free(struct outbuf *b);

#endif
