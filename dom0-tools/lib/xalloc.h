/*
 * lib/xalloc.h: small allocations of a command-line program
 *
 * They end the program with one line when memory is gone. For daemons and for
 * anything whose size a guest or a file chooses, use malloc() and check.
 */
#ifndef LIB_XALLOC_H
#define LIB_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t bytes) __attribute__((malloc));
void *xcalloc(size_t n, size_t bytes) __attribute__((malloc));
void *xrealloc(void *p, size_t bytes);
char *xstrdup(const char *s) __attribute__((malloc));
char *xstrndup(const char *s, size_t n) __attribute__((malloc));
char *xasprintf(const char *fmt, ...)
	__attribute__((malloc, format(printf, 1, 2)));

#endif /* LIB_XALLOC_H */
