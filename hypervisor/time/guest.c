/*
 * time/guest.c: the time pages guests read, and their own timers
 *
 * The record never changes after boot (time/clock.c), so filling it is
 * comparing, and rarely writing. A vcpu's periodic tick runs only while the
 * vcpu does: a blocked one wakes by its one-shot timer, as the ABI has it.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/event.h>
#include <xen/vcpu.h>
#include "internal.h"

#define DEFAULT_PERIOD (10 * NS_PER_MS)
#define MAX_PERIOD     (~0ull >> 2)

static void fill_record(struct vcpu_time_info *t, u32 version)
{
	t->version = version;
	t->tsc_timestamp = tsc_base;
	t->system_time = 0;
	t->tsc_to_system_mul = tsc_scale.mul;
	t->tsc_shift = tsc_scale.shift;
	t->flags = XEN_PVCLOCK_TSC_STABLE_BIT;
}

static bool record_current(const struct vcpu_time_info *t)
{
	return !(t->version & 1) && t->tsc_timestamp == tsc_base &&
	       t->system_time == 0 && t->tsc_to_system_mul == tsc_scale.mul &&
	       t->tsc_shift == tsc_scale.shift &&
	       t->flags == XEN_PVCLOCK_TSC_STABLE_BIT;
}

void time_update_vcpu(struct vcpu *v)
{
	struct vcpu_time_info *t = &v->info->time;
	u32 version;

	if (record_current(t))
		return;
	version = READ_ONCE(t->version) | 1;
	WRITE_ONCE(t->version, version);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	fill_record(t, version);
	STORE_REL(t->version, version + 1);
}

void time_update_secondary(struct vcpu *v)
{
	struct vcpu_time_info t = {0};

	if (gptr_null(v->time_area))
		return;
	fill_record(&t, 2);
	/* a guest that gave an address it does not map reads nothing there */
	if (copy_out(v->time_area, &t, sizeof(t)))
		gprintk(LOG_DEBUG, "time area %#lx is not writable\n",
			v->time_area.va);
}

/* ---- periodic ---- */
static void periodic_work(struct vcpu *v)
{
	u64 t = now();

	if (!v->time.period)
		return;
	if (t >= v->time.periodic_last + v->time.period) {
		v->time.periodic_last = t;
		event_send_virq_vcpu(v, VIRQ_TIMER);
	}
	timer_set(&v->time.periodic, v->time.periodic_last + v->time.period);
}

static void periodic_fn(void *arg)
{
	periodic_work(arg);
}

void time_vcpu_switch_in(struct vcpu *v)
{
	time_update_vcpu(v);
	periodic_work(v);
}

void time_vcpu_switch_out(struct vcpu *v)
{
	/*
	 * Another vcpu may just have cleared the period: what is armed counts,
	 * for two pcpus may never arm it at once.
	 */
	if (READ_ONCE(v->time.periodic.pcpu))
		timer_stop(&v->time.periodic);
}

int time_set_periodic(struct vcpu *v, u64 period_ns)
{
	if (period_ns < NS_PER_MS || period_ns > MAX_PERIOD)
		return -EINVAL;
	timer_stop(&v->time.periodic);
	v->time.period = period_ns;
	v->time.periodic_last = now();
	if (v == current)
		periodic_work(v);
	return 0;
}

void time_stop_periodic(struct vcpu *v)
{
	v->time.period = 0;
	timer_stop(&v->time.periodic);
}

/* ---- one shot: VCPUOP and set_timer_op share one timer ---- */
static void singleshot_fn(void *arg)
{
	event_send_virq_vcpu(arg, VIRQ_TIMER);
}

void time_set_singleshot(struct vcpu *v, u64 deadline_ns)
{
	timer_set(&v->time.singleshot, deadline_ns);
}

void time_stop_singleshot(struct vcpu *v)
{
	timer_stop(&v->time.singleshot);
}

long hc_set_timer_op(u64 deadline_ns)
{
	struct vcpu *curr = current;

	if (deadline_ns == 0)
		timer_stop(&curr->time.singleshot);
	else
		timer_set(&curr->time.singleshot, deadline_ns);
	return 0;
}

int time_vcpu_init(struct vcpu *v)
{
	timer_init(&v->time.periodic, periodic_fn, v);
	timer_init(&v->time.singleshot, singleshot_fn, v);
	v->time.period = DEFAULT_PERIOD;
	v->time.periodic_last = now();
	return 0;
}

void time_vcpu_destroy(struct vcpu *v)
{
	timer_stop(&v->time.periodic);
	timer_stop(&v->time.singleshot);
}
