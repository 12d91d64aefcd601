/*
 * store.h: the whole state of the daemon, free of input and output
 *
 * Owns:       the current tree, all connections, what is known of domains
 * Invariants: dom.nodes is the number of nodes of the current tree that the
 *             domain owns; every owner has a struct dom
 *             root is the latest committed tree
 * Lock:       none; one thread
 * ABI:        xenstore, as Xen 4.17's daemon behaves
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "node.h"

struct conn;
struct dom;
struct store;

struct quotas {
#define QUOTA(field, value, name, meaning) unsigned int field;
#include "quota.def"
#undef QUOTA
};

/** What the core asks of the outside world; tests supply their own. */
struct store_ops {
	/* Map the ring, bind @port, set d->conn. May be called again for an
	 * introduced domain to bind a new port. 0 or -errno. */
	int (*introduce)(void *io, struct dom *d, uint64_t mfn,
			 unsigned int port);
	/* Unmap, unbind and conn_free(d->conn). */
	void (*disconnect)(void *io, struct dom *d);
	/* A local client of an earlier incarnation goes on: its connection
	 * under the same key, or NULL. */
	struct conn *(*adopt)(void *io, uint32_t key);
	/* Does the hypervisor know this domain, and is it not dying? */
	bool (*domain_exists)(void *io, unsigned int domid);
	/* Append to the last snapshot: 0 or -errno. May be NULL. */
	int (*note)(void *io, const void *record, size_t len);
	/* Reopen or switch tracing: CONTROL log and logfile. */
	int (*control_log)(void *io, const char *word);
	void (*log)(void *io, const char *line);
};

/** A domain: introduced, or merely named by a node's permissions. */
struct dom {
	struct list link; /* in store.doms */
	unsigned int domid;
	bool introduced;
	bool shutdown;	    /* @releaseDomain was fired for its shutdown */
	unsigned int nodes; /* it owns in the current tree */
	struct conn *conn;  /* of its ring, or NULL */
	uint64_t mfn;
	unsigned int port; /* the domain's end of the event channel */
	void *io;	   /* the outside world's part */
};

struct store {
	struct node *root; /* the node above "/" */
	uint64_t gen;	   /* last generation number given out */
	struct list conns;
	struct list doms;
	struct quotas quota;
	const struct store_ops *ops;
	void *io;
	bool trace;	   /* log every request */
	bool handing_over; /* local clients are part of saved state */
	bool changed;	   /* in a way that only a snapshot can tell */
};

/** store_init() - a store with the nodes every store begins with */
int store_init(struct store *s, const struct store_ops *ops, void *io);

/** store_fini() - free everything, connections included */
void store_fini(struct store *s);

/** store_log() - one line for the log, without newline */
void store_log(struct store *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** dom_find() - known domain or NULL */
struct dom *dom_find(struct store *s, unsigned int domid);

/** dom_get() - like dom_find(), but makes it known; NULL when out of memory */
struct dom *dom_get(struct store *s, unsigned int domid);

/**
 * dom_remove() - a domain is gone for good
 *
 * Removes the nodes it owns with everything below them, makes permissions
 * granted to it stale, ends its connection and forgets it. @releaseDomain is
 * the caller's business.
 */
void dom_remove(struct store *s, struct dom *d);

/** store_fire_special() - "@introduceDomain" or "@releaseDomain" happened */
void store_fire_special(struct store *s, const char *name);

/** store_check() - assert the invariants; for tests */
void store_check(struct store *s);

#endif
