/*
 * xen/errno_plain.h: the error numbers under their bare names
 *
 * For freestanding code only: a hosted <errno.h> defines the same names as
 * macros.
 */
#ifndef PVABI_XEN_ERRNO_PLAIN_H
#define PVABI_XEN_ERRNO_PLAIN_H

#ifndef __ASSEMBLER__

enum {
#define XEN_ERRNO(name, value, meaning) name = value,
#include <calls/errno.def>
#undef XEN_ERRNO
};

#endif
#endif
