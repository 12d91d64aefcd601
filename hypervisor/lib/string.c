/*
 * string.c: the C library's memory and string functions
 *
 * Copies read a cache line before they write it: on emulators, whose TLBs
 * hold one page for each slot, source and destination often drive each other
 * out, and MOVS then pays for that with every word.
 */
#include <hv/lib.h>

static inline u64 get8(const void *p)
{
	u64 v;

	__builtin_memcpy(&v, p, 8);
	return v;
}

static inline void put8(void *p, u64 v)
{
	__builtin_memcpy(p, &v, 8);
}

/* Fewer than 8 bytes: two moves that may overlap, all read before written. */
static inline void copy_tiny(u8 *d, const u8 *s, size_t n)
{
	u32 a, b;
	u16 c, e;

	if (n >= 4) {
		__builtin_memcpy(&a, s, 4);
		__builtin_memcpy(&b, s + n - 4, 4);
		__builtin_memcpy(d, &a, 4);
		__builtin_memcpy(d + n - 4, &b, 4);
	} else if (n >= 2) {
		__builtin_memcpy(&c, s, 2);
		__builtin_memcpy(&e, s + n - 2, 2);
		__builtin_memcpy(d, &c, 2);
		__builtin_memcpy(d + n - 2, &e, 2);
	} else if (n) {
		*d = *s;
	}
}

/* 8 bytes and more, the last 8 apart as they may overlap those before. */
static inline void copy_words(u8 *d, const u8 *s, size_t n)
{
	u64 last = get8(s + n - 8);
	u8 *end = d + n - 8;

	for (; d + 64 <= end; d += 64, s += 64) {
		u64 w0 = get8(s), w1 = get8(s + 8);
		u64 w2 = get8(s + 16), w3 = get8(s + 24);
		u64 w4 = get8(s + 32), w5 = get8(s + 40);
		u64 w6 = get8(s + 48), w7 = get8(s + 56);

		barrier();
		put8(d, w0);
		put8(d + 8, w1);
		put8(d + 16, w2);
		put8(d + 24, w3);
		put8(d + 32, w4);
		put8(d + 40, w5);
		put8(d + 48, w6);
		put8(d + 56, w7);
	}
	for (; d < end; d += 8, s += 8)
		put8(d, get8(s));
	put8(end, last);
}

void *memcpy(void *dst, const void *src, size_t n)
{
	if (n < 8)
		copy_tiny(dst, src, n);
	else
		copy_words(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = dst;
	const char *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	d += n - 1;
	s += n - 1;
	__asm__ volatile("std; rep movsb; cld"
			 : "+D"(d), "+S"(s), "+c"(n)
			 :
			 : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *d = dst;
	size_t words = n / 8;

	__asm__ volatile("rep stosq; mov %3, %1; rep stosb"
			 : "+D"(d), "+c"(words)
			 : "a"((u8)c * 0x0101010101010101ull), "r"(n % 8)
			 : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (; *s || !n; s++)
		if (!strncmp(s, what, n))
			return (char *)(uintptr_t)s;
	return NULL;
}
