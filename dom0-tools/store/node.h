/*
 * node.h: the tree, with cheap snapshots
 *
 * Owns:       nodes, by reference count
 * Invariants: a node with more than one reference is never changed, it is
 *             copied first; so whoever holds a root sees a frozen tree
 *             children keep the order of their creation
 *             gen differs after every change of value, permissions or list
 *             of children, and is never reused
 * Lock:       none; the daemon has one thread
 *
 * The root handed around here is a node above "/": its children are "/"
 * itself (with an empty name) and the special nodes "@...".
 */
#ifndef STORE_NODE_H
#define STORE_NODE_H

#include <stddef.h>
#include <stdint.h>

#include "perms.h"

struct node {
	unsigned int refs;
	uint32_t hash; /* of name */
	uint64_t gen;
	char *name; /* last component of the path */
	void *data;
	size_t len; /* bytes of data */
	struct perm *perms;
	unsigned int nperms; /* >= 1, except in the node above "/" */
	struct node **kids;
	unsigned int nkids, kidcap;
	size_t kidbytes; /* what all names take, NULs included */
};

/** node_new() - unlinked node, one reference, no permissions; NULL: memory */
struct node *node_new(const char *name, size_t namelen);

/** node_get() - one more reference */
struct node *node_get(struct node *n);

/** node_put() - one reference less, which may free; NULL is fine */
void node_put(struct node *n);

/** node_set_data() - replace the value; -ENOMEM leaves it alone */
int node_set_data(struct node *n, const void *data, size_t len);

/** node_set_perms() - replace the permissions; -ENOMEM leaves them alone */
int node_set_perms(struct node *n, const struct perm *p, unsigned int count);

/** node_child() - child by name, or NULL */
struct node *node_child(const struct node *n, const char *name, size_t len);

/** node_attach() - append @kid, taking over the caller's reference */
int node_attach(struct node *n, struct node *kid);

/** node_detach() - unlink @kid; its reference is the caller's now */
void node_detach(struct node *n, struct node *kid);

/** tree_lookup() - node at a canonical path, or NULL; no reference taken */
struct node *tree_lookup(const struct node *root, const char *path);

/**
 * tree_own() - node at a canonical path, ready to be changed
 * @root: replaced if it had to be copied
 *
 * Returns: 0, -ENOENT, -ENOMEM; the tree means the same in any case
 */
int tree_own(struct node **root, const char *path, struct node **out);

/**
 * tree_check() - assert the invariants of a whole tree
 *
 * Returns: number of nodes, the one above "/" not counted
 */
unsigned long tree_check(const struct node *root);

#endif
