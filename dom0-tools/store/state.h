/*
 * state.h: the store as a string of bytes, for a daemon's next incarnation
 *
 * Owns:       the buffer state_save() returns
 * Invariants: what state_load() of state_save() gives is the same store, but
 *             for local clients unless store.handing_over, and for open
 *             transactions, whose commit says EAGAIN
 * Lock:       none
 *
 * The format is private to one version of the daemon: records of a type, a
 * length, and fields one after the other in this machine's byte order.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <stddef.h>

struct store;

/** state_save() - free(*out) afterwards; 0 or -ENOMEM */
int state_save(struct store *s, char **out, size_t *len);

/**
 * state_load() - fill a freshly initialised store
 *
 * Domains are introduced through store_ops.introduce; those that cannot be are
 * logged and left out.
 *
 * Returns: 0, -EPROTO when the bytes make no sense, -ENOMEM; the store is of
 *          no use after a failure but can be freed
 */
int state_load(struct store *s, const char *buf, size_t len);

#endif
