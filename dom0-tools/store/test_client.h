/*
 * test_client.h: a store and its clients in one process, for unit tests
 *
 * Owns:       nothing; the test frees the store
 * Invariants: tc_ask() leaves no reply queued
 * Lock:       none
 */
#ifndef STORE_TEST_CLIENT_H
#define STORE_TEST_CLIENT_H

#include "conn.h"
#include "store.h"

/** A reply: its type, and its payload with a NUL behind it. */
struct tc_reply {
	uint32_t type; /* XS_INVALID: none came */
	uint32_t len;
	char body[XENSTORE_PAYLOAD_MAX + 1];
};

/** tc_ops - domains exist below number 100; rings are not needed */
extern const struct store_ops tc_ops;

/** tc_domain() - introduce a domain; its connection */
struct conn *tc_domain(struct store *s, unsigned int domid);

/** tc_ask() - one request; events that come before the reply are dropped */
const struct tc_reply *tc_ask(struct conn *c, uint32_t type, uint32_t tx,
			      const void *body, size_t len);

/** tc_say() - a request of one string; true if it was not refused */
bool tc_say(struct conn *c, uint32_t type, uint32_t tx, const char *s);

/** tc_write() - true if it was not refused */
bool tc_write(struct conn *c, uint32_t tx, const char *path, const char *val);

/** tc_read() - the value, or the error's name */
const char *tc_read(struct conn *c, uint32_t tx, const char *path);

/** tc_start() - a transaction's number */
uint32_t tc_start(struct conn *c);

/** tc_end() - "OK", or the error's name */
const char *tc_end(struct conn *c, uint32_t tx);

/** tc_events() - take all events: "path:token path:token" */
const char *tc_events(struct conn *c);

#endif
