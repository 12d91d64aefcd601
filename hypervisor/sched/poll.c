/*
 * sched/poll.c: SCHEDOP_poll, waiting for some ports only
 */
#include <xen/sched.h>
#include "internal.h"

/*
 * A time that has passed is no reason to return at once: Linux's pcifront polls
 * in a loop, until a time long ago, for an answer of dom0, which on one pcpu
 * needs the time itself.
 */
#define POLL_PASSED_NS (500 * NS_PER_US)

static u64 poll_end(u64 timeout)
{
	u64 t = now();

	return timeout > t ? timeout : t + POLL_PASSED_NS;
}

/* 1 when one of them is pending, 0 when none is, or -errno. */
static long any_pending(const struct sched_poll *poll, u32 *last)
{
	struct domain *d = current->d;
	u32 i;

	for (i = 0; i < poll->nr_ports; i++) {
		if (copy_in_at(last, GPTR_OF(poll->ports), i))
			return -EFAULT;
		if (!event_port_valid(d, *last))
			return -EINVAL;
		if (event_port_is_pending(d, *last))
			return 1;
	}
	return 0;
}

long sched_poll(const struct sched_poll *poll)
{
	struct vcpu *curr = current;
	u32 port = 0;
	long rc;

	timer_stop(&curr->sched.poll_timer);
	__atomic_store_n(&curr->sched.blocked, true, __ATOMIC_SEQ_CST);
	event_poll_start(curr, -1);
	/*
	 * From here on a sender sees that we poll, and wakes us; whatever was
	 * raised before is found by the tests below.
	 */
	rc = 0;
	if (event_pending(curr))
		goto awake;
	rc = any_pending(poll, &port);
	if (rc)
		goto awake;
	if (poll->nr_ports == 1 && port)
		event_poll_start(curr, (int)port);
	/* woken meanwhile? then nobody will do it again */
	if (!__atomic_load_n(&curr->sched.blocked, __ATOMIC_SEQ_CST)) {
		rc = 0;
		goto awake;
	}
	if (poll->timeout)
		timer_set(&curr->sched.poll_timer, poll_end(poll->timeout));
	softirq_raise(this_pcpu(), SOFTIRQ_SCHED);
	return 0;
awake:
	event_poll_stop(curr);
	__atomic_store_n(&curr->sched.blocked, false, __ATOMIC_SEQ_CST);
	return rc < 0 ? rc : 0;
}
