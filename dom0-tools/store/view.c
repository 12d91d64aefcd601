#include "view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "path.h"
#include "state.h"
#include "store.h"
#include "tx.h"
#include "view_internal.h"
#include "watch.h"

struct node **view_root(struct view *v)
{
	return v->tx ? &v->tx->root : &v->s->root;
}

int view_touch(struct view *v, const char *path, const struct node *n)
{
	unsigned int limit = v->who.privileged ? 0 : v->s->quota.tx_nodes;
	int rc = 0;

	if (v->tx && !tx_touch(v->tx, path, n, limit, &rc))
		return rc;
	return 0;
}

int view_look(struct view *v, const char *path, struct node **out)
{
	*out = tree_lookup(*view_root(v), path);
	return view_touch(v, path, *out);
}

/* The nearest existing ancestor; @path is cut down to it. */
static int look_up(struct view *v, char *path, struct node **out)
{
	int rc;

	do {
		if (!path_parent(path))
			memcpy(path, "/", 2);
		rc = view_look(v, path, out);
	} while (!rc && !*out);
	return rc;
}

int view_get(struct view *v, const char *path, unsigned int need,
	     const struct node **out)
{
	char up[PATH_BUF];
	struct node *n;
	int rc;

	rc = view_look(v, path, &n);
	if (rc)
		return rc;
	if (n) {
		*out = n;
		rc = perms_for(&v->who, n->perms, n->nperms);
		return (rc & need) == need ? 0 : -EACCES;
	}
	snprintf(up, sizeof(up), "%s", path);
	rc = look_up(v, up, &n);
	if (rc)
		return rc;
	return perms_for(&v->who, n->perms, n->nperms) & need ? -ENOENT
							      : -EACCES;
}

int view_reserve(struct view *v, unsigned int domid)
{
	if (v->tx)
		return tx_account(v->tx, domid, 0);
	return dom_get(v->s, domid) ? 0 : -ENOMEM;
}

void view_account(struct view *v, unsigned int domid, int delta)
{
	if (v->tx)
		tx_account(v->tx, domid, delta);
	else
		dom_find(v->s, domid)->nodes += delta;
}

unsigned int view_owned(struct view *v, unsigned int domid)
{
	struct dom *d = dom_find(v->s, domid);
	unsigned int nodes = d ? d->nodes : 0;

	return v->tx ? nodes + tx_delta(v->tx, domid) : nodes;
}

bool view_size_ok(const struct view *v, unsigned int nperms, size_t data,
		  size_t names)
{
	/* What the same node takes in Xen's daemon, whose quota this is. */
	size_t size = 24 + nperms * sizeof(struct perm) + data + names;

	return v->who.privileged || size < v->s->quota.node_size;
}

void view_wrote(struct view *v, const char *path)
{
	int rc;

	if (v->tx)
		tx_touch(v->tx, path, NULL, 0, &rc)->written = true;
	else
		state_note_node(v->s, path);
}

void view_fire(struct view *v, const struct happening *h)
{
	struct access *a;
	int rc;

	if (!v->tx) {
		watch_fire(v->s, h);
		return;
	}
	a = tx_touch(v->tx, h->path, NULL, 0, &rc);
	a->exact = h->exact && (!a->fire || a->exact);
	a->fire = true;
}

static void fire_changed(struct view *v, const char *path,
			 const struct perm *old, unsigned int nold)
{
	struct happening h = {.path = path, .old = old, .nold = nold};
	char up[PATH_BUF];

	h.node = tree_lookup(*view_root(v), path);
	snprintf(up, sizeof(up), "%s", path);
	if (path_parent(up))
		h.parent = tree_lookup(*view_root(v), up);
	view_fire(v, &h);
}

static int set_data(struct view *v, const char *path, const void *data,
		    size_t len)
{
	struct node *n;
	int rc;

	rc = tree_own(view_root(v), path, &n);
	if (rc)
		return rc;
	if (!view_size_ok(v, n->nperms, len, n->kidbytes))
		return -ENOSPC;
	rc = node_set_data(n, data, len);
	if (rc)
		return rc;
	n->gen = ++v->s->gen;
	view_wrote(v, path);
	return 0;
}

int view_write(struct view *v, const char *path, const void *data, size_t len)
{
	const struct node *n;
	int rc;

	rc = view_get(v, path, PERM_WRITE, &n);
	if (!rc)
		rc = set_data(v, path, data, len);
	else if (rc == -ENOENT)
		rc = view_create(v, path, data, len);
	if (!rc)
		fire_changed(v, path, NULL, 0);
	return rc;
}

int view_mkdir(struct view *v, const char *path)
{
	const struct node *n;
	int rc;

	rc = view_get(v, path, PERM_WRITE, &n);
	if (rc != -ENOENT)
		return rc;
	rc = view_create(v, path, NULL, 0);
	if (!rc)
		fire_changed(v, path, NULL, 0);
	return rc;
}

/* What must hold before @n may get the permissions @p. */
static int check_perms(struct view *v, const struct node *n,
		       const struct perm *p, unsigned int count)
{
	if (!v->s->ops->domain_exists(v->s->io, p[0].domid))
		return -ENOENT;
	if (v->who.privileged)
		return 0;
	if (p[0].domid != n->perms[0].domid)
		return -EPERM;
	if (count > v->s->quota.perms)
		return -ENOSPC;
	return view_size_ok(v, count, n->len, n->kidbytes) ? 0 : -ENOSPC;
}

/* Permissions of a domain that does not exist must not wait for the next one
 * with its number. */
static void mark_absent(struct store *s, struct node *n)
{
	unsigned int i;

	for (i = 1; i < n->nperms; i++)
		if (!s->ops->domain_exists(s->io, n->perms[i].domid) ||
		    !dom_get(s, n->perms[i].domid))
			n->perms[i].bits |= PERM_STALE;
}

static int swap_perms(struct view *v, const char *path, const struct perm *p,
		      unsigned int count)
{
	struct node *n;
	unsigned int old;
	int rc;

	rc = tree_own(view_root(v), path, &n);
	if (!rc)
		rc = view_reserve(v, p[0].domid);
	if (rc)
		return rc;
	old = n->perms[0].domid;
	rc = view_reserve(v, old);
	if (!rc)
		rc = node_set_perms(n, p, count);
	if (rc)
		return rc;
	mark_absent(v->s, n);
	view_account(v, old, -1);
	view_account(v, p[0].domid, 1);
	n->gen = ++v->s->gen;
	view_wrote(v, path);
	return 0;
}

int view_set_perms(struct view *v, const char *path, const struct perm *p,
		   unsigned int count)
{
	const struct node *n;
	struct node *before;
	int rc;

	if (path_is_special(path) && !v->who.privileged)
		return -EACCES;
	rc = view_get(v, path, PERM_WRITE | PERM_OWNER, &n);
	if (!rc)
		rc = check_perms(v, n, p, count);
	if (rc)
		return rc;
	before = node_get(tree_lookup(*view_root(v), path));
	rc = swap_perms(v, path, p, count);
	if (!rc && !path_is_special(path))
		fire_changed(v, path, before->perms, before->nperms);
	node_put(before);
	return rc;
}
