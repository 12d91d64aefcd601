#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "path.h"
#include "state_buf.h"
#include "store.h"
#include "tx.h"
#include "watch.h"

enum tag {
#define STATE(tag, function) STATE_##tag,
#define NOTE(tag, function)  STATE_##tag,
#include "state.def"
#undef STATE
#undef NOTE
	N_TAGS
};

static void save_head(struct store *s, struct out *o)
{
	out_begin(o, STATE_HEAD);
	out_u64(o, s->gen);
	out_end(o);
}

/* Nodes below @n, and @n, are no longer owned by anybody. */
static void disown(struct store *s, const struct node *n)
{
	unsigned int i;

	dom_find(s, n->perms[0].domid)->nodes--;
	for (i = 0; i < n->nkids; i++)
		disown(s, n->kids[i]);
}

static void forget_tree(struct store *s, struct node *parent, struct node *n)
{
	disown(s, n);
	node_detach(parent, n);
	node_put(n);
}

/* Nodes a fresh store begins with come from the saved state, or not at all. */
static int load_head(struct store *s, struct in *i)
{
	struct node *top = tree_lookup(s->root, "/");

	while (top->nkids)
		forget_tree(s, top, top->kids[0]);
	s->gen = in_u64(i);
	return 0;
}

static void save_quota(struct store *s, struct out *o)
{
	out_begin(o, STATE_QUOTA);
	out_bytes(o, &s->quota, sizeof(s->quota));
	out_end(o);
}

static int load_quota(struct store *s, struct in *i)
{
	size_t len;
	const void *p = in_bytes(i, &len);

	if (len != sizeof(s->quota))
		return -EPROTO;
	memcpy(&s->quota, p, len);
	return 0;
}

static void put_node(const struct node *n, const char *path, struct out *o)
{
	out_begin(o, STATE_NODE);
	out_string(o, path);
	out_u64(o, n->gen);
	out_bytes(o, n->perms, n->nperms * sizeof(*n->perms));
	out_bytes(o, n->data, n->len);
	out_end(o);
}

static void save_subtree(const struct node *n, const char *path, struct out *o)
{
	char down[PATH_BUF];
	unsigned int k;

	put_node(n, path, o);
	for (k = 0; k < n->nkids; k++) {
		snprintf(down, sizeof(down), "%s/%s",
			 strcmp(path, "/") ? path : "", n->kids[k]->name);
		save_subtree(n->kids[k], down, o);
	}
}

static void save_node(struct store *s, struct out *o)
{
	unsigned int k;

	for (k = 0; k < s->root->nkids; k++) {
		const struct node *n = s->root->kids[k];

		save_subtree(n, n->name[0] ? n->name : "/", o);
	}
}

/* A new node of dom0's; its own record, if it has one, makes it right. */
static struct node *add_node(struct store *s, struct node *parent,
			     const char *name)
{
	static const struct perm dom0_only = {0, 0};
	struct node *n = node_new(name, strlen(name));

	if (!n)
		return NULL;
	if (node_set_perms(n, &dom0_only, 1) || node_attach(parent, n)) {
		node_put(n);
		return NULL;
	}
	dom_find(s, 0)->nodes++;
	return n;
}

/*
 * The node at @path, with parents. A transaction's records come in the order
 * of its accesses, so a node's may come before its parent's.
 */
static int make_node(struct store *s, const char *path, struct node **out)
{
	struct node *parent;
	char up[PATH_BUF];
	int rc;

	*out = tree_lookup(s->root, path);
	if (*out)
		return 0;
	snprintf(up, sizeof(up), "%s", path);
	if (path[0] != '/' || !path_parent(up))
		return -EPROTO;
	rc = make_node(s, up, &parent);
	if (rc)
		return rc;
	*out = add_node(s, parent, path_last(path));
	return *out ? 0 : -ENOMEM;
}

static int load_node(struct store *s, struct in *i)
{
	const char *path = in_string(i);
	uint64_t gen = in_u64(i);
	size_t plen, dlen;
	const void *perms = in_bytes(i, &plen);
	const void *data = in_bytes(i, &dlen);
	struct node *n;
	struct dom *d;
	int rc;

	if (i->error || plen < sizeof(struct perm) ||
	    plen % sizeof(struct perm) || strlen(path) >= PATH_BUF)
		return -EPROTO;
	rc = make_node(s, path, &n);
	if (rc)
		return rc;
	dom_find(s, n->perms[0].domid)->nodes--;
	if (node_set_perms(n, perms, plen / sizeof(struct perm)) ||
	    node_set_data(n, data, dlen))
		return -ENOMEM;
	n->gen = gen;
	if (gen > s->gen)
		s->gen = gen;
	d = dom_get(s, n->perms[0].domid);
	if (!d)
		return -ENOMEM;
	d->nodes++;
	return 0;
}

static int load_gone(struct store *s, struct in *i)
{
	const char *path = in_string(i);
	struct node *n = tree_lookup(s->root, path);
	char up[PATH_BUF];

	if (!n || i->error)
		return i->error;
	snprintf(up, sizeof(up), "%s", path);
	if (!path_parent(up))
		return -EPROTO;
	forget_tree(s, tree_lookup(s->root, up), n);
	return 0;
}

/* Hand a complete record over; whatever fails makes a snapshot necessary. */
static void note(struct store *s, struct out *o)
{
	if (o->error || s->ops->note(s->io, o->buf, o->len))
		s->changed = true;
	free(o->buf);
}

void state_note_node(struct store *s, const char *path)
{
	const struct node *n = tree_lookup(s->root, path);
	struct out o = {.buf = NULL};

	if (!s->ops->note)
		return;
	if (n) {
		put_node(n, path, &o);
	} else {
		out_begin(&o, STATE_GONE);
		out_string(&o, path);
		out_end(&o);
	}
	note(s, &o);
}

static void save_dom(struct store *s, struct out *o)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->doms) {
		const struct dom *d = list_entry(p, struct dom, link);

		out_begin(o, STATE_DOM);
		out_u64(o, d->domid);
		out_u64(o, d->introduced);
		out_u64(o, d->shutdown);
		out_u64(o, d->mfn);
		out_u64(o, d->port);
		out_end(o);
	}
}

static int load_dom(struct store *s, struct in *i)
{
	struct dom *d = dom_get(s, in_u64(i));
	bool introduced = in_u64(i);
	int rc;

	if (!d)
		return -ENOMEM;
	d->shutdown = in_u64(i);
	d->mfn = in_u64(i);
	d->port = in_u64(i);
	if (i->error || !introduced || d->introduced)
		return 0;
	rc = s->ops->introduce(s->io, d, d->mfn, d->port);
	d->introduced = !rc;
	return 0;
}

/* Rings are found again by their domain, sockets only if they stay open. */
static bool is_kept(const struct store *s, const struct conn *c)
{
	return c->key < CONN_LOCAL || s->handing_over;
}

static void save_conn(struct store *s, struct out *o)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->conns) {
		const struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		out_begin(o, STATE_CONN);
		out_u64(o, c->key);
		out_u64(o, (uint64_t)(int64_t)c->who.target);
		out_u64(o, c->last_tx_id);
		out_bytes(o, &c->in, c->have);
		out_end(o);
	}
}

/* The connection a record is about; NULL if it did not come back. */
static struct conn *conn_of(struct store *s, struct in *i)
{
	uint64_t key = in_u64(i);

	return key <= UINT32_MAX ? conn_find(s, key) : NULL;
}

static int load_conn(struct store *s, struct in *i)
{
	uint64_t key = in_u64(i);
	int64_t target = in_u64(i);
	uint32_t last = in_u64(i);
	size_t len;
	const void *p = in_bytes(i, &len);
	struct conn *c;

	if (i->error || key > UINT32_MAX)
		return -EPROTO;
	c = conn_find(s, key);
	if (!c && key >= CONN_LOCAL)
		c = s->ops->adopt(s->io, key);
	if (!c)
		return 0;
	c->who.target = target;
	c->last_tx_id = last;
	conn_feed(c, p, len);
	return c->have == len ? 0 : -EPROTO;
}

static void save_tx(struct store *s, struct out *o)
{
	struct list *p, *ptmp, *q, *qtmp;

	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		list_for_each (q, qtmp, &c->txs) {
			out_begin(o, STATE_TX);
			out_u64(o, c->key);
			out_u64(o, list_entry(q, struct tx, link)->id);
			out_end(o);
		}
	}
}

static int load_tx(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);

	if (!c)
		return 0;
	return tx_restore(c, in_u64(i)) ? 0 : -ENOMEM;
}

static void put_watch(const struct conn *c, const struct watch *w,
		      struct out *o)
{
	out_begin(o, STATE_WATCH);
	out_u64(o, c->key);
	out_u64(o, w->relative);
	out_u64(o, (uint64_t)(int64_t)w->depth);
	out_string(o, w->path);
	out_string(o, w->token);
	out_end(o);
}

static void save_watch(struct store *s, struct out *o)
{
	struct list *p, *ptmp, *q, *qtmp;

	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		list_for_each (q, qtmp, &c->watches)
			put_watch(c, list_entry(q, struct watch, link), o);
	}
}

void state_note_watch(const struct conn *c, const struct watch *w, bool added)
{
	struct store *s = c->store;
	struct out o = {.buf = NULL};

	if (!s->ops->note || c->key >= CONN_LOCAL)
		return;
	if (added) {
		put_watch(c, w, &o);
	} else {
		out_begin(&o, STATE_UNWATCH);
		out_u64(&o, c->key);
		out_string(&o, w->path);
		out_string(&o, w->token);
		out_end(&o);
	}
	note(s, &o);
}

static int load_unwatch(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	const char *path = in_string(i), *token = in_string(i);

	if (c && !i->error)
		watch_remove(c, path, token);
	return 0;
}

static int load_watch(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	bool relative = in_u64(i);
	int64_t depth = in_u64(i);
	const char *path = in_string(i), *token = in_string(i);
	int rc = 0;

	if (c && !i->error)
		watch_add(c, path, token, relative, depth, &rc);
	return rc;
}

static void save_out(struct store *s, struct out *o)
{
	struct list *p, *ptmp, *q, *qtmp;

	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		list_for_each (q, qtmp, &c->out) {
			struct msg *m = list_entry(q, struct msg, link);

			out_begin(o, STATE_OUT);
			out_u64(o, c->key);
			out_u64(o, m->event);
			out_u64(o, m->sent);
			out_bytes(o, m->bytes, m->size);
			out_end(o);
		}
	}
}

static int load_out(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	bool event = in_u64(i);
	size_t sent = in_u64(i), len;
	const void *p = in_bytes(i, &len);

	return c ? conn_restore_output(c, p, len, sent, event) : 0;
}

int state_save(struct store *s, char **buf, size_t *len)
{
	struct out o = {.buf = NULL};

#define STATE(tag, function) save_##function(s, &o);
#define NOTE(tag, function)
#include "state.def"
#undef STATE
#undef NOTE
	if (o.error) {
		free(o.buf);
		return o.error;
	}
	*buf = o.buf;
	*len = o.len;
	return 0;
}

static int (*const loaders[N_TAGS])(struct store *s, struct in *i) = {
#define STATE(tag, function) [STATE_##tag] = load_##function,
#define NOTE(tag, function)  [STATE_##tag] = load_##function,
#include "state.def"
#undef STATE
#undef NOTE
};

int state_load(struct store *s, const char *buf, size_t len, size_t snapshot)
{
	struct in all = {.p = buf, .end = buf + len}, fields;
	int tag, rc = 0;

	if (snapshot > len)
		return -EPROTO;
	while (!rc && (tag = in_record(&all, &fields)) >= 0) {
		rc = tag < N_TAGS ? loaders[tag](s, &fields) : -EPROTO;
		if (!rc)
			rc = fields.error;
	}
	if (!rc && all.p < buf + snapshot)
		rc = -EPROTO;
	return rc;
}
