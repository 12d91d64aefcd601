/*
 * lib/lib.c: strings, printf, options
 */
#include <xen/sched.h>
#include "guest.h"

void *memcpy(void *to, const void *from, size_t n)
{
	void *ret = to;

	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(n)
			 :
			 : "memory");
	return ret;
}

void *memset(void *to, int c, size_t n)
{
	void *ret = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
	return ret;
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
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--)
		a++, b++;
	return n ? (u8)*a - (u8)*b : 0;
}

char *strstr(const char *s, const char *word)
{
	size_t n = strlen(word);

	for (; *s; s++)
		if (!strncmp(s, word, n))
			return (char *)s;
	return NULL;
}

static char line[1024];
static size_t line_used;

static void put(char c)
{
	line[line_used++] = c;
	if (c == '\n' || line_used == sizeof(line)) {
		console_write(line, line_used);
		line_used = 0;
	}
}

static void put_number(u64 value, unsigned int base, int width, bool zero,
		       bool negative)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative)
		digits[n++] = '-';
	while (width-- > n)
		put(zero ? '0' : ' ');
	while (n)
		put(digits[--n]);
}

static void put_string(const char *s, int width)
{
	if (!s)
		s = "(null)";
	for (; *s; s++, width--)
		put(*s);
	while (width-- > 0)
		put(' ');
}

static void put_signed(s64 value, int width, bool zero)
{
	u64 size = value < 0 ? 0 - (u64)value : (u64)value;

	put_number(size, 10, width, zero, value < 0);
}

void printf(const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	for (; *f; f++) {
		bool zero = false, wide = false;
		int width = 0;

		if (*f != '%') {
			put(*f);
			continue;
		}
		f++;
		if (*f == '0')
			zero = true;
		for (; *f >= '0' && *f <= '9'; f++)
			width = width * 10 + *f - '0';
		for (; *f == 'l' || *f == 'z'; f++)
			wide = true;
		switch (*f) {
		case 'd':
			put_signed(wide ? va_arg(ap, s64) : va_arg(ap, int),
				   width, zero);
			break;
		case 'u':
		case 'x':
			put_number(wide ? va_arg(ap, u64) : va_arg(ap, u32),
				   *f == 'u' ? 10 : 16, width, zero, false);
			break;
		case 'p':
			put_number(va_arg(ap, u64), 16, 16, true, false);
			break;
		case 's':
			put_string(va_arg(ap, const char *), width);
			break;
		case 'c':
			put((char)va_arg(ap, int));
			break;
		default:
			put(*f);
		}
	}
	va_end(ap);
}

/* The text after `name=`, at a word's start on the command line. */
static const char *option_find(const char *name)
{
	const char *s = (const char *)start_info->cmd_line;
	size_t n = strlen(name);

	while (*s) {
		if (!strncmp(s, name, n) && s[n] == '=')
			return s + n + 1;
		while (*s && *s != ' ')
			s++;
		while (*s == ' ')
			s++;
	}
	return NULL;
}

u64 option_number(const char *name, u64 fallback)
{
	const char *s = option_find(name);
	u64 value = 0;

	if (!s)
		return fallback;
	for (; *s >= '0' && *s <= '9'; s++)
		value = value * 10 + (u64)(*s - '0');
	return value;
}

bool option_string(const char *name, char *value, size_t room)
{
	const char *s = option_find(name);
	size_t n = 0;

	if (!s)
		return false;
	for (; *s && *s != ' ' && n + 1 < room; s++)
		value[n++] = *s;
	value[n] = 0;
	return true;
}

void guest_shutdown(unsigned int reason)
{
	struct sched_shutdown stop = {.reason = reason};

	for (;;)
		hypercall(sched_op, SCHEDOP_shutdown, &stop);
}

/* xorshift64*: the state must not be 0. */
u64 random_next(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}
