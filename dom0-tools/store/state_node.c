/* Saved state: nodes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "path.h"
#include "state.h"
#include "state_internal.h"
#include "store.h"

/* Nodes below @n, and @n, are no longer owned by anybody. */
static void disown(struct store *s, const struct node *n)
{
	unsigned int i;

	dom_find(s, n->perms[0].domid)->nodes--;
	for (i = 0; i < n->nkids; i++)
		disown(s, n->kids[i]);
}

void state_forget_tree(struct store *s, struct node *parent, struct node *n)
{
	disown(s, n);
	node_detach(parent, n);
	node_put(n);
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

void save_node(struct store *s, struct out *o)
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

int load_node(struct store *s, struct in *i)
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

int load_gone(struct store *s, struct in *i)
{
	const char *path = in_string(i);
	struct node *n = tree_lookup(s->root, path);
	char up[PATH_BUF];

	if (!n || i->error)
		return i->error;
	snprintf(up, sizeof(up), "%s", path);
	if (!path_parent(up))
		return -EPROTO;
	state_forget_tree(s, tree_lookup(s->root, up), n);
	return 0;
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
	state_note(s, &o);
}
