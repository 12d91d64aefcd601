#include "tx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "path.h"
#include "state.h"
#include "store.h"
#include "watch.h"

static struct tx *tx_new(struct conn *c, uint32_t id)
{
	struct tx *tx = calloc(1, sizeof(*tx));

	if (!tx)
		return NULL;
	tx->id = id;
	tx->base = node_get(c->store->root);
	tx->root = node_get(c->store->root);
	list_init(&tx->accessed);
	list_add_tail(&c->txs, &tx->link);
	c->ntxs++;
	return tx;
}

struct tx *tx_start(struct conn *c)
{
	struct tx *tx;

	do
		c->last_tx_id++;
	while (!c->last_tx_id || tx_find(c, c->last_tx_id));
	tx = tx_new(c, c->last_tx_id);
	if (tx)
		state_note_tx(c, tx->id, true);
	return tx;
}

struct tx *tx_restore(struct conn *c, uint32_t id)
{
	struct tx *tx = tx_new(c, id);

	if (tx)
		tx->doomed = true;
	return tx;
}

struct tx *tx_find(struct conn *c, uint32_t id)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &c->txs) {
		struct tx *tx = list_entry(p, struct tx, link);

		if (tx->id == id)
			return tx;
	}
	return NULL;
}

static void access_free(struct access *a)
{
	list_del(&a->link);
	free(a->path);
	free(a->perms);
	free(a);
}

void tx_free(struct conn *c, struct tx *tx)
{
	struct list *p, *tmp;

	state_note_tx(c, tx->id, false);
	list_for_each (p, tmp, &tx->accessed)
		access_free(list_entry(p, struct access, link));
	list_del(&tx->link);
	c->ntxs--;
	node_put(tx->base);
	node_put(tx->root);
	free(tx->deltas);
	free(tx);
}

static unsigned int bucket_of(const char *path)
{
	unsigned int h = 0;

	while (*path)
		h = h * 31 + (unsigned char)*path++;
	return h % TX_BUCKETS;
}

static struct access *access_find(struct tx *tx, const char *path)
{
	struct access *a = tx->bucket[bucket_of(path)];

	while (a && strcmp(a->path, path))
		a = a->chain;
	return a;
}

static struct access *access_new(const char *path, const struct node *n)
{
	struct access *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	list_init(&a->link);
	a->path = strdup(path);
	if (n) {
		a->gen = n->gen;
		a->nperms = n->nperms;
		a->perms = malloc(n->nperms * sizeof(*a->perms));
		if (a->perms)
			memcpy(a->perms, n->perms,
			       n->nperms * sizeof(*a->perms));
	}
	if (!a->path || (n && !a->perms)) {
		access_free(a);
		return NULL;
	}
	return a;
}

struct access *tx_touch(struct tx *tx, const char *path, const struct node *n,
			unsigned int limit, int *rc)
{
	struct access *a = access_find(tx, path);
	unsigned int b;

	if (a)
		return a;
	*rc = -ENOSPC;
	if (limit && tx->naccessed >= limit)
		return NULL;
	*rc = -ENOMEM;
	a = access_new(path, n);
	if (!a)
		return NULL;
	b = bucket_of(path);
	a->chain = tx->bucket[b];
	tx->bucket[b] = a;
	list_add_tail(&tx->accessed, &a->link);
	tx->naccessed++;
	return a;
}

int tx_account(struct tx *tx, unsigned int domid, int delta)
{
	struct tx_delta *d;
	unsigned int i;

	for (i = 0; i < tx->ndeltas; i++)
		if (tx->deltas[i].domid == domid)
			break;
	if (i == tx->ndeltas) {
		d = realloc(tx->deltas, (i + 1) * sizeof(*d));
		if (!d)
			return -ENOMEM;
		tx->deltas = d;
		d[i] = (struct tx_delta){.domid = domid};
		tx->ndeltas++;
	}
	tx->deltas[i].nodes += delta;
	return 0;
}

int tx_delta(const struct tx *tx, unsigned int domid)
{
	unsigned int i;

	for (i = 0; i < tx->ndeltas; i++)
		if (tx->deltas[i].domid == domid)
			return tx->deltas[i].nodes;
	return 0;
}

static int remove_at(struct node **root, const char *path, struct node *n)
{
	char up[PATH_BUF];
	struct node *parent;
	int rc;

	snprintf(up, sizeof(up), "%s", path);
	path_parent(up);
	rc = tree_own(root, up, &parent);
	if (rc)
		return rc;
	node_detach(parent, n);
	node_put(n);
	return 0;
}

/* Create @path in *root; its parent is made first where it is missing. */
static int create_at(struct node **root, const struct node *from,
		     const char *path)
{
	const struct node *src = tree_lookup(from, path);
	struct node *parent, *n;
	char up[PATH_BUF];
	int rc;

	snprintf(up, sizeof(up), "%s", path);
	path_parent(up);
	if (!tree_lookup(*root, up)) {
		rc = create_at(root, from, up);
		if (rc)
			return rc;
	}
	rc = tree_own(root, up, &parent);
	if (rc)
		return rc;
	n = node_new(src->name, strlen(src->name));
	rc = n ? node_set_perms(n, src->perms, src->nperms) : -ENOMEM;
	if (!rc)
		rc = node_attach(parent, n);
	if (rc)
		node_put(n);
	return rc;
}

/* Give @path in *root the state it has in @from; children come by themselves.
 */
static int merge_path(struct node **root, const struct node *from,
		      const char *path)
{
	const struct node *src = tree_lookup(from, path);
	struct node *dst = tree_lookup(*root, path);
	int rc = 0;

	if (!src)
		return dst ? remove_at(root, path, dst) : 0;
	if (!dst)
		rc = create_at(root, from, path);
	if (!rc)
		rc = tree_own(root, path, &dst);
	if (!rc)
		rc = node_set_data(dst, src->data, src->len);
	if (!rc)
		rc = node_set_perms(dst, src->perms, src->nperms);
	if (!rc)
		dst->gen = src->gen;
	return rc;
}

static bool still_valid(const struct tx *tx, const struct node *root)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &tx->accessed) {
		const struct access *a = list_entry(p, struct access, link);
		const struct node *n = tree_lookup(root, a->path);

		if ((n ? n->gen : 0) != a->gen)
			return false;
	}
	return true;
}

static int merge_all(const struct tx *tx, struct node **root)
{
	struct list *p, *tmp;
	int rc = 0;

	list_for_each (p, tmp, &tx->accessed) {
		const struct access *a = list_entry(p, struct access, link);

		if (!rc && a->written)
			rc = merge_path(root, tx->root, a->path);
	}
	return rc;
}

int tx_refresh(struct store *s, struct tx *tx)
{
	struct node *root;
	int rc;

	if (tx->doomed)
		return -EAGAIN;
	if (tx->base == s->root)
		return 0;
	if (!still_valid(tx, s->root)) {
		tx->doomed = true;
		return -EAGAIN;
	}
	root = node_get(s->root);
	rc = merge_all(tx, &root);
	if (rc) {
		node_put(root);
		return rc;
	}
	node_put(tx->base);
	node_put(tx->root);
	tx->base = node_get(s->root);
	tx->root = root;
	return 0;
}

static bool is_privileged(unsigned int domid)
{
	return domid == 0;
}

/* Do the owners' quotas allow the new counts? Also makes owners known. */
static int check_deltas(struct store *s, const struct tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->ndeltas; i++) {
		const struct tx_delta *t = &tx->deltas[i];
		struct dom *d = dom_get(s, t->domid);

		if (!d)
			return -ENOMEM;
		if (t->nodes > 0 && !is_privileged(t->domid) &&
		    d->nodes + t->nodes > s->quota.nodes)
			return -ENOSPC;
	}
	return 0;
}

static void fire_all(struct store *s, const struct tx *tx)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &tx->accessed) {
		const struct access *a = list_entry(p, struct access, link);

		if (a->fire)
			watch_fire_path(s, a->path, a->exact, a->perms,
					a->nperms);
	}
}

static void note_all(struct store *s, const struct tx *tx)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &tx->accessed) {
		const struct access *a = list_entry(p, struct access, link);

		if (a->written)
			state_note_node(s, a->path);
	}
}

int tx_commit(struct store *s, struct tx *tx)
{
	unsigned int i;
	int rc;

	rc = tx_refresh(s, tx);
	if (!rc)
		rc = check_deltas(s, tx);
	if (rc)
		return rc;
	for (i = 0; i < tx->ndeltas; i++)
		dom_find(s, tx->deltas[i].domid)->nodes += tx->deltas[i].nodes;
	node_put(s->root);
	s->root = node_get(tx->root);
	note_all(s, tx);
	fire_all(s, tx);
	return 0;
}
