/*
 * domain/vcpu_op.c: vcpu_op, what a domain does with its own vcpus
 */
#include <hv/mm.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include "internal.h"

static long op_initialise(struct vcpu *v, gptr_t arg)
{
	struct vcpu_guest_context *c;
	long rc = -ENOMEM;

	if (v->info == &dummy_vcpu_info)
		return -EINVAL;
	if (pt_finish())
		return -ERESTART;
	c = hv_alloc(sizeof(*c));
	if (!c)
		return rc;
	rc = copy_in(c, arg, sizeof(*c));
	if (!rc) {
		spin_lock(&v->d->lock);
		rc = v->initialised ? -EEXIST : vcpu_set_context(v, c);
		spin_unlock(&v->d->lock);
	}
	hv_free(c);
	return rc;
}

static long op_up(struct vcpu *v, gptr_t arg)
{
	bool wake;

	spin_lock(&v->d->lock);
	if (!v->initialised) {
		spin_unlock(&v->d->lock);
		return -EINVAL;
	}
	wake = !v->sched.online;
	WRITE_ONCE(v->sched.online, true);
	spin_unlock(&v->d->lock);
	if (wake)
		sched_wake(v);
	return 0;
}

static bool others_online(struct vcpu *v)
{
	struct vcpu *other;
	unsigned int i;

	for_each_vcpu (v->d, other, i)
		if (other != v && other->sched.online)
			return true;
	return false;
}

/* A domain without vcpus that run has powered off. */
static long op_down(struct vcpu *v, gptr_t arg)
{
	if (!others_online(v)) {
		domain_shutdown(v->d, SHUTDOWN_poweroff);
		return 0;
	}
	if (v->sched.online) {
		WRITE_ONCE(v->sched.online, false);
		sched_sleep_nosync(v);
	}
	return 0;
}

static long op_is_up(struct vcpu *v, gptr_t arg)
{
	return v->sched.online;
}

static long op_get_runstate(struct vcpu *v, gptr_t arg)
{
	struct vcpu_runstate_info info;

	sched_runstate(v, &info);
	return copy_out(arg, &info, sizeof(info));
}

static long op_register_runstate(struct vcpu *v, gptr_t arg)
{
	struct vcpu_register_runstate_memory_area area;
	struct vcpu_runstate_info info;

	if (copy_in(&area, arg, sizeof(area)) ||
	    !guest_va_ok(area.addr.p, sizeof(info)))
		return -EFAULT;
	v->runstate_area = GPTR(area.addr.p);
	if (area.addr.p) {
		/* What is not mapped now may be later: no error, as 4.17. */
		sched_runstate(v, &info);
		if (copy_out(v->runstate_area, &info, sizeof(info)))
			gprintk(LOG_DEBUG, "runstate area %lx not mapped\n",
				area.addr.p);
	}
	return 0;
}

static long op_set_periodic(struct vcpu *v, gptr_t arg)
{
	struct vcpu_set_periodic_timer t;

	if (copy_in(&t, arg, sizeof(t)))
		return -EFAULT;
	return time_set_periodic(v, t.period_ns);
}

static long op_stop_periodic(struct vcpu *v, gptr_t arg)
{
	time_stop_periodic(v);
	return 0;
}

static long op_set_singleshot(struct vcpu *v, gptr_t arg)
{
	struct vcpu_set_singleshot_timer t;

	if (v != current)
		return -EINVAL;
	if (copy_in(&t, arg, sizeof(t)))
		return -EFAULT;
	/* As in 4.17, VCPU_SSHOTTMR_future changes nothing. */
	time_set_singleshot(v, t.timeout_abs_ns);
	return 0;
}

static long op_stop_singleshot(struct vcpu *v, gptr_t arg)
{
	if (v != current)
		return -EINVAL;
	time_stop_singleshot(v);
	return 0;
}

static long op_register_info(struct vcpu *v, gptr_t arg)
{
	struct vcpu_register_vcpu_info info;
	long rc;

	if (copy_in(&info, arg, sizeof(info)))
		return -EFAULT;
	spin_lock(&v->d->lock);
	rc = vcpu_map_info(v, info.mfn, info.offset);
	spin_unlock(&v->d->lock);
	return rc;
}

static long op_send_nmi(struct vcpu *v, gptr_t arg)
{
	if (!gptr_null(arg))
		return -EINVAL;
	WRITE_ONCE(v->gate.nmi_pending, true);
	sched_kick(v);
	return 0;
}

/* Only of a vcpu that never leaves its pcpu. */
static long op_get_physid(struct vcpu *v, gptr_t arg)
{
	struct vcpu_get_physid id;
	const struct pcpu *p = v->sched.pinned;

	if (!p || !is_control_domain(v->d))
		return -EINVAL;
	id.phys_id = p->apic_id | (u64)p->acpi_id << 32;
	return copy_out(arg, &id, sizeof(id));
}

static long op_register_time(struct vcpu *v, gptr_t arg)
{
	struct vcpu_register_time_memory_area area;

	if (copy_in(&area, arg, sizeof(area)) ||
	    !guest_va_ok(area.addr.p, sizeof(struct vcpu_time_info)))
		return -EFAULT;
	v->time_area = GPTR(area.addr.p);
	if (v == current)
		time_update_secondary(v);
	return 0;
}

static long (*const ops[])(struct vcpu *v, gptr_t arg) = {
	[VCPUOP_initialise] = op_initialise,
	[VCPUOP_up] = op_up,
	[VCPUOP_down] = op_down,
	[VCPUOP_is_up] = op_is_up,
	[VCPUOP_get_runstate_info] = op_get_runstate,
	[VCPUOP_register_runstate_memory_area] = op_register_runstate,
	[VCPUOP_set_periodic_timer] = op_set_periodic,
	[VCPUOP_stop_periodic_timer] = op_stop_periodic,
	[VCPUOP_set_singleshot_timer] = op_set_singleshot,
	[VCPUOP_stop_singleshot_timer] = op_stop_singleshot,
	[VCPUOP_register_vcpu_info] = op_register_info,
	[VCPUOP_send_nmi] = op_send_nmi,
	[VCPUOP_get_physid] = op_get_physid,
	[VCPUOP_register_vcpu_time_memory_area] = op_register_time,
};

long hc_vcpu_op(u64 cmd, u64 vcpu, u64 arg)
{
	struct vcpu *v = domain_vcpu(current->d, (u32)vcpu);
	long rc;

	if (!v)
		return -ENOENT;
	if ((u32)cmd >= ARRAY_SIZE(ops) || !ops[(u32)cmd])
		return -ENOSYS;
	rc = ops[index_nospec((u32)cmd, ARRAY_SIZE(ops))](v, GPTR(arg));
	if (rc == -ERESTART)
		return hypercall_restart(__HYPERVISOR_vcpu_op, 3,
					 (u64[]){cmd, vcpu, arg});
	return rc;
}
