/*
 * printf.c: the formatter under its C library names
 */
#include <hv/lib.h>

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	return hv_vformat(buf, size, fmt, ap);
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = hv_vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
