#include <stdlib.h>
#include <hv/lib.h>
#include "../../tests/host/fakes.h"
#include "../../tests/host/suite.h"

START_TEST(neighbours_melt)
{
	struct rangeset *r = rangeset_alloc();

	ck_assert_int_eq(rangeset_add(r, 10, 19), 0);
	ck_assert_int_eq(rangeset_add(r, 30, 39), 0);
	ck_assert(!rangeset_contains(r, 10, 39));
	ck_assert_int_eq(rangeset_add(r, 20, 29), 0);
	ck_assert(rangeset_contains(r, 10, 39));
	ck_assert(!rangeset_contains(r, 9, 10));
	ck_assert(!rangeset_contains(r, 39, 40));
	rangeset_free(r);
}
END_TEST

START_TEST(removal_splits)
{
	struct rangeset *r = rangeset_alloc();

	ck_assert_int_eq(rangeset_add(r, 0, 0xffff), 0);
	ck_assert_int_eq(rangeset_remove(r, 0x20, 0x21), 0);
	ck_assert(rangeset_contains(r, 0, 0x1f));
	ck_assert(!rangeset_contains(r, 0x1f, 0x20));
	ck_assert(!rangeset_contains(r, 0x21, 0x21));
	ck_assert(rangeset_contains(r, 0x22, 0xffff));
	rangeset_free(r);
}
END_TEST

START_TEST(extremes)
{
	struct rangeset *r = rangeset_alloc();

	ck_assert_int_eq(rangeset_add(r, 0, ~0ull), 0);
	ck_assert(rangeset_contains(r, 0, ~0ull));
	ck_assert_int_eq(rangeset_remove(r, ~0ull, ~0ull), 0);
	ck_assert_int_eq(rangeset_remove(r, 0, 0), 0);
	ck_assert(rangeset_contains(r, 1, ~0ull - 1));
	ck_assert(!rangeset_contains(r, 0, 0));
	ck_assert(!rangeset_contains(r, ~0ull, ~0ull));
	ck_assert_int_eq(rangeset_add(r, 0, ~0ull), 0);
	ck_assert(rangeset_contains(r, 0, ~0ull));
	ck_assert_int_eq(rangeset_add(r, 5, 4), -EINVAL);
	ck_assert_int_eq(rangeset_remove(r, 5, 4), -EINVAL);
	rangeset_free(r);
}
END_TEST

START_TEST(nothing_contains_nothing)
{
	ck_assert(!rangeset_contains(NULL, 0, 0));
	rangeset_free(NULL);
}
END_TEST

#define SPACE 200

START_TEST(random_operations_agree_with_a_bitmap)
{
	struct rangeset *r = rangeset_alloc();
	bool model[SPACE] = {false};

	srand(1);
	for (int n = 0; n < 20000; n++) {
		unsigned int a = (unsigned int)rand() % SPACE;
		unsigned int b = a + (unsigned int)rand() % (SPACE - a);
		bool add = rand() & 1, all = true;

		b = min(b, a + 12);
		if (add)
			ck_assert_int_eq(rangeset_add(r, a, b), 0);
		else
			ck_assert_int_eq(rangeset_remove(r, a, b), 0);
		for (unsigned int i = a; i <= b; i++)
			model[i] = add;
		a = (unsigned int)rand() % SPACE;
		b = a + (unsigned int)rand() % 5;
		b = min(b, SPACE - 1u);
		for (unsigned int i = a; i <= b; i++)
			all &= model[i];
		ck_assert_int_eq(rangeset_contains(r, a, b), all);
	}
	rangeset_free(r);
	ck_assert_int_eq(fake_nr_allocs, 0);
}
END_TEST

START_TEST(failed_allocation_changes_nothing)
{
	struct rangeset *r = rangeset_alloc();

	for (unsigned int i = 0; i < 8; i++)
		ck_assert_int_eq(rangeset_add(r, i * 10, i * 10 + 5), 0);
	fake_alloc_budget = 0;
	ck_assert_int_eq(rangeset_add(r, 100, 100), -ENOMEM);
	ck_assert_int_eq(rangeset_remove(r, 3, 3), -ENOMEM);
	for (unsigned int i = 0; i < 8; i++)
		ck_assert(rangeset_contains(r, i * 10, i * 10 + 5));
	ck_assert(!rangeset_contains(r, 100, 100));
	rangeset_free(r);
	ck_assert_ptr_null(rangeset_alloc());
}
END_TEST

SUITE("rangeset", neighbours_melt, removal_splits, extremes,
      nothing_contains_nothing, random_operations_agree_with_a_bitmap,
      failed_allocation_changes_nothing)
