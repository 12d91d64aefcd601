/*
 * state_file.h: keep saved state where the next incarnation finds it
 *
 * Owns:       one file, replaced as a whole
 * Invariants: the file is either complete or not there; a file of an earlier
 *             boot of the machine is never used
 * Lock:       none
 */
#ifndef STORE_STATE_FILE_H
#define STORE_STATE_FILE_H

struct store;

/** state_file_save() - 0, or a negative errno with err_set() */
int state_file_save(struct store *s, const char *path);

/**
 * state_file_load() - into a freshly initialised store
 *
 * Returns: 0, -ENOENT when there is no file of this boot (the store is
 *          untouched), or a negative errno with err_set() and a useless store
 */
int state_file_load(struct store *s, const char *path);

#endif
