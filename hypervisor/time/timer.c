/*
 * time/timer.c: timer queues and the hardware behind them
 *
 * The local APIC timer counts down once; its range is a few seconds, so a
 * distant deadline takes several rounds. It may round down or run fast:
 * timer_run() compares with now() and sets it again rather than fire early.
 */
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include "internal.h"

#define MAX_ROUND_NS NS_PER_SEC

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
	*t = (struct timer){.fn = fn, .arg = arg};
}

static u32 ns_to_lapic(u64 ns)
{
	u64 ticks = mul_div(ns, lapic_timer_hz, NS_PER_SEC) + 1;

	return ticks > 0xffffffffu ? 0xffffffffu : (u32)ticks;
}

/* Have this pcpu interrupted when the first timer is due. */
static void program(struct pcpu *p)
{
	struct timer_queue *q = p->timers;
	u64 t;

	if (!q->root) {
		if (q->programmed)
			lapic_timer_set(0);
		q->programmed = 0;
		return;
	}
	if (q->programmed == q->root->expires)
		return;
	t = now();
	if (q->root->expires <= t) {
		softirq_raise(p, SOFTIRQ_TIMER);
		return;
	}
	q->programmed = q->root->expires;
	lapic_timer_set(ns_to_lapic(min(q->programmed - t, MAX_ROUND_NS)));
}

/* The queue @t is on, locked; NULL when it is on none. */
static struct timer_queue *lock_queue(struct timer *t)
{
	struct pcpu *p;

	for (;;) {
		p = LOAD_ACQ(t->pcpu);
		if (!p)
			return NULL;
		spin_lock(&p->timers->lock);
		if (t->pcpu == p)
			return p->timers;
		spin_unlock(&p->timers->lock);
	}
}

static void dequeue(struct timer_queue *q, struct timer *t)
{
	theap_remove(&q->root, t);
	STORE_REL(t->pcpu, (struct pcpu *)NULL);
}

void timer_set(struct timer *t, u64 expires)
{
	struct pcpu *p = this_pcpu();
	struct timer_queue *q;

	/* Two pcpus may set it at once: between queues it has no lock. */
	while (__atomic_exchange_n(&t->setting, true, __ATOMIC_SEQ_CST))
		cpu_relax();
	/* Somebody stops it: that comes after, also where its fn sets it. */
	if (__atomic_load_n(&t->stopping, __ATOMIC_SEQ_CST)) {
		STORE_REL(t->setting, false);
		return;
	}
	q = lock_queue(t);
	if (q) {
		dequeue(q, t);
		spin_unlock(&q->lock);
	}
	q = p->timers;
	spin_lock(&q->lock);
	t->expires = expires ? expires : 1;
	theap_insert(&q->root, t);
	STORE_REL(t->pcpu, p);
	program(p);
	spin_unlock(&q->lock);
	STORE_REL(t->setting, false);
}

void timer_stop(struct timer *t)
{
	struct timer_queue *q;
	unsigned int i;

	__atomic_add_fetch(&t->stopping, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&t->setting, __ATOMIC_SEQ_CST))
		cpu_relax();
	q = lock_queue(t);
	if (q) {
		dequeue(q, t);
		/* an early interrupt of another pcpu does no harm */
		if (q == this_pcpu()->timers)
			program(this_pcpu());
		spin_unlock(&q->lock);
	}
	for (i = 0; i < nr_pcpus; i++) {
		if (pcpus[i] == this_pcpu() || !pcpus[i]->timers)
			continue;
		while (LOAD_ACQ(pcpus[i]->timers->running) == t)
			cpu_relax();
	}
	__atomic_sub_fetch(&t->stopping, 1, __ATOMIC_SEQ_CST);
}

void timer_run(void)
{
	struct pcpu *p = this_pcpu();
	struct timer_queue *q = p->timers;
	struct timer *t;
	u64 due;

	spin_lock(&q->lock);
	/*
	 * One reading of the clock bounds the round: timers that keep arming
	 * themselves in the past wait for the next softirq.
	 */
	due = now();
	while (q->root && q->root->expires <= due) {
		t = q->root;
		/* In this order: timer_stop() finds it at one of the two. */
		STORE_REL(q->running, t);
		dequeue(q, t);
		spin_unlock(&q->lock);
		t->fn(t->arg);
		spin_lock(&q->lock);
		STORE_REL(q->running, (struct timer *)NULL);
	}
	q->programmed = 0;
	program(p);
	spin_unlock(&q->lock);
}

void timer_interrupt(void)
{
	softirq_raise(this_pcpu(), SOFTIRQ_TIMER);
}

void time_init_pcpu(struct pcpu *p)
{
	p->timers = hv_new(struct timer_queue);
	if (!p->timers)
		panic("no memory for the timer queue of pcpu %u", p->id);
	spin_lock_init(&p->timers->lock, LOCK_TIMER);
}
