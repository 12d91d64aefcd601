/*
 * sched/domain.c: what a domain has of the scheduler: watchdogs, weight
 */
#include <xen/sched.h>
#include "internal.h"

unsigned int sched_weight(const struct domain *d)
{
	unsigned int w = READ_ONCE(d->sched.weight);

	return w ? w : DEFAULT_WEIGHT;
}

static void watchdog_fired(void *arg)
{
	struct domain *d = arg;

	if (d->shutting_down || d->dying != DOM_ALIVE)
		return;
	printk(LOG_WARN, "d%u: watchdog fired\n", d->id);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

void sched_domain_init(struct domain *d)
{
	unsigned int i;

	d->sched.weight = DEFAULT_WEIGHT;
	for (i = 0; i < NR_WATCHDOGS; i++)
		timer_init(&d->sched.watchdog[i], watchdog_fired, d);
	cap_init(d);
}

void sched_domain_destroy(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < NR_WATCHDOGS; i++)
		timer_stop(&d->sched.watchdog[i]);
	cap_destroy(d);
}

static long watchdog_new(struct domain_sched *s, u64 expires)
{
	unsigned int i;

	for (i = 0; i < NR_WATCHDOGS; i++) {
		if (s->watchdogs >> i & 1)
			continue;
		s->watchdogs |= 1u << i;
		timer_set(&s->watchdog[i], expires);
		return i + 1;
	}
	return -ENOSPC;
}

long sched_watchdog(u32 id, u32 timeout_s)
{
	struct domain *d = current->d;
	struct domain_sched *s = &d->sched;
	u64 expires = now() + timeout_s * NS_PER_SEC;
	struct timer *stop = NULL;
	unsigned int i;
	long rc = 0;

	if (id > NR_WATCHDOGS)
		return -EINVAL;
	spin_lock(&d->lock);
	if (id == 0) {
		rc = timeout_s ? watchdog_new(s, expires) : -EINVAL;
		goto out;
	}
	i = (unsigned int)index_nospec(id - 1, NR_WATCHDOGS);
	if (!(s->watchdogs >> i & 1)) {
		rc = -EINVAL;
	} else if (timeout_s) {
		timer_set(&s->watchdog[i], expires);
	} else {
		s->watchdogs &= ~(1u << i);
		stop = &s->watchdog[i];
	}
out:
	spin_unlock(&d->lock);
	/* its function takes the lock, too */
	if (stop)
		timer_stop(stop);
	return rc;
}
