/*
 * guests/timers: clocks and timers
 *
 * ABI: vcpu_time_info, wall clock, singleshot and periodic timers, blocking.
 */
#include <guest.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static u32 port;
static u32 fired;
static u64 fired_at;

static void note(u32 p)
{
	if (p != port)
		return;
	fired++;
	fired_at = system_time();
}

static bool setup(void)
{
	long p;

	if (!port) {
		p = event_bind_virq(VIRQ_TIMER, 0);
		if (p <= 0 || vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL))
			return false;
		port = (u32)p;
	}
	event_clear(port);
	event_mask_port(port, false);
	event_handler = note;
	fired = 0;
	return true;
}

/* Blocks until a timer event or @limit ns have gone by. */
static void wait(u64 limit)
{
	u64 end = system_time() + limit;

	events_on();
	while (!READ_ONCE(fired) && system_time() < end)
		hypercall(sched_op, SCHEDOP_yield, 0);
	events_off();
}

static long singleshot(u64 at, u32 flags)
{
	struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = at,
					       .flags = flags};

	return vcpu_op(VCPUOP_set_singleshot_timer, 0, &op);
}

PROMISE(clock_never_goes_back, "system time is monotonic")
{
	u64 last = system_time();
	unsigned int i;

	for (i = 0; i < 100000; i++) {
		u64 now = system_time();

		if (now < last) {
			expect(!"time went back");
			return;
		}
		last = now;
	}
}

PROMISE(clock_runs, "system time advances")
{
	u64 from = system_time();
	volatile u32 i;

	for (i = 0; i < 1000000; i++)
		;
	expect(system_time() > from);
}

PROMISE(stop_periodic_is_0, "stop_periodic_timer returns 0, twice")
{
	expect_eq(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	expect_eq(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
}

PROMISE(singleshot_fires, "a deadline 5 ms away fires, never early")
{
	u64 at;

	require(setup());
	at = system_time() + 5 * MS;
	expect_eq(singleshot(at, 0), 0);
	wait(1000 * MS);
	expect_eq(fired, 1);
	expect(fired_at >= at);
}

PROMISE(singleshot_in_the_past_fires,
	"a past deadline returns 0, fires at once")
{
	require(setup());
	expect_eq(singleshot(1, 0), 0);
	wait(1000 * MS);
	expect_eq(fired, 1);
}

PROMISE(singleshot_future_flag, "VCPU_SSHOTTMR_future changes nothing in 4.17")
{
	require(setup());
	expect_eq(singleshot(1, VCPU_SSHOTTMR_future), 0);
	wait(1000 * MS);
	expect_eq(fired, 1);
}

PROMISE(singleshot_can_be_stopped, "a stopped deadline does not fire")
{
	require(setup());
	expect_eq(singleshot(system_time() + 20 * MS, 0), 0);
	expect_eq(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	wait(60 * MS);
	expect_eq(fired, 0);
}

PROMISE(singleshot_replaces, "a later call replaces the deadline")
{
	u64 first, at;

	/* Again where the machine was away until the first one was due. */
	do {
		require(setup());
		first = system_time() + 20 * MS;
		at = first + 60 * MS;
		expect_eq(singleshot(first, 0), 0);
		expect_eq(singleshot(at, 0), 0);
	} while (system_time() >= first);
	wait(1000 * MS);
	expect_eq(fired, 1);
	expect(fired_at >= at);
}

PROMISE(many_deadlines_never_early, "100 deadlines: none early")
{
	unsigned int i;

	require(setup());
	for (i = 0; i < 100; i++) {
		u64 at = system_time() + 100000 + i * 7919;

		fired = 0;
		if (!expect_eq(singleshot(at, 0), 0))
			return;
		wait(1000 * MS);
		if (!expect_eq(fired, 1))
			return;
		expect(fired_at >= at);
	}
}

PROMISE(timer_of_no_vcpu, "timers of absent vcpus: -ENOENT")
{
	struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = 1};

	expect_eq(vcpu_op(VCPUOP_set_singleshot_timer, 31, &op), -XEN_ENOENT);
}

PROMISE(timer_needs_a_pointer, "a bad pointer is -EFAULT")
{
	expect_eq(vcpu_op(VCPUOP_set_singleshot_timer, 0, BAD_UNMAPPED),
		  -XEN_EFAULT);
}

PROMISE(set_timer_op_fires, "set_timer_op fires, 0 cancels")
{
	u64 at;

	require(setup());
	at = system_time() + 5 * MS;
	expect_eq(hypercall(set_timer_op, at), 0);
	wait(1000 * MS);
	expect_eq(fired, 1);
	expect(fired_at >= at);
	fired = 0;
	expect_eq(hypercall(set_timer_op, system_time() + 20 * MS), 0);
	expect_eq(hypercall(set_timer_op, 0), 0);
	wait(60 * MS);
	expect_eq(fired, 0);
}

PROMISE(periodic_ticks, "a 10 ms period ticks until it is stopped")
{
	struct vcpu_set_periodic_timer op = {.period_ns = 10 * MS};
	u64 end;

	require(setup());
	expect_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, &op), 0);
	end = system_time() + 500 * MS;
	events_on();
	while (fired < 5 && system_time() < end)
		hypercall(sched_op, SCHEDOP_yield, 0);
	events_off();
	expect(fired >= 5);
	expect_eq(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	event_clear(port);
	fired = 0;
	wait(50 * MS);
	expect_eq(fired, 0);
}

PROMISE(short_period_is_refused, "a period under 1 ms is -EINVAL")
{
	struct vcpu_set_periodic_timer op = {.period_ns = 1000};

	expect_eq(vcpu_op(VCPUOP_set_periodic_timer, 0, &op), -XEN_EINVAL);
}

PROMISE(block_wakes_on_the_timer, "block returns 0 with events unmasked")
{
	u64 at;

	require(setup());
	at = system_time() + 20 * MS;
	expect_eq(singleshot(at, 0), 0);
	expect_eq(hypercall(sched_op, SCHEDOP_block, 0), 0);
	expect_eq(vcpu_info()->evtchn_upcall_mask, 0);
	expect(system_time() >= at);
	expect_eq(fired, 1);
	events_off();
}

PROMISE(block_returns_when_pending, "block does not sleep on a pending event")
{
	long ipi = event_bind_ipi(0);

	require(setup() && ipi > 0);
	event_mask_port((u32)ipi, false);
	expect_eq(event_send((u32)ipi), 0);
	expect_eq(hypercall(sched_op, SCHEDOP_block, 0), 0);
	events_off();
	event_close((u32)ipi);
}

static long poll(u32 *ports, u32 n, u64 timeout)
{
	struct sched_poll op = {.nr_ports = n, .timeout = timeout};

	op.ports.p = ports;
	return hypercall(sched_op, SCHEDOP_poll, &op);
}

PROMISE(poll_times_out, "poll with a timeout ends at it, not before")
{
	u32 quiet;
	u64 at;
	long p = event_alloc(DOMID_SELF);

	require(setup() && p > 0);
	quiet = (u32)p;
	at = system_time() + 20 * MS;
	expect_eq(poll(&quiet, 1, at), 0);
	expect(system_time() >= at);
	event_close(quiet);
}

PROMISE(poll_sees_a_pending_port, "poll returns at once for a pending port")
{
	u32 p;
	long ipi = event_bind_ipi(0);

	require(ipi > 0);
	p = (u32)ipi;
	event_mask_port(p, true);
	expect_eq(event_send(p), 0);
	expect_eq(poll(&p, 1, 0), 0);
	event_clear(p);
	event_close(p);
}

PROMISE(poll_wakes_on_the_timer_port, "poll of the masked timer port wakes")
{
	u64 at;

	require(setup());
	event_mask_port(port, true);
	at = system_time() + 20 * MS;
	expect_eq(singleshot(at, 0), 0);
	expect_eq(poll(&port, 1, 0), 0);
	expect(event_pending(port));
	expect(system_time() >= at);
	event_clear(port);
	event_mask_port(port, false);
}

PROMISE(poll_limits, "more than 128 ports: -EINVAL; bad port: -EINVAL")
{
	u32 bad = 1U << 20;

	expect_eq(poll(&bad, 129, 1), -XEN_EINVAL);
	expect_eq(poll(&bad, 1, 1), -XEN_EINVAL);
	expect_eq(poll(BAD_UNMAPPED, 1, 1), -XEN_EFAULT);
}

PROMISE(yield_returns_zero, "sched_op yield returns 0")
{
	expect_eq(hypercall(sched_op, SCHEDOP_yield, 0), 0);
}

PROMISE(sched_unknown, "unknown sched_op: -ENOSYS; bad pointer: -EFAULT")
{
	expect_eq(hypercall(sched_op, 99, 0), -XEN_ENOSYS);
	expect_eq(hypercall(sched_op, SCHEDOP_poll, BAD_UNMAPPED), -XEN_EFAULT);
	expect_eq(hypercall(sched_op, SCHEDOP_shutdown, BAD_UNMAPPED),
		  -XEN_EFAULT);
}

PROMISE(watchdog_ids, "watchdog: id 0 makes one, id 77 is refused, 0 s stops")
{
	struct sched_watchdog w = {.id = 0, .timeout = 100};
	long id = hypercall(sched_op, SCHEDOP_watchdog, &w);

	expect(id > 0);
	w.id = (u32)id;
	w.timeout = 0;
	expect_eq(hypercall(sched_op, SCHEDOP_watchdog, &w), 0);
	w.id = 77;
	w.timeout = 100;
	expect_eq(hypercall(sched_op, SCHEDOP_watchdog, &w), -XEN_EINVAL);
}

PROMISE(wall_clock_is_sane, "wc_sec plus system time lies after 2020")
{
	u64 sec = (u64)shared_info->wc_sec_hi << 32 | shared_info->wc_sec;

	expect_eq(shared_info->wc_version & 1, 0);
	expect(sec > 1577836800UL);
	expect(shared_info->wc_nsec < 1000000000);
}

PROMISE(settime_moves_the_wall_clock, "settime64 sets wc for system time 0")
{
	struct xen_platform_op op = {
		.cmd = XENPF_settime64,
		.interface_version = XENPF_INTERFACE_VERSION,
	};
	u64 now = system_time(), want = 2000000000;
	u32 version = shared_info->wc_version;
	s64 off;

	if (!is_dom0())
		skip("dom0 only");
	op.u.settime64.secs = want;
	op.u.settime64.nsecs = 0;
	op.u.settime64.system_time = now;
	expect_eq(hypercall(platform_op, &op), 0);
	expect(shared_info->wc_version != version);
	off = (s64)shared_info->wc_sec - (s64)(want - now / 1000000000);
	expect(off >= -1 && off <= 1);
}

PROMISE(runstate_adds_up, "get_runstate_info: running, with time spent")
{
	struct vcpu_runstate_info info;

	expect_eq(vcpu_op(VCPUOP_get_runstate_info, 0, &info), 0);
	expect_eq(info.state, RUNSTATE_running);
	expect(info.time[RUNSTATE_running] > 0);
	expect(info.state_entry_time <= system_time());
}

PROMISE(runstate_area_is_kept, "a registered runstate area follows the vcpu")
{
	static struct vcpu_runstate_info area;
	struct vcpu_register_runstate_memory_area reg;

	reg.addr.v = &area;
	memset(&area, 0xff, sizeof(area));
	expect_eq(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg), 0);
	expect_eq(area.state, RUNSTATE_running);
	require(setup());
	singleshot(system_time() + 20 * MS, 0);
	hypercall(sched_op, SCHEDOP_block, 0);
	events_off();
	expect_eq(area.state, RUNSTATE_running);
	expect(area.time[RUNSTATE_blocked] >= 10 * MS);
}

PROMISE(time_area_is_kept, "a registered time area has the clock")
{
	static struct vcpu_time_info area;
	struct vcpu_register_time_memory_area reg;

	reg.addr.v = &area;
	expect_eq(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &reg), 0);
	expect_eq(area.tsc_to_system_mul, vcpu_info()->time.tsc_to_system_mul);
	expect_eq(area.version & 1, 0);
}
