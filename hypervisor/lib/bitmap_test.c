#include <hv/lib.h>
#include "../../tests/host/suite.h"

START_TEST(find_zero_skips_full_words)
{
	u64 m[3] = {~0ull, ~0ull, 0x7};

	ck_assert_uint_eq(bitmap_find_zero(m, 192), 131);
}
END_TEST

START_TEST(find_zero_of_a_full_map_is_its_size)
{
	u64 m[2] = {~0ull, 0x1f};

	ck_assert_uint_eq(bitmap_find_zero(m, 69), 69);
	ck_assert_uint_eq(bitmap_find_zero(m, 70), 69);
	ck_assert_uint_eq(bitmap_find_zero(m, 0), 0);
}
END_TEST

START_TEST(index_nospec_keeps_valid_indices_only)
{
	ck_assert_uint_eq(index_nospec(0, 1), 0);
	ck_assert_uint_eq(index_nospec(7, 8), 7);
	ck_assert_uint_eq(index_nospec(8, 8), 0);
	ck_assert_uint_eq(index_nospec(~0ull, 8), 0);
}
END_TEST

SUITE("bitmap", find_zero_skips_full_words, find_zero_of_a_full_map_is_its_size,
      index_nospec_keeps_valid_indices_only)
