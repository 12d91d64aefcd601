/*
 * lib/second.c: jobs for a second vcpu
 */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include "guest.h"
#include "second.h"

volatile bool second_stop;

static void (*volatile job)(void);
static volatile u32 issued, finished;
static bool started;

/* The vcpu runs one job after the other and acknowledges each. */
static void serve(u32 id)
{
	for (;;) {
		while (finished == issued)
			hypercall(sched_op, SCHEDOP_yield, 0);
		job();
		__sync_synchronize();
		finished = issued;
	}
}

bool second_start(void)
{
	if (vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		return false;
	if (!started && (vcpu_prepare(1, serve) || vcpu_op(VCPUOP_up, 1, NULL)))
		guest_broken("vcpu 1 does not start");
	started = true;
	return true;
}

void second_begin(void (*fn)(void))
{
	second_stop = false;
	job = fn;
	__sync_synchronize();
	issued++;
}

/* Time, not turns: the other vcpu's processor may itself have to wait. */
#define PATIENCE 20000000000UL /* ns */

bool wait_until(bool (*met)(void))
{
	u64 end = system_time() + PATIENCE;

	while (!met() && system_time() < end)
		hypercall(sched_op, SCHEDOP_yield, 0);
	return met();
}

static bool job_is_done(void)
{
	return finished == issued;
}

bool second_finish(void)
{
	second_stop = true;
	return wait_until(job_is_done);
}
