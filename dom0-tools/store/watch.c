#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "path.h"
#include "perms.h"
#include "state.h"
#include "store.h"

static struct watch *watch_find(struct conn *c, const char *path,
				const char *token)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &c->watches) {
		struct watch *w = list_entry(p, struct watch, link);

		if (!strcmp(w->path, path) && !strcmp(w->token, token))
			return w;
	}
	return NULL;
}

bool watch_exists(struct conn *c, const char *path, const char *token)
{
	return watch_find(c, path, token);
}

static void watch_free(struct conn *c, struct watch *w)
{
	list_del(&w->link);
	c->nwatches--;
	free(w->path);
	free(w->token);
	free(w);
}

struct watch *watch_add(struct conn *c, const char *path, const char *token,
			bool relative, int depth, int *rc)
{
	struct watch *w;

	*rc = -EEXIST;
	if (watch_find(c, path, token))
		return NULL;
	*rc = -ENOMEM;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->path = strdup(path);
	w->token = strdup(token);
	w->relative = relative;
	w->depth = depth;
	list_add_tail(&c->watches, &w->link);
	c->nwatches++;
	if (!w->path || !w->token) {
		watch_free(c, w);
		return NULL;
	}
	*rc = 0;
	return w;
}

int watch_remove(struct conn *c, const char *path, const char *token)
{
	struct watch *w = watch_find(c, path, token);

	if (!w)
		return -ENOENT;
	state_note_watch(c, w, false);
	watch_free(c, w);
	return 0;
}

void watch_remove_all(struct conn *c)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &c->watches)
		watch_free(c, list_entry(p, struct watch, link));
}

static void send_event(struct conn *c, const struct watch *w, const char *path)
{
	char home[32];

	if (w->relative) {
		snprintf(home, sizeof(home), "/local/domain/%u/", c->who.domid);
		path += strlen(home);
	}
	conn_event(c, path, w->token);
}

void watch_fire_first(struct conn *c, const struct watch *w)
{
	send_event(c, w, w->path);
}

static bool readable(const struct who *who, const struct perm *p,
		     unsigned int n)
{
	return perms_for(who, p, n) & PERM_READ;
}

/*
 * A client learns of a change if it may read the node, might read it before,
 * or may list the directory the node is in.
 */
static bool may_know(const struct who *who, const struct happening *h)
{
	if (h->old && readable(who, h->old, h->nold))
		return true;
	if (!h->node)
		return false;
	if (readable(who, h->node->perms, h->node->nperms))
		return true;
	return h->parent && readable(who, h->parent->perms, h->parent->nperms);
}

static bool matches(const struct watch *w, const struct happening *h)
{
	if (h->exact)
		return !strcmp(w->path, h->path);
	if (!path_is_below(h->path, w->path))
		return false;
	return w->depth < 0 ||
	       path_depth(h->path, w->path) <= (unsigned int)w->depth;
}

void watch_fire(struct store *s, const struct happening *h)
{
	struct list *p, *ptmp, *q, *qtmp;

	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (list_empty(&c->watches) || !may_know(&c->who, h))
			continue;
		list_for_each (q, qtmp, &c->watches) {
			struct watch *w = list_entry(q, struct watch, link);

			if (matches(w, h))
				send_event(c, w, h->path);
		}
	}
}

void watch_fire_path(struct store *s, const char *path, bool exact,
		     const struct perm *old, unsigned int nold)
{
	struct happening h = {
		.path = path,
		.node = tree_lookup(s->root, path),
		.old = old,
		.nold = nold,
		.exact = exact,
	};
	char up[PATH_BUF];

	snprintf(up, sizeof(up), "%s", path);
	if (path_parent(up))
		h.parent = tree_lookup(s->root, up);
	watch_fire(s, &h);
}
