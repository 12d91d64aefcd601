/*
 * watch.h: telling clients what changed
 *
 * Owns:       struct watch, until it is removed or its client goes
 * Invariants: (path, token) is unique within a connection
 * Lock:       none
 * ABI:        WATCH, UNWATCH, WATCH_EVENT
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <stdbool.h>

#include "list.h"
#include "node.h"

struct conn;
struct store;

struct watch {
	struct list link; /* in conn.watches, in order of registration */
	char *path;	  /* canonical */
	char *token;
	bool relative; /* events name paths relative to the client's home */
	int depth;     /* levels below path that count, -1 = all */
};

/** What happened, and what decides who may know. */
struct happening {
	const char *path;
	const struct node *node;   /* now, or as it was when it went */
	const struct node *parent; /* NULL if unknown */
	const struct perm *old;	   /* permissions before, or NULL */
	unsigned int nold;
	bool exact; /* watches above path do not care */
};

/**
 * watch_add() - register; the first event is watch_fire_first()'s business
 *
 * Returns: the watch, or NULL with *rc = -EEXIST or -ENOMEM
 */
struct watch *watch_add(struct conn *c, const char *path, const char *token,
			bool relative, int depth, int *rc);

/** watch_exists() - is this pair registered? */
bool watch_exists(struct conn *c, const char *path, const char *token);

/** watch_fire_first() - the event that follows each registration */
void watch_fire_first(struct conn *c, const struct watch *w);

/** watch_remove() - 0 or -ENOENT */
int watch_remove(struct conn *c, const char *path, const char *token);

/** watch_remove_all() - every watch of a client */
void watch_remove_all(struct conn *c);

/** watch_fire() - queue events to everybody who watches and may know */
void watch_fire(struct store *s, const struct happening *h);

/** watch_fire_path() - watch_fire() for a path of the current tree */
void watch_fire_path(struct store *s, const char *path, bool exact,
		     const struct perm *old, unsigned int nold);

#endif
