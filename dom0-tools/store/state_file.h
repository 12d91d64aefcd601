/*
 * state_file.h: keep saved state where the next incarnation finds it
 *
 * Owns:       one file: a snapshot, replaced as a whole, and what was appended
 * Invariants: a snapshot is either complete or not there; a file of an earlier
 *             boot of the machine is never used
 * Lock:       none
 */
#ifndef STORE_STATE_FILE_H
#define STORE_STATE_FILE_H

#include <stddef.h>

struct store;

struct state_file {
	const char *path;
	int fd; /* of the last snapshot, to append to; -1: there is none */
	size_t snapshot, appended; /* bytes */
};

/** state_file_save() - a new snapshot; 0, or a negative errno with err_set() */
int state_file_save(struct state_file *f, struct store *s);

/**
 * state_file_append() - record a change after the last snapshot
 *
 * Returns: 0, or a negative errno when a snapshot has to be written instead:
 *          there is none yet, it has grown too long, or writing failed
 */
int state_file_append(struct state_file *f, const void *record, size_t len);

/**
 * state_file_load() - into a freshly initialised store
 *
 * Returns: 0, -ENOENT when there is no file of this boot (the store is
 *          untouched), or a negative errno with err_set() and a useless store
 */
int state_file_load(struct state_file *f, struct store *s);

/** state_file_close() - stop appending */
void state_file_close(struct state_file *f);

#endif
