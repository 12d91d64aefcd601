#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xs_error.h"
#include "req.h"

enum req_flags { TX = 0, NOTX = 1, ANY = 0, PRIV = 2 };

static const struct {
	int (*handler)(struct req *r);
	unsigned int flags;
	const char *name;
} table[XS_TYPE_COUNT] = {
#define REQUEST(type, func, transaction, caller) \
	[type] = {func, (unsigned int)(transaction) | (caller), #type},
#include "requests.def"
#undef REQUEST
};

const char *request_name(uint32_t type)
{
	if (type < XS_TYPE_COUNT && table[type].name)
		return table[type].name + strlen("XS_");
	return "unknown";
}

void req_reply(struct req *r, const void *data, size_t len)
{
	conn_reply(r->c, r->hdr, r->hdr->type, data, len);
}

void req_reply_string(struct req *r, const char *s)
{
	req_reply(r, s, strlen(s) + 1);
}

void req_ok(struct req *r)
{
	req_reply_string(r, "OK");
}

unsigned int req_strings(const struct req *r, char **vec, unsigned int max)
{
	char *p = r->body, *end = p + r->hdr->len, *nul;
	unsigned int n = 0;

	while (p < end && (nul = memchr(p, '\0', end - p))) {
		if (n < max)
			vec[n] = p;
		n++;
		p = nul + 1;
	}
	return n;
}

char *req_one(const struct req *r)
{
	size_t len = r->hdr->len;

	if (!len || memchr(r->body, '\0', len) != r->body + len - 1)
		return NULL;
	return r->body;
}

int req_path(const struct req *r, const char *in, bool special, char *out)
{
	return path_canonical(out, in, r->c->who.domid, r->s->quota.path_len,
			      special);
}

int req_domid(const char *s, unsigned int *domid)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || end == s || *end || v > UINT16_MAX)
		return -EINVAL;
	*domid = v;
	return 0;
}

/* Find the transaction and bring it up to date, if the request wants one. */
static int enter_tx(struct req *r, unsigned int flags)
{
	int rc;

	if ((flags & NOTX) || !r->hdr->tx_id)
		return 0;
	r->view.tx = tx_find(r->c, r->hdr->tx_id);
	if (!r->view.tx)
		return -ENOENT;
	rc = tx_refresh(r->s, r->view.tx);
	return rc == -EAGAIN ? 0 : rc; /* its commit will say so */
}

static int dispatch(struct req *r)
{
	uint32_t type = r->hdr->type;
	int rc;

	if (type >= XS_TYPE_COUNT || !table[type].handler)
		return -ENOSYS;
	if ((table[type].flags & PRIV) && !r->c->who.privileged)
		return -EACCES;
	rc = enter_tx(r, table[type].flags);
	return rc ? rc : table[type].handler(r);
}

/* Payloads are strings mostly; their NULs show as spaces. */
static void trace(const struct req *r, int rc)
{
	char text[200];
	size_t i, len = r->hdr->len;

	if (len > sizeof(text) - 1)
		len = sizeof(text) - 1;
	for (i = 0; i < len; i++) {
		unsigned char ch = r->body[i];

		text[i] = ch >= ' ' && ch < 127 ? ch : ' ';
	}
	text[len] = '\0';
	store_log(r->s, "d%u %s req %u tx %u: %s: %s", r->c->who.domid,
		  request_name(r->hdr->type), r->hdr->req_id, r->hdr->tx_id,
		  text, rc ? xs_error_name(-rc) : "ok");
}

void request_handle(struct conn *c, const struct xsd_sockmsg *hdr, char *body)
{
	struct xsd_sockmsg copy = *hdr;
	struct req r = {
		.s = c->store,
		.c = c,
		.hdr = &copy,
		.body = body,
		.view = {.s = c->store, .who = c->who},
	};
	const char *name;
	int rc;

	rc = dispatch(&r);
	if (r.s->trace)
		trace(&r, rc);
	if (!rc)
		return;
	name = xs_error_name(-rc);
	conn_reply(c, &copy, XS_ERROR, name, strlen(name) + 1);
}
