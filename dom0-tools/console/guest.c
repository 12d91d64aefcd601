#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conring.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "pty.h"

#define CONSOLE_GREF  0u	      /* pre-granted by the domain builder */
#define DEFAULT_LIMIT (1024u * 1024u) /* bytes kept for nobody */
#define LINGER_MS     500

struct guest *guest_find(struct consoled *cd, unsigned int domid)
{
	struct guest *g = cd->guests;

	while (g && (g->domid != domid || g->state == GUEST_GONE))
		g = g->next;
	return g;
}

struct guest *guest_by_port(struct consoled *cd, int port)
{
	struct guest *g = cd->guests;

	while (g && g->port != port)
		g = g->next;
	return g;
}

struct guest *guest_add(struct consoled *cd, unsigned int domid)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->domid = domid;
	g->port = g->master = g->slave = -1;
	g->out.limit = DEFAULT_LIMIT;
	g->next = cd->guests;
	cd->guests = g;
	return g;
}

static void unmap_ring(struct consoled *cd, struct guest *g)
{
	if (g->by_grant)
		gntdev_unmap(&cd->gd, g->page);
	else
		hv_unmap(g->page, 1);
	g->page = NULL;
}

static void disconnect(struct consoled *cd, struct guest *g)
{
	if (g->port >= 0)
		evtchn_unbind(&cd->ec, g->port);
	g->port = -1;
	g->masked = false;
	unmap_ring(cd, g);
}

void guest_free(struct consoled *cd, struct guest *g)
{
	struct guest **p = &cd->guests;

	while (*p != g)
		p = &(*p)->next;
	*p = g->next;
	disconnect(cd, g);
	pty_close(&g->master, &g->slave);
	outbuf_free(&g->out);
	conlog_close(&g->log);
	free(g);
}

static int map_ring(struct consoled *cd, struct guest *g, uint64_t frame)
{
	const int rw = PROT_READ | PROT_WRITE;
	xen_pfn_t mfn = frame;

	g->page = gntdev_map(&cd->gd, g->domid, CONSOLE_GREF, rw);
	g->by_grant = g->page != NULL;
	if (!g->page)
		g->page = hv_map_foreign(cd->hv, g->domid, &mfn, 1, rw);
	g->frame = frame;
	return g->page ? 0 : -EINVAL;
}

/* The log is named after the domain, or its number if it has no name. */
static void open_log(struct consoled *cd, struct guest *g)
{
	char path[512], number[16], *name = NULL, *p;

	if (!cd->log_guests || g->log.path)
		return;
	snprintf(number, sizeof(number), "%u", g->domid);
	if (cd->xs)
		xsc_readf(cd->xs, XSC_NO_TX, &name, "/local/domain/%u/name",
			  g->domid);
	for (p = name; p && *p; p++)
		if (*p == '/')
			*p = '_';
	snprintf(path, sizeof(path), "%s/guest-%s.log", cd->log_dir,
		 name && *name ? name : number);
	free(name);
	if (conlog_open(&g->log, path, cd->stamp_guests))
		log_error("domain %u: %s", g->domid, err_text());
}

static int publish_tty(struct consoled *cd, struct guest *g)
{
	char path[64], tty[128];
	int rc = pty_name(g->slave, tty, sizeof(tty));

	if (rc)
		return rc;
	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", g->domid);
	rc = xsc_printf(cd->xs, XSC_NO_TX, path, "%s", tty);
	return rc ? err_set(rc, "cannot write %s: %s", path, err_str(rc)) : 0;
}

static int connect_ring(struct consoled *cd, struct guest *g, uint64_t frame,
			uint32_t remote)
{
	int rc = map_ring(cd, g, frame);

	if (rc)
		return rc;
	rc = evtchn_bind_interdomain(&cd->ec, g->domid, remote);
	if (rc < 0)
		return rc;
	g->port = rc;
	g->remote = remote;
	rc = g->master < 0 ? pty_open(&g->master, &g->slave) : 0;
	return rc ? rc : publish_tty(cd, g);
}

/* One number below the domain's console directory. */
static int read_node(struct consoled *cd, struct guest *g, const char *name,
		     uint64_t *val)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/console/%s", g->domid,
		 name);
	return xsc_read_u64(cd->xs, XSC_NO_TX, path, val);
}

/* Is this console ours, and not a device model's? */
static bool is_ours(struct consoled *cd, struct guest *g)
{
	char *type = NULL;
	bool ours;

	if (xsc_readf(cd->xs, XSC_NO_TX, &type, "/local/domain/%u/console/type",
		      g->domid))
		return true;
	ours = !strcmp(type, "xenconsoled");
	free(type);
	return ours;
}

static void ring_broken(struct consoled *cd, struct guest *g)
{
	log_error("domain %u: console given up: ring indices make no sense",
		  g->domid);
	disconnect(cd, g);
	g->state = GUEST_BROKEN;
}

static void flush_tty(struct consoled *cd, struct guest *g)
{
	const char *p;
	ssize_t done;
	size_t n;

	while (g->master >= 0 && (p = outbuf_peek(&g->out, &n), n)) {
		done = write(g->master, p, n);
		if (done <= 0)
			break;
		outbuf_drop(&g->out, done);
	}
	if (cd->discard)
		outbuf_drop(&g->out, g->out.len);
}

/* Everything the domain has printed so far, at most one ring full. */
static void take_output(struct consoled *cd, struct guest *g)
{
	struct ring r = conring_output(g->page);
	char buf[sizeof(g->page->out)];
	ssize_t n = ring_take(&r, buf, sizeof(buf));

	if (n < 0)
		ring_broken(cd, g);
	if (n <= 0)
		return;
	conlog_write(&g->log, buf, n);
	outbuf_add(&g->out, buf, n);
	flush_tty(cd, g);
	evtchn_notify(&cd->ec, g->port);
}

void guest_update(struct consoled *cd, struct guest *g)
{
	uint64_t frame, remote, limit;

	if (g->state == GUEST_BROKEN || g->state == GUEST_GONE || !cd->xs ||
	    !is_ours(cd, g))
		return;
	if (read_node(cd, g, "port", &remote) ||
	    read_node(cd, g, "ring-ref", &frame) || !remote)
		return;
	if (!read_node(cd, g, "limit", &limit) && limit)
		g->out.limit = limit;
	if (g->state == GUEST_CONNECTED) {
		if (g->remote == remote && g->frame == frame)
			return;
		disconnect(cd, g);
		g->state = GUEST_WAITING;
	}
	open_log(cd, g);
	if (connect_ring(cd, g, frame, remote)) {
		log_error("domain %u: no console: %s", g->domid, err_text());
		disconnect(cd, g);
		return;
	}
	g->state = GUEST_CONNECTED;
	log_info("domain %u: console connected", g->domid);
	take_output(cd, g); /* it may have printed before */
}

void guest_event(struct consoled *cd, struct guest *g)
{
	if (g->state == GUEST_CONNECTED && !rate_event(&g->rate, clock_ms())) {
		g->masked = true; /* stays so until guest_tick() */
		return;
	}
	evtchn_unmask(&cd->ec, g->port);
	if (g->state == GUEST_CONNECTED)
		take_output(cd, g);
}

void guest_died(struct consoled *cd, struct guest *g)
{
	if (g->state == GUEST_CONNECTED)
		take_output(cd, g);
	disconnect(cd, g);
	g->state = GUEST_GONE;
	g->close_at = clock_ms() + LINGER_MS;
	log_info("domain %u: console closed", g->domid);
}

static ssize_t input_room(const struct guest *g)
{
	struct ring r;

	if (g->state != GUEST_CONNECTED)
		return 0;
	r = conring_input(g->page);
	return ring_room(&r);
}

void guest_poll(const struct guest *g, struct pollfd *p)
{
	*p = (struct pollfd){.fd = g->master};
	if (g->out.len)
		p->events |= POLLOUT;
	if (input_room(g) > 0)
		p->events |= POLLIN;
}

static void take_input(struct consoled *cd, struct guest *g)
{
	struct ring r = conring_input(g->page);
	ssize_t room = input_room(g), n;
	char buf[sizeof(g->page->in)];

	if (room < 0) {
		ring_broken(cd, g);
		return;
	}
	n = read(g->master, buf, room);
	if (n <= 0)
		return;
	if (ring_put(&r, buf, n) != n)
		ring_broken(cd, g);
	else
		evtchn_notify(&cd->ec, g->port);
}

void guest_tty(struct consoled *cd, struct guest *g, short revents)
{
	if (revents & POLLOUT)
		flush_tty(cd, g);
	if ((revents & POLLIN) && g->state == GUEST_CONNECTED)
		take_input(cd, g);
}

int guest_timeout(const struct guest *g, int64_t now)
{
	if (g->state == GUEST_GONE)
		return g->close_at > now ? (int)(g->close_at - now) : 0;
	return g->masked ? rate_wait(&g->rate, now) : -1;
}

void guest_tick(struct consoled *cd, struct guest *g, int64_t now)
{
	if (guest_timeout(g, now) != 0)
		return;
	if (g->state == GUEST_GONE) {
		guest_free(cd, g);
		return;
	}
	g->masked = false;
	evtchn_unmask(&cd->ec, g->port);
	take_output(cd, g);
}
