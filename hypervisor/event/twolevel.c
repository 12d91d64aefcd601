/*
 * event/twolevel.c: pending and mask bits in shared_info, selector per vcpu
 *
 * A new pending bit that is not masked sets its selector bit, then the
 * vcpu's pending byte; each step goes on only where it changed something, so
 * events in a burst cost one bit operation.
 */
#include "internal.h"

static void select_port(struct domain *d, u32 port, const struct port *p)
{
	struct vcpu *v = domain_vcpu(d, READ_ONCE(p->vcpu));

	if (v && !bit_test_set(&v->info->evtchn_pending_sel, port / 64))
		event_mark_pending(v);
}

static void twolevel_raise(struct domain *d, u32 port, struct port *p)
{
	struct shared_info *s = d->shared_info;

	if (bit_test_set(s->evtchn_pending, port))
		return;
	if (!bit_test(s->evtchn_mask, port))
		select_port(d, port, p);
	event_check_pollers(d, port);
}

static bool twolevel_is_pending(struct domain *d, u32 port)
{
	return bit_test(d->shared_info->evtchn_pending, port);
}

static void twolevel_clear(struct domain *d, u32 port)
{
	bit_clear(d->shared_info->evtchn_pending, port);
}

static void twolevel_unmask(struct domain *d, u32 port, struct port *p)
{
	struct shared_info *s = d->shared_info;

	if (bit_test_clear(s->evtchn_mask, port) &&
	    bit_test(s->evtchn_pending, port))
		select_port(d, port, p);
}

static int twolevel_set_priority(struct port *p, u32 priority)
{
	return -ENOSYS;
}

static bool twolevel_is_busy(struct domain *d, u32 port)
{
	return false;
}

const struct event_abi twolevel_abi = {
	.max_ports = EVTCHN_2L_NR_CHANNELS,
	.raise = twolevel_raise,
	.is_pending = twolevel_is_pending,
	.clear = twolevel_clear,
	.unmask = twolevel_unmask,
	.set_priority = twolevel_set_priority,
	.is_busy = twolevel_is_busy,
};
