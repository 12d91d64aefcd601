/*
 * time_test.c: arithmetic of the clock, and the heap of timers
 */
#include <check.h>
#include <stdlib.h>
#include "internal.h"

static const u64 rates[] = {1000000,	3579545,       999999999,
			    1000000000, 1000000001,    2400000000ull,
			    2893437000, 3999999999ull, 7500000000ull};

START_TEST(scale_is_normalised)
{
	unsigned int i;
	struct tsc_scale s;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		s = tsc_scale_make(rates[i]);
		ck_assert_msg(s.mul & 0x80000000u, "rate %lu mul %#x", rates[i],
			      s.mul);
	}
}
END_TEST

/* After ten years of ticks, within one part in 2^31 of the true time. */
START_TEST(scale_keeps_ten_years)
{
	const u64 years = 10ull * 366 * 86400;
	u64 want = years * NS_PER_SEC, got, err;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		got = tsc_scale_apply(tsc_scale_make(rates[i]),
				      years * rates[i]);
		err = got > want ? got - want : want - got;
		ck_assert_msg(err <= (want >> 31) + 4, "rate %lu: off by %lu",
			      rates[i], err);
		ck_assert_msg(got <= want, "rate %lu runs fast", rates[i]);
	}
}
END_TEST

START_TEST(scale_never_runs_back)
{
	struct tsc_scale s = tsc_scale_make(2893437000);
	u64 last = 0, t, tick = (1ull << 62) - 5000;
	unsigned int i;

	for (i = 0; i < 10000; i++, tick++) {
		t = tsc_scale_apply(s, tick);
		ck_assert_uint_ge(t, last);
		last = t;
	}
}
END_TEST

/* Guests compute (delta shifted) * mul >> 32 in 96 bits: the same result. */
START_TEST(scale_agrees_with_what_guests_compute)
{
	struct tsc_scale s;
	unsigned __int128 p;
	u64 delta;
	unsigned int i, k;

	srandom(1);
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		s = tsc_scale_make(rates[i]);
		for (k = 0; k < 1000; k++) {
			delta = (u64)random() << 20 ^ (u64)random();
			p = s.shift >= 0 ? delta << s.shift : delta >> -s.shift;
			ck_assert_uint_eq((u64)(p * s.mul >> 32),
					  tsc_scale_apply(s, delta));
		}
	}
}
END_TEST

START_TEST(mul_div_is_exact_or_saturates)
{
	ck_assert_uint_eq(mul_div(3, 5, 2), 7);
	ck_assert_uint_eq(mul_div(~0ull, ~0ull, ~0ull), ~0ull);
	ck_assert_uint_eq(mul_div(1ull << 40, 1ull << 40, 1ull << 20),
			  1ull << 60);
	ck_assert_uint_eq(mul_div(1ull << 40, 1ull << 40, 1ull << 10), ~0ull);
	ck_assert_uint_eq(mul_div(5, 5, 0), ~0ull);
}
END_TEST

START_TEST(dates_become_seconds)
{
	ck_assert_uint_eq(civil_to_seconds(1970, 1, 1, 0, 0, 0), 0);
	ck_assert_uint_eq(civil_to_seconds(2000, 2, 29, 12, 0, 0), 951825600);
	ck_assert_uint_eq(civil_to_seconds(2000, 3, 1, 0, 0, 0), 951868800);
	ck_assert_uint_eq(civil_to_seconds(2023, 12, 31, 23, 59, 59),
			  1704067199);
	ck_assert_uint_eq(civil_to_seconds(2038, 1, 19, 3, 14, 8), 2147483648);
	ck_assert_uint_eq(civil_to_seconds(2100, 3, 1, 0, 0, 0), 4107542400);
}
END_TEST

/* ---- heap ---- */
#define NR_TIMERS 300

static struct timer timers[NR_TIMERS];
static bool armed[NR_TIMERS];

static u64 least(void)
{
	u64 best = ~0ull;
	unsigned int i;

	for (i = 0; i < NR_TIMERS; i++)
		if (armed[i])
			best = min(best, timers[i].expires);
	return best;
}

/* Every child is due after its parent, and all links agree; counts nodes. */
static unsigned int check_node(const struct timer *t, const struct timer *prev)
{
	unsigned int n = 1;
	const struct timer *c, *before = t;

	ck_assert_ptr_eq(t->prev, prev);
	for (c = t->child; c; c = c->next) {
		ck_assert_uint_ge(c->expires, t->expires);
		n += check_node(c, before);
		before = c;
	}
	return n;
}

static void check_heap(const struct timer *root)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR_TIMERS; i++)
		n += armed[i];
	if (!n) {
		ck_assert_ptr_null(root);
		return;
	}
	ck_assert_ptr_null(root->next);
	ck_assert_uint_eq(check_node(root, NULL), n);
	ck_assert_uint_eq(root->expires, least());
}

START_TEST(heap_root_is_always_first)
{
	struct timer *root = NULL;
	unsigned int step, i;

	srandom(7);
	memset(armed, 0, sizeof(armed));
	for (step = 0; step < 20000; step++) {
		i = (unsigned int)random() % NR_TIMERS;
		if (armed[i]) {
			theap_remove(&root, &timers[i]);
		} else {
			timers[i].expires = (u64)random() % 1000;
			theap_insert(&root, &timers[i]);
		}
		armed[i] = !armed[i];
		if (step % 64 == 0)
			check_heap(root);
	}
	check_heap(root);
}
END_TEST

START_TEST(heap_drains_in_order)
{
	struct timer *root = NULL, *t;
	unsigned int i, n = 0;
	u64 last = 0;

	srandom(9);
	for (i = 0; i < NR_TIMERS; i++) {
		timers[i].expires = (u64)random() % 50;
		theap_insert(&root, &timers[i]);
	}
	while ((t = root) != NULL) {
		ck_assert_uint_ge(t->expires, last);
		last = t->expires;
		theap_remove(&root, t);
		n++;
	}
	ck_assert_uint_eq(n, NR_TIMERS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("time");
	TCase *c = tcase_create("time");
	SRunner *r;
	int failed;

	tcase_add_test(c, scale_is_normalised);
	tcase_add_test(c, scale_keeps_ten_years);
	tcase_add_test(c, scale_never_runs_back);
	tcase_add_test(c, scale_agrees_with_what_guests_compute);
	tcase_add_test(c, mul_div_is_exact_or_saturates);
	tcase_add_test(c, dates_become_seconds);
	tcase_add_test(c, heap_root_is_always_first);
	tcase_add_test(c, heap_drains_in_order);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
