/*
 * xs_error.h: errno values and their names in xenstore messages
 *
 * Owns:       nothing
 * Invariants: both directions expand the same list, xs_error.def
 * Lock:       none
 * ABI:        payload of XS_ERROR
 */
#ifndef DOM0_TOOLS_XS_ERROR_H
#define DOM0_TOOLS_XS_ERROR_H

/** xs_error_name() - "ENOENT" for ENOENT; "EINVAL" for what has no name */
const char *xs_error_name(int errnum);

/** xs_error_number() - ENOENT for "ENOENT"; EINVAL for unknown names */
int xs_error_number(const char *name);

#endif
