#include <string.h>
#include <hv/lib.h>
#include "../../tests/host/suite.h"

START_TEST(numbers_with_c_prefixes)
{
	const char *end;

	ck_assert_uint_eq(hv_strtoul("123", &end, 0), 123);
	ck_assert_str_eq(end, "");
	ck_assert_uint_eq(hv_strtoul("0x1fG", &end, 0), 0x1f);
	ck_assert_str_eq(end, "G");
	ck_assert_uint_eq(hv_strtoul("017", &end, 0), 15);
	ck_assert_uint_eq(hv_strtoul("0", &end, 0), 0);
	ck_assert_str_eq(end, "");
	ck_assert_uint_eq(hv_strtoul("ff", &end, 16), 255);
	ck_assert_uint_eq(hv_strtoul("010", &end, 10), 10);
}
END_TEST

START_TEST(no_number_consumes_nothing)
{
	const char *s = "abc", *end;

	ck_assert_uint_eq(hv_strtoul(s, &end, 0), 0);
	ck_assert_ptr_eq(end, s);
	ck_assert_uint_eq(hv_parse_size(s, &end, 10), 0);
	ck_assert_ptr_eq(end, s);
	/* "0x" alone is the number 0 and an x */
	ck_assert_uint_eq(hv_strtoul("0xg", &end, 0), 0);
	ck_assert_str_eq(end, "xg");
}
END_TEST

START_TEST(sizes_with_suffixes)
{
	const char *end;

	ck_assert_uint_eq(hv_parse_size("512", &end, 10), 512 << 10);
	ck_assert_uint_eq(hv_parse_size("512M", &end, 10), 512 << 20);
	ck_assert_uint_eq(hv_parse_size("2g,max", &end, 10), 2ull << 30);
	ck_assert_str_eq(end, ",max");
	ck_assert_uint_eq(hv_parse_size("4096B", &end, 10), 4096);
	ck_assert_uint_eq(hv_parse_size("1T", &end, 0), 1ull << 40);
	ck_assert_uint_eq(hv_parse_size("8k", &end, 0), 8192);
}
END_TEST

START_TEST(strlcpy_truncates_and_tells)
{
	char b[4];

	ck_assert_uint_eq(hv_strlcpy(b, "abcdef", sizeof(b)), 6);
	ck_assert_str_eq(b, "abc");
	ck_assert_uint_eq(hv_strlcpy(b, "", sizeof(b)), 0);
	ck_assert_str_eq(b, "");
	ck_assert_uint_eq(hv_strlcpy(b, "xy", 0), 2);
}
END_TEST

SUITE("parse", numbers_with_c_prefixes, no_number_consumes_nothing,
      sizes_with_suffixes, strlcpy_truncates_and_tells)
