/*
 * sched/affinity.c: where vcpus may run, had better run, and must run
 */
#include "internal.h"

/* Does the soft map choose among those the hard one allows? Its lock is held */
static void weigh_soft(struct vcpu_sched *s)
{
	u64 both = 0, hard_only = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(s->soft); i++) {
		both |= s->soft[i] & s->affinity[i];
		hard_only |= s->affinity[i] & ~s->soft[i];
	}
	WRITE_ONCE(s->soft_counts, both && hard_only);
}

static int set_map(struct vcpu *v, u64 *to, const u64 *map)
{
	struct runq *q = sched_lock_runq(v);
	int rc = -EBUSY;

	if (!v->sched.pinned) {
		memcpy(to, map, sizeof(v->sched.affinity));
		weigh_soft(&v->sched);
		rc = 0;
	}
	spin_unlock(&q->lock);
	if (!rc)
		sched_affinity_changed(v);
	return rc;
}

int sched_set_hard_affinity(struct vcpu *v, const u64 *map)
{
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++)
		if (bit_test(map, i))
			return set_map(v, v->sched.affinity, map);
	return -EINVAL;
}

int sched_set_soft_affinity(struct vcpu *v, const u64 *map)
{
	return set_map(v, v->sched.soft, map);
}

void sched_end_pin(struct vcpu *v)
{
	WRITE_ONCE(v->sched.pinned, NULL);
	sched_affinity_changed(v);
}

void sched_affinity_changed(struct vcpu *v)
{
	struct runq *q = sched_lock_runq(v);
	bool again = false;

	if (v->sched.running) {
		/* it stays, or goes, when its pcpu next looks */
		softirq_raise(v->sched.pcpu, SOFTIRQ_SCHED);
	} else if (v->sched.state == RUNSTATE_runnable &&
		   !sched_place_ok(v, v->sched.pcpu)) {
		runq_leave(q, v);
		runstate_set(v, RUNSTATE_offline, now());
		again = true;
	}
	spin_unlock(&q->lock);
	if (again)
		sched_wake(v);
}

long sched_pin(s32 pcpu)
{
	struct vcpu *curr = current;
	struct pcpu *p;

	if (pcpu < 0) {
		if (!curr->sched.pinned)
			return -EINVAL;
		sched_end_pin(curr);
		return 0;
	}
	if ((u32)pcpu >= nr_pcpus)
		return -EINVAL;
	if (curr->sched.pinned)
		return -EBUSY;
	p = pcpus[index_nospec((u32)pcpu, nr_pcpus)];
	WRITE_ONCE(curr->sched.pinned, p);
	sched_affinity_changed(curr);
	return 0;
}
