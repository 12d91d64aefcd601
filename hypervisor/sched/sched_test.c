/*
 * sched_test.c: fairness, wake-ups, run states, polling, watchdogs
 *
 * The real run queues, timers and event channels on one pcpu whose clock the
 * test moves.
 */
#include <stdlib.h>
#include <xen/domctl.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include "../../tests/host/fake.h"
#include "../event/internal.h"
#include "internal.h"

#define STEP (100 * NS_PER_US)

static u64 clock_ns, deadlines[2];
#define apic_deadline (deadlines[this_pcpu()->id])
u64 lapic_timer_hz = NS_PER_SEC;
static struct domain *d0, *d1;
static struct domain *shut_down;
static u32 shut_reason;
static unsigned int switches;
static u64 switch_ns; /* what telling the outgoing guest takes */

/* ---- the machine ---- */
u64 now(void)
{
	return clock_ns;
}

void lapic_timer_set(u32 ticks)
{
	apic_deadline = ticks ? clock_ns + ticks : 0;
}

void lapic_send_ipi(u32 apic_id, u8 vector)
{
}

void softirq_raise(struct pcpu *p, enum softirq s)
{
	bit_set(&p->softirqs, s);
}

static void advance(u64 ns)
{
	clock_ns += ns;
	if (apic_deadline && clock_ns >= apic_deadline) {
		apic_deadline = 0;
		timer_interrupt();
	}
}

void cpu_idle(void)
{
	ck_assert_msg(apic_deadline, "idle with nothing to wake up for");
	advance(apic_deadline - clock_ns);
}

void vcpu_switch_to(struct vcpu *next)
{
	switches++;
	fake_become(next);
}

void vcpu_sync(struct vcpu *v)
{
}

void cpu_write_cr3(u64 cr3)
{
}

void console_run_key(void)
{
}

void time_vcpu_switch_in(struct vcpu *v)
{
}

void time_vcpu_switch_out(struct vcpu *v)
{
	clock_ns += switch_ns;
}

int copy_in(void *to, gptr_t from, size_t n)
{
	if (!from.va)
		return -EFAULT;
	memcpy(to, (const void *)from.va, n);
	return 0;
}

int copy_out(gptr_t to, const void *from, size_t n)
{
	if (!to.va)
		return -EFAULT;
	memcpy((void *)to.va, from, n);
	return 0;
}

void domain_shutdown(struct domain *d, u32 reason)
{
	shut_down = d;
	shut_reason = reason;
}

bool hypercall_yield(void)
{
	return false;
}

int pirq_bind_port(struct domain *d, unsigned int pirq, u32 port, bool share,
		   struct vcpu *v)
{
	return -EINVAL;
}

void pirq_unbind_port(struct domain *d, unsigned int pirq)
{
}

/* What the gate does before a guest runs. */
static void exit_work(void)
{
	u64 todo;

	while ((todo = this_pcpu()->softirqs) != 0) {
		this_pcpu()->softirqs = 0;
		if (todo >> SOFTIRQ_TIMER & 1)
			timer_run();
		if (todo >> SOFTIRQ_SCHED & 1)
			sched_run();
	}
}

static void run_for(u64 ns)
{
	u64 end = clock_ns + ns;

	while (clock_ns < end) {
		exit_work();
		advance(STEP);
	}
	exit_work();
}

static void online(struct vcpu *v)
{
	v->sched.online = true;
	v->gate.kernel = true;
	sched_wake(v);
}

static void setup(void)
{
	struct vcpu *v;
	unsigned int i;

	fake_base_init();
	clock_ns = NS_PER_SEC;
	apic_deadline = 0;
	shut_down = NULL;
	time_init_pcpu(&fake_pcpu);
	sched_init();
	d0 = fake_domain(0, 4, true);
	d1 = fake_domain(1, 4, false);
	sched_domain_init(d0);
	sched_domain_init(d1);
	ck_assert_int_eq(event_domain_init(d0), 0);
	ck_assert_int_eq(event_domain_init(d1), 0);
	for_each_vcpu (d0, v, i)
		ck_assert_int_eq(sched_vcpu_init(v), 0);
	for_each_vcpu (d1, v, i)
		ck_assert_int_eq(sched_vcpu_init(v), 0);
}

static void free_domain(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	d->dying = DOM_DYING;
	for_each_vcpu (d, v, i) {
		v->sched.running = false;
		sched_vcpu_destroy(v);
	}
	sched_domain_destroy(d);
	event_domain_destroy(d);
	event_domain_free(d);
	fake_domain_free(d);
}

static void teardown(void)
{
	free_domain(d1);
	free_domain(d0);
	hv_free(fake_pcpu.runq);
	hv_free(fake_pcpu.timers);
	ck_assert_uint_eq(fake_allocs, 0);
}

/* ---- fairness ---- */
static u64 used(struct vcpu *v)
{
	return sched_cpu_time(v);
}

static void assert_near(u64 got, u64 want, u64 slack)
{
	ck_assert_msg(got + slack >= want && got <= want + slack,
		      "%llu ms, wanted %llu ms", got / NS_PER_MS,
		      want / NS_PER_MS);
}

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
	this_pcpu()->serving = by == EVENT;
	sched_unblock(v);
	this_pcpu()->serving = false;
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
	this_pcpu()->serving = true;
	sched_kick(d1->vcpu[0]);
	this_pcpu()->serving = false;
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
	Suite *s = suite_create("sched");
	TCase *c = tcase_create("sched");

	tcase_add_checked_fixture(c, setup, teardown);
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
	tcase_add_test(c, whom_a_timer_preempted_goes_on);
	tcase_add_test(c, who_slept_has_a_turn_again);
	tcase_add_test(c, who_was_just_chosen_is_not_preempted);
	tcase_add_test(c, turns_do_not_grow_with_slices);
	tcase_add_test(c, yield_lets_another_go);
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
	tcase_add_test(c, timers_fire_in_time_and_never_early);
	tcase_add_test(c, watchdogs_follow_the_rules);
	suite_add_tcase(s, c);
	return fake_main(s);
}
