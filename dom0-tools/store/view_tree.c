/* Creating and removing: the changes that involve more than one node. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "store.h"
#include "tx.h"
#include "view_internal.h"
#include "watch.h"

/* A chain of nodes to be created below an existing one. */
struct plan {
	char top[PATH_BUF];	 /* the existing ancestor */
	const struct node *node; /* it */
	unsigned int missing;
	unsigned int owner;
};

static int plan_creation(struct view *v, const char *path, struct plan *p)
{
	struct node *n = NULL;
	int rc = 0;

	p->missing = 0;
	snprintf(p->top, sizeof(p->top), "%s", path);
	while (!rc && !n) {
		p->missing++;
		path_parent(p->top);
		rc = view_look(v, p->top, &n);
	}
	if (rc)
		return rc;
	p->node = n;
	p->owner = v->who.privileged ? n->perms[0].domid : v->who.domid;
	return 0;
}

static int check_creation(struct view *v, const struct plan *p,
			  const char *path, size_t len)
{
	const char *s = path + (strcmp(p->top, "/") ? strlen(p->top) : 0);
	const struct node *n = p->node;
	size_t name, data = n->len, names = n->kidbytes;

	if (v->who.privileged)
		return 0;
	if (view_owned(v, p->owner) + p->missing > v->s->quota.nodes)
		return -ENOSPC;
	while (path_next(&s, &name)) {
		if (!view_size_ok(v, n->nperms, data, names + name + 1))
			return -ENOSPC;
		data = 0;
		names = 0;
	}
	return view_size_ok(v, n->nperms, len, 0) ? 0 : -ENOSPC;
}

static struct node *new_heir(struct view *v, const struct plan *p,
			     const char *name, size_t len)
{
	struct node *n = node_new(name, len);

	if (!n)
		return NULL;
	if (node_set_perms(n, p->node->perms, p->node->nperms)) {
		node_put(n);
		return NULL;
	}
	n->perms[0].domid = p->owner;
	n->gen = ++v->s->gen;
	return n;
}

/* The chain of new nodes, not yet linked to the tree; NULL: out of memory. */
static struct node *build_chain(struct view *v, const struct plan *p,
				const char *path, const void *data, size_t len)
{
	const char *s = path + (strcmp(p->top, "/") ? strlen(p->top) : 0);
	struct node *first = NULL, *last = NULL, *n;
	const char *name;
	size_t nlen;

	while ((name = path_next(&s, &nlen))) {
		n = new_heir(v, p, name, nlen);
		if (!n)
			goto fail;
		if (!first) {
			first = n;
		} else if (node_attach(last, n)) {
			node_put(n);
			goto fail;
		}
		last = n;
	}
	if (!node_set_data(last, data, len))
		return first;
fail:
	node_put(first);
	return NULL;
}

static int touch_missing(struct view *v, const struct plan *p, const char *path)
{
	char up[PATH_BUF];
	unsigned int i;
	int rc = 0;

	snprintf(up, sizeof(up), "%s", path);
	for (i = 0; !rc && i < p->missing; i++) {
		rc = view_touch(v, up, NULL);
		path_parent(up);
	}
	return rc;
}

static void wrote_chain(struct view *v, const struct plan *p, const char *path)
{
	char up[PATH_BUF];
	unsigned int i;

	snprintf(up, sizeof(up), "%s", path);
	for (i = 0; i <= p->missing; i++) {
		view_wrote(v, up);
		path_parent(up);
	}
	view_account(v, p->owner, p->missing);
}

int view_create(struct view *v, const char *path, const void *data, size_t len)
{
	struct node *chain = NULL, *top;
	struct plan p;
	int rc;

	rc = plan_creation(v, path, &p);
	if (!rc)
		rc = check_creation(v, &p, path, len);
	if (!rc)
		rc = touch_missing(v, &p, path);
	if (!rc)
		rc = view_reserve(v, p.owner);
	if (rc)
		return rc;
	chain = build_chain(v, &p, path, data, len);
	rc = chain ? tree_own(view_root(v), p.top, &top) : -ENOMEM;
	if (!rc)
		rc = node_attach(top, chain);
	if (rc)
		goto out;
	chain = NULL; /* the tree's */
	top->gen = ++v->s->gen;
	wrote_chain(v, &p, path);
out:
	node_put(chain);
	return rc;
}

/* A subtree being removed: @path has room for every path in it. */
struct removal {
	struct view *v;
	char path[PATH_BUF];
	int (*visit)(struct removal *r, const struct node *n,
		     const struct node *parent, bool top);
};

/*
 * Children first, as their watchers expect. A path below an allowed path can
 * be longer than allowed ones, but no node has one that was not allowed.
 */
static int visit_tree(struct removal *r, const struct node *n,
		      const struct node *parent, bool top)
{
	size_t len = strlen(r->path);
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < n->nkids; i++) {
		snprintf(r->path + len, sizeof(r->path) - len, "/%s",
			 n->kids[i]->name);
		rc = visit_tree(r, n->kids[i], n, false);
		r->path[len] = '\0';
	}
	return rc ? rc : r->visit(r, n, parent, top);
}

static int prepare_one(struct removal *r, const struct node *n,
		       const struct node *parent, bool top)
{
	int rc = view_touch(r->v, r->path, n);

	return rc ? rc : view_reserve(r->v, n->perms[0].domid);
}

static int finish_one(struct removal *r, const struct node *n,
		      const struct node *parent, bool top)
{
	struct happening h = {
		.path = r->path,
		.node = n,
		.parent = parent,
		.exact = !top,
	};

	view_wrote(r->v, r->path);
	view_account(r->v, n->perms[0].domid, -1);
	view_fire(r->v, &h);
	return 0;
}

/* Take @path out of the tree; its reference is the caller's. */
static int unlink_node(struct view *v, const char *path, struct node **out,
		       struct node **parent)
{
	char up[PATH_BUF];
	struct node *n;
	int rc;

	snprintf(up, sizeof(up), "%s", path);
	path_parent(up);
	rc = view_look(v, up, &n);
	if (!rc)
		rc = tree_own(view_root(v), up, parent);
	if (rc)
		return rc;
	*out = node_child(*parent, path_last(path), strlen(path_last(path)));
	node_detach(*parent, *out);
	(*parent)->gen = ++v->s->gen;
	view_wrote(v, up);
	return 0;
}

static int remove_existing(struct view *v, const char *path,
			   const struct node *n)
{
	struct removal r = {.v = v, .visit = prepare_one};
	struct node *gone, *parent;
	int rc;

	snprintf(r.path, sizeof(r.path), "%s", path);
	rc = visit_tree(&r, n, NULL, true);
	if (!rc)
		rc = unlink_node(v, path, &gone, &parent);
	if (rc)
		return rc;
	r.visit = finish_one;
	rc = visit_tree(&r, gone, parent, true);
	node_put(gone);
	return rc;
}

/* Removing what is not there succeeds if its directory is there. */
static int remove_absent(struct view *v, const char *path)
{
	char up[PATH_BUF];
	struct node *n;
	int rc;

	snprintf(up, sizeof(up), "%s", path);
	path_parent(up);
	rc = view_look(v, up, &n);
	if (rc)
		return rc;
	return n ? 0 : -ENOENT;
}

int view_remove(struct view *v, const char *path)
{
	const struct node *n;
	int rc;

	if (!strcmp(path, "/"))
		return -EINVAL;
	rc = view_get(v, path, PERM_WRITE, &n);
	if (rc == -ENOENT)
		return remove_absent(v, path);
	return rc ? rc : remove_existing(v, path, n);
}
