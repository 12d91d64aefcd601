/*
 * request.h: from a complete request to its answer
 *
 * Owns:       nothing
 * Invariants: each request gets exactly one reply, or makes its client bad
 * Lock:       none
 * ABI:        xenstore wire protocol
 */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include <xen/xs_wire.h>

struct conn;

/**
 * request_handle() - act on one request and queue the reply
 * @hdr:  its header, len <= XENSTORE_PAYLOAD_MAX
 * @body: hdr->len bytes, with a NUL behind them
 */
void request_handle(struct conn *c, const struct xsd_sockmsg *hdr, char *body);

/** request_name() - "READ" for XS_READ, for traces */
const char *request_name(uint32_t type);

#endif
