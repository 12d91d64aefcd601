#include "test_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int op_introduce(void *io, struct dom *d, uint64_t mfn,
			unsigned int port)
{
	if (!d->conn)
		d->conn = conn_new(io, d->domid);
	return d->conn ? 0 : -ENOMEM;
}

static void op_disconnect(void *io, struct dom *d)
{
	conn_free(d->conn);
	d->conn = NULL;
}

static struct conn *op_adopt(void *io, uint32_t key)
{
	struct conn *c = conn_new(io, 0);

	if (c)
		c->key = key;
	return c;
}

static bool op_domain_exists(void *io, unsigned int domid)
{
	return domid < 100;
}

static int op_control_log(void *io, const char *word)
{
	return 0;
}

static void op_log(void *io, const char *line)
{
}

const struct store_ops tc_ops = {
	.introduce = op_introduce,
	.disconnect = op_disconnect,
	.adopt = op_adopt,
	.domain_exists = op_domain_exists,
	.control_log = op_control_log,
	.log = op_log,
};

struct conn *tc_domain(struct store *s, unsigned int domid)
{
	struct dom *d = dom_get(s, domid);

	if (!d || op_introduce(s, d, 1, 1))
		return NULL;
	d->introduced = true;
	d->port = 1;
	return d->conn;
}

/* The next message; false when there is none. */
static bool next_message(struct conn *c, struct tc_reply *r)
{
	const struct xsd_sockmsg *hdr;
	const void *bytes;
	size_t len = conn_output(c, &bytes);

	if (!len)
		return false;
	hdr = bytes;
	r->type = hdr->type;
	r->len = hdr->len;
	memcpy(r->body, hdr + 1, hdr->len);
	r->body[hdr->len] = '\0';
	conn_sent(c, len);
	return true;
}

const struct tc_reply *tc_ask(struct conn *c, uint32_t type, uint32_t tx,
			      const void *body, size_t len)
{
	static struct tc_reply r;
	struct xsd_sockmsg hdr = {
		.type = type, .req_id = 7, .tx_id = tx, .len = len};

	conn_feed(c, &hdr, sizeof(hdr));
	conn_feed(c, body, len);
	do {
		r.type = XS_INVALID;
		r.len = 0;
		r.body[0] = '\0';
	} while (next_message(c, &r) && r.type == XS_WATCH_EVENT);
	return &r;
}

bool tc_say(struct conn *c, uint32_t type, uint32_t tx, const char *s)
{
	return tc_ask(c, type, tx, s, strlen(s) + 1)->type == type;
}

bool tc_write(struct conn *c, uint32_t tx, const char *path, const char *val)
{
	size_t plen = strlen(path) + 1, vlen = strlen(val);
	char buf[XENSTORE_PAYLOAD_MAX];

	memcpy(buf, path, plen);
	memcpy(buf + plen, val, vlen);
	return tc_ask(c, XS_WRITE, tx, buf, plen + vlen)->type == XS_WRITE;
}

const char *tc_read(struct conn *c, uint32_t tx, const char *path)
{
	return tc_ask(c, XS_READ, tx, path, strlen(path) + 1)->body;
}

uint32_t tc_start(struct conn *c)
{
	return strtoul(tc_ask(c, XS_TRANSACTION_START, 0, "", 1)->body, NULL,
		       10);
}

const char *tc_end(struct conn *c, uint32_t tx)
{
	return tc_ask(c, XS_TRANSACTION_END, tx, "T", 2)->body;
}

const char *tc_events(struct conn *c)
{
	static char all[4096];
	struct tc_reply r;
	size_t used = 0;

	all[0] = '\0';
	while (next_message(c, &r))
		used += snprintf(all + used, sizeof(all) - used, "%s%s:%s",
				 used ? " " : "", r.body,
				 r.body + strlen(r.body) + 1);
	return all;
}
