/*
 * sched/place.c: which pcpu's queue a vcpu belongs to
 *
 * To one at a time. It moves when it wakes and its pcpu is busy while another
 * idles, when an idle pcpu takes it off a queue, and when its affinity says
 * so. Other queues are looked at without their locks to find where to go;
 * the move itself holds both.
 */
#include "internal.h"

struct runq *sched_lock_runq(struct vcpu *v)
{
	struct pcpu *p;

	for (;;) {
		p = LOAD_ACQ(v->sched.pcpu);
		spin_lock(&p->runq->lock);
		if (v->sched.pcpu == p)
			return p->runq;
		spin_unlock(&p->runq->lock);
	}
}

/* With only capped vcpus waiting a pcpu idles, too. */
static bool idle(const struct pcpu *p)
{
	return !READ_ONCE(p->runq->curr) &&
	       (list_empty(&p->runq->waiting) || READ_ONCE(p->runq->idling));
}

bool sched_place_ok(const struct vcpu *v, const struct pcpu *p)
{
	if (!p->online || !p->runq)
		return false;
	return v->sched.pinned ? v->sched.pinned == p
			       : bit_test(v->sched.affinity, p->id);
}

/* Where a waking @v had best go: a hint, for other queues are not locked. */
static struct pcpu *best_place(const struct vcpu *v)
{
	struct pcpu *own = v->sched.pcpu, *best = NULL;
	unsigned int i;

	if (sched_place_ok(v, own)) {
		if (idle(own))
			return own;
		best = own;
	}
	for (i = 0; i < nr_pcpus; i++) {
		if (!sched_place_ok(v, pcpus[i]))
			continue;
		if (idle(pcpus[i]))
			return pcpus[i];
		if (!best || (best != own &&
			      pcpus[i]->runq->nr_vcpus < best->runq->nr_vcpus))
			best = pcpus[i];
	}
	return best ? best : own;
}

static void lock_both(struct pcpu *a, struct pcpu *b)
{
	if (a->id < b->id)
		spin_lock_pair(&a->runq->lock, &b->runq->lock);
	else
		spin_lock_pair(&b->runq->lock, &a->runq->lock);
}

static void unlock_both(struct pcpu *a, struct pcpu *b)
{
	if (a->id < b->id)
		spin_unlock_pair(&a->runq->lock, &b->runq->lock);
	else
		spin_unlock_pair(&b->runq->lock, &a->runq->lock);
}

/* @v, on no queue, goes from @from to @to; both locked. */
static void move(struct vcpu *v, struct pcpu *from, struct pcpu *to)
{
	from->runq->nr_vcpus--;
	to->runq->nr_vcpus++;
	runq_move(from->runq, to->runq, v);
	STORE_REL(v->sched.pcpu, to);
}

bool sched_well_placed(struct runq *q, struct vcpu *v)
{
	struct pcpu *from = v->sched.pcpu, *to = best_place(v);

	if (from == to)
		return true;
	spin_unlock(&q->lock);
	lock_both(from, to);
	if (v->sched.pcpu == from && v->sched.state >= RUNSTATE_blocked &&
	    !v->sched.running)
		move(v, from, to);
	unlock_both(from, to);
	return false;
}

void sched_poke_idle(const struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++) {
		if (!idle(pcpus[i]) || !sched_place_ok(v, pcpus[i]))
			continue;
		softirq_raise(pcpus[i], SOFTIRQ_SCHED);
		return;
	}
}

/* The first one waiting at @from that may run on @p. */
static struct vcpu *stealable(const struct pcpu *p, const struct pcpu *from)
{
	struct vcpu *v;

	list_for_each (v, &from->runq->waiting, sched.runq)
		if (cap_allows(v->d) && sched_place_ok(v, p))
			return v;
	return NULL;
}

bool sched_steal(struct pcpu *p)
{
	struct pcpu *from;
	struct vcpu *v;
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++) {
		from = pcpus[i];
		if (from == p || !from->runq ||
		    list_empty(&from->runq->waiting))
			continue;
		spin_unlock(&p->runq->lock);
		lock_both(p, from);
		v = runq_first(p->runq) ? NULL : stealable(p, from);
		if (v) {
			runq_leave(from->runq, v);
			move(v, from, p);
			runq_enter(p->runq, v, false);
		}
		unlock_both(p, from);
		spin_lock(&p->runq->lock);
		if (runq_first(p->runq))
			return true;
	}
	return false;
}
