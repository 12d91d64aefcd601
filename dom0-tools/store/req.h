/*
 * req.h: what the handlers of requests share
 *
 * Owns:       nothing
 * Invariants: a handler either calls req_reply() or req_ok() once and returns
 *             0, or does neither and returns a negative errno
 * Lock:       none
 */
#ifndef STORE_REQ_H
#define STORE_REQ_H

#include <stddef.h>

#include <xen/xs_wire.h>

#include "conn.h"
#include "path.h"
#include "store.h"
#include "tx.h"
#include "view.h"

struct req {
	struct store *s;
	struct conn *c;
	const struct xsd_sockmsg *hdr;
	char *body; /* hdr->len bytes and a NUL */
	struct view view;
};

#define REQUEST(type, handler, transaction, caller) int handler(struct req *r);
#include "requests.def"
#undef REQUEST

/** req_reply() - answer with @len bytes */
void req_reply(struct req *r, const void *data, size_t len);

/** req_reply_string() - answer with a string and its NUL */
void req_reply_string(struct req *r, const char *s);

/** req_ok() - answer "OK" */
void req_ok(struct req *r);

/**
 * req_strings() - find the NUL-terminated strings of the payload
 * @vec: at most @max of them
 *
 * Returns: how many there are, which may be more than @max
 */
unsigned int req_strings(const struct req *r, char **vec, unsigned int max);

/** req_one() - the payload as exactly one string, or NULL */
char *req_one(const struct req *r);

/** req_path() - canonical form of a node's name; 0 or -EINVAL */
int req_path(const struct req *r, const char *in, bool special, char *out);

/** req_domid() - a domain number; -EINVAL when it is none */
int req_domid(const char *s, unsigned int *domid);

#endif
