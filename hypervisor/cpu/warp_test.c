/*
 * warp_test.c: counters that agree show no difference, others do
 */
#include <pthread.h>
#include <sched.h>
#include "../../tests/host/fake.h"
#include "warp.h"

static u64 ticks; /* what both clocks count */
static u64 offset[2];

static u64 tick(void)
{
	sched_yield(); /* let the other in, where there is one processor */
	return __atomic_add_fetch(&ticks, 1, __ATOMIC_SEQ_CST);
}

static u64 clock0(void)
{
	return tick() + offset[0];
}

static u64 clock1(void)
{
	return tick() + offset[1];
}

static void *other_side(void *arg)
{
	warp_measure(arg, 1, clock1);
	return NULL;
}

static struct warp measure(u64 first, u64 second)
{
	struct warp w = {0};
	pthread_t t;

	offset[0] = first;
	offset[1] = second;
	ck_assert(!pthread_create(&t, NULL, other_side, &w));
	warp_measure(&w, 0, clock0);
	pthread_join(t, NULL);
	return w;
}

START_TEST(equal_clocks_agree)
{
	struct warp w = measure(500, 500);

	ck_assert_uint_eq(w.behind[0], 0);
	ck_assert_uint_eq(w.behind[1], 0);
}
END_TEST

START_TEST(the_one_behind_is_found)
{
	struct warp w = measure(1000000, 500);

	ck_assert_uint_eq(w.behind[0], 0);
	ck_assert_uint_gt(w.behind[1], 900000);
	ck_assert_uint_lt(w.behind[1], 1000000);
	w = measure(0, 70000);
	ck_assert_uint_gt(w.behind[0], 60000);
	ck_assert_uint_lt(w.behind[0], 70000);
	ck_assert_uint_eq(w.behind[1], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("warp");
	TCase *c = tcase_create("warp");

	tcase_set_timeout(c, 120);
	tcase_add_test(c, equal_clocks_agree);
	tcase_add_test(c, the_one_behind_is_found);
	suite_add_tcase(s, c);
	return fake_main(s);
}
