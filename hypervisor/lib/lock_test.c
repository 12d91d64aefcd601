/*
 * lock_test.c: one holder at a time, turns, and what debug builds refuse
 *
 * Pcpus are threads.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <hv/lock.h>
#include "../../tests/host/fake.h"

#define PCPUS  3
#define ROUNDS 20000

static struct pcpu pcpu[PCPUS];
static spinlock_t lock = SPINLOCK_INIT(PT);
static u64 counted, most_waiting;

static void become(void *arg)
{
	host_stack.pcpu = arg;
}

static void setup(void)
{
	unsigned int i;

	fake_base_init();
	for (i = 0; i < PCPUS; i++)
		pcpu[i] = (struct pcpu){.id = i, .online = true};
	become(&pcpu[0]);
	spin_lock_init(&lock, LOCK_PT);
	counted = most_waiting = 0;
}

static void *count(void *arg)
{
	unsigned int n;

	become(arg);
	for (n = 0; n < ROUNDS; n++) {
		spin_lock(&lock);
		counted++;
		most_waiting = max(most_waiting, (u64)READ_ONCE(lock.waiting));
		spin_unlock(&lock);
		if (n % 512 == 0)
			sched_yield();
	}
	return NULL;
}

START_TEST(one_at_a_time)
{
	pthread_t thread[PCPUS];
	unsigned int i;

	for (i = 0; i < PCPUS; i++)
		ck_assert(!pthread_create(&thread[i], NULL, count, &pcpu[i]));
	for (i = 0; i < PCPUS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(counted, PCPUS * ROUNDS);
	ck_assert_uint_lt(most_waiting, PCPUS);
	ck_assert_uint_eq(lock.word, 0);
	ck_assert(!spin_wanted(&lock));
}
END_TEST

static void *take_once(void *arg)
{
	become(arg);
	spin_lock(&lock);
	WRITE_ONCE(counted, READ_ONCE(counted) + 1);
	spin_unlock(&lock);
	return NULL;
}

START_TEST(holder_sees_who_waits)
{
	pthread_t thread;

	spin_lock(&lock);
	ck_assert(!spin_wanted(&lock));
	ck_assert(!pthread_create(&thread, NULL, take_once, &pcpu[1]));
	while (!spin_wanted(&lock))
		sched_yield();
	ck_assert_uint_eq(READ_ONCE(counted), 0);
	spin_unlock(&lock);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(counted, 1);
	ck_assert_uint_eq(lock.word, 0);
}
END_TEST

/* Takes a free lock only when somebody else has come to wait, too. */
static void *slow_waiter(void *arg)
{
	u64 *turns = arg;

	__atomic_add_fetch(&lock.waiting, 1, __ATOMIC_SEQ_CST);
	while (READ_ONCE(lock.waiting) < 2)
		if (READ_ONCE(counted))
			goto out; /* too late */
	if (!__atomic_exchange_n(&lock.held, 1, __ATOMIC_ACQUIRE)) {
		*turns += !READ_ONCE(counted);
		STORE_REL(lock.held, 0);
	}
out:
	__atomic_sub_fetch(&lock.waiting, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* However the host runs them: now and then the one who waited is in time. */
START_TEST(newcomer_leaves_it_to_who_waited)
{
	unsigned int round;
	pthread_t thread;
	u64 turns = 0;

	for (round = 0; round < 100000 && turns < 3; round++) {
		WRITE_ONCE(counted, 0);
		ck_assert(!pthread_create(&thread, NULL, slow_waiter, &turns));
		while (!spin_wanted(&lock))
			sched_yield();
		take_once(&pcpu[0]);
		pthread_join(thread, NULL);
	}
	ck_assert_uint_eq(turns, 3);
	ck_assert_uint_eq(lock.word, 0);
}
END_TEST

/* One who never takes it holds nobody up for good. */
START_TEST(patience_ends)
{
	lock.waiting = 1;
	spin_lock(&lock);
	ck_assert(spin_wanted(&lock));
	spin_unlock(&lock);
	ck_assert_uint_eq(lock.waiting, 1);
	ck_assert(spin_trylock(&lock));
	ck_assert(!spin_trylock(&lock));
	spin_unlock(&lock);
}
END_TEST

START_TEST(pair_is_one_rank)
{
	spinlock_t a = SPINLOCK_INIT(GRANT), b = SPINLOCK_INIT(GRANT);

	spin_lock_pair(&a, &b);
	ck_assert(spin_locked(&a) && spin_locked(&b));
	spin_lock(&lock);
	spin_unlock(&lock);
	spin_unlock_pair(&a, &b);
	ck_assert_uint_eq(this_pcpu()->held_ranks, 0);
	spin_lock_pair(&a, &a);
	spin_unlock_pair(&a, &a);
	ck_assert_uint_eq(a.word | b.word, 0);
}
END_TEST

START_TEST(wrong_order_is_fatal)
{
	spinlock_t outer = SPINLOCK_INIT(GRANT);

	spin_lock(&lock);
	spin_lock(&outer);
}
END_TEST

START_TEST(twice_is_fatal)
{
	spin_lock(&lock);
	spin_lock(&lock);
}
END_TEST

START_TEST(foreign_release_is_fatal)
{
	spin_lock(&lock);
	become(&pcpu[1]);
	spin_unlock(&lock);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lock");
	TCase *c = tcase_create("lock");

	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, one_at_a_time);
	tcase_add_test(c, holder_sees_who_waits);
	tcase_add_test(c, newcomer_leaves_it_to_who_waited);
	tcase_add_test(c, patience_ends);
	tcase_add_test(c, pair_is_one_rank);
	tcase_add_test_raise_signal(c, wrong_order_is_fatal, SIGABRT);
	tcase_add_test_raise_signal(c, twice_is_fatal, SIGABRT);
	tcase_add_test_raise_signal(c, foreign_release_is_fatal, SIGABRT);
	suite_add_tcase(s, c);
	return fake_main(s);
}
