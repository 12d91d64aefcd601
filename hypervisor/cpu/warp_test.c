/*
 * warp_test.c: counters that agree show no difference, others do
 */
#include <pthread.h>
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

/* ---- both sides at once, and the second's clock is moved ---- */
#define ROUNDS 5

static struct warp rounds[ROUNDS];
static unsigned int moves;
static bool said[2];
static u64 showed[2];

/* Both read it under the lock of a measurement. */
static u64 racing_clock0(void)
{
	return __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED) + offset[0];
}

static u64 racing_clock1(void)
{
	return __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED) + offset[1];
}

static void move(u64 by)
{
	moves++;
	offset[1] += by;
}

static void move_in_vain(u64 by)
{
	moves++;
}

static void (*how)(u64 by);

static void *newcomer(void *arg)
{
	said[1] = warp_sync(rounds, ROUNDS, 1, racing_clock1, how, &showed[1]);
	return NULL;
}

/* The newcomer's clock is @first ahead. */
static void sync_both(u64 first, void (*adjust)(u64 by))
{
	pthread_t thread;

	memset(rounds, 0, sizeof(rounds));
	ticks = 1ull << 50;
	offset[0] = 0;
	offset[1] = first;
	moves = 0;
	how = adjust;
	ck_assert(!pthread_create(&thread, NULL, newcomer, NULL));
	said[0] = warp_sync(rounds, ROUNDS, 0, racing_clock0, NULL, &showed[0]);
	pthread_join(thread, NULL);
	ck_assert_int_eq(said[0], said[1]);
	ck_assert_uint_eq(showed[0], showed[1]);
}

START_TEST(agreeing_clocks_are_left_alone)
{
	sync_both(0, move);
	ck_assert(said[0]);
	ck_assert_uint_eq(showed[0], 0);
	ck_assert_uint_eq(moves, 0);
}
END_TEST

/* Ahead or behind, by much or little: afterwards none sees time run back. */
START_TEST(the_newcomer_is_moved)
{
	static const u64 by[] = {1000000,	-1000000ull, 1ull << 40,
				 -(1ull << 40), 300,	     -300ull};
	u64 far = by[_i] >> 63 ? -by[_i] : by[_i];
	struct warp w;

	sync_both(by[_i], move);
	ck_assert(said[0]);
	ck_assert_uint_ge(moves, 1);
	ck_assert_uint_le(showed[0], far);
	ck_assert_uint_ge(showed[0], far - 200);
	w = measure(offset[0], offset[1], 3);
	ck_assert_uint_le(max(w.behind[0], w.behind[1]), 200);
}
END_TEST

START_TEST(what_cannot_be_moved_is_refused)
{
	sync_both(1000000, NULL);
	ck_assert(!said[0]);
	ck_assert_uint_ge(showed[0], 1000000 - 200);
	sync_both(-5000ull, move_in_vain);
	ck_assert(!said[0]);
	ck_assert_uint_eq(moves, ROUNDS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("warp");
	TCase *c = tcase_create("warp");

	tcase_add_test(c, equal_clocks_agree);
	tcase_add_test(c, the_one_behind_is_found);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, agreeing_clocks_are_left_alone);
	tcase_add_loop_test(c, the_newcomer_is_moved, 0, 6);
	tcase_add_test(c, what_cannot_be_moved_is_refused);
	suite_add_tcase(s, c);
	return fake_main(s);
}
