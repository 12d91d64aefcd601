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

/* Would @v, were it there, run at once? A hint. */
static bool preempts_at(const struct vcpu *v, const struct pcpu *p, u64 t)
{
	return v->sched.vrt + READ_ONCE(sched_params.ratelimit_ns) <
	       runq_curr_estimate(p->runq, t);
}

/* Among those it prefers, or all it may use: its own if that idles, or any. */
static struct pcpu *idle_place(const struct vcpu *v, bool any)
{
	const struct choice c = {sched_idle, v, any};

	return sched_find(&c, v->sched.pcpu->id);
}

/*
 * The same where it runs at once; else, as the last resort, where few are.
 * Only the next few are asked.
 */
static struct pcpu *busy_place(const struct vcpu *v, u64 t, bool any)
{
	const struct choice c = {NULL, v, any};
	struct pcpu *own = v->sched.pcpu, *best = NULL, *p = own;
	bool own_ok = sched_place_ok(v, own) && (any || sched_prefers(v, own));
	unsigned int i;

	if (own_ok && preempts_at(v, own, t))
		return own;
	for (i = 0; i < PROBES; i++) {
		p = sched_next(&c, own, p);
		if (!p)
			break;
		if (preempts_at(v, p, t))
			return p;
		if (!best || p->runq->nr_vcpus < best->runq->nr_vcpus)
			best = p;
	}
	return own_ok ? own : best;
}

/* Where a waking @v had best go: to an idle pcpu, one it prefers before one it
 * may use; else to a busy one in the same order. */
static struct pcpu *best_place(const struct vcpu *v, u64 t)
{
	bool choosy = sched_choosy(v);
	struct pcpu *p;

	if (nr_pcpus == 1)
		return v->sched.pcpu;
	p = idle_place(v, !choosy);
	if (!p && choosy)
		p = idle_place(v, true);
	if (!p)
		p = busy_place(v, t, !choosy);
	if (!p && choosy)
		p = busy_place(v, t, true);
	return p ? p : v->sched.pcpu;
}

bool sched_would_rather(const struct vcpu *v, const struct pcpu *p)
{
	const struct choice c = {sched_idle, v, false};

	return !sched_prefers(v, p) && sched_find(&c, p->id);
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
	STORE_REL(v->sched.pcpu, to);
}

bool sched_well_placed(struct runq *q, struct vcpu *v, u64 t)
{
	struct pcpu *from = v->sched.pcpu, *to = best_place(v, t);

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
	const struct choice c = {sched_idle, v, true};
	struct pcpu *own = v->sched.pcpu, *p = sched_next(&c, own, own);

	if (p)
		softirq_raise(p, SOFTIRQ_SCHED);
}

/* ---- what waits elsewhere ---- */
static u64 look_for_floor(u64 t)
{
	const struct runq *q;
	u64 floor = 0, least;
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++) {
		q = pcpus[i]->runq;
		floor = max(floor, READ_ONCE(q->vrt));
		least = min(runq_curr_estimate(q, t), READ_ONCE(q->first_vrt));
		if (least != NOBODY)
			floor = max(floor, least);
	}
	return floor;
}

/*
 * It grows while vcpus run that nobody charges, so all pcpus must be asked; by
 * one of them, once in a while.
 */
u64 sched_floor(u64 t)
{
	static u64 looked_at, floor;
	u64 before = READ_ONCE(looked_at);

	if (t >= before + FLOOR_NS &&
	    __atomic_compare_exchange_n(&looked_at, &before, t, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		WRITE_ONCE(floor, max(floor, look_for_floor(t)));
	return READ_ONCE(floor);
}

static const struct choice who_waits = {.set = sched_waiting};

/* The next few pcpus than @p where somebody waits; *@n counts them. */
static struct pcpu *next_few(const struct pcpu *p, const struct pcpu *at,
			     unsigned int *n)
{
	return ++*n <= PROBES ? sched_next(&who_waits, p, at) : NULL;
}

bool sched_waiting_anywhere(void)
{
	const struct pcpu *p = this_pcpu(), *q = p;
	unsigned int n = 0;

	while ((q = next_few(p, q, &n)))
		if (READ_ONCE(q->runq->first_vrt) != NOBODY)
			return true;
	return false;
}

void sched_tell_others(const struct pcpu *p)
{
	unsigned int w;
	u64 m;

	for (w = 0; w < DIV_UP(nr_pcpus, 64); w++) {
		m = READ_ONCE(sched_unsliced[w]);
		if (w == p->id / 64)
			m &= ~(1ull << p->id % 64);
		for (; m; m &= m - 1)
			softirq_raise(pcpus[w * 64 +
					    (unsigned int)__builtin_ctzll(m)],
				      SOFTIRQ_SCHED);
	}
}

static bool far_behind(u64 waiting, u64 vrt)
{
	return waiting != NOBODY && waiting + PULL_NS < vrt;
}

bool sched_behind_elsewhere(const struct pcpu *p, u64 vrt)
{
	const struct pcpu *q = p;
	unsigned int n = 0;

	while ((q = next_few(p, q, &n)))
		if (far_behind(READ_ONCE(q->runq->first_vrt), vrt))
			return true;
	return false;
}

/* It ran a moment ago: what it left in caches is worth waiting for. */
static bool stays(const struct vcpu *v, u64 t)
{
	u64 stay = READ_ONCE(sched_params.stay_ns);

	return stay && t < v->sched.ran_until + stay;
}

/* The first one waiting at @from that may run on @p. */
static struct vcpu *stealable(const struct pcpu *p, const struct pcpu *from)
{
	struct vcpu *v;
	u64 t = now();

	list_for_each (v, &from->runq->waiting, sched.runq)
		if (cap_allows(v->d) && sched_place_ok(v, p) && !stays(v, t))
			return v;
	return NULL;
}

/* Take the first that may come from @from, if he is behind @vrt. */
static bool take_from(struct pcpu *p, struct pcpu *from, u64 vrt)
{
	struct vcpu *v;

	spin_unlock(&p->runq->lock);
	lock_both(p, from);
	v = stealable(p, from);
	if (v && v->sched.vrt < vrt) {
		runq_leave(from->runq, v);
		move(v, from, p);
		runq_enter(p->runq, v);
	} else {
		v = NULL;
	}
	unlock_both(p, from);
	spin_lock(&p->runq->lock);
	return v != NULL;
}

void sched_pull(struct pcpu *p, u64 vrt)
{
	struct pcpu *q = p;
	unsigned int n = 0;

	while ((q = next_few(p, q, &n)))
		if (far_behind(READ_ONCE(q->runq->first_vrt), vrt) &&
		    take_from(p, q, vrt - PULL_NS))
			return;
}

/* Who idles has the time to ask all that have somebody waiting. */
bool sched_steal(struct pcpu *p)
{
	struct pcpu *q = p;

	while (!runq_first(p->runq) && (q = sched_next(&who_waits, p, q)))
		take_from(p, q, NOBODY);
	return runq_first(p->runq) != NULL;
}
