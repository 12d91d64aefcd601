/*
 * sched/runq.c: order of the waiting vcpus of one pcpu
 */
#include "internal.h"

struct vcpu *runq_first(const struct runq *q)
{
	struct vcpu *v;

	list_for_each (v, &q->waiting, sched.runq)
		if (cap_allows(v->d))
			return v;
	return NULL;
}

/* The queue's virtual time follows the least of all, and never falls. */
static void advance(struct runq *q, u64 candidate)
{
	const struct vcpu *first = runq_first(q);

	if (first)
		candidate = min(candidate, first->sched.vrt);
	q->vrt = max(q->vrt, candidate);
}

void runq_charge(struct runq *q, struct vcpu *v, u64 ns, unsigned int weight)
{
	v->sched.vrt += ns * DEFAULT_WEIGHT / weight;
	advance(q, v->sched.vrt);
}

void runq_enter(struct runq *q, struct vcpu *v, bool woke)
{
	struct vcpu *pos;

	if (woke && v->sched.vrt + WAKE_CREDIT_NS < q->vrt)
		v->sched.vrt = q->vrt - WAKE_CREDIT_NS;
	list_for_each (pos, &q->waiting, sched.runq)
		if (pos->sched.vrt > v->sched.vrt)
			break;
	list_add_tail(&v->sched.runq, &pos->sched.runq);
}

void runq_leave(struct runq *q, struct vcpu *v)
{
	list_del(&v->sched.runq);
}

bool runq_preempts(const struct vcpu *v, const struct vcpu *curr)
{
	return v->sched.vrt + PREEMPT_NS < curr->sched.vrt;
}

void runq_yield(const struct runq *q, struct vcpu *v)
{
	const struct vcpu *first = runq_first(q);

	if (first && v->sched.vrt <= first->sched.vrt)
		v->sched.vrt = first->sched.vrt + 1;
}

void runq_move(const struct runq *from, const struct runq *to, struct vcpu *v)
{
	u64 ahead = v->sched.vrt - from->vrt;

	/* modulo 2^64: behind is a large ahead, and vrt may not fall below 0 */
	if ((s64)ahead < 0 && to->vrt < -ahead)
		v->sched.vrt = 0;
	else
		v->sched.vrt = to->vrt + ahead;
}
