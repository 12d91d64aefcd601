/*
 * sched_test.c: fairness, caps, wake-ups and turns on one pcpu
 */
#include <xen/domctl.h>
#include <xen/sched.h>
#include "../../tests/host/fake_sched.h"

START_TEST(hogs_share_equally)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		online(d1->vcpu[i]);
	run_for(3 * NS_PER_SEC);
	for (i = 0; i < 3; i++)
		assert_near(used(d1->vcpu[i]), NS_PER_SEC, 20 * NS_PER_MS);
}
END_TEST

START_TEST(weights_are_proportions)
{
	struct xen_domctl_scheduler_op op = {
		.sched_id = sched_id,
		.cmd = XEN_DOMCTL_SCHEDOP_putinfo,
		.u.credit2 = {.weight = 768, .cap = 0xffff},
	};

	ck_assert_int_eq(sched_domctl(d1, &op), 0);
	op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	ck_assert_int_eq(sched_domctl(d1, &op), 0);
	ck_assert_uint_eq(op.u.credit2.weight, 768);
	ck_assert_uint_eq(op.u.credit2.cap, 0);
	op.sched_id = XEN_SCHEDULER_CREDIT;
	ck_assert_int_eq(sched_domctl(d1, &op), -EINVAL);

	online(d0->vcpu[0]);
	online(d1->vcpu[0]);
	run_for(4 * NS_PER_SEC);
	assert_near(used(d1->vcpu[0]), 3 * NS_PER_SEC, 40 * NS_PER_MS);
	assert_near(used(d0->vcpu[0]), NS_PER_SEC, 40 * NS_PER_MS);
}
END_TEST

/* Two that make each other run all the time pay for that themselves. */
START_TEST(switching_is_paid_for)
{
	u64 idle = sched_idle_time(&fake_pcpu), begin = clock_ns, sum;
	unsigned int i;

	switch_ns = STEP / 2;
	for (i = 0; i < 3; i++)
		online(d1->vcpu[i]);
	exit_work();
	while (clock_ns < begin + 3 * NS_PER_SEC) {
		if (current == d1->vcpu[2]) {
			run_for(STEP);
			continue;
		}
		sched_yield_current();
		exit_work();
		advance(STEP / 10);
	}
	switch_ns = 0;
	exit_work();
	sum = used(d1->vcpu[0]) + used(d1->vcpu[1]) + used(d1->vcpu[2]);
	ck_assert_uint_eq(sum, clock_ns - begin);
	ck_assert_uint_eq(sched_idle_time(&fake_pcpu), idle);
	assert_near(used(d1->vcpu[2]), NS_PER_SEC, 20 * NS_PER_MS);
}
END_TEST

static void set_cap(struct domain *d, u16 cap)
{
	struct xen_domctl_scheduler_op op = {
		.sched_id = sched_id,
		.cmd = XEN_DOMCTL_SCHEDOP_putinfo,
		.u.credit2 = {.cap = cap},
	};

	ck_assert_int_eq(sched_domctl(d, &op), 0);
	ck_assert_uint_eq(d->sched.weight, 256);
}

START_TEST(cap_bounds_a_domain_alone)
{
	u64 idle = sched_idle_time(&fake_pcpu);

	set_cap(d1, 40);
	online(d1->vcpu[0]);
	run_for(3 * NS_PER_SEC);
	assert_near(used(d1->vcpu[0]), 1200 * NS_PER_MS, 20 * NS_PER_MS);
	assert_near(sched_idle_time(&fake_pcpu) - idle, 1800 * NS_PER_MS,
		    20 * NS_PER_MS);
	/* and the guest sees the rest as stolen */
	ck_assert_uint_ge(d1->vcpu[0]->sched.time[RUNSTATE_runnable],
			  1700 * NS_PER_MS);
	set_cap(d1, 0);
	run_for(NS_PER_SEC);
	assert_near(used(d1->vcpu[0]), 2200 * NS_PER_MS, 30 * NS_PER_MS);
}
END_TEST

START_TEST(cap_leaves_the_rest_to_others)
{
	set_cap(d1, 25);
	online(d1->vcpu[0]);
	online(d1->vcpu[1]);
	online(d0->vcpu[0]);
	run_for(4 * NS_PER_SEC);
	assert_near(used(d1->vcpu[0]) + used(d1->vcpu[1]), NS_PER_SEC,
		    40 * NS_PER_MS);
	assert_near(used(d0->vcpu[0]), 3 * NS_PER_SEC, 40 * NS_PER_MS);
}
END_TEST

/* A cap above the fair share changes nothing. */
START_TEST(generous_cap_is_no_bound)
{
	set_cap(d1, 80);
	online(d1->vcpu[0]);
	online(d0->vcpu[0]);
	run_for(4 * NS_PER_SEC);
	assert_near(used(d1->vcpu[0]), 2 * NS_PER_SEC, 60 * NS_PER_MS);
}
END_TEST

START_TEST(alone_there_is_no_tick)
{
	online(d0->vcpu[0]);
	exit_work();
	ck_assert_ptr_eq(current, d0->vcpu[0]);
	ck_assert_uint_eq(apic_deadline, 0);
	switches = 0;
	run_for(NS_PER_SEC);
	ck_assert_uint_eq(switches, 0);
}
END_TEST

/*
 * Wakes every 5 ms and works 1 ms among four hogs, less than its share: once
 * what it used before is forgotten, it runs within a millisecond.
 */
START_TEST(sleeper_runs_promptly_among_hogs)
{
	struct vcpu *v = d0->vcpu[0];
	u64 woken, worst = 0;
	unsigned int i;

	for (i = 0; i < 4; i++)
		online(d1->vcpu[i]);
	online(v);
	run_for(100 * NS_PER_MS);
	for (i = 0; i < 200; i++) {
		while (current != v)
			run_for(STEP);
		run_for(NS_PER_MS);
		if (current == v) {
			sched_block_current();
			exit_work();
		}
		ck_assert_ptr_ne(current, v);
		run_for(5 * NS_PER_MS);
		woken = clock_ns;
		sched_unblock(v);
		exit_work();
		while (current != v)
			run_for(STEP);
		if (i >= 50)
			worst = max(worst, clock_ns - woken);
	}
	ck_assert_msg(worst <= NS_PER_MS, "waited %llu us", worst / NS_PER_US);
}
END_TEST

/* Is it the running one's event that wakes @v, or a timer? */
enum waker { EVENT, TIMER };

static void wake_by(enum waker by, struct vcpu *v)
{
	if (by == EVENT)
		sched_serve_begin();
	sched_unblock(v);
	sched_serve_end();
	exit_work();
}

/* The back end blocks: for how long does the front end run, which wakes it at
 * once, or during whose time it wakes? */
static u64 turn_of_just_chosen(enum waker by)
{
	struct vcpu *back = d0->vcpu[0], *front = d1->vcpu[0];
	u64 chosen;

	ck_assert_ptr_eq(current, back);
	sched_block_current();
	exit_work();
	ck_assert_ptr_eq(current, front);
	chosen = clock_ns;
	run_for(STEP);
	wake_by(by, back);
	ck_assert_ptr_eq(current, front);
	while (current == front)
		run_for(STEP);
	return clock_ns - chosen;
}

/* Both have run; the back end preempted the front end as it woke. */
static void preempt_by(enum waker by)
{
	struct vcpu *back = d0->vcpu[0], *front = d1->vcpu[0];

	online(front);
	online(back);
	run_for(NS_PER_SEC);
	while (current != back)
		run_for(STEP);
	sched_block_current();
	exit_work();
	ck_assert_ptr_eq(current, front);
	run_for(100 * NS_PER_MS);
	wake_by(by, back);
	ck_assert_ptr_eq(current, back); /* it has run for long enough */
}

static void assert_turn(u64 turn, u64 wanted)
{
	ck_assert_uint_ge(turn, wanted);
	ck_assert_uint_le(turn, wanted + 2 * STEP);
}

/* A front end that has just been chosen queues more before its back end runs.
 */
START_TEST(who_serves_another_has_a_turn)
{
	preempt_by(EVENT);
	assert_turn(turn_of_just_chosen(EVENT), TURN_NS);
}
END_TEST

/* The front end waits, the back end sends it an event. */
static void ask_front(void)
{
	ck_assert_ptr_eq(current, d0->vcpu[0]);
	sched_serve_begin();
	sched_kick(d1->vcpu[0]);
	sched_serve_end();
}

/* It answers who came by himself, and then has work of its own. */
START_TEST(whom_a_timer_asks_has_no_turn)
{
	preempt_by(TIMER);
	ask_front();
	assert_turn(turn_of_just_chosen(EVENT), sched_params.ratelimit_ns);
	/* this time by an event */
	ask_front();
	assert_turn(turn_of_just_chosen(EVENT), TURN_NS);
}
END_TEST

/* It had asked in the time that was left: the event is the answer. */
START_TEST(who_asked_whom_a_timer_woke_has_a_turn)
{
	struct vcpu *back = d0->vcpu[0], *front = d1->vcpu[0];

	preempt_by(EVENT);
	sched_block_current();
	exit_work();
	ck_assert_ptr_eq(current, front);
	run_for(STEP);
	wake_by(TIMER, back);
	ck_assert_ptr_eq(current, front);
	sched_serve_begin();
	sched_kick(back);
	sched_serve_end();
	run_for(2 * NS_PER_MS);
	ask_front();
	assert_turn(turn_of_just_chosen(EVENT), TURN_NS);
}
END_TEST

/* A tick that has nothing to ask for. */
START_TEST(whom_a_timer_preempted_goes_on)
{
	preempt_by(TIMER);
	assert_turn(turn_of_just_chosen(EVENT), TURN_NS);
}
END_TEST

START_TEST(who_slept_has_a_turn_again)
{
	struct vcpu *front = d1->vcpu[0];

	preempt_by(TIMER);
	ask_front();
	sched_block_current();
	exit_work();
	ck_assert_ptr_eq(current, front);
	sched_block_current();
	wake_by(TIMER, d0->vcpu[0]);
	wake_by(TIMER, front);
	ask_front();
	assert_turn(turn_of_just_chosen(EVENT), TURN_NS);
}
END_TEST

START_TEST(who_was_just_chosen_is_not_preempted)
{
	preempt_by(EVENT);
	assert_turn(turn_of_just_chosen(TIMER), sched_params.ratelimit_ns);
}
END_TEST

START_TEST(turns_do_not_grow_with_slices)
{
	sched_params.slice_ns = 300 * NS_PER_MS;
	preempt_by(EVENT);
	assert_turn(turn_of_just_chosen(EVENT), TURN_NS);
	sched_params.slice_ns = 10 * NS_PER_MS;
}
END_TEST

/* Ten seconds of sleep do not buy ten seconds of monopoly. */
START_TEST(boost_after_long_sleep_is_bounded)
{
	struct vcpu *v = d0->vcpu[0];
	u64 from;

	online(v);
	exit_work();
	sched_block_current();
	online(d1->vcpu[0]);
	run_for(10 * NS_PER_SEC);
	sched_unblock(v);
	exit_work();
	ck_assert_ptr_eq(current, v);
	from = used(v);
	while (current == v)
		run_for(STEP);
	ck_assert_uint_le(used(v) - from,
			  WAKE_CREDIT_NS + 2 * sched_params.slice_ns);
}
END_TEST

START_TEST(yield_lets_another_go)
{
	online(d1->vcpu[0]);
	exit_work();
	online(d1->vcpu[1]);
	exit_work();
	ck_assert_ptr_eq(current, d1->vcpu[0]);
	sched_yield_current();
	exit_work();
	ck_assert_ptr_eq(current, d1->vcpu[1]);
	sched_yield_current();
	exit_work();
	ck_assert_ptr_eq(current, d1->vcpu[0]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sched");
	TCase *c = tcase_create("sched");

	tcase_add_checked_fixture(c, fake_sched_setup, fake_sched_teardown);
	tcase_add_test(c, hogs_share_equally);
	tcase_add_test(c, weights_are_proportions);
	tcase_add_test(c, switching_is_paid_for);
	tcase_add_test(c, cap_bounds_a_domain_alone);
	tcase_add_test(c, cap_leaves_the_rest_to_others);
	tcase_add_test(c, generous_cap_is_no_bound);
	tcase_add_test(c, alone_there_is_no_tick);
	tcase_add_test(c, sleeper_runs_promptly_among_hogs);
	tcase_add_test(c, boost_after_long_sleep_is_bounded);
	tcase_add_test(c, who_serves_another_has_a_turn);
	tcase_add_test(c, whom_a_timer_asks_has_no_turn);
	tcase_add_test(c, who_asked_whom_a_timer_woke_has_a_turn);
	tcase_add_test(c, whom_a_timer_preempted_goes_on);
	tcase_add_test(c, who_slept_has_a_turn_again);
	tcase_add_test(c, who_was_just_chosen_is_not_preempted);
	tcase_add_test(c, turns_do_not_grow_with_slices);
	tcase_add_test(c, yield_lets_another_go);
	suite_add_tcase(s, c);
	return fake_main(s);
}
