/*
 * sched/runstate.c: how long each vcpu was in which state
 */
#include "internal.h"

void runstate_set(struct vcpu *v, int state, u64 t)
{
	struct vcpu_sched *s = &v->sched;

	if (t < s->state_entry)
		t = s->state_entry;
	s->time[s->state] += t - s->state_entry;
	s->state = state;
	s->state_entry = t;
}

void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *info)
{
	struct vcpu_sched *s = &v->sched;
	struct runq *q;
	u64 t = now();

	memset(info, 0, sizeof(*info));
	q = sched_lock_runq(v);
	info->state = s->state;
	info->state_entry_time = s->state_entry;
	memcpy(info->time, s->time, sizeof(info->time));
	spin_unlock(&q->lock);
	if (t > info->state_entry_time)
		info->time[info->state] += t - info->state_entry_time;
}

u64 sched_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info info;

	sched_runstate(v, &info);
	return info.time[RUNSTATE_running];
}

/* The guest reads entry_time around its copy: bit 63 says "changing". */
static int write_flagged(gptr_t area, struct vcpu_runstate_info *info)
{
	gptr_t entry = gptr_add(
		area, offsetof(struct vcpu_runstate_info, state_entry_time));
	int rc;

	info->state_entry_time |= XEN_RUNSTATE_UPDATE;
	rc = copy_out(entry, &info->state_entry_time, sizeof(u64));
	if (rc)
		return rc;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	rc = copy_out(area, info, sizeof(*info));
	if (rc)
		return rc;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	info->state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	return copy_out(entry, &info->state_entry_time, sizeof(u64));
}

void sched_update_runstate_area(struct vcpu *v)
{
	struct vcpu_runstate_info info = {0};
	u64 cr3 = this_pcpu()->cr3;
	bool user = !v->gate.kernel;
	int rc;

	if (gptr_null(v->runstate_area))
		return;
	info.state = v->sched.state;
	info.state_entry_time = v->sched.state_entry;
	memcpy(info.time, v->sched.time, sizeof(info.time));

	/* the user root does not map the guest kernel */
	if (user)
		cpu_write_cr3(mfn_to_maddr(v->pt.kernel_root).v);
	if (v->gate.vm_assist >> VMASST_TYPE_runstate_update_flag & 1)
		rc = write_flagged(v->runstate_area, &info);
	else
		rc = copy_out(v->runstate_area, &info, sizeof(info));
	if (user)
		cpu_write_cr3(cr3);
	/* a guest that unmapped its area is told nothing, as the ABI has it */
	if (rc)
		gprintk(LOG_DEBUG, "runstate area %#lx is not writable\n",
			v->runstate_area.va);
}
