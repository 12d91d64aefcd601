/*
 * warp_test.c: counters that agree show no difference, others do
 */
#include "../../tests/host/fake.h"
#include "warp.h"

static u64 ticks; /* what both clocks count */
static u64 offset[2];

static u64 clock0(void)
{
	return ++ticks + offset[0];
}

static u64 clock1(void)
{
	return ++ticks + offset[1];
}

/* Both read in turn, @burst times each. */
static struct warp measure(u64 first, u64 second, unsigned int burst)
{
	struct warp w = {0};
	unsigned int turn, i;
	u64 b;

	offset[0] = first;
	offset[1] = second;
	for (turn = 0; turn < 20; turn++)
		for (i = 0; i < burst; i++) {
			b = warp_step(&w, turn % 2, turn % 2 ? clock1 : clock0);
			w.behind[turn % 2] = max(w.behind[turn % 2], b);
		}
	ck_assert_uint_eq(w.changes, 19);
	ck_assert_uint_eq(w.lock, 0);
	return w;
}

START_TEST(equal_clocks_agree)
{
	struct warp w = measure(500, 500, 3);

	ck_assert_uint_eq(w.behind[0], 0);
	ck_assert_uint_eq(w.behind[1], 0);
}
END_TEST

START_TEST(the_one_behind_is_found)
{
	struct warp w = measure(1000000, 500, 1);

	ck_assert_uint_eq(w.behind[0], 0);
	ck_assert_uint_eq(w.behind[1], 1000000 - 500 - 1);
	w = measure(0, 70000, 5);
	ck_assert_uint_eq(w.behind[0], 70000 - 1);
	ck_assert_uint_eq(w.behind[1], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("warp");
	TCase *c = tcase_create("warp");

	tcase_add_test(c, equal_clocks_agree);
	tcase_add_test(c, the_one_behind_is_found);
	suite_add_tcase(s, c);
	return fake_main(s);
}
