/*
 * Fuzz the store daemon's core with streams of requests from four clients.
 *
 * The input is a list of steps: one byte for the client (two dom0s, domains 5
 * and 6) and the kind of step, then
 *   request: type, transaction, length, that many bytes of payload
 *   raw:     length, that many bytes fed as they are
 *   drain:   the client takes all its messages
 * Invariants are checked at the end, and the store must survive being saved
 * and loaded.
 */
#include <stdlib.h>
#include <string.h>

#include "store/conn.h"
#include "store/state.h"
#include "store/store.h"
#include "store/test_client.h"

#define CLIENTS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t left;
};

static uint8_t take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static const uint8_t *take_bytes(struct input *in, size_t *n)
{
	const uint8_t *p = in->p;

	if (*n > in->left)
		*n = in->left;
	in->p += *n;
	in->left -= *n;
	return p;
}

static void drain(struct conn *c)
{
	const void *bytes;
	size_t n;

	while ((n = conn_output(c, &bytes)))
		conn_sent(c, n);
}

static void request(struct conn *c, struct input *in)
{
	struct xsd_sockmsg hdr = {.req_id = 1};
	const uint8_t *body;
	size_t len;

	hdr.type = take(in);
	hdr.tx_id = take(in);
	len = take(in);
	body = take_bytes(in, &len);
	hdr.len = len;
	conn_feed(c, &hdr, sizeof(hdr));
	conn_feed(c, body, len);
}

static void step(struct conn *c, unsigned int kind, struct input *in)
{
	const uint8_t *bytes;
	size_t len;

	if (c->bad) {
		conn_reset(c);
		c->bad = 0;
	}
	if (kind < 48) {
		request(c, in);
	} else if (kind < 56) {
		len = take(in);
		bytes = take_bytes(in, &len);
		conn_feed(c, bytes, len);
	} else {
		drain(c);
	}
}

/* A domain's connection goes when dom0 releases it. */
static struct conn *client(struct store *s, struct conn **dom0, unsigned int i)
{
	struct dom *d;

	if (i < 2)
		return dom0[i];
	d = dom_find(s, i + 3);
	return d && d->conn ? d->conn : tc_domain(s, i + 3);
}

static void check_reload(struct store *s)
{
	struct store again;
	size_t len;
	char *buf;

	if (state_save(s, &buf, &len))
		abort();
	if (store_init(&again, &tc_ops, &again) ||
	    state_load(&again, buf, len, len))
		abort();
	store_check(&again);
	store_fini(&again);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct conn *dom0[2];
	struct store s;
	uint8_t op;

	if (store_init(&s, &tc_ops, &s))
		abort();
	dom0[0] = conn_new(&s, 0);
	dom0[1] = conn_new(&s, 0);
	while (in.left) {
		op = take(&in);
		step(client(&s, dom0, op % CLIENTS), op / CLIENTS, &in);
	}
	store_check(&s);
	check_reload(&s);
	store_fini(&s);
	return 0;
}
