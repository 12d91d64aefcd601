#include "ringlink.h"

#include <errno.h>

#include "conn.h"
#include "lib/ring.h"
#include "store.h"

void ringlink_announce(struct xenstore_domain_interface *page)
{
	page->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION |
				XENSTORE_SERVER_FEATURE_ERROR;
	page->error = XENSTORE_ERROR_NONE;
	__atomic_store_n(&page->connection, XENSTORE_CONNECTED,
			 __ATOMIC_RELEASE);
}

/* The domain asked for a fresh start. */
static void reconnect(struct xenstore_domain_interface *page, struct conn *c)
{
	conn_reset(c);
	c->store->changed = true;
	c->bad = 0;
	page->req_cons = page->req_prod = 0;
	page->rsp_cons = page->rsp_prod = 0;
	ringlink_announce(page);
}

static void give_up(struct xenstore_domain_interface *page, struct conn *c,
		    uint32_t why)
{
	store_log(c->store, "domain %u: connection given up: %s", c->who.domid,
		  why == XENSTORE_ERROR_RINGIDX ? "ring indices make no sense"
		  : why == XENSTORE_ERROR_PROTO ? "request longer than allowed"
						: "out of memory");
	conn_reset(c);
	c->bad = why;
	__atomic_store_n(&page->error, why, __ATOMIC_RELEASE);
}

static struct ring requests(struct xenstore_domain_interface *page)
{
	return (struct ring){page->req, XENSTORE_RING_SIZE, &page->req_cons,
			     &page->req_prod};
}

/*
 * Does the ring hold the beginning of a request that would fit in whole? It is
 * left there, so that a daemon that dies takes no half of it along.
 */
static bool is_partial(const struct ring *r, const struct conn *c)
{
	ssize_t avail = ring_avail(r);
	struct xsd_sockmsg hdr;

	if (c->have || avail <= 0)
		return false;
	if (ring_peek(r, &hdr, sizeof(hdr)))
		return true;
	return hdr.len <= r->size - sizeof(hdr) &&
	       (size_t)avail < sizeof(hdr) + hdr.len;
}

/* Never more than makes up the next request, so that the rest stays in the
 * ring while replies are outstanding. */
static void take_requests(const struct ring *r, struct conn *c, bool *notify)
{
	char buf[XENSTORE_RING_SIZE];
	size_t budget = XENSTORE_RING_SIZE;
	ssize_t n = 0;

	while (conn_wants_input(c) && budget && !is_partial(r, c)) {
		size_t want = conn_need(c);

		n = ring_take(r, buf, want < budget ? want : budget);
		if (n <= 0)
			break;
		conn_feed(c, buf, n);
		budget -= n;
		*notify = true;
	}
	if (n < 0)
		c->bad = XENSTORE_ERROR_RINGIDX;
}

static void hand_over(struct xenstore_domain_interface *page, struct conn *c,
		      bool *notify)
{
	struct ring r = {page->rsp, XENSTORE_RING_SIZE, &page->rsp_cons,
			 &page->rsp_prod};
	const void *bytes;
	size_t len;
	ssize_t n;

	while ((len = conn_output(c, &bytes))) {
		n = ring_put(&r, bytes, len);
		if (n < 0)
			c->bad = XENSTORE_ERROR_RINGIDX;
		if (n <= 0)
			break;
		conn_sent(c, n);
		*notify = true;
	}
}

static void move_bytes(struct xenstore_domain_interface *page,
		       const struct ring *r, struct conn *c, bool *notify)
{
	if (!c->bad)
		hand_over(page, c, notify);
	if (!c->bad)
		take_requests(r, c, notify);
	if (!c->bad)
		hand_over(page, c, notify);
	if (!c->bad && ring_avail(r) < 0)
		c->bad = XENSTORE_ERROR_RINGIDX;
}

enum ringlink_next ringlink_service(struct xenstore_domain_interface *page,
				    struct conn *c, bool *notify)
{
	struct ring r = requests(page);
	uint32_t was = c->bad;

	if (__atomic_load_n(&page->connection, __ATOMIC_ACQUIRE) ==
	    XENSTORE_RECONNECT) {
		reconnect(page, c);
		was = 0;
		*notify = true;
	}
	move_bytes(page, &r, c, notify);
	if (c->bad && !was) {
		give_up(page, c, c->bad);
		*notify = true;
	}
	if (!conn_wants_input(c) || ring_avail(&r) <= 0)
		return RINGLINK_IDLE;
	return is_partial(&r, c) ? RINGLINK_SOON : RINGLINK_AGAIN;
}
