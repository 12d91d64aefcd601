/*
 * watchdog_test.c: when a pcpu counts as late, and as stuck
 */
#include "../../tests/host/fake.h"
#include "watchdog.h"

static struct timer *armed[3];
static unsigned int dumps;
static struct pcpu pcpu[3];

u64 now(void)
{
	return 0;
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
	*t = (struct timer){.fn = fn, .arg = arg};
}

void timer_set(struct timer *t, u64 expires)
{
	armed[this_pcpu()->id] = t;
}

void cpu_dump(const struct pcpu *p)
{
	ck_assert_ptr_eq(p, &pcpu[1]);
	dumps++;
}

START_TEST(late_once_then_dead)
{
	struct heart h = {0};
	unsigned int i;

	for (i = 0; i < 100; i++) /* the next has not begun */
		ck_assert_int_eq(heart_look(&h, 0), IN_TIME);
	for (i = 1; i < 50; i++)
		ck_assert_int_eq(heart_look(&h, i), IN_TIME);
	for (i = 1; i < BEATS_DEAD; i++)
		ck_assert_int_eq(heart_look(&h, 49),
				 i == BEATS_LATE ? LATE : IN_TIME);
	ck_assert_int_eq(heart_look(&h, 49), DEAD);
	ck_assert_int_eq(heart_look(&h, 50), IN_TIME);
	ck_assert_int_eq(h.missed, 0);
}
END_TEST

static void beat_on(unsigned int id)
{
	host_stack.pcpu = &pcpu[id];
	armed[id]->fn(armed[id]->arg);
}

/* Of three the second stops: the first tells, the third is well. */
START_TEST(each_watches_the_next)
{
	unsigned int i, k;

	fake_base_init();
	nr_pcpus = 3;
	for (i = 0; i < 3; i++) {
		pcpu[i] = (struct pcpu){.id = i, .online = true};
		pcpus[i] = &pcpu[i];
		host_stack.pcpu = &pcpu[i];
		watchdog_start();
		ck_assert_ptr_nonnull(armed[i]);
	}
	for (k = 0; k < 40; k++)
		for (i = 0; i < 3; i++)
			beat_on(i);
	ck_assert_uint_eq(dumps, 0);
	for (k = 0; k <= BEATS_LATE; k++) {
		beat_on(0);
		beat_on(2);
	}
	ck_assert_uint_eq(dumps, 1);
	beat_on(1);
	for (k = 0; k < BEATS_LATE; k++)
		beat_on(0);
	ck_assert_uint_eq(dumps, 1);
	for (i = 0; i < 3; i++)
		hv_free(armed[i]->arg);
}
END_TEST

START_TEST(one_alone_is_not_watched)
{
	fake_base_init();
	watchdog_start();
	ck_assert_uint_eq(fake_allocs, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("watchdog");
	TCase *c = tcase_create("watchdog");

	tcase_add_test(c, late_once_then_dead);
	tcase_add_test(c, each_watches_the_next);
	tcase_add_test(c, one_alone_is_not_watched);
	suite_add_tcase(s, c);
	return fake_main(s);
}
