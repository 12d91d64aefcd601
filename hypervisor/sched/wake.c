/*
 * sched/wake.c: waking and sleeping
 */
#include <hv/irq.h>
#include "internal.h"

bool sched_runnable(const struct vcpu *v)
{
	const struct domain *d = v->d;

	return READ_ONCE(v->sched.online) && !READ_ONCE(v->sched.blocked) &&
	       !READ_ONCE(v->sched.pause_count) && !READ_ONCE(d->pause_count) &&
	       !READ_ONCE(d->shutting_down) && d->dying == DOM_ALIVE;
}

int sched_sleep_state(const struct vcpu *v)
{
	return READ_ONCE(v->sched.blocked) ? RUNSTATE_blocked
					   : RUNSTATE_offline;
}

void sched_charge(struct runq *q, u64 t)
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

void sched_set_slice(struct runq *q, u64 end)
{
	if (end)
		timer_set(&q->slice, end);
	else if (q->slice.pcpu)
		timer_stop(&q->slice);
	sched_note_slice(q);
}

/*
 * When @curr makes way for one that wakes at @t and has a better claim. Two
 * domains that wake each other for every request would give the other few at a
 * time: who had just begun when it woke the other goes on for a turn. It has
 * none if a timer or a device woke who preempted it and who then sent it an
 * event: the answer to that would wait for work of its own. But if it had sent
 * one meanwhile, that event is the answer.
 */
static u64 turn_end(struct vcpu *curr, u64 t)
{
	u64 from = curr->sched.state_entry;
	u64 end = from + READ_ONCE(sched_params.ratelimit_ns);
	bool serving = this_pcpu()->serving, turn = curr->sched.turn && serving;

	curr->sched.cut = !serving;
	if (serving)
		curr->sched.turn = true;
	return end > t && turn ? from + TURN_NS : end;
}

/* @v joined the queue of @p, whose curr is charged: who is to know? */
static void check_preempt(struct pcpu *p, struct vcpu *v, u64 t)
{
	struct runq *q = p->runq;
	u64 end, way;

	if (!q->curr) {
		softirq_raise(p, SOFTIRQ_SCHED);
		return;
	}
	end = q->curr->sched.slice_end;
	if (runq_preempts(v, q->curr)) {
		way = turn_end(q->curr, t);
		end = min(end, way);
	}
	if (end <= t || p != this_pcpu())
		softirq_raise(p, SOFTIRQ_SCHED);
	else if (!q->slice.pcpu || q->slice.expires > end)
		sched_set_slice(q, end);
}

/* False: the queue it belongs to changed under us. */
static bool try_wake(struct vcpu *v)
{
	struct runq *q = sched_lock_runq(v);
	u64 t;

	if (v->sched.state == RUNSTATE_running ||
	    v->sched.state == RUNSTATE_runnable)
		goto out;
	if (!sched_runnable(v)) {
		if (v->sched.state != sched_sleep_state(v))
			runstate_set(v, sched_sleep_state(v), now());
		goto out;
	}
	t = now();
	runq_limit_credit(v, sched_floor(t));
	if (!sched_well_placed(q, v, t))
		return false;
	runstate_set(v, RUNSTATE_runnable, t);
	v->sched.turn = true;
	v->sched.cut = false;
	sched_charge(q, t);
	if (cap_allows(v->d))
		q->idling = false;
	runq_enter(q, v);
	check_preempt(v->sched.pcpu, v, t);
	if (q->curr) {
		sched_poke_idle(v);
		sched_tell_others(v->sched.pcpu);
	}
out:
	spin_unlock(&q->lock);
	return true;
}

void sched_wake(struct vcpu *v)
{
	while (!try_wake(v))
		cpu_relax();
}

void sched_sleep_nosync(struct vcpu *v)
{
	struct runq *q = sched_lock_runq(v);

	if (sched_runnable(v))
		goto out;
	if (v->sched.running) {
		softirq_raise(v->sched.pcpu, SOFTIRQ_SCHED);
	} else if (v->sched.state == RUNSTATE_runnable) {
		runq_leave(q, v);
		runstate_set(v, sched_sleep_state(v), now());
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

	if (this_pcpu()->serving && READ_ONCE(v->sched.cut))
		WRITE_ONCE(v->sched.turn, false);
	sched_unblock(v);
	p = READ_ONCE(v->sched.pcpu);
	if (READ_ONCE(v->sched.running) && p != this_pcpu())
		lapic_send_ipi(p->apic_id, VEC_EVENT_CHECK);
}

void sched_serve_begin(void)
{
	this_pcpu()->serving = true;
	current->sched.cut = false;
}

void sched_serve_end(void)
{
	this_pcpu()->serving = false;
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

	sched_charge(q, now());
	runq_yield(q, curr);
	softirq_raise(this_pcpu(), SOFTIRQ_SCHED);
	spin_unlock(&q->lock);
}
