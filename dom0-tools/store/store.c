#include "store.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "path.h"
#include "tx.h"
#include "view.h"
#include "watch.h"

static const struct quotas default_quotas = {
#define QUOTA(field, value, name, meaning) .field = (value),
#include "quota.def"
#undef QUOTA
};

/* Nodes every store begins with. */
static const char *const first_nodes[] = {"/tool/xenstored"};
static const char *const special_nodes[] = {"@releaseDomain",
					    "@introduceDomain"};

/* Put a node owned by dom0 right below the node above "/". */
static int add_top(struct store *s, const char *name)
{
	static const struct perm dom0_only = {0, 0};
	struct dom *d = dom_get(s, 0);
	struct node *n = node_new(name, strlen(name));
	int rc = -ENOMEM;

	if (!d || !n || node_set_perms(n, &dom0_only, 1))
		goto out;
	n->gen = ++s->gen;
	rc = node_attach(s->root, n);
	if (rc)
		goto out;
	n = NULL;
	d->nodes++;
out:
	node_put(n);
	return rc;
}

int store_init(struct store *s, const struct store_ops *ops, void *io)
{
	struct view v = {.s = s, .who = {0, -1, true}};
	size_t i;
	int rc;

	memset(s, 0, sizeof(*s));
	list_init(&s->conns);
	list_init(&s->doms);
	s->quota = default_quotas;
	s->ops = ops;
	s->io = io;
	s->root = node_new("", 0);
	if (!s->root)
		return -ENOMEM;
	rc = add_top(s, "");
	for (i = 0; !rc && i < sizeof(special_nodes) / sizeof(char *); i++)
		rc = add_top(s, special_nodes[i]);
	for (i = 0; !rc && i < sizeof(first_nodes) / sizeof(char *); i++)
		rc = view_mkdir(&v, first_nodes[i]);
	if (rc)
		store_fini(s);
	return rc;
}

void store_fini(struct store *s)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->conns)
		conn_free(list_entry(p, struct conn, link));
	list_for_each (p, tmp, &s->doms) {
		list_del(p);
		free(list_entry(p, struct dom, link));
	}
	node_put(s->root);
	s->root = NULL;
}

void store_log(struct store *s, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->ops->log(s->io, line);
}

struct dom *dom_find(struct store *s, unsigned int domid)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->doms) {
		struct dom *d = list_entry(p, struct dom, link);

		if (d->domid == domid)
			return d;
	}
	return NULL;
}

struct dom *dom_get(struct store *s, unsigned int domid)
{
	struct dom *d = dom_find(s, domid);

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->domid = domid;
	list_add_tail(&s->doms, &d->link);
	return d;
}

/* A path under construction while walking the tree. */
struct walk {
	char path[PATH_BUF];
	size_t len;
};

static size_t walk_down(struct walk *w, const char *name)
{
	size_t old = w->len, n = strlen(name);

	if (w->len > 1)
		w->path[w->len++] = '/';
	memcpy(w->path + w->len, name, n + 1);
	w->len += n;
	return old;
}

static void walk_up(struct walk *w, size_t old)
{
	w->len = old;
	w->path[old] = '\0';
}

/* Path of a node below @n that @domid owns, left in @w. */
static bool find_owned(struct walk *w, const struct node *n, unsigned int domid)
{
	unsigned int i;

	for (i = 0; i < n->nkids; i++) {
		size_t old = walk_down(w, n->kids[i]->name);

		if (n->kids[i]->perms[0].domid == domid ||
		    find_owned(w, n->kids[i], domid))
			return true;
		walk_up(w, old);
	}
	return false;
}

static bool grants_to(const struct node *n, unsigned int domid)
{
	unsigned int i;

	for (i = 1; i < n->nperms; i++)
		if (n->perms[i].domid == domid &&
		    !(n->perms[i].bits & PERM_STALE))
			return true;
	return false;
}

/*
 * Stale marks are set in place, in nodes that snapshots may share: the domain
 * is as gone for transactions under way as for everybody else.
 */
static void mark_stale(struct node *n, unsigned int domid)
{
	unsigned int i;

	if (grants_to(n, domid))
		for (i = 1; i < n->nperms; i++)
			if (n->perms[i].domid == domid)
				n->perms[i].bits |= PERM_STALE;
	for (i = 0; i < n->nkids; i++)
		mark_stale(n->kids[i], domid);
}

static void remove_owned(struct store *s, unsigned int domid)
{
	struct view v = {.s = s, .who = {0, -1, true}};
	const struct node *top = tree_lookup(s->root, "/");
	struct walk w;
	int rc = 0;

	for (;;) {
		memcpy(w.path, "/", 2);
		w.len = 1;
		if (rc || !find_owned(&w, top, domid))
			break;
		rc = view_remove(&v, w.path);
		top = tree_lookup(s->root, "/");
	}
	if (rc)
		store_log(s, "nodes of domain %u stay behind: %s", domid,
			  strerror(-rc));
}

/* "/" and the special nodes cannot go: they become dom0's again. */
static void reclaim_tops(struct store *s, struct dom *d)
{
	static const char *const tops[] = {"/", "@releaseDomain",
					   "@introduceDomain"};
	struct perm dom0_only = {0, 0};
	struct node *n;
	size_t i;

	for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		n = tree_lookup(s->root, tops[i]);
		if (!n || n->perms[0].domid != d->domid)
			continue;
		if (tree_own(&s->root, tops[i], &n) ||
		    node_set_perms(n, &dom0_only, 1))
			continue;
		n->gen = ++s->gen;
		d->nodes--;
		dom_find(s, 0)->nodes++;
	}
}

static void mark_stale_everywhere(struct store *s, unsigned int domid)
{
	struct list *p, *ptmp, *t, *ttmp;

	mark_stale(s->root, domid);
	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		list_for_each (t, ttmp, &c->txs)
			mark_stale(list_entry(t, struct tx, link)->root, domid);
	}
}

void dom_remove(struct store *s, struct dom *d)
{
	if (d->conn)
		s->ops->disconnect(s->io, d);
	d->conn = NULL;
	d->introduced = false;
	remove_owned(s, d->domid);
	reclaim_tops(s, d);
	mark_stale_everywhere(s, d->domid);
	s->changed = true;
	if (d->nodes)
		return; /* out of memory; the caller comes again */
	list_del(&d->link);
	free(d);
}

void store_fire_special(struct store *s, const char *name)
{
	watch_fire_path(s, name, true, NULL, 0);
}

static unsigned int count_owned(const struct node *n, unsigned int domid)
{
	unsigned int i, count = n->nperms && n->perms[0].domid == domid;

	for (i = 0; i < n->nkids; i++)
		count += count_owned(n->kids[i], domid);
	return count;
}

void store_check(struct store *s)
{
	unsigned long total = 0;
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->doms) {
		struct dom *d = list_entry(p, struct dom, link);

		assert(count_owned(s->root, d->domid) == d->nodes);
		total += d->nodes;
	}
	assert(tree_check(s->root) == total);
}
