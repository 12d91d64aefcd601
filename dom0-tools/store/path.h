/*
 * path.h: names of nodes
 *
 * Owns:       nothing; works on strings of the caller
 * Invariants: a canonical path is "/", or "/a/b" without empty components or
 *             trailing slash, or a special "@name"
 * Lock:       none
 * ABI:        xenstore: absolute paths <= 3072 bytes, relative <= 2048, the
 *             characters A-Z a-z 0-9 - / _ @
 */
#ifndef STORE_PATH_H
#define STORE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/** Room for any canonical path and its NUL. */
#define PATH_BUF (3072 + 1)

/**
 * path_canonical() - turn what a client sent into a canonical path
 * @out:      PATH_BUF bytes
 * @in:       NUL-terminated; relative names are below /local/domain/@domid
 * @rel_max:  bytes allowed, not counting a leading /local/domain/N/
 * @special:  accept "@name"
 *
 * Returns: 0 or -EINVAL
 */
int path_canonical(char *out, const char *in, unsigned int domid,
		   size_t rel_max, bool special);

/** path_is_special() - "@introduceDomain" and the like */
static inline bool path_is_special(const char *path)
{
	return path[0] == '@';
}

/** path_is_below() - @path is @top or lies beneath it */
bool path_is_below(const char *path, const char *top);

/** path_depth() - components of @path beneath @top, which contains it */
unsigned int path_depth(const char *path, const char *top);

/**
 * path_parent() - cut off the last component in place
 *
 * Returns: false when @path is "/" or special, which have no parent
 */
bool path_parent(char *path);

/** path_last() - the last component; empty for "/" */
const char *path_last(const char *path);

/**
 * path_next() - walk over components
 * @p:   where to go on; starts at the path, is moved past the component
 * @len: its length in bytes
 *
 * Returns: start of the component, NULL at the end
 */
const char *path_next(const char **p, size_t *len);

#endif
