/*
 * wait_test.c: run states, blocking and polling, timers, watchdogs
 */
#include <xen/sched.h>
#include "../../tests/host/fake_sched.h"
#include "../event/internal.h"

/* ---- run states ---- */
START_TEST(runstates_add_up)
{
	struct vcpu_runstate_info info, area;
	struct vcpu *v = d1->vcpu[0];
	u64 start = v->sched.state_entry;

	run_for(0);
	clock_ns += 3 * NS_PER_MS;
	v->runstate_area = GPTR(&area);
	online(v); /* 3 ms offline */
	exit_work();
	ck_assert_int_eq(area.state, RUNSTATE_running);
	advance(5 * NS_PER_MS);
	online(d1->vcpu[1]);
	sched_block_current();
	exit_work();
	ck_assert_int_eq(area.state, RUNSTATE_blocked);
	advance(7 * NS_PER_MS);
	d1->pause_count++;
	sched_unblock(v); /* offline now, although unblocked */
	sched_runstate(v, &info);
	ck_assert_int_eq(info.state, RUNSTATE_offline);
	advance(2 * NS_PER_MS);
	sched_runstate(v, &info);
	ck_assert_uint_eq(info.time[RUNSTATE_running], 5 * NS_PER_MS);
	ck_assert_uint_eq(info.time[RUNSTATE_runnable], 0);
	ck_assert_uint_eq(info.time[RUNSTATE_blocked], 7 * NS_PER_MS);
	ck_assert_uint_eq(info.time[RUNSTATE_offline], 5 * NS_PER_MS);
	ck_assert_uint_eq(info.time[0] + info.time[1] + info.time[2] +
				  info.time[3],
			  clock_ns - start);
	d1->pause_count--;
}
END_TEST

START_TEST(runstate_area_flags_updates_when_asked)
{
	struct vcpu_runstate_info area;
	struct vcpu *v = d1->vcpu[0];

	v->runstate_area = GPTR(&area);
	v->gate.vm_assist = 1u << VMASST_TYPE_runstate_update_flag;
	online(v);
	exit_work();
	ck_assert_int_eq(area.state, RUNSTATE_running);
	/* even again once written */
	ck_assert_uint_eq(area.state_entry_time, v->sched.state_entry);
}
END_TEST

START_TEST(paused_vcpus_do_not_run)
{
	online(d1->vcpu[0]);
	online(d0->vcpu[0]);
	run_for(50 * NS_PER_MS);
	d1->pause_count++;
	sched_sleep_nosync(d1->vcpu[0]);
	exit_work();
	ck_assert_ptr_eq(current, d0->vcpu[0]);
	run_for(50 * NS_PER_MS);
	ck_assert_ptr_eq(current, d0->vcpu[0]);
	ck_assert_int_eq(d1->vcpu[0]->sched.state, RUNSTATE_offline);
	d1->pause_count--;
	sched_wake(d1->vcpu[0]);
	exit_work();
	ck_assert_ptr_eq(current, d1->vcpu[0]);
}
END_TEST

/* ---- blocking and polling ---- */
START_TEST(block_with_event_pending_returns)
{
	struct vcpu *v = d1->vcpu[0];

	online(v);
	exit_work();
	v->info->evtchn_upcall_mask = 1;
	v->info->evtchn_upcall_pending = 1;
	sched_block_current();
	ck_assert(!v->sched.blocked);
	ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
}
END_TEST

static u32 ipi_port(struct domain *d)
{
	u32 port;

	ck_assert_int_eq(event_bind_ipi(d, 0, &port), 0);
	return port;
}

static long poll_ports(u32 *ports, u32 nr, u64 timeout)
{
	struct sched_poll p = {.nr_ports = nr, .timeout = timeout};

	p.ports.p = ports;
	return sched_poll(&p);
}

static void start_poller(void)
{
	online(d1->vcpu[0]);
	exit_work();
	online(d0->vcpu[0]);
	ck_assert_ptr_eq(current, d1->vcpu[0]);
	d1->vcpu[0]->info->evtchn_upcall_mask = 1;
}

START_TEST(poll_returns_when_a_port_is_pending)
{
	struct vcpu *v = d1->vcpu[0];
	u32 ports[2];

	start_poller();
	ports[0] = ipi_port(d1);
	ports[1] = ipi_port(d1);
	bit_set(d1->shared_info->evtchn_mask, ports[1]);
	ck_assert_int_eq(event_send(d1, ports[1]), 0);
	ck_assert_int_eq(poll_ports(ports, 2, 0), 0);
	ck_assert(!v->sched.blocked);
	ck_assert_int_eq(v->event.poll_port, 0);
}
END_TEST

START_TEST(poll_wakes_for_its_port_even_masked)
{
	struct vcpu *v = d1->vcpu[0];
	u32 port, other;

	start_poller();
	port = ipi_port(d1);
	other = ipi_port(d1);
	bit_set(d1->shared_info->evtchn_mask, port);
	bit_set(d1->shared_info->evtchn_mask, other);
	ck_assert_int_eq(poll_ports(&port, 1, 0), 0);
	exit_work();
	ck_assert_int_eq(v->sched.state, RUNSTATE_blocked);
	event_send(d1, other);
	ck_assert(v->sched.blocked);
	event_send(d1, port);
	ck_assert(!v->sched.blocked);
	ck_assert_int_eq(v->event.poll_port, 0);
	ck_assert_int_eq(v->sched.state, RUNSTATE_runnable);
}
END_TEST

START_TEST(poll_of_several_wakes_for_any)
{
	struct vcpu *v = d1->vcpu[0];
	u32 ports[3];
	unsigned int i;

	start_poller();
	for (i = 0; i < 3; i++)
		ports[i] = ipi_port(d1);
	ck_assert_int_eq(poll_ports(ports, 3, 0), 0);
	exit_work();
	ck_assert(v->sched.blocked);
	event_send(d1, ports[2]);
	ck_assert(!v->sched.blocked);
}
END_TEST

START_TEST(poll_times_out_and_not_before)
{
	struct vcpu *v = d1->vcpu[0];
	u32 port;
	u64 t;

	start_poller();
	port = ipi_port(d1);
	t = clock_ns + 20 * NS_PER_MS;
	ck_assert_int_eq(poll_ports(&port, 1, t), 0);
	run_for(19 * NS_PER_MS);
	ck_assert(v->sched.blocked);
	run_for(2 * NS_PER_MS);
	ck_assert(!v->sched.blocked);
}
END_TEST

START_TEST(poll_in_the_past_leaves_the_pcpu_for_a_moment)
{
	struct vcpu *v = d1->vcpu[0];
	u32 port;

	start_poller();
	port = ipi_port(d1);
	ck_assert_int_eq(poll_ports(&port, 1, 1), 0);
	run_for(300 * NS_PER_US);
	ck_assert(v->sched.blocked);
	run_for(300 * NS_PER_US);
	ck_assert(!v->sched.blocked);
}
END_TEST

START_TEST(poll_refuses_bad_ports)
{
	struct vcpu *v = d1->vcpu[0];
	u32 port = 100000;

	start_poller();
	ck_assert_int_eq(poll_ports(&port, 1, 0), -EINVAL);
	ck_assert(!v->sched.blocked);
	ck_assert_int_eq(poll_ports(NULL, 1, 0), -EFAULT);
	ck_assert(!v->sched.blocked);
	ck_assert_int_eq(v->event.poll_port, 0);
}
END_TEST

START_TEST(idle_pcpu_waits_for_a_timer)
{
	struct vcpu *v = d1->vcpu[0];
	u64 idle = sched_idle_time(&fake_pcpu);
	u32 port;

	online(v);
	exit_work();
	port = ipi_port(d1);
	ck_assert_int_eq(poll_ports(&port, 1, clock_ns + 30 * NS_PER_MS), 0);
	exit_work(); /* idles inside */
	ck_assert_ptr_eq(current, v);
	ck_assert_int_eq(v->sched.state, RUNSTATE_running);
	assert_near(sched_idle_time(&fake_pcpu) - idle, 30 * NS_PER_MS, 1000);
}
END_TEST

/* ---- timers on the queue ---- */
static u64 fired_at[8];
static unsigned int nr_fired;

static void note_fired(void *arg)
{
	fired_at[nr_fired++] = now();
}

START_TEST(timers_fire_in_time_and_never_early)
{
	struct timer t[3];
	u64 base = clock_ns;
	unsigned int i;

	nr_fired = 0;
	online(d0->vcpu[0]);
	for (i = 0; i < 3; i++)
		timer_init(&t[i], note_fired, NULL);
	timer_set(&t[0], base + 3 * NS_PER_SEC + 1);
	timer_set(&t[1], base - 1);
	timer_set(&t[2], base + 5 * NS_PER_MS + 7);
	exit_work();
	ck_assert_uint_eq(nr_fired, 1);
	run_for(6 * NS_PER_MS);
	ck_assert_uint_eq(nr_fired, 2);
	ck_assert_uint_ge(fired_at[1], base + 5 * NS_PER_MS + 7);
	ck_assert_uint_le(fired_at[1], base + 5 * NS_PER_MS + 7 + 2 * STEP);
	run_for(2 * NS_PER_SEC);
	timer_set(&t[1], clock_ns + NS_PER_MS);
	timer_stop(&t[1]);
	run_for(2 * NS_PER_SEC);
	ck_assert_uint_eq(nr_fired, 3);
	ck_assert_uint_ge(fired_at[2], base + 3 * NS_PER_SEC + 1);
}
END_TEST

/* ---- watchdogs ---- */
START_TEST(watchdogs_follow_the_rules)
{
	online(d1->vcpu[0]);
	exit_work();
	ck_assert_int_eq(sched_watchdog(0, 0), -EINVAL);
	ck_assert_int_eq(sched_watchdog(3, 1), -EINVAL);
	ck_assert_int_eq(sched_watchdog(1, 1), -EINVAL);
	ck_assert_int_eq(sched_watchdog(0, 2), 1);
	ck_assert_int_eq(sched_watchdog(0, 5), 2);
	ck_assert_int_eq(sched_watchdog(0, 5), -ENOSPC);
	run_for(1900 * NS_PER_MS);
	ck_assert_int_eq(sched_watchdog(1, 2), 0);
	run_for(1900 * NS_PER_MS);
	ck_assert_ptr_null(shut_down);
	ck_assert_int_eq(sched_watchdog(1, 0), 0);
	ck_assert_int_eq(sched_watchdog(1, 0), -EINVAL);
	run_for(1000 * NS_PER_MS);
	ck_assert_ptr_null(shut_down);
	run_for(300 * NS_PER_MS);
	ck_assert_ptr_eq(shut_down, d1);
	ck_assert_uint_eq(shut_reason, SHUTDOWN_watchdog);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wait");
	TCase *c = tcase_create("wait");

	tcase_add_checked_fixture(c, fake_sched_setup, fake_sched_teardown);
	tcase_add_test(c, runstates_add_up);
	tcase_add_test(c, runstate_area_flags_updates_when_asked);
	tcase_add_test(c, paused_vcpus_do_not_run);
	tcase_add_test(c, block_with_event_pending_returns);
	tcase_add_test(c, poll_returns_when_a_port_is_pending);
	tcase_add_test(c, poll_wakes_for_its_port_even_masked);
	tcase_add_test(c, poll_of_several_wakes_for_any);
	tcase_add_test(c, poll_times_out_and_not_before);
	tcase_add_test(c, poll_in_the_past_leaves_the_pcpu_for_a_moment);
	tcase_add_test(c, poll_refuses_bad_ports);
	tcase_add_test(c, idle_pcpu_waits_for_a_timer);
	tcase_add_test(c, timers_fire_in_time_and_never_early);
	tcase_add_test(c, watchdogs_follow_the_rules);
	suite_add_tcase(s, c);
	return fake_main(s);
}
