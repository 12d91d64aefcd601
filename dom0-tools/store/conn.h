/*
 * conn.h: one client: bytes in, requests handled, messages out
 *
 * Owns:       the client's watches, transactions, unfinished request and
 *             unsent messages
 * Invariants: replies = messages on out that answer a request; no request is
 *             handled while replies has reached the quota
 *             a connection with bad set takes no more input
 * Lock:       none
 * ABI:        struct xsd_sockmsg, payloads up to XENSTORE_PAYLOAD_MAX
 */
#ifndef STORE_CONN_H
#define STORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xs_wire.h>

#include "list.h"
#include "perms.h"

struct store;

/** Keys below are domids of rings; a local client's is this plus its number. */
#define CONN_LOCAL 65536u

/** A message on its way to the client. */
struct msg {
	struct list link;
	bool event;  /* a watch event, not a reply */
	size_t size; /* bytes below, header included */
	size_t sent; /* bytes of them the client has */
	uint8_t bytes[];
};

struct conn {
	struct list link; /* in store.conns */
	struct store *store;
	uint32_t key; /* names the connection in saved state */
	struct who who;
	struct list watches;
	unsigned int nwatches;
	struct list txs;
	unsigned int ntxs;
	uint32_t last_tx_id;
	struct list out;
	unsigned int replies;
	size_t outbytes;
	uint32_t bad; /* XENSTORE_ERROR_*; 0 while the client behaves */
	size_t have;  /* bytes of in that are filled */
	struct {
		struct xsd_sockmsg hdr;
		char body[XENSTORE_PAYLOAD_MAX + 1];
	} in;
	void *io; /* the outside world's part */
};

/** conn_new() - a client acting as @domid; NULL when out of memory */
struct conn *conn_new(struct store *s, unsigned int domid);

/** conn_find() - by key, or NULL */
struct conn *conn_find(struct store *s, uint32_t key);

/** conn_free() - drop a client with all it owns; NULL is fine */
void conn_free(struct conn *c);

/** conn_reset() - drop watches, transactions, input and output */
void conn_reset(struct conn *c);

/** conn_wants_input() - false while bad, or over the outstanding quota */
bool conn_wants_input(const struct conn *c);

/**
 * conn_need() - bytes that may be fed before a request is complete
 *
 * Feeding no more than this keeps bytes beyond a request in the ring.
 */
size_t conn_need(const struct conn *c);

/**
 * conn_feed() - bytes from the client; complete requests are handled
 *
 * Returns: bytes consumed, fewer than @n when conn_wants_input() turned false
 */
size_t conn_feed(struct conn *c, const void *bytes, size_t n);

/** conn_output() - the next bytes to send; 0 when there are none */
size_t conn_output(const struct conn *c, const void **bytes);

/** conn_sent() - @n of the bytes that conn_output() showed are delivered */
void conn_sent(struct conn *c, size_t n);

/** conn_reply() - queue an answer; an unqueueable one makes the client bad */
void conn_reply(struct conn *c, const struct xsd_sockmsg *to, uint32_t type,
		const void *data, size_t len);

/** conn_event() - queue a watch event unless the same is already waiting */
void conn_event(struct conn *c, const char *path, const char *token);

/** conn_restore_output() - queue bytes saved from another incarnation */
int conn_restore_output(struct conn *c, const void *bytes, size_t n,
			size_t sent, bool event);

#endif
