/*
 * builder/cache.h: unpacked kernel images, kept for the next domain
 *
 * An entry holds the packed image it was made from, beside the unpacked one.
 * The file's name comes from length and a checksum, but only comparing all
 * packed bytes decides whether an entry is used: no crafted image can pass for
 * another.
 *
 * Owns:       CACHE_DIR and the files in it: image-*, and new-* which become so
 * Invariants: an entry is complete: it is written aside and renamed;
 *             at most CACHE_ENTRIES of them;
 *             new-* whose writer is gone are removed by the next one
 * Lock:       flock() on new-* while it is written
 */
#ifndef BUILDER_CACHE_H
#define BUILDER_CACHE_H

#include "builder/blob.h"

#define CACHE_DIR     "/var/cache/paravane"
#define CACHE_ENTRIES 4

/**
 * cache_dir() - $VANE_CACHE_DIR, or CACHE_DIR
 */
const char *cache_dir(void);

/**
 * cache_get() - look up what a packed image unpacks to
 * @dir:    cache directory
 * @packed: compressed bytes
 * @out:    mapped image; set on success only
 *
 * Returns:  0, -ENOENT when it is not there or not to be trusted
 */
int cache_get(const char *dir, const uint8_t *packed, size_t len,
	      struct blob *out);

/**
 * cache_put() - remember it
 *
 * Only an optimisation: callers may ignore failure. Skipped with -ENOSPC when
 * the file system has less than one and a half times the room needed.
 */
int cache_put(const char *dir, const uint8_t *packed, size_t len,
	      const struct blob *image);

#endif /* BUILDER_CACHE_H */
