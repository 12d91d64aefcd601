/*
 * tx.h: transactions: a private tree, and a memory of what it depends on
 *
 * Owns:       two roots and the list of accessed paths
 * Invariants: tx.root is tx.base plus this transaction's writes
 *             every node it read or wrote has an access with the generation
 *             the node had in tx.base (0: it did not exist)
 *             deltas = nodes owned in root minus nodes owned in base
 * Lock:       none
 *
 * Before each request tx_refresh() moves the transaction onto the latest tree
 * if nothing it depends on has changed. If something has, the transaction
 * keeps its old, consistent view and its commit will fail with -EAGAIN.
 * Committing is therefore one more refresh and a change of roots.
 */
#ifndef STORE_TX_H
#define STORE_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"
#include "node.h"

struct conn;
struct store;

struct access {
	struct list link; /* in tx.accessed, in order of first access */
	struct access *chain;
	char *path;
	uint64_t gen;
	bool written;
	bool fire;	    /* watches fire at commit */
	bool exact;	    /* only watches on just this path */
	struct perm *perms; /* at first access; for watchers */
	unsigned int nperms;
};

struct tx_delta {
	unsigned int domid;
	int nodes;
};

#define TX_BUCKETS 64u

struct tx {
	struct list link; /* in conn.txs */
	uint32_t id;
	bool doomed;
	struct node *base, *root;
	struct list accessed;
	struct access *bucket[TX_BUCKETS];
	unsigned int naccessed;
	struct tx_delta *deltas;
	unsigned int ndeltas;
};

/** tx_start() - new transaction of @c under a fresh id; NULL: memory */
struct tx *tx_start(struct conn *c);

/** tx_restore() - a transaction of an earlier incarnation, doomed to retry */
struct tx *tx_restore(struct conn *c, uint32_t id);

/** tx_find() - open transaction of @c or NULL */
struct tx *tx_find(struct conn *c, uint32_t id);

/** tx_free() - discard */
void tx_free(struct conn *c, struct tx *tx);

/** tx_refresh() - follow the latest tree; 0, -EAGAIN (doomed), -ENOMEM */
int tx_refresh(struct store *s, struct tx *tx);

/**
 * tx_touch() - remember that the transaction depends on @path
 * @n:     the node as tx->root has it, or NULL
 * @limit: how many paths may be touched, 0 = any
 *
 * Returns: the access, or NULL with *rc = -ENOSPC or -ENOMEM
 */
struct access *tx_touch(struct tx *tx, const char *path, const struct node *n,
			unsigned int limit, int *rc);

/** tx_account() - a node of @domid came (+1) or went (-1); 0 or -ENOMEM */
int tx_account(struct tx *tx, unsigned int domid, int delta);

/** tx_delta() - what tx_account() added up for @domid */
int tx_delta(const struct tx *tx, unsigned int domid);

/**
 * tx_commit() - make the transaction's tree the latest and fire watches
 *
 * The transaction still has to be freed, whatever comes back.
 *
 * Returns: 0, -EAGAIN, -ENOSPC (an owner's quota), -ENOMEM
 */
int tx_commit(struct store *s, struct tx *tx);

#endif
