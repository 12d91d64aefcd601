/*
 * parse.c: numbers and sizes out of text
 */
#include <hv/lib.h>

size_t hv_strlcpy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t m = min(n, size - 1);

		memcpy(dst, src, m);
		dst[m] = '\0';
	}
	return n;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

u64 hv_strtoul(const char *s, const char **end, int base)
{
	const char *p = s;
	u64 v = 0;

	if ((base == 0 || base == 16) && p[0] == '0' &&
	    (p[1] == 'x' || p[1] == 'X') && digit(p[2]) < 16) {
		p += 2;
		base = 16;
	} else if (base == 0) {
		base = p[0] == '0' ? 8 : 10;
	}
	for (; digit(*p) < base; p++)
		v = v * (u64)base + (u64)digit(*p);
	if (end)
		*end = p;
	return v;
}

u64 hv_parse_size(const char *s, const char **end, unsigned int unit_shift)
{
	const char *p;
	u64 v = hv_strtoul(s, &p, 0);

	if (p == s) {
		if (end)
			*end = s;
		return 0;
	}
	switch (*p) {
	case 'T':
	case 't':
		unit_shift = 40;
		p++;
		break;
	case 'G':
	case 'g':
		unit_shift = 30;
		p++;
		break;
	case 'M':
	case 'm':
		unit_shift = 20;
		p++;
		break;
	case 'K':
	case 'k':
		unit_shift = 10;
		p++;
		break;
	case 'B':
	case 'b':
		unit_shift = 0;
		p++;
		break;
	}
	if (end)
		*end = p;
	return v << unit_shift;
}
