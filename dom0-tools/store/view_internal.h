/*
 * view_internal.h: what view.c and view_tree.c share
 *
 * Owns:       nothing
 * Invariants: view_reserve(domid) came before view_account(domid)
 *             view_touch(path) came before view_wrote(path), view_fire(path)
 * Lock:       none
 */
#ifndef STORE_VIEW_INTERNAL_H
#define STORE_VIEW_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "view.h"

struct happening;

/** view_root() - the root this view reads and changes */
struct node **view_root(struct view *v);

/** view_touch() - a transaction now depends on @path; 0, -ENOSPC, -ENOMEM */
int view_touch(struct view *v, const char *path, const struct node *n);

/** view_look() - node at @path or NULL in *out, touched, no permission asked */
int view_look(struct view *v, const char *path, struct node **out);

/** view_reserve() - make view_account() of this owner unable to fail */
int view_reserve(struct view *v, unsigned int domid);

/** view_account() - @domid owns @delta more nodes */
void view_account(struct view *v, unsigned int domid, int delta);

/** view_owned() - nodes @domid owns as this view sees it */
unsigned int view_owned(struct view *v, unsigned int domid);

/** view_size_ok() - may a node of this size be written? */
bool view_size_ok(const struct view *v, unsigned int nperms, size_t data,
		  size_t names);

/** view_wrote() - @path differs now */
void view_wrote(struct view *v, const char *path);

/** view_fire() - fire watches now, or at commit */
void view_fire(struct view *v, const struct happening *h);

/** view_create() - create @path, which is known not to exist, and parents */
int view_create(struct view *v, const char *path, const void *data, size_t len);

#endif
