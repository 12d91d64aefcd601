/*
 * smp_test.c: two pcpus, affinity, migration; parameters
 */
#include <xen/sched.h>
#include <xen/sysctl.h>
#include "../../tests/host/fake_sched.h"

/* ---- a second pcpu ---- */
static struct pcpu second;
static struct vcpu *other_curr;

/* Go on as the other pcpu. */
static void swap_pcpu(void)
{
	struct vcpu *c = current;

	host_stack.pcpu = this_pcpu() == &second ? &fake_pcpu : &second;
	fake_become(other_curr);
	other_curr = c;
}

static void add_pcpu(void)
{
	memset(&second, 0, sizeof(second));
	other_curr = NULL;
	second.id = 1;
	deadlines[1] = 0;
	second.online = true;
	pcpus[1] = &second;
	nr_pcpus = 2;
	time_init_pcpu(&second);
	sched_init_pcpu(&second);
}

static void drop_pcpu(void)
{
	if (this_pcpu() == &second)
		swap_pcpu();
	timer_stop(&second.runq->slice);
	ck_assert_uint_eq(second.runq->nr_vcpus + fake_pcpu.runq->nr_vcpus, 8);
	/* teardown() knows one: give all vcpus back to it */
	fake_pcpu.runq->nr_vcpus = 8;
	for (unsigned int i = 0; i < 4; i++) {
		list_del(&d0->vcpu[i]->sched.runq);
		list_del(&d1->vcpu[i]->sched.runq);
		d0->vcpu[i]->sched.pcpu = &fake_pcpu;
		d1->vcpu[i]->sched.pcpu = &fake_pcpu;
	}
	hv_free(second.runq);
	hv_free(second.timers);
	nr_pcpus = 1;
}

START_TEST(waking_vcpu_goes_to_the_idle_pcpu)
{
	add_pcpu();
	online(d1->vcpu[0]);
	exit_work();
	online(d1->vcpu[1]);
	ck_assert_ptr_eq(d1->vcpu[1]->sched.pcpu, &second);
	ck_assert(second.softirqs & 1u << SOFTIRQ_SCHED);
	second.softirqs = 0;
	swap_pcpu();
	sched_run();
	ck_assert_ptr_eq(current, d1->vcpu[1]);
	swap_pcpu();
	ck_assert_ptr_eq(current, d1->vcpu[0]);
	drop_pcpu();
}
END_TEST

START_TEST(idle_pcpu_takes_waiting_work)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		online(d1->vcpu[i]);
	exit_work();
	add_pcpu();
	swap_pcpu();
	sched_run();
	ck_assert_ptr_eq(current, d1->vcpu[1]);
	ck_assert_ptr_eq(d1->vcpu[1]->sched.pcpu, &second);
	ck_assert_int_eq(d1->vcpu[1]->sched.state, RUNSTATE_running);
	ck_assert_uint_eq(second.runq->nr_vcpus, 1);
	drop_pcpu();
}
END_TEST

/* Both pcpus go through @ns together; both must have work all the time. */
static void run_both(u64 ns)
{
	u64 end = clock_ns + ns;
	unsigned int i;

	while (clock_ns < end) {
		for (i = 0; i < 2; i++) {
			exit_work();
			swap_pcpu();
		}
		clock_ns += STEP;
		for (i = 0; i < 2; i++) {
			advance(0);
			swap_pcpu();
		}
	}
}

START_TEST(three_hogs_share_two_pcpus)
{
	unsigned int i;

	add_pcpu();
	second.softirqs = 1u << SOFTIRQ_SCHED;
	for (i = 0; i < 3; i++)
		online(d1->vcpu[i]);
	run_both(6 * NS_PER_SEC);
	for (i = 0; i < 3; i++)
		assert_near(used(d1->vcpu[i]), 4 * NS_PER_SEC, 60 * NS_PER_MS);
	drop_pcpu();
}
END_TEST

START_TEST(weights_hold_over_two_pcpus)
{
	unsigned int i;

	add_pcpu();
	second.softirqs = 1u << SOFTIRQ_SCHED;
	d1->sched.weight = 768;
	for (i = 0; i < 4; i++) {
		online(d0->vcpu[i]);
		online(d1->vcpu[i]);
	}
	run_both(8 * NS_PER_SEC);
	/* 16 s of CPU time in all, 1 : 3, four vcpus each */
	for (i = 0; i < 4; i++) {
		assert_near(used(d0->vcpu[i]), NS_PER_SEC, 40 * NS_PER_MS);
		assert_near(used(d1->vcpu[i]), 3 * NS_PER_SEC, 90 * NS_PER_MS);
	}
	drop_pcpu();
}
END_TEST

START_TEST(sleeper_finds_the_pcpu_that_lets_it_in)
{
	struct vcpu *v = d0->vcpu[0];
	unsigned int i, k;
	u64 woken, worst = 0;

	add_pcpu();
	second.softirqs = 1u << SOFTIRQ_SCHED;
	for (i = 0; i < 4; i++)
		online(d1->vcpu[i]);
	run_both(NS_PER_SEC);
	for (k = 0; k < 100; k++) {
		v->sched.online = true;
		v->gate.kernel = true;
		woken = clock_ns;
		sched_wake(v);
		while (v->sched.state != RUNSTATE_running)
			run_both(STEP);
		worst = max(worst, clock_ns - woken);
		run_both(NS_PER_MS);
		v->sched.online = false;
		sched_sleep_nosync(v);
		run_both(7 * NS_PER_MS);
	}
	ck_assert_msg(worst <= 2 * NS_PER_MS, "waited %llu us",
		      worst / NS_PER_US);
	drop_pcpu();
}
END_TEST

START_TEST(affinity_is_obeyed)
{
	struct vcpu *v = d1->vcpu[0], *w = d1->vcpu[1];

	online(v);
	exit_work();
	add_pcpu();
	/* a waiting one, bound to the busy pcpu, is not taken */
	w->sched.affinity[0] = 1;
	online(w);
	ck_assert_ptr_eq(w->sched.pcpu, &fake_pcpu);
	ck_assert(list_empty(&second.runq->waiting));
	/* the running one has to leave */
	v->sched.affinity[0] = 2;
	sched_affinity_changed(v);
	exit_work();
	ck_assert_ptr_eq(current, w);
	ck_assert_ptr_eq(v->sched.pcpu, &second);
	ck_assert_int_eq(v->sched.state, RUNSTATE_runnable);
	swap_pcpu();
	sched_run();
	ck_assert_ptr_eq(current, v);
	drop_pcpu();
}
END_TEST

static const u64 only_second[BITS_TO_LONGS(NR_PCPUS)] = {2};

START_TEST(soft_affinity_is_preferred_and_no_more)
{
	struct vcpu *v = d1->vcpu[0], *other = d1->vcpu[1];

	add_pcpu();
	ck_assert_int_eq(sched_set_soft_affinity(v, only_second), 0);
	online(v);
	ck_assert_ptr_eq(v->sched.pcpu, &second);
	second.softirqs = 0;
	swap_pcpu();
	sched_run();
	ck_assert_ptr_eq(current, v);
	/* asleep, and its place is taken: the first pcpu will do */
	sched_block_current();
	sched_set_hard_affinity(other, only_second);
	online(other);
	exit_work();
	ck_assert_ptr_eq(current, other);
	sched_unblock(v);
	ck_assert_ptr_eq(v->sched.pcpu, &fake_pcpu);
	swap_pcpu();
	exit_work();
	ck_assert_ptr_eq(current, v);
	/* free again: it goes back the next time its pcpu chooses */
	online(d1->vcpu[2]);
	swap_pcpu();
	other->sched.online = false;
	sched_sleep_nosync(other);
	second.runq->curr = NULL;
	sched_note(second.runq);
	other->sched.running = false;
	swap_pcpu();
	sched_run();
	ck_assert_ptr_eq(current, d1->vcpu[2]);
	ck_assert_ptr_eq(v->sched.pcpu, &second);
	ck_assert_int_eq(v->sched.state, RUNSTATE_runnable);
	drop_pcpu();
}
END_TEST

START_TEST(affinity_of_a_pinned_vcpu_is_refused)
{
	static const u64 none[BITS_TO_LONGS(NR_PCPUS)];
	struct vcpu *v = d1->vcpu[0];

	add_pcpu();
	online(v);
	exit_work();
	ck_assert_int_eq(sched_set_hard_affinity(v, none), -EINVAL);
	ck_assert_int_eq(sched_set_soft_affinity(v, none), 0);
	ck_assert(!v->sched.soft_counts);
	ck_assert_int_eq(sched_pin(0), 0);
	ck_assert_int_eq(sched_set_hard_affinity(v, only_second), -EBUSY);
	ck_assert_int_eq(sched_set_soft_affinity(v, only_second), -EBUSY);
	sched_end_pin(v);
	ck_assert_int_eq(sched_set_soft_affinity(v, only_second), 0);
	ck_assert(v->sched.soft_counts);
	ck_assert_int_eq(sched_set_hard_affinity(v, only_second), 0);
	ck_assert(!v->sched.soft_counts);
	drop_pcpu();
}
END_TEST

/* With vcpu_migr_delay_us who ran a moment ago stays where he waits. */
START_TEST(migration_waits_for_the_delay)
{
	struct vcpu *v = d1->vcpu[0];

	online(v);
	online(d1->vcpu[1]);
	run_for(15 * NS_PER_MS);
	sched_params.stay_ns = 5 * NS_PER_MS;
	v = current == v ? d1->vcpu[1] : v;
	v->sched.ran_until = clock_ns;
	add_pcpu();
	swap_pcpu();
	spin_lock(&second.runq->lock);
	ck_assert(!sched_steal(&second));
	clock_ns += 6 * NS_PER_MS;
	ck_assert(sched_steal(&second));
	spin_unlock(&second.runq->lock);
	ck_assert_ptr_eq(v->sched.pcpu, &second);
	sched_params.stay_ns = 0;
	drop_pcpu();
}
END_TEST

static long sysctl(struct xen_sysctl_scheduler_op *op, u32 cmd, u32 id)
{
	op->cmd = cmd;
	op->sched_id = id;
	return sched_sysctl(op);
}

START_TEST(parameters_have_bounds)
{
	const struct sched_params before = sched_params;
	struct xen_sysctl_scheduler_op op = {0};
	const u32 get = XEN_SYSCTL_SCHEDOP_getinfo, put = 0;

	ck_assert_int_eq(sysctl(&op, get, XEN_SCHEDULER_CREDIT), -EINVAL);
	ck_assert_int_eq(sysctl(&op, 2, sched_id), -EINVAL);
	op.cpupool_id = 1;
	ck_assert_int_eq(sysctl(&op, get, sched_id), -ESRCH);
	op.cpupool_id = 0;
	ck_assert_int_eq(sysctl(&op, get, sched_id), 0);
	ck_assert_uint_eq(op.u.sched_credit2.ratelimit_us, 1000);
	op.u.sched_credit2.ratelimit_us = 99;
	ck_assert_int_eq(sysctl(&op, put, sched_id), -EINVAL);
	op.u.sched_credit2.ratelimit_us = 500001;
	ck_assert_int_eq(sysctl(&op, put, sched_id), -EINVAL);
	op.u.sched_credit2.ratelimit_us = 2000;
	ck_assert_int_eq(sysctl(&op, put, sched_id), 0);
	ck_assert_uint_eq(sched_params.ratelimit_ns, 2 * NS_PER_MS);

	sched_id = XEN_SCHEDULER_CREDIT;
	ck_assert_int_eq(sysctl(&op, get, sched_id), 0);
	ck_assert_uint_eq(op.u.sched_credit.tslice_ms, 10);
	ck_assert_uint_eq(op.u.sched_credit.ratelimit_us, 2000);
	ck_assert_uint_eq(op.u.sched_credit.vcpu_migr_delay_us, 0);
	op.u.sched_credit.tslice_ms = 1;
	ck_assert_int_eq(sysctl(&op, put, sched_id), -EINVAL);
	op.u.sched_credit.tslice_ms = 1001;
	ck_assert_int_eq(sysctl(&op, put, sched_id), -EINVAL);
	op.u.sched_credit.tslice_ms = 30;
	op.u.sched_credit.vcpu_migr_delay_us = 100001;
	ck_assert_int_eq(sysctl(&op, put, sched_id), -EINVAL);
	op.u.sched_credit.vcpu_migr_delay_us = 1000;
	ck_assert_int_eq(sysctl(&op, put, sched_id), 0);
	ck_assert_uint_eq(sched_params.slice_ns, 30 * NS_PER_MS);
	ck_assert_uint_eq(sched_params.stay_ns, NS_PER_MS);
	sched_id = XEN_SCHEDULER_CREDIT2;
	sched_params = before;
}
END_TEST

/* The command line takes what tools may set, and nothing else. */
START_TEST(rate_limit_of_the_command_line)
{
	const struct sched_params before = sched_params;
	static const char *const bad[] = {"", "99", "500001", "2000us", "-1"};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(sched_parse_ratelimit(bad[i]), -EINVAL);
		ck_assert_uint_eq(sched_params.ratelimit_ns,
				  before.ratelimit_ns);
	}
	ck_assert_int_eq(sched_parse_ratelimit("2000"), 0);
	ck_assert_uint_eq(sched_params.ratelimit_ns, 2 * NS_PER_MS);
	ck_assert_int_eq(sched_parse_ratelimit("0"), 0);
	ck_assert_uint_eq(sched_params.ratelimit_ns, 0);
	sched_params = before;
}
END_TEST

START_TEST(pin_override_moves_and_ends)
{
	struct vcpu *v = d0->vcpu[0];

	online(v);
	exit_work();
	online(d0->vcpu[1]);
	add_pcpu();
	ck_assert_ptr_eq(current, v);
	ck_assert_int_eq(sched_pin(-1), -EINVAL);
	ck_assert_int_eq(sched_pin(2), -EINVAL);
	ck_assert_int_eq(sched_pin(1), 0);
	ck_assert_int_eq(sched_pin(0), -EBUSY);
	exit_work();
	ck_assert_ptr_eq(v->sched.pcpu, &second);
	swap_pcpu();
	sched_run();
	ck_assert_ptr_eq(current, v);
	ck_assert_int_eq(sched_pin(-1), 0);
	drop_pcpu();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("smp");
	TCase *c = tcase_create("smp");

	tcase_add_checked_fixture(c, fake_sched_setup, fake_sched_teardown);
	tcase_add_test(c, waking_vcpu_goes_to_the_idle_pcpu);
	tcase_add_test(c, idle_pcpu_takes_waiting_work);
	tcase_add_test(c, three_hogs_share_two_pcpus);
	tcase_add_test(c, weights_hold_over_two_pcpus);
	tcase_add_test(c, sleeper_finds_the_pcpu_that_lets_it_in);
	tcase_add_test(c, affinity_is_obeyed);
	tcase_add_test(c, soft_affinity_is_preferred_and_no_more);
	tcase_add_test(c, affinity_of_a_pinned_vcpu_is_refused);
	tcase_add_test(c, migration_waits_for_the_delay);
	tcase_add_test(c, parameters_have_bounds);
	tcase_add_test(c, rate_limit_of_the_command_line);
	tcase_add_test(c, pin_override_moves_and_ends);
	suite_add_tcase(s, c);
	return fake_main(s);
}
