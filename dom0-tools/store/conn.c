#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xs_error.h"
#include "request.h"
#include "store.h"
#include "tx.h"
#include "watch.h"

struct conn *conn_new(struct store *s, unsigned int domid)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->store = s;
	c->key = domid;
	c->who.domid = domid;
	c->who.target = -1;
	c->who.privileged = domid == 0;
	list_init(&c->watches);
	list_init(&c->txs);
	list_init(&c->out);
	list_add_tail(&s->conns, &c->link);
	return c;
}

struct conn *conn_find(struct store *s, uint32_t key)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (c->key == key)
			return c;
	}
	return NULL;
}

static void drop_output(struct conn *c)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &c->out) {
		list_del(p);
		free(list_entry(p, struct msg, link));
	}
	c->replies = 0;
	c->outbytes = 0;
}

void conn_reset(struct conn *c)
{
	struct list *p, *tmp;

	watch_remove_all(c);
	list_for_each (p, tmp, &c->txs)
		tx_free(c, list_entry(p, struct tx, link));
	drop_output(c);
	c->have = 0;
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	conn_reset(c);
	list_del(&c->link);
	free(c);
}

bool conn_wants_input(const struct conn *c)
{
	if (c->bad)
		return false;
	return c->who.privileged || c->replies < c->store->quota.outstanding;
}

size_t conn_need(const struct conn *c)
{
	size_t header = sizeof(c->in.hdr);

	if (c->have < header)
		return header - c->have;
	return header + c->in.hdr.len - c->have;
}

/* The request is complete: handle it and be ready for the next. */
static void finish_request(struct conn *c)
{
	c->have = 0;
	c->in.body[c->in.hdr.len] = '\0';
	request_handle(c, &c->in.hdr, c->in.body);
}

size_t conn_feed(struct conn *c, const void *bytes, size_t n)
{
	const char *p = bytes;
	size_t used = 0, step;

	while (used < n && conn_wants_input(c)) {
		step = conn_need(c);
		if (step > n - used)
			step = n - used;
		memcpy((char *)&c->in + c->have, p + used, step);
		c->have += step;
		used += step;
		if (c->have < sizeof(c->in.hdr))
			continue;
		if (c->in.hdr.len > XENSTORE_PAYLOAD_MAX)
			c->bad = XENSTORE_ERROR_PROTO;
		else if (!conn_need(c))
			finish_request(c);
	}
	return used;
}

size_t conn_output(const struct conn *c, const void **bytes)
{
	const struct msg *m;

	if (list_empty(&c->out))
		return 0;
	m = list_entry(c->out.next, struct msg, link);
	*bytes = m->bytes + m->sent;
	return m->size - m->sent;
}

void conn_sent(struct conn *c, size_t n)
{
	while (n) {
		struct msg *m = list_entry(c->out.next, struct msg, link);
		size_t step = m->size - m->sent;

		if (step > n)
			step = n;
		m->sent += step;
		n -= step;
		if (m->sent < m->size)
			continue;
		c->outbytes -= m->size;
		c->replies -= !m->event;
		list_del(&m->link);
		free(m);
	}
}

static struct msg *msg_new(size_t size, bool event)
{
	struct msg *m = malloc(sizeof(*m) + size);

	if (!m)
		return NULL;
	list_init(&m->link);
	m->event = event;
	m->size = size;
	m->sent = 0;
	return m;
}

static void msg_queue(struct conn *c, struct msg *m)
{
	list_add_tail(&c->out, &m->link);
	c->outbytes += m->size;
	c->replies += !m->event;
}

void conn_reply(struct conn *c, const struct xsd_sockmsg *to, uint32_t type,
		const void *data, size_t len)
{
	struct xsd_sockmsg hdr = *to;
	struct msg *m;

	if (len > XENSTORE_PAYLOAD_MAX) {
		type = XS_ERROR;
		data = xs_error_name(E2BIG);
		len = strlen(data) + 1;
	}
	m = msg_new(sizeof(hdr) + len, false);
	if (!m) {
		c->bad = XENSTORE_ERROR_COMM;
		return;
	}
	hdr.type = type;
	hdr.len = len;
	memcpy(m->bytes, &hdr, sizeof(hdr));
	memcpy(m->bytes + sizeof(hdr), data, len);
	msg_queue(c, m);
}

/* An identical event that the client has not begun to fetch says it all. */
static bool event_waits(const struct conn *c, const struct msg *m)
{
	const struct list *p;

	for (p = c->out.next; p != &c->out; p = p->next) {
		const struct msg *o = list_entry(p, struct msg, link);

		if (o->event && !o->sent && o->size == m->size &&
		    !memcmp(o->bytes, m->bytes, m->size))
			return true;
	}
	return false;
}

void conn_event(struct conn *c, const char *path, const char *token)
{
	size_t plen = strlen(path) + 1, tlen = strlen(token) + 1;
	struct xsd_sockmsg hdr = {.type = XS_WATCH_EVENT, .len = plen + tlen};
	struct msg *m;

	if (c->bad || plen + tlen > XENSTORE_PAYLOAD_MAX)
		return;
	m = msg_new(sizeof(hdr) + plen + tlen, true);
	if (!m) {
		c->bad = XENSTORE_ERROR_COMM;
		return;
	}
	memcpy(m->bytes, &hdr, sizeof(hdr));
	memcpy(m->bytes + sizeof(hdr), path, plen);
	memcpy(m->bytes + sizeof(hdr) + plen, token, tlen);
	if (!c->who.privileged &&
	    (event_waits(c, m) ||
	     c->outbytes + m->size > c->store->quota.memory)) {
		free(m);
		return;
	}
	msg_queue(c, m);
}

int conn_restore_output(struct conn *c, const void *bytes, size_t n,
			size_t sent, bool event)
{
	struct msg *m;

	if (sent >= n)
		return -EINVAL;
	m = msg_new(n, event);
	if (!m)
		return -ENOMEM;
	memcpy(m->bytes, bytes, n);
	m->sent = sent;
	msg_queue(c, m);
	return 0;
}
