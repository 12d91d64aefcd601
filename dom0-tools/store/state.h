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
 * length, and fields one after the other in this machine's byte order. Records
 * of later changes may follow those of a snapshot; the last one may be cut off.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct store;
struct watch;

/** state_save() - a snapshot; free(*out) afterwards; 0 or -ENOMEM */
int state_save(struct store *s, char **out, size_t *len);

/**
 * state_load() - fill a freshly initialised store
 * @snapshot: bytes of @buf that must be complete
 *
 * Domains are introduced through store_ops.introduce; those that cannot be are
 * logged and left out.
 *
 * Returns: 0, -EPROTO when the bytes make no sense, -ENOMEM; the store is of
 *          no use after a failure but can be freed
 */
int state_load(struct store *s, const char *buf, size_t len, size_t snapshot);

/**
 * state_note_node() - tell store_ops.note what @path in the latest tree is now
 *
 * What cannot be told sets store.changed: only a snapshot will do.
 */
void state_note_node(struct store *s, const char *path);

/** state_note_tx() - the same for a transaction that began or ended */
void state_note_tx(const struct conn *c, uint32_t id, bool began);

/** state_note_watch() - the same for a watch that came or is about to go */
void state_note_watch(const struct conn *c, const struct watch *w, bool added);

#endif
