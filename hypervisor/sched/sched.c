/*
 * sched/sched.c: choosing who runs
 *
 * A pcpu with nothing to run idles inside sched_run(), with the last vcpu
 * still loaded, which makes its return cheap.
 */
#include <hv/dev.h>
#include "internal.h"

/* Nobody here or elsewhere has a better claim. */
static bool still_best(const struct pcpu *p, const struct vcpu *v)
{
	const struct vcpu *first = runq_first(p->runq);

	return cap_allows(v->d) &&
	       (!first || v->sched.vrt <= first->sched.vrt) &&
	       !sched_behind_elsewhere(p, v->sched.vrt);
}

/*
 * Put what ran here off the pcpu, or leave it when it is still the best.
 * Returns true when it stays.
 */
static bool put_current(struct pcpu *p, u64 t)
{
	struct runq *q = p->runq;
	struct vcpu *v = q->curr;

	if (!v)
		return false;
	if (!sched_runnable(v)) {
		runstate_set(v, sched_sleep_state(v), t);
	} else if (!sched_place_ok(v, p) || sched_would_rather(v, p)) {
		/* until sched_run() wakes it, elsewhere */
		runstate_set(v, RUNSTATE_offline, t);
	} else {
		if (still_best(p, v))
			return true;
		runstate_set(v, RUNSTATE_runnable, t);
		runq_enter(q, v);
		sched_tell_others(p);
	}
	v->sched.ran_until = t;
	q->curr = NULL;
	sched_note(q);
	sched_note_slice(q);
	WRITE_ONCE(q->curr_vrt, NOBODY);
	q->idle_from = t;
	STORE_REL(v->sched.running, false);
	return false;
}

static void set_current(struct runq *q, struct vcpu *v, u64 t)
{
	q->curr = v; /* first: it does not idle for a moment */
	runq_leave(q, v);
	runstate_set(v, RUNSTATE_running, t);
	/* before a look at pending events: see sched_kick() */
	__atomic_store_n(&v->sched.running, true, __ATOMIC_SEQ_CST);
	WRITE_ONCE(q->curr_weight, sched_weight(v->d));
	WRITE_ONCE(q->curr_vrt, v->sched.vrt);
	q->charged = t;
	q->idle_ns += t - q->idle_from;
}

/* A slice ends only where somebody waits for it, or a cap asks for it. */
static void start_slice(struct runq *q, u64 t)
{
	u64 left = cap_left(q->curr->d);
	u64 end = t + min(left, READ_ONCE(sched_params.slice_ns));

	q->curr->sched.slice_end = end;
	if (left == ~0ull && list_empty(&q->waiting) &&
	    !sched_waiting_anywhere()) {
		sched_set_slice(q, 0);
		/* Whoever began to wait in between did not see us so. */
		if (!sched_waiting_anywhere())
			return;
	}
	sched_set_slice(q, end);
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

static void set_idling(struct runq *q, bool idling)
{
	q->idling = idling;
	sched_note(q);
}

/*
 * The next to run. *@t is when somebody's time began to be nobody's: it stays
 * where nothing was waited for, so that choosing and switching is paid by him
 * who comes. A domain that wakes another as fast as it can would otherwise
 * burn time that everybody lacks.
 */
static struct vcpu *wait_for_work(struct pcpu *p, u64 *t)
{
	struct runq *q = p->runq;

	if (runq_first(q))
		sched_pull(p, runq_first(q)->sched.vrt);
	while (!runq_first(q)) {
		/* before the look: who begins to wait after it sees us idle */
		set_idling(q, true);
		if (sched_steal(p))
			break;
		spin_unlock(&q->lock);
		idle_once(p);
		spin_lock(&q->lock);
		*t = now();
	}
	set_idling(q, false);
	return runq_first(q);
}

/* What the outgoing vcpu's guest is told while its root is still loaded. */
static void leave_vcpu(struct vcpu *v)
{
	time_vcpu_switch_out(v);
	sched_update_runstate_area(v);
	/* one that only had to leave this pcpu goes on elsewhere */
	if (READ_ONCE(v->sched.state) == RUNSTATE_offline && sched_runnable(v))
		sched_wake(v);
}

void sched_run(void)
{
	struct pcpu *p = this_pcpu();
	struct runq *q = p->runq;
	struct vcpu *prev = q->curr, *next;
	u64 t = now();

	spin_lock(&q->lock);
	sched_charge(q, t);
	if (put_current(p, t)) {
		start_slice(q, t);
		spin_unlock(&q->lock);
		return;
	}
	if (prev) {
		spin_unlock(&q->lock);
		leave_vcpu(prev);
		spin_lock(&q->lock);
	}
	next = wait_for_work(p, &t);
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
