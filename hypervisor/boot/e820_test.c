#include <stdlib.h>
#include <hv/boot.h>
#include "../../tests/host/suite.h"

static struct e820_map m;

static void check(unsigned int i, u64 start, u64 end, u32 type)
{
	ck_assert_uint_lt(i, m.nr);
	ck_assert_uint_eq(m.r[i].start, start);
	ck_assert_uint_eq(m.r[i].start + m.r[i].size, end);
	ck_assert_uint_eq(m.r[i].type, type);
}

START_TEST(sorted_and_merged)
{
	m.nr = 0;
	e820_add(&m, 0x2000, 0x1000, E820_RAM);
	e820_add(&m, 0x1000, 0x1000, E820_RAM);
	e820_add(&m, 0x8000, 0x1000, E820_RESERVED);
	e820_sanitize(&m);
	ck_assert_uint_eq(m.nr, 2);
	check(0, 0x1000, 0x3000, E820_RAM);
	check(1, 0x8000, 0x9000, E820_RESERVED);
	ck_assert_uint_eq(e820_ram_bytes(&m), 0x2000);
}
END_TEST

START_TEST(restrictive_type_wins)
{
	m.nr = 0;
	e820_add(&m, 0, 0x10000, E820_RAM);
	e820_add(&m, 0x4000, 0x1000, E820_RESERVED);
	e820_add(&m, 0xf000, 0x2000, E820_ACPI);
	e820_sanitize(&m);
	ck_assert_uint_eq(m.nr, 4);
	check(0, 0, 0x4000, E820_RAM);
	check(1, 0x4000, 0x5000, E820_RESERVED);
	check(2, 0x5000, 0xf000, E820_RAM);
	check(3, 0xf000, 0x11000, E820_ACPI);
}
END_TEST

START_TEST(empty_and_wrapping_ranges_are_dropped)
{
	m.nr = 0;
	e820_add(&m, 0x1000, 0, E820_RAM);
	e820_add(&m, ~0ull - 10, 100, E820_RAM);
	ck_assert_uint_eq(m.nr, 0);
	e820_sanitize(&m);
	ck_assert_uint_eq(m.nr, 0);
}
END_TEST

START_TEST(too_many_ranges_are_refused)
{
	m.nr = 0;
	for (unsigned int i = 0; i < 2 * E820_MAX; i++)
		e820_add(&m, i * 0x2000ull, 0x1000, E820_RAM);
	ck_assert_uint_eq(m.nr, E820_MAX);
}
END_TEST

static u32 worst_type(const struct e820_map *map, u64 a)
{
	static const int badness[] = {-1, 0, 3, 1, 2, 4};
	u32 type = 0;

	for (unsigned int i = 0; i < map->nr; i++)
		if (a >= map->r[i].start &&
		    a - map->r[i].start < map->r[i].size &&
		    badness[map->r[i].type] > badness[type])
			type = map->r[i].type;
	return type;
}

START_TEST(random_maps_keep_their_meaning)
{
	static struct e820_map before;

	srand(2);
	for (int round = 0; round < 300; round++) {
		m.nr = 0;
		for (int i = 0; i < 12; i++)
			e820_add(&m, (u64)(rand() % 60), (u64)(rand() % 20),
				 1 + (u32)(rand() % 5));
		before = m;
		e820_sanitize(&m);
		for (u64 a = 0; a < 100; a++)
			ck_assert_uint_eq(worst_type(&before, a),
					  worst_type(&m, a));
		for (unsigned int i = 1; i < m.nr; i++)
			ck_assert_uint_le(m.r[i - 1].start + m.r[i - 1].size,
					  m.r[i].start);
	}
}
END_TEST

SUITE("e820", sorted_and_merged, restrictive_type_wins,
      empty_and_wrapping_ranges_are_dropped, too_many_ranges_are_refused,
      random_maps_keep_their_meaning)
