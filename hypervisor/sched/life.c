/*
 * sched/life.c: run queues and vcpus come and go; what the debug key shows
 */
#include "internal.h"

static void slice_over(void *arg)
{
	softirq_raise(arg, SOFTIRQ_SCHED);
}

void sched_init(void)
{
	sched_init_pcpu(this_pcpu());
	printk(LOG_INFO, "Scheduler: weighted fair, slices of %llu ms\n",
	       sched_params.slice_ns / NS_PER_MS);
}

void sched_init_pcpu(struct pcpu *p)
{
	struct runq *q = hv_new(struct runq);

	if (!q)
		panic("no memory for the run queue of pcpu %u", p->id);
	spin_lock_init(&q->lock, LOCK_SCHED);
	q->id = p->id;
	list_init(&q->waiting);
	q->first_vrt = q->curr_vrt = NOBODY;
	timer_init(&q->slice, slice_over, p);
	q->idle_from = now();
	sched_note(q);
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
	memset(s->soft, 0xff, sizeof(s->soft));
	s->state = RUNSTATE_offline;
	s->state_entry = now();
	s->pcpu = least_loaded();
	spin_lock(&s->pcpu->runq->lock);
	s->pcpu->runq->nr_vcpus++;
	s->vrt = sched_floor(now());
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
