/*
 * ringlink.h: move bytes between a domain's ring page and its connection
 *
 * Owns:       nothing; the page belongs to whoever mapped it
 * Invariants: after bad is set the page's error field says why, and no more
 *             bytes are moved until the domain reconnects
 * Lock:       none
 * ABI:        struct xenstore_domain_interface
 */
#ifndef STORE_RINGLINK_H
#define STORE_RINGLINK_H

#include <stdbool.h>

#include <xen/xs_wire.h>

struct conn;

/** ringlink_announce() - write into the page what this daemon can do */
void ringlink_announce(struct xenstore_domain_interface *page);

/**
 * ringlink_service() - take requests, hand over replies and events
 * @notify: set if the domain must be told, untouched otherwise
 *
 * Returns: true if there is more to do without waiting for an event
 */
bool ringlink_service(struct xenstore_domain_interface *page, struct conn *c,
		      bool *notify);

#endif
