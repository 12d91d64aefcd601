/*
 * xs_wire_io.h: messages to and from the store daemon, inside the client
 *
 * Owns:       struct xs_client
 * Invariants: once broken is set, every call returns it
 * Lock:       none
 */
#ifndef LIB_XS_WIRE_IO_H
#define LIB_XS_WIRE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <xen/xs_wire.h>

struct xs_client;

#define XSC_MAX_PARTS 8u

/** A message from the daemon, NUL-terminated beyond its length. */
struct message {
	struct message *next;
	struct xsd_sockmsg hdr;
	char body[];
};

/**
 * xsc_talk() - one request and its reply
 * @parts: payload in at most XSC_MAX_PARTS pieces
 * @out:   the reply, to be freed; NULL if nobody cares for more than success
 */
int xsc_talk(struct xs_client *c, uint32_t type, uint32_t tx,
	     const struct iovec *parts, unsigned int n, struct message **out);

/** xsc_give_body() - turn a message into a block that is just its body */
int xsc_give_body(struct message *m, char **val, size_t *len);

#endif
