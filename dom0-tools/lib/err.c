#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

static char text[1024];

int err_set(int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return rc;
}

int err_prefix(int rc, const char *fmt, ...)
{
	char old[sizeof(text)];
	size_t n;
	va_list ap;

	memcpy(old, text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, ": %s", old);
	return rc;
}

const char *err_text(void)
{
	return text;
}

void err_clear(void)
{
	text[0] = '\0';
}

const char *err_str(int rc)
{
	const char *s = strerrordesc_np(abs(rc));

	return s ? s : "unknown error";
}
