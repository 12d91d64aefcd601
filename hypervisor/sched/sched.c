/*
 * sched/sched.c: waking, sleeping, choosing
 *
 * A vcpu belongs to one pcpu's queue at a time. It moves when it wakes and
 * its pcpu is busy while another idles, when an idle pcpu takes it off a
 * queue, and when its affinity says so. A pcpu with nothing to run idles
 * inside sched_run(), with the last vcpu still loaded, which makes its return
 * cheap.
 */
#include <hv/dev.h>
#include <hv/irq.h>
#include "internal.h"

static bool runnable(const struct vcpu *v)
{
	const struct domain *d = v->d;

	return READ_ONCE(v->sched.online) && !READ_ONCE(v->sched.blocked) &&
	       !READ_ONCE(v->sched.pause_count) && !READ_ONCE(d->pause_count) &&
	       !READ_ONCE(d->shutting_down) && d->dying == DOM_ALIVE;
}

/* The state of one that is not runnable. */
static int sleep_state(const struct vcpu *v)
{
	return READ_ONCE(v->sched.blocked) ? RUNSTATE_blocked
					   : RUNSTATE_offline;
}

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

/* Bring curr's virtual time up to now. */
static void charge_current(struct runq *q, u64 t)
{
	/* another pcpu may have read its clock later, and come first */
	if (t <= q->charged)
		return;
	if (q->curr) {
		runq_charge(q, q->curr, t - q->charged,
			    sched_weight(q->curr->d));
		cap_charge(q->curr->d, t - q->charged);
	}
	q->charged = t;
}

/* @v joined the queue of @p, whose curr is charged: who is to know? */
static void check_preempt(struct pcpu *p, struct vcpu *v, u64 t)
{
	struct runq *q = p->runq;

	if (!q->curr) {
		softirq_raise(p, SOFTIRQ_SCHED);
		return;
	}
	if (runq_preempts(v, q->curr) || q->curr->sched.slice_end <= t)
		softirq_raise(p, SOFTIRQ_SCHED);
	else if (p == this_pcpu() && !q->slice.pcpu)
		timer_set(&q->slice, q->curr->sched.slice_end);
	else if (p != this_pcpu())
		softirq_raise(p, SOFTIRQ_SCHED);
}

/* ---- places ---- */
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

/*
 * Is @v, asleep, on the queue it had best wake on? @q, its own, is locked. If
 * not, the lock is given up, @v moved, and the caller looks again.
 */
static bool well_placed(struct runq *q, struct vcpu *v)
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

/*
 * @v waits at a busy pcpu. One that went idle meanwhile, after it had looked
 * at our queue, shall look again.
 */
static void poke_idle(const struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++) {
		if (!idle(pcpus[i]) || !sched_place_ok(v, pcpus[i]))
			continue;
		softirq_raise(pcpus[i], SOFTIRQ_SCHED);
		return;
	}
}

/* ---- waking and sleeping ---- */
/* False: the queue it belongs to changed under us. */
static bool try_wake(struct vcpu *v)
{
	struct runq *q = sched_lock_runq(v);
	u64 t;

	if (v->sched.state == RUNSTATE_running ||
	    v->sched.state == RUNSTATE_runnable)
		goto out;
	if (!runnable(v)) {
		if (v->sched.state != sleep_state(v))
			runstate_set(v, sleep_state(v), now());
		goto out;
	}
	if (!well_placed(q, v))
		return false;
	t = now();
	runstate_set(v, RUNSTATE_runnable, t);
	charge_current(q, t);
	runq_enter(q, v, true);
	if (cap_allows(v->d))
		WRITE_ONCE(q->idling, false);
	check_preempt(v->sched.pcpu, v, t);
	if (q->curr)
		poke_idle(v);
out:
	spin_unlock(&q->lock);
	return true;
}

void sched_wake(struct vcpu *v)
{
	while (!try_wake(v))
		cpu_relax();
}

void sched_affinity_changed(struct vcpu *v)
{
	struct runq *q = sched_lock_runq(v);
	bool again = false;

	if (sched_place_ok(v, v->sched.pcpu)) {
		/* it may stay */
	} else if (v->sched.running) {
		softirq_raise(v->sched.pcpu, SOFTIRQ_SCHED);
	} else if (v->sched.state == RUNSTATE_runnable) {
		runq_leave(q, v);
		runstate_set(v, RUNSTATE_offline, now());
		again = true;
	}
	spin_unlock(&q->lock);
	if (again)
		sched_wake(v);
}

void sched_sleep_nosync(struct vcpu *v)
{
	struct runq *q = sched_lock_runq(v);

	if (runnable(v))
		goto out;
	if (v->sched.running) {
		softirq_raise(v->sched.pcpu, SOFTIRQ_SCHED);
	} else if (v->sched.state == RUNSTATE_runnable) {
		runq_leave(q, v);
		runstate_set(v, sleep_state(v), now());
	}
out:
	spin_unlock(&q->lock);
}

void sched_sleep_sync(struct vcpu *v)
{
	sched_sleep_nosync(v);
	if (v == current)
		return;
	while (LOAD_ACQ(v->sched.running))
		cpu_relax();
	vcpu_sync(v);
}

void sched_unblock(struct vcpu *v)
{
	if (READ_ONCE(v->event.poll_port))
		event_poll_stop(v);
	if (__atomic_exchange_n(&v->sched.blocked, false, __ATOMIC_SEQ_CST))
		sched_wake(v);
}

void sched_kick(struct vcpu *v)
{
	struct pcpu *p;

	sched_unblock(v);
	p = READ_ONCE(v->sched.pcpu);
	if (READ_ONCE(v->sched.running) && p != this_pcpu())
		lapic_send_ipi(p->apic_id, VEC_EVENT_CHECK);
}

void sched_block_current(void)
{
	struct vcpu *curr = current;

	WRITE_ONCE(curr->info->evtchn_upcall_mask, 0);
	__atomic_store_n(&curr->sched.blocked, true, __ATOMIC_SEQ_CST);
	/* whoever sets pending after this line sees blocked, and wakes us */
	if (event_pending(curr))
		__atomic_store_n(&curr->sched.blocked, false, __ATOMIC_SEQ_CST);
	else
		softirq_raise(this_pcpu(), SOFTIRQ_SCHED);
}

void sched_yield_current(void)
{
	struct vcpu *curr = current;
	struct runq *q = sched_lock_runq(curr);

	charge_current(q, now());
	runq_yield(q, curr);
	softirq_raise(this_pcpu(), SOFTIRQ_SCHED);
	spin_unlock(&q->lock);
}

/* ---- choosing ---- */
/*
 * Put what ran here off the pcpu, or leave it when it is still the best.
 * Returns true when it stays.
 */
static bool put_current(struct runq *q, u64 t)
{
	struct vcpu *v = q->curr, *first = runq_first(q);

	if (!v)
		return false;
	if (!runnable(v)) {
		runstate_set(v, sleep_state(v), t);
	} else if (!sched_place_ok(v, v->sched.pcpu)) {
		/* until sched_run() wakes it, elsewhere */
		runstate_set(v, RUNSTATE_offline, t);
	} else {
		if (cap_allows(v->d) &&
		    (!first || v->sched.vrt <= first->sched.vrt))
			return true;
		runstate_set(v, RUNSTATE_runnable, t);
		runq_enter(q, v, false);
	}
	q->curr = NULL;
	q->idle_from = t;
	STORE_REL(v->sched.running, false);
	return false;
}

static void set_current(struct runq *q, struct vcpu *v, u64 t)
{
	runq_leave(q, v);
	runstate_set(v, RUNSTATE_running, t);
	v->sched.running = true;
	q->curr = v;
	q->charged = t;
	q->idle_ns += t - q->idle_from;
}

/* A slice ends only where somebody waits for it, or a cap asks for it. */
static void start_slice(struct runq *q, u64 t)
{
	u64 left = cap_left(q->curr->d);

	q->curr->sched.slice_end = t + min(left, (u64)SCHED_SLICE_NS);
	if (!list_empty(&q->waiting) || left != ~0ull)
		timer_set(&q->slice, q->curr->sched.slice_end);
	else if (q->slice.pcpu)
		timer_stop(&q->slice);
}

static void slice_over(void *arg)
{
	softirq_raise(arg, SOFTIRQ_SCHED);
}

static void idle_once(struct pcpu *p)
{
	u64 todo = __atomic_exchange_n(&p->softirqs, 0, __ATOMIC_ACQ_REL);

	if (todo >> SOFTIRQ_TIMER & 1)
		timer_run();
	if (todo >> SOFTIRQ_DEBUGKEY & 1)
		console_run_key();
	if (!todo)
		cpu_idle();
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

/* Take a waiting vcpu off another pcpu's queue. @p's lock is held, and given
 * up in between; returns whether @p has work now. */
static bool steal(struct pcpu *p)
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

static struct vcpu *wait_for_work(struct pcpu *p)
{
	struct runq *q = p->runq;

	while (!runq_first(q) && !steal(p)) {
		WRITE_ONCE(q->idling, true);
		spin_unlock(&q->lock);
		idle_once(p);
		spin_lock(&q->lock);
	}
	WRITE_ONCE(q->idling, false);
	return runq_first(q);
}

/* What the outgoing vcpu's guest is told while its root is still loaded. */
static void leave_vcpu(struct vcpu *v)
{
	time_vcpu_switch_out(v);
	sched_update_runstate_area(v);
	/* one that only had to leave this pcpu goes on elsewhere */
	if (!sched_place_ok(v, this_pcpu()))
		sched_wake(v);
}

void sched_run(void)
{
	struct pcpu *p = this_pcpu();
	struct runq *q = p->runq;
	struct vcpu *prev = q->curr, *next;
	u64 t = now();

	spin_lock(&q->lock);
	charge_current(q, t);
	if (put_current(q, t)) {
		start_slice(q, t);
		spin_unlock(&q->lock);
		return;
	}
	if (prev) {
		spin_unlock(&q->lock);
		leave_vcpu(prev);
		spin_lock(&q->lock);
	}
	next = wait_for_work(p);
	t = now();
	set_current(q, next, t);
	start_slice(q, t);
	spin_unlock(&q->lock);

	if (next != current) {
		perf_inc(SWITCH);
		vcpu_switch_to(next);
	}
	time_vcpu_switch_in(next);
	sched_update_runstate_area(next);
}

/* ---- life ---- */
void sched_init(void)
{
	sched_init_pcpu(this_pcpu());
	printk(LOG_INFO, "Scheduler: weighted fair, slices of %llu ms\n",
	       SCHED_SLICE_NS / NS_PER_MS);
}

void sched_init_pcpu(struct pcpu *p)
{
	struct runq *q = hv_new(struct runq);

	if (!q)
		panic("no memory for the run queue of pcpu %u", p->id);
	spin_lock_init(&q->lock, LOCK_SCHED);
	list_init(&q->waiting);
	timer_init(&q->slice, slice_over, p);
	q->idle_from = now();
	p->runq = q;
}

static struct pcpu *least_loaded(void)
{
	struct pcpu *best = pcpus[0];
	unsigned int i;

	for (i = 1; i < nr_pcpus; i++)
		if (pcpus[i]->runq &&
		    pcpus[i]->runq->nr_vcpus < best->runq->nr_vcpus)
			best = pcpus[i];
	return best;
}

static void poll_timeout(void *arg)
{
	struct vcpu *v = arg;

	if (READ_ONCE(v->event.poll_port))
		sched_unblock(v);
}

int sched_vcpu_init(struct vcpu *v)
{
	struct vcpu_sched *s = &v->sched;

	list_init(&s->runq);
	timer_init(&s->poll_timer, poll_timeout, v);
	memset(s->affinity, 0xff, sizeof(s->affinity));
	s->state = RUNSTATE_offline;
	s->state_entry = now();
	s->pcpu = least_loaded();
	spin_lock(&s->pcpu->runq->lock);
	s->pcpu->runq->nr_vcpus++;
	s->vrt = s->pcpu->runq->vrt;
	spin_unlock(&s->pcpu->runq->lock);
	return 0;
}

void sched_vcpu_destroy(struct vcpu *v)
{
	struct runq *q;

	if (!v->sched.pcpu)
		return;
	timer_stop(&v->sched.poll_timer);
	q = sched_lock_runq(v);
	BUG_ON(v->sched.running);
	runq_leave(q, v);
	q->nr_vcpus--;
	spin_unlock(&q->lock);
}

u64 sched_idle_time(struct pcpu *p)
{
	struct runq *q = p->runq;
	u64 ns;

	spin_lock(&q->lock);
	ns = q->idle_ns;
	if (!q->curr)
		ns += now() - q->idle_from;
	spin_unlock(&q->lock);
	return ns;
}

static void dump_vcpu(const struct vcpu *v)
{
	static const char *const names[] = {"running", "runnable", "blocked",
					    "offline"};

	printk(LOG_INFO, "  d%uv%u %s vrt %llu ms paused %u+%u%s\n", v->d->id,
	       v->id, names[v->sched.state], v->sched.vrt / NS_PER_MS,
	       v->sched.pause_count, v->d->pause_count,
	       v->event.poll_port ? " polling" : "");
}

void sched_dump(void)
{
	struct domain *d;
	struct vcpu *v;
	unsigned int id = 0, i;

	for (i = 0; i < nr_pcpus; i++)
		printk(LOG_INFO,
		       "pcpu%u: %u vcpus, idle %llu ms, vrt %llu ms\n", i,
		       pcpus[i]->runq->nr_vcpus,
		       sched_idle_time(pcpus[i]) / NS_PER_MS,
		       pcpus[i]->runq->vrt / NS_PER_MS);
	while ((d = domain_next(id)) != NULL) {
		id = d->id + 1u;
		for_each_vcpu (d, v, i)
			dump_vcpu(v);
		domain_put(d);
	}
}
