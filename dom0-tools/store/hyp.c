#include "hyp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xen/xen.h>
#include <xen/xs_wire.h>

#include "conn.h"
#include "dom0.h"
#include "lib/clock.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/log.h"
#include "lib/privcmd.h"
#include "ringlink.h"

#define STORE_GREF 1u /* pre-granted by the domain builder */

enum how_mapped { NOT_MAPPED, BY_GRANT, BY_FRAME, BY_KERNEL };

/* A domain's ring. */
struct link {
	struct list link; /* in hyp.links */
	struct dom *dom;
	struct xenstore_domain_interface *page;
	enum how_mapped how;
	int port;		 /* ours, -1 if unbound */
	enum ringlink_next next; /* what hyp_service() is to do with it */
	int wait;		 /* ms between looks, while next is SOON */
	int64_t look_at;	 /* ms, the next one */
};

/* When to look again after half a request: soon, then more and more rarely. */
#define WAIT_MIN_MS 1
#define WAIT_MAX_MS 128

struct hyp {
	struct store *store;
	struct hv *hv;
	struct evtchn ec;
	struct gntdev gd;
	int dom_exc; /* port of VIRQ_DOM_EXC */
	struct list links;
};

int hyp_open(struct hyp **out, struct store *s)
{
	struct hyp *h = calloc(1, sizeof(*h));
	int rc;

	if (!h)
		return err_set(-ENOMEM, "out of memory");
	h->store = s;
	h->ec.fd = h->gd.fd = -1;
	list_init(&h->links);
	rc = hv_open(&h->hv);
	if (!rc)
		rc = evtchn_open(&h->ec);
	if (!rc)
		rc = gntdev_open(&h->gd);
	if (!rc)
		rc = evtchn_bind_virq(&h->ec, VIRQ_DOM_EXC);
	if (rc < 0) {
		hyp_close(h);
		return rc;
	}
	h->dom_exc = rc;
	*out = h;
	return 0;
}

void hyp_close(struct hyp *h)
{
	if (!h)
		return;
	if (h->gd.fd >= 0)
		gntdev_close(&h->gd);
	evtchn_close(&h->ec);
	hv_close(h->hv);
	free(h);
}

static void link_unmap(struct hyp *h, struct link *l)
{
	switch (l->how) {
	case BY_GRANT:
		gntdev_unmap(&h->gd, l->page);
		break;
	case BY_FRAME:
		hv_unmap(l->page, 1);
		break;
	case BY_KERNEL:
		munmap(l->page, HV_PAGE_SIZE);
		break;
	case NOT_MAPPED:
		break;
	}
}

static void link_free(struct hyp *h, struct link *l)
{
	if (l->port >= 0)
		evtchn_unbind(&h->ec, l->port);
	link_unmap(h, l);
	list_del(&l->link);
	free(l);
}

/* Preferably by grant, which needs no privilege over the domain's memory. */
static int link_map(struct hyp *h, struct link *l, uint64_t mfn)
{
	const int rw = PROT_READ | PROT_WRITE;
	xen_pfn_t frame = mfn;

	l->page = gntdev_map(&h->gd, l->dom->domid, STORE_GREF, rw);
	if (l->page) {
		l->how = BY_GRANT;
		return 0;
	}
	log_debug("domain %u: %s; trying frame %#llx", l->dom->domid,
		  err_text(), (unsigned long long)mfn);
	l->page = hv_map_foreign(h->hv, l->dom->domid, &frame, 1, rw);
	if (!l->page)
		return -EINVAL;
	l->how = BY_FRAME;
	return 0;
}

static struct link *link_new(struct hyp *h, struct dom *d)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->dom = d;
	l->port = -1;
	list_add_tail(&h->links, &l->link);
	return l;
}

static int link_bind(struct hyp *h, struct link *l, unsigned int port)
{
	int rc;

	if (l->port >= 0)
		evtchn_unbind(&h->ec, l->port);
	l->port = -1;
	rc = evtchn_bind_interdomain(&h->ec, l->dom->domid, port);
	if (rc < 0)
		return rc;
	l->port = rc;
	return 0;
}

/* The link is complete: requests may come. */
static int link_start(struct hyp *h, struct link *l)
{
	struct dom *d = l->dom;

	d->conn = conn_new(h->store, d->domid);
	if (!d->conn)
		return -ENOMEM;
	d->conn->io = l;
	d->io = l;
	l->next = RINGLINK_AGAIN;
	ringlink_announce(l->page);
	evtchn_notify(&h->ec, l->port);
	return 0;
}

int hyp_introduce(struct hyp *h, struct dom *d, uint64_t mfn, unsigned int port)
{
	struct link *l = d->io;
	int rc;

	if (l)
		return link_bind(h, l, port);
	l = link_new(h, d);
	rc = l ? link_map(h, l, mfn) : -ENOMEM;
	if (!rc)
		rc = link_bind(h, l, port);
	if (!rc)
		rc = link_start(h, l);
	if (!rc)
		return 0;
	log_error("domain %u: cannot connect: %s", d->domid, err_text());
	if (l)
		link_free(h, l);
	return rc;
}

void hyp_disconnect(struct hyp *h, struct dom *d)
{
	struct link *l = d->io;

	conn_free(d->conn);
	d->conn = NULL;
	d->io = NULL;
	if (l)
		link_free(h, l);
}

int hyp_attach_dom0(struct hyp *h)
{
	struct dom *d = dom_get(h->store, 0);
	struct link *l;
	uint32_t port;
	int rc;

	l = d ? link_new(h, d) : NULL;
	if (!l)
		return err_set(-ENOMEM, "out of memory");
	rc = dom0_ring_map((void **)&l->page, &port);
	if (!rc)
		l->how = BY_KERNEL;
	if (!rc)
		rc = link_bind(h, l, port);
	if (!rc)
		rc = link_start(h, l);
	if (rc) {
		link_free(h, l);
		return rc;
	}
	d->introduced = true;
	d->port = port;
	return 0;
}

bool hyp_domain_exists(struct hyp *h, unsigned int domid)
{
	struct xen_domctl_getdomaininfo info;

	if (dom_info(h->hv, domid, &info))
		return false;
	return !(info.flags & XEN_DOMINF_dying);
}

int hyp_fd(const struct hyp *h)
{
	return h->ec.fd;
}

void hyp_event(struct hyp *h)
{
	struct list *p, *tmp;
	int port = evtchn_pending(&h->ec);

	if (port < 0) {
		if (port != -EAGAIN && port != -EINTR)
			log_error("event channel: %s", err_str(port));
		return;
	}
	evtchn_unmask(&h->ec, port);
	if (port == h->dom_exc) {
		hyp_check_domains(h);
		return;
	}
	list_for_each (p, tmp, &h->links) {
		struct link *l = list_entry(p, struct link, link);

		if (l->port == port)
			l->next = RINGLINK_AGAIN;
	}
}

/*
 * Has something happened to @d that watchers of @releaseDomain want to know?
 * @d may be gone afterwards.
 */
static bool check_domain(struct hyp *h, struct dom *d)
{
	struct xen_domctl_getdomaininfo info;
	bool told = d->introduced;
	int rc = dom_info(h->hv, d->domid, &info);

	if (rc && rc != -ESRCH) {
		log_error("domain %u: cannot learn its state: %s", d->domid,
			  err_str(rc));
		return false;
	}
	if (rc || (info.flags & XEN_DOMINF_dying)) {
		log_info("domain %u: gone", d->domid);
		dom_remove(h->store, d);
		return told;
	}
	if (!(info.flags & XEN_DOMINF_shutdown) || d->shutdown || !told)
		return false;
	log_info("domain %u: shut down", d->domid);
	d->shutdown = true;
	h->store->changed = true;
	return true;
}

void hyp_check_domains(struct hyp *h)
{
	struct list *p, *tmp;
	bool notify = false;

	list_for_each (p, tmp, &h->store->doms) {
		struct dom *d = list_entry(p, struct dom, link);

		if (d->domid != 0)
			notify |= check_domain(h, d);
	}
	if (notify)
		store_fire_special(h->store, "@releaseDomain");
}

static void service_link(struct hyp *h, struct link *l)
{
	bool notify = false;

	l->next = ringlink_service(l->page, l->dom->conn, &notify);
	if (notify)
		evtchn_notify(&h->ec, l->port);
}

/* Milliseconds until @l is to be served again, -1: not before an event. */
static int next_service(struct link *l, int64_t now)
{
	if (l->next != RINGLINK_SOON) {
		l->wait = 0;
		l->look_at = now;
		return l->next == RINGLINK_AGAIN ? 0 : -1;
	}
	if (now >= l->look_at) {
		l->wait = l->wait ? l->wait * 2 : WAIT_MIN_MS;
		if (l->wait > WAIT_MAX_MS)
			l->wait = WAIT_MAX_MS;
		l->look_at = now + l->wait;
	}
	return l->look_at - now;
}

int hyp_service(struct hyp *h)
{
	int64_t now = clock_ms();
	struct list *p, *tmp;
	const void *bytes;
	int timeout = -1;

	list_for_each (p, tmp, &h->links) {
		struct link *l = list_entry(p, struct link, link);

		if (l->next == RINGLINK_IDLE &&
		    !conn_output(l->dom->conn, &bytes))
			continue;
		service_link(h, l);
		timeout = clock_sooner(timeout, next_service(l, now));
	}
	return timeout;
}
