/*
 * event/deliver.c: from a raised port to a vcpu that knows
 */
#include "internal.h"

bool event_pending(const struct vcpu *v)
{
	return READ_ONCE(v->info->evtchn_upcall_pending) &&
	       !READ_ONCE(v->info->evtchn_upcall_mask);
}

void event_mark_pending(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1,
				 __ATOMIC_SEQ_CST))
		sched_kick(v);
}

void event_vcpu_info_moved(struct vcpu *v)
{
	__atomic_store_n(&v->info->evtchn_pending_sel, ~0ull, __ATOMIC_SEQ_CST);
	event_mark_pending(v);
}

void event_raise(struct domain *d, u32 port, struct port *p)
{
	d->event->abi->raise(d, port, p);
}

void event_send_port(struct domain *d, u32 port)
{
	struct port *p = port_at(d, port);

	if (p && READ_ONCE(p->state) != PORT_FREE)
		event_raise(d, port, p);
}

void event_unmask_port(struct domain *d, u32 port)
{
	(void)event_unmask(d, port);
}

/* ---- SCHEDOP_poll ---- */
void event_poll_start(struct vcpu *v, int port)
{
	WRITE_ONCE(v->event.poll_port, port);
	bit_set(&v->d->event->pollers, v->id);
}

void event_poll_stop(struct vcpu *v)
{
	bit_clear(&v->d->event->pollers, v->id);
	WRITE_ONCE(v->event.poll_port, 0);
}

void event_check_pollers(struct domain *d, u32 port)
{
	u64 pollers = READ_ONCE(d->event->pollers);
	struct vcpu *v;
	int polled;

	while (unlikely(pollers)) {
		v = d->vcpu[__builtin_ctzll(pollers)];
		pollers &= pollers - 1;
		polled = READ_ONCE(v->event.poll_port);
		if (polled < 0 || polled == (int)port)
			sched_unblock(v);
	}
}

bool event_port_valid(struct domain *d, u32 port)
{
	return port_at(d, port) != NULL;
}

bool event_port_is_pending(struct domain *d, u32 port)
{
	return port_at(d, port) && d->event->abi->is_pending(d, port);
}

/* ---- virtual interrupts ---- */
/* Who gets a global VIRQ when it is not dom0; each holds a reference. */
static spinlock_t handler_lock = SPINLOCK_INIT(EVENT);
static struct domain *handler[NR_VIRQS];

bool virq_is_global(u32 virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	}
	return true;
}

void event_send_virq_vcpu(struct vcpu *v, unsigned int virq)
{
	u32 port = READ_ONCE(v->event.virq_port[virq]);

	if (port)
		event_send_port(v->d, port);
}

void event_send_virq_global(unsigned int virq)
{
	struct domain *d;
	struct vcpu *v;

	spin_lock(&handler_lock);
	d = handler[virq];
	if (d)
		domain_get(d);
	spin_unlock(&handler_lock);
	if (!d && dom0) {
		d = dom0;
		domain_get(d);
	}
	if (!d)
		return;
	v = domain_vcpu(d, 0);
	if (v)
		event_send_virq_vcpu(v, virq);
	domain_put(d);
}

int event_set_virq_handler(struct domain *d, u32 virq)
{
	struct domain *old;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	domain_get(d);
	spin_lock(&handler_lock);
	old = handler[virq];
	handler[virq] = d;
	spin_unlock(&handler_lock);
	domain_put(old);
	return 0;
}

void event_forget_handler(struct domain *d)
{
	unsigned int i, refs = 0;

	spin_lock(&handler_lock);
	for (i = 0; i < NR_VIRQS; i++) {
		if (handler[i] != d)
			continue;
		handler[i] = NULL;
		refs++;
	}
	spin_unlock(&handler_lock);
	while (refs--)
		domain_put(d);
}
