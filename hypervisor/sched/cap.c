/*
 * sched/cap.c: upper bounds on what a domain uses
 *
 * A capped domain has a budget that time fills, up to what two periods bring
 * (one may pass before the timer starts), and running empties. A vcpu of a
 * domain without budget stays on its queue and is passed over. Running too long
 * is a debt that later time pays, so the average is right however late timers
 * are. The timer runs only while the budget is not full.
 */
#include "internal.h"

#define PERIOD_NS (10 * NS_PER_MS)
#define FULL_NS	  (2 * PERIOD_NS)

static s64 brings(const struct domain *d, u64 ns)
{
	return (s64)(ns * READ_ONCE(d->sched.cap) / 100);
}

bool cap_allows(const struct domain *d)
{
	return !READ_ONCE(d->sched.cap) || READ_ONCE(d->sched.budget) > 0;
}

u64 cap_left(const struct domain *d)
{
	s64 left = READ_ONCE(d->sched.budget);

	if (!READ_ONCE(d->sched.cap))
		return ~0ull;
	return left > 0 ? (u64)left : 0;
}

void cap_charge(struct domain *d, u64 ns)
{
	struct domain_sched *s = &d->sched;

	if (!READ_ONCE(s->cap))
		return;
	__atomic_fetch_sub(&s->budget, (s64)ns, __ATOMIC_SEQ_CST);
	if (!READ_ONCE(s->refill.pcpu))
		timer_set(&s->refill, now() + PERIOD_NS);
}

/* Whoever was passed over may be chosen now. */
static void look_again(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	for_each_vcpu (d, v, i)
		if (READ_ONCE(v->sched.state) == RUNSTATE_runnable)
			softirq_raise(v->sched.pcpu, SOFTIRQ_SCHED);
}

static void refill(void *arg)
{
	struct domain *d = arg;
	struct domain_sched *s = &d->sched;
	u64 t = now();
	s64 full = brings(d, FULL_NS), b;

	if (!s->cap)
		return;
	b = __atomic_add_fetch(&s->budget, brings(d, t - s->budget_from),
			       __ATOMIC_SEQ_CST);
	s->budget_from = t;
	if (b >= full) {
		/* what is charged meanwhile is forgiven: less than a slice */
		WRITE_ONCE(s->budget, full);
	} else {
		timer_set(&s->refill, t + PERIOD_NS);
	}
	if (b > 0)
		look_again(d);
}

void cap_set(struct domain *d, u16 percent)
{
	struct domain_sched *s = &d->sched;

	timer_stop(&s->refill);
	s->budget_from = now();
	WRITE_ONCE(s->cap, percent);
	WRITE_ONCE(s->budget, brings(d, FULL_NS));
	look_again(d);
}

void cap_init(struct domain *d)
{
	timer_init(&d->sched.refill, refill, d);
}

void cap_destroy(struct domain *d)
{
	WRITE_ONCE(d->sched.cap, 0);
	timer_stop(&d->sched.refill);
}
