/*
 * view.h: the tree as one request sees it: through permissions, quotas and
 * perhaps a transaction
 *
 * Owns:       nothing
 * Invariants: a request that fails leaves tree and counts as they were
 * Lock:       none
 * ABI:        errno of refused accesses: -EACCES unless the nearest existing
 *             ancestor already grants what was asked
 */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include <stddef.h>

#include "node.h"
#include "perms.h"

struct store;
struct tx;

struct view {
	struct store *s;
	struct tx *tx; /* NULL: the latest tree */
	struct who who;
};

/**
 * view_get() - node at a canonical path
 * @need: PERM_* bits
 * @out:  valid until the view next changes
 *
 * Returns: 0, -ENOENT, -EACCES, -ENOSPC (transaction too large), -ENOMEM
 */
int view_get(struct view *v, const char *path, unsigned int need,
	     const struct node **out);

/** view_write() - set a value, creating the node and its parents */
int view_write(struct view *v, const char *path, const void *data, size_t len);

/** view_mkdir() - create a node and its parents unless it is there */
int view_mkdir(struct view *v, const char *path);

/** view_remove() - remove a subtree; gone already is fine, "/" is -EINVAL */
int view_remove(struct view *v, const char *path);

/** view_set_perms() - replace permissions */
int view_set_perms(struct view *v, const char *path, const struct perm *p,
		   unsigned int n);

#endif
