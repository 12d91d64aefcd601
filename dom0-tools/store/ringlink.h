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
 * What a ring needs next. A domain does not ring again while it sees requests
 * of its own that were not taken: as long as there are any, it is up to us.
 */
enum ringlink_next {
	RINGLINK_IDLE,	/* wait for an event */
	RINGLINK_AGAIN, /* there is more to do */
	RINGLINK_SOON,	/* half a request: look again when it may be whole */
};

/**
 * ringlink_service() - take requests, hand over replies and events
 * @notify: set if the domain must be told, untouched otherwise
 */
enum ringlink_next ringlink_service(struct xenstore_domain_interface *page,
				    struct conn *c, bool *notify);

#endif
