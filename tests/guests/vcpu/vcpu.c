/*
 * guests/vcpu: vcpus beyond the first
 *
 * ABI: vcpu_op; runs with two vcpus where the machine has them.
 */
#include <guest.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static u32 seen_arg;
static u64 seen_flags, seen_mask;

static bool second(void)
{
	return vcpu_op(VCPUOP_is_up, 1, NULL) >= 0;
}

/* Waits up to a few seconds for *@word to become @value. */
static bool wait_for(const u32 *word, u32 value)
{
	u64 i;

	for (i = 0; i < 3000000; i++) {
		if (READ_ONCE(*word) == value)
			return true;
		hypercall(sched_op, SCHEDOP_yield, 0);
	}
	return false;
}

static bool wait_down(u32 id)
{
	u64 i;

	for (i = 0; i < 3000000; i++) {
		if (vcpu_op(VCPUOP_is_up, id, NULL) == 0)
			return true;
		hypercall(sched_op, SCHEDOP_yield, 0);
	}
	return false;
}

PROMISE(first_is_up, "is_up: 1 for vcpu 0, -ENOENT past the last")
{
	expect_eq(vcpu_op(VCPUOP_is_up, 0, NULL), 1);
	expect_eq(vcpu_op(VCPUOP_is_up, 5000, NULL), -XEN_ENOENT);
	expect_eq(vcpu_op(VCPUOP_is_up, ~0U, NULL), -XEN_ENOENT);
}

PROMISE(initialised_once, "initialise of vcpu 0 is -EEXIST")
{
	static struct vcpu_guest_context c;

	expect_eq(vcpu_op(VCPUOP_initialise, 0, &c), -XEN_EEXIST);
}

PROMISE(up_needs_initialise, "up before initialise is -EINVAL")
{
	if (!second())
		skip("one vcpu");
	expect_eq(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
	expect_eq(vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
}

PROMISE(context_is_checked, "a context without a valid root is refused")
{
	static struct vcpu_guest_context c;

	if (!second())
		skip("one vcpu");
	c.flags = VGCF_in_kernel;
	c.user_regs.rip = VIRT_BASE;
	c.ctrlreg[3] = xen_pfn_to_cr3(0xffffffff);
	expect_refused(vcpu_op(VCPUOP_initialise, 1, &c));
	expect_eq(vcpu_op(VCPUOP_initialise, 1, BAD_UNMAPPED), -XEN_EFAULT);
}

static void run_once(u32 id)
{
	seen_arg = id;
	seen_flags = flags_read();
	seen_mask = vcpu_info()->evtchn_upcall_mask;
}

static u32 stop, looping, ipi_seen;

static void count_ipi(u32 port)
{
	if (vcpu_self() == 1)
		__atomic_fetch_add(&ipi_seen, 1, __ATOMIC_SEQ_CST);
}

static void serve(u32 id)
{
	run_once(id);
	WRITE_ONCE(looping, 1);
	while (!READ_ONCE(stop))
		hypercall(sched_op, SCHEDOP_block, 0);
	events_off();
	WRITE_ONCE(looping, 2);
}

PROMISE(second_vcpu_runs, "initialise and up start a vcpu at its rip")
{
	if (!second())
		skip("one vcpu");
	expect_eq(vcpu_prepare(1, serve), 0);
	expect_eq(vcpu_prepare(1, serve), -XEN_EEXIST);
	expect_eq(vcpu_op(VCPUOP_is_up, 1, NULL), 0);
	expect_eq(vcpu_op(VCPUOP_up, 1, NULL), 0);
	expect(wait_for(&looping, 1));
	expect_eq(vcpu_op(VCPUOP_is_up, 1, NULL), 1);
	expect_eq(seen_arg, 1);
	expect_eq(seen_mask, 1);
	expect(seen_flags & 0x200);
}

PROMISE(ipi_wakes_the_other, "an IPI port of vcpu 1 wakes it from block")
{
	long port;
	u32 i;

	if (!second())
		skip("one vcpu");
	require(READ_ONCE(looping) == 1);
	port = event_bind_ipi(1);
	require(port > 0);
	event_mask_port((u32)port, false);
	event_handler = count_ipi;
	for (i = 0; i < 20; i++) {
		expect_eq(event_send((u32)port), 0);
		if (!wait_for(&ipi_seen, i + 1)) {
			expect(!"vcpu 1 did not see the event");
			break;
		}
	}
	WRITE_ONCE(stop, 1);
	event_send((u32)port);
	expect(wait_for(&looping, 2));
	event_close((u32)port);
}

PROMISE(down_stops_it, "down on itself shows as is_up 0")
{
	if (!second())
		skip("one vcpu");
	expect(wait_down(1));
}

PROMISE(up_again_resumes, "a vcpu that went down runs on after up")
{
	struct vcpu_runstate_info before, after;

	if (!second())
		skip("one vcpu");
	require(wait_down(1));
	require(!vcpu_op(VCPUOP_get_runstate_info, 1, &before));
	expect_eq(vcpu_op(VCPUOP_up, 1, NULL), 0);
	expect(wait_down(1));
	require(!vcpu_op(VCPUOP_get_runstate_info, 1, &after));
	expect(after.time[RUNSTATE_running] > before.time[RUNSTATE_running]);
}

PROMISE(info_area_moves, "register_vcpu_info moves the record, once")
{
	static struct vcpu_info area __attribute__((aligned(64)));
	struct vcpu_register_vcpu_info reg = {
		.mfn = va_to_mfn(&area),
		.offset = (u32)((u64)&area & (PAGE_SIZE - 1)),
	};

	if (!second())
		skip("one vcpu");
	expect_eq(vcpu_op(VCPUOP_register_vcpu_info, 1, &reg), 0);
	expect_eq(area.evtchn_upcall_pending, 1);
	expect_eq(area.evtchn_pending_sel, -1);
	expect_eq(area.evtchn_upcall_mask, 1);
	expect_eq(vcpu_op(VCPUOP_register_vcpu_info, 1, &reg), -XEN_EINVAL);
}

PROMISE(info_area_rules,
	"register_vcpu_info: page crossing -ENXIO, frame -EINVAL")
{
	struct vcpu_register_vcpu_info reg = {
		.mfn = va_to_mfn(start_info),
		.offset = PAGE_SIZE - 32,
	};

	expect_eq(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_ENXIO);
	reg.offset = 0;
	reg.mfn = 0xffffffffff;
	expect_eq(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg), -XEN_EINVAL);
	expect_eq(vcpu_op(VCPUOP_register_vcpu_info, 500, &reg), -XEN_ENOENT);
	expect_eq(vcpu_op(VCPUOP_register_vcpu_info, 0, BAD_UNMAPPED),
		  -XEN_EFAULT);
}

PROMISE(singleshot_of_another, "another vcpu's singleshot timer is -EINVAL")
{
	struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = 1};

	if (!second())
		skip("one vcpu");
	expect_eq(vcpu_op(VCPUOP_set_singleshot_timer, 1, &op), -XEN_EINVAL);
}

PROMISE(runstate_of_another, "get_runstate_info of a stopped vcpu: offline")
{
	struct vcpu_runstate_info info;

	unsigned int i;

	if (!second())
		skip("one vcpu");
	/* is_up turns 0 a moment before the vcpu leaves its pcpu. */
	for (i = 0; i < 1000; i++) {
		expect_eq(vcpu_op(VCPUOP_get_runstate_info, 1, &info), 0);
		if (info.state == RUNSTATE_offline)
			break;
		sleep_ns(MS);
	}
	expect_eq(info.state, RUNSTATE_offline);
	expect(info.time[RUNSTATE_offline] > 0);
}

PROMISE(unknown_vcpu_op, "unknown vcpu_op: -ENOSYS")
{
	expect_eq(vcpu_op(99, 0, NULL), -XEN_ENOSYS);
}

PROMISE(physid_needs_a_pin, "get_physid of an unpinned vcpu is -EINVAL")
{
	struct vcpu_get_physid id;
	long rc = vcpu_op(VCPUOP_get_physid, 0, &id);

	answer_as("the call", rc);
	expect(rc == -XEN_EINVAL || rc == 0);
}
