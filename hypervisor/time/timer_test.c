/*
 * timer_test.c: one timer, several pcpus at once
 *
 * Threads stand for pcpus, each with a queue and a stack of its own; the lock
 * and everything below are real.
 */
#include <pthread.h>
#include "../../tests/host/fake.h"
#include "internal.h"

#define ROUNDS 2000

u64 lapic_timer_hz = NS_PER_SEC;
static u64 clock_ns = 1;
static struct pcpu cpus[2];
static struct timer shared;

u64 now(void)
{
	return __atomic_load_n(&clock_ns, __ATOMIC_RELAXED);
}

void lapic_timer_set(u32 ticks)
{
}

void softirq_raise(struct pcpu *p, enum softirq s)
{
	__atomic_fetch_or(&p->softirqs, 1ull << s, __ATOMIC_RELAXED);
}

static void again(void *arg)
{
	if (arg)
		timer_set(&shared, now() + 1);
}

static void start(void *arg)
{
	unsigned int i;

	fake_base_init();
	for (i = 0; i < 2; i++) {
		memset(&cpus[i], 0, sizeof(cpus[i]));
		cpus[i].id = i;
		pcpus[i] = &cpus[i];
		time_init_pcpu(&cpus[i]);
	}
	nr_pcpus = 2;
	host_stack.pcpu = &cpus[0];
	timer_init(&shared, again, arg);
}

static void stop(void)
{
	ck_assert_ptr_null(cpus[0].timers->root);
	ck_assert_ptr_null(cpus[1].timers->root);
	hv_free(cpus[0].timers);
	hv_free(cpus[1].timers);
}

static u32 arrivals;

/* Goes on when the other pcpu is here for the @nth time, too. */
static void meet(u32 nth)
{
	__atomic_add_fetch(&arrivals, 1, __ATOMIC_SEQ_CST);
	while (LOAD_ACQ(arrivals) < 2 * nth)
		cpu_relax();
}

static u32 doubled;

static void *setter(void *p)
{
	u32 i;

	host_stack.pcpu = p;
	for (i = 0; i < ROUNDS && !doubled; i++) {
		meet(3 * i + 1);
		timer_set(&shared, now() + 1000);
		meet(3 * i + 2);
		if (p == &cpus[0]) {
			doubled = cpus[0].timers->root && cpus[1].timers->root;
			timer_stop(&shared);
		}
		meet(3 * i + 3);
	}
	return NULL;
}

static void on_two_pcpus(void *(*a)(void *), void *(*b)(void *))
{
	pthread_t other;

	ck_assert_int_eq(pthread_create(&other, NULL, b, &cpus[1]), 0);
	a(&cpus[0]);
	pthread_join(other, NULL);
}

START_TEST(two_pcpus_may_set_one_timer)
{
	start(NULL);
	on_two_pcpus(setter, setter);
	ck_assert_msg(!doubled, "the timer is in two queues");
	stop();
}
END_TEST

static bool stopped, wanted;

static void *runner(void *p)
{
	host_stack.pcpu = p;
	while (!LOAD_ACQ(stopped)) {
		if (LOAD_ACQ(wanted)) {
			timer_set(&shared, now() + 1);
			STORE_REL(wanted, false);
		}
		__atomic_fetch_add(&clock_ns, 2, __ATOMIC_RELAXED);
		timer_run();
	}
	return NULL;
}

/* Its function sets it again: after a stop it is nowhere all the same. */
static void *stopper(void *p)
{
	unsigned int i, late = 0;

	host_stack.pcpu = p;
	for (i = 0; i < ROUNDS; i++) {
		STORE_REL(wanted, true);
		while (LOAD_ACQ(wanted))
			cpu_relax();
		timer_stop(&shared);
		late += READ_ONCE(shared.pcpu) != NULL;
	}
	STORE_REL(stopped, true);
	ck_assert_uint_eq(late, 0);
	return NULL;
}

START_TEST(stop_outlasts_a_function_that_sets)
{
	stopped = false;
	start(&shared);
	on_two_pcpus(stopper, runner);
	stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timer");
	TCase *c = tcase_create("pcpus");

	tcase_set_timeout(c, 60); /* spinning on a busy machine */
	tcase_add_test(c, two_pcpus_may_set_one_timer);
	tcase_add_test(c, stop_outlasts_a_function_that_sets);
	suite_add_tcase(s, c);
	return fake_main(s);
}
