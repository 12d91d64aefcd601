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
	WRITE_ONCE(q->vrt, max(q->vrt, candidate));
}

static void update_hint(struct runq *q)
{
	const struct vcpu *first = runq_first(q);

	WRITE_ONCE(q->first_vrt, first ? first->sched.vrt : NOBODY);
	sched_note(q);
}

void runq_charge(struct runq *q, struct vcpu *v, u64 ns, unsigned int weight)
{
	v->sched.vrt += ns * DEFAULT_WEIGHT / weight;
	WRITE_ONCE(q->curr_vrt, v->sched.vrt);
	WRITE_ONCE(q->curr_weight, weight);
	advance(q, v->sched.vrt);
	update_hint(q); /* caps may have changed who is first */
}

u64 runq_curr_estimate(const struct runq *q, u64 t)
{
	u64 vrt = READ_ONCE(q->curr_vrt), from = READ_ONCE(q->charged);
	unsigned int weight = READ_ONCE(q->curr_weight);

	if (vrt == NOBODY || t <= from || !weight)
		return vrt;
	return vrt + (t - from) * DEFAULT_WEIGHT / weight;
}

void runq_limit_credit(struct vcpu *v, u64 floor)
{
	if (v->sched.vrt + WAKE_CREDIT_NS < floor)
		v->sched.vrt = floor - WAKE_CREDIT_NS;
}

void runq_enter(struct runq *q, struct vcpu *v)
{
	struct vcpu *pos;

	list_for_each (pos, &q->waiting, sched.runq)
		if (pos->sched.vrt > v->sched.vrt)
			break;
	list_add_tail(&v->sched.runq, &pos->sched.runq);
	update_hint(q);
}

void runq_leave(struct runq *q, struct vcpu *v)
{
	list_del(&v->sched.runq);
	update_hint(q);
}

bool runq_preempts(const struct vcpu *v, const struct vcpu *curr)
{
	return v->sched.vrt + READ_ONCE(sched_params.ratelimit_ns) <
	       curr->sched.vrt;
}

void runq_yield(const struct runq *q, struct vcpu *v)
{
	const struct vcpu *first = runq_first(q);

	if (first && v->sched.vrt <= first->sched.vrt)
		v->sched.vrt = first->sched.vrt + 1;
}
