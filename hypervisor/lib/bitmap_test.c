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

START_TEST(find_next_ignores_bits_past_the_end)
{
	u64 m[2] = {0, 1ull << 10};

	ck_assert_uint_eq(bitmap_find_next(m, 74, 0), 74);
	ck_assert_uint_eq(bitmap_find_next(m, 75, 0), 74);
	ck_assert_uint_eq(bitmap_find_next(m, 75, 74), 74);
	ck_assert_uint_eq(bitmap_find_next(m, 75, 75), 75);
	ck_assert_uint_eq(bitmap_find_next(m, 75, 900), 75);
}
END_TEST

START_TEST(every_bit_is_found_from_every_start)
{
	for (unsigned int n = 0; n < 130; n++) {
		u64 m[3] = {0};

		bit_set(m, n);
		ck_assert(bit_test(m, n));
		for (unsigned int from = 0; from <= n; from++)
			ck_assert_uint_eq(bitmap_find_next(m, 130, from), n);
		ck_assert_uint_eq(bitmap_find_next(m, 130, n + 1), 130);
		ck_assert_uint_eq(bitmap_weight(m, 130), 1);
		ck_assert(!bitmap_empty(m, 130));
		ck_assert(bitmap_empty(m, n));
		bit_clear(m, n);
		ck_assert(bitmap_empty(m, 130));
	}
}
END_TEST

START_TEST(weight_counts_valid_bits_only)
{
	u64 m[2] = {~0ull, ~0ull};

	ck_assert_uint_eq(bitmap_weight(m, 128), 128);
	ck_assert_uint_eq(bitmap_weight(m, 65), 65);
	ck_assert_uint_eq(bitmap_weight(m, 0), 0);
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
      find_next_ignores_bits_past_the_end, every_bit_is_found_from_every_start,
      weight_counts_valid_bits_only, index_nospec_keeps_valid_indices_only)
