#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/xalloc.h"

static void *check(void *p)
{
	if (!p) {
		log_error("out of memory");
		exit(1);
	}
	return p;
}

void *xmalloc(size_t bytes)
{
	return check(malloc(bytes));
}

void *xcalloc(size_t n, size_t bytes)
{
	return check(calloc(n, bytes));
}

void *xrealloc(void *p, size_t bytes)
{
	return check(realloc(p, bytes));
}

char *xstrdup(const char *s)
{
	return check(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return check(strndup(s, n));
}

char *xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return check(s);
}
