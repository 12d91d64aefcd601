/*
 * regress/regress.c: what the files share
 */
#include <xen/event_channel.h>
#include <xen/vcpu.h>
#include "regress.h"

#define SYSCALL 0x050f /* as it lies in memory */

u32 preempted;

static long port;
static u64 interval;
static void (*in_between)(void);
static bool mid_call, busy;

static void arm(void)
{
	struct vcpu_set_singleshot_timer op = {
		.timeout_abs_ns = system_time() + interval,
	};

	if (interval)
		vcpu_op(VCPUOP_set_singleshot_timer, 0, &op);
}

/* A call that will go on is resumed at its instruction. */
static bool see(struct frame *f)
{
	if (f->vector != ENTRY_EVENT || vcpu_self())
		return false;
	mid_call = *(const u16 *)f->rip == SYSCALL;
	return false;
}

static void tick(u32 p)
{
	if (p != (u32)port || busy)
		return;
	if (mid_call) {
		preempted++;
		mid_call = false;
		if (in_between) {
			busy = true;
			in_between();
			busy = false;
		}
	}
	arm();
}

void ticking_on(u64 interval_ns, void (*fn)(void))
{
	port = event_bind_virq(VIRQ_TIMER, 0);
	if (port <= 0)
		guest_broken("no timer event");
	preempted = 0;
	interval = interval_ns;
	in_between = fn;
	hook = see;
	event_handler = tick;
	vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	event_mask_port((u32)port, false);
	events_on();
	arm();
}

void ticking_off(void)
{
	interval = 0;
	vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
	events_off();
	hook = NULL;
	event_handler = NULL;
	event_close((u32)port);
}

u64 *table_new(void)
{
	u64 *t = page_alloc();

	if (page_make_ro(t))
		guest_broken("cannot make a pool page read-only");
	return t;
}

void table_free(u64 *t)
{
	if (expect_eq(page_make_rw(t), 0))
		page_free(t);
}
