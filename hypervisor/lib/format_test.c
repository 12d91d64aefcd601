#include <stdio.h>
#include <string.h>
#include <hv/lib.h>
#include "../../tests/host/suite.h"

static int ours(char *buf, size_t n, const char *fmt, ...) __printf(3, 4);
static int ours(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = hv_vformat(buf, n, fmt, ap);
	va_end(ap);
	return rc;
}

/* The C library is the oracle. */
#define SAME(...)                                               \
	do {                                                    \
		char a_[128], b_[128];                          \
		int n_ = ours(a_, sizeof(a_), __VA_ARGS__);     \
		int m_ = snprintf(b_, sizeof(b_), __VA_ARGS__); \
		ck_assert_str_eq(a_, b_);                       \
		ck_assert_int_eq(n_, m_);                       \
	} while (0)

START_TEST(integers_like_the_c_library)
{
	const int v[] = {0, 1, -1, 9, 10, -10, 2147483647, -2147483647 - 1};

	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++) {
		SAME("%d|%i|%u|%x|%X|%o", v[i], v[i], (unsigned int)v[i],
		     (unsigned int)v[i], (unsigned int)v[i],
		     (unsigned int)v[i]);
		SAME("%5d|%-5d|%05d|%+d|% d", v[i], v[i], v[i], v[i], v[i]);
		SAME("%.3d|%8.3d|%-8.3d|%.0d", v[i], v[i], v[i], v[i]);
		SAME("%#x|%#8x|%-#8x|%#010x", (unsigned int)v[i],
		     (unsigned int)v[i], (unsigned int)v[i],
		     (unsigned int)v[i]);
		SAME("%hd|%hhd|%hu|%hhu", (short)v[i], (signed char)v[i],
		     (unsigned short)v[i], (unsigned char)v[i]);
	}
}
END_TEST

START_TEST(long_integers)
{
	const long long v[] = {0, -1, 0x123456789abcdef0,
			       -0x7fffffffffffffff - 1};

	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++) {
		SAME("%lld|%llu|%llx", v[i], (unsigned long long)v[i],
		     (unsigned long long)v[i]);
		SAME("%ld|%lu|%lx|%zx", (long)v[i], (unsigned long)v[i],
		     (unsigned long)v[i], (size_t)v[i]);
		SAME("%016llx|%20lld", (unsigned long long)v[i], v[i]);
	}
}
END_TEST

START_TEST(strings_and_characters)
{
	SAME("%s|%5s|%-5s|%.2s|%5.1s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%*s|%-*s|%.*s|%*s|", 6, "x", 6, "x", 2, "xyz", -6, "y");
	SAME("%c|%3c|%-3c|%%", 'a', 'b', 'c');
	SAME("%s", "");
}
END_TEST

START_TEST(precision_bounds_unterminated_strings)
{
	const char raw[4] = {'a', 'b', 'c', 'd'};

	SAME("%.4s", raw);
}
END_TEST

START_TEST(truncation_terminates_and_counts_all)
{
	char b[4] = {'x', 'x', 'x', 'x'};

	ck_assert_int_eq(ours(b, 4, "%s", "12345"), 5);
	ck_assert_str_eq(b, "123");
	ck_assert_int_eq(ours(b, 1, "%d", 77), 2);
	ck_assert_str_eq(b, "");
	b[0] = 'x';
	ck_assert_int_eq(ours(b, 0, "%d", 77), 2);
	ck_assert_int_eq(b[0], 'x');
}
END_TEST

START_TEST(pointers_are_sixteen_digits)
{
	char b[32];

	ours(b, sizeof(b), "%p", (void *)0xffff818000200000ull);
	ck_assert_str_eq(b, "ffff818000200000");
	ours(b, sizeof(b), "%p", NULL);
	ck_assert_str_eq(b, "0000000000000000");
}
END_TEST

/* Formats the compiler would refuse, hence not literal. */
START_TEST(bad_formats_do_no_harm)
{
	static const char *const bad[] = {"100%", "%", "%5", "%ll", "%-"};
	char b[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *volatile f = bad[i];

		ck_assert_int_ge(ours(b, sizeof(b), f, 0), 0);
	}
}
END_TEST

SUITE("format", integers_like_the_c_library, long_integers,
      strings_and_characters, precision_bounds_unterminated_strings,
      truncation_terminates_and_counts_all, pointers_are_sixteen_digits,
      bad_formats_do_no_harm)
