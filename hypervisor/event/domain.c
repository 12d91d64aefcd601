/*
 * event/domain.c: a domain's ports from its creation to its end
 */
#include "internal.h"

int event_domain_init(struct domain *d)
{
	struct event_domain *e = hv_new(struct event_domain);
	int rc;

	if (!e)
		return -ENOMEM;
	spin_lock_init(&e->lock, LOCK_EVENT);
	e->abi = &twolevel_abi;
	e->max_port = ~0u;
	d->event = e;

	spin_lock(&e->lock);
	rc = port_take(d); /* makes the first page */
	spin_unlock(&e->lock);
	if (rc < 0) {
		event_domain_free(d);
		return rc;
	}
	port_at(d, 0)->state = PORT_RESERVED;
	e->free_hint = 1;
	return 0;
}

void event_set_max_port(struct domain *d, u32 max_port)
{
	WRITE_ONCE(d->event->max_port, max_port);
}

int event_domain_destroy(struct domain *d)
{
	struct event_domain *e = d->event;
	int rc;

	if (!e)
		return 0;
	event_forget_handler(d);
	/* d->dying is set: once we had the lock port_take() gives none out */
	spin_lock(&e->lock);
	spin_unlock(&e->lock);
	rc = event_reset(d);
	/* it may have gone on with what the guest itself had begun */
	if (!rc && event_nr_ports(d))
		rc = event_reset(d);
	return rc;
}

size_t event_bytes(const struct domain *d)
{
	const struct event_domain *e = d->event;
	size_t n = hv_size(e);
	unsigned int g, b;

	for (g = 0; e && g < NR_GROUPS; g++) {
		n += hv_size(e->group[g]);
		for (b = 0; e->group[g] && b < GROUP_BUCKETS; b++)
			n += hv_size(e->group[g][b]);
	}
	return e ? n + hv_size(e->fifo) : 0;
}

void event_domain_free(struct domain *d)
{
	struct event_domain *e = d->event;
	unsigned int g, b;

	if (!e)
		return;
	for (g = 0; g < NR_GROUPS; g++) {
		if (!e->group[g])
			continue;
		for (b = 0; b < GROUP_BUCKETS; b++)
			hv_free(e->group[g][b]);
		hv_free(e->group[g]);
	}
	hv_free(e->fifo);
	hv_free(e);
	d->event = NULL;
}

unsigned int event_nr_ports(struct domain *d)
{
	return d->event ? READ_ONCE(d->event->nr_used) : 0;
}

static void dump_port(struct domain *d, u32 port, const struct port *p)
{
	static const char *const names[NR_PORT_STATES] = {
		[PORT_FREE] = "free",	    [PORT_RESERVED] = "reserved",
		[PORT_UNBOUND] = "unbound", [PORT_INTERDOMAIN] = "interdomain",
		[PORT_PIRQ] = "pirq",	    [PORT_VIRQ] = "virq",
		[PORT_IPI] = "ipi",
	};
	u32 what = 0, where = 0;

	if (p->state == PORT_UNBOUND) {
		where = p->unbound_for;
	} else if (p->state == PORT_INTERDOMAIN) {
		where = p->remote->id;
		what = p->remote_port;
	} else if (p->state == PORT_PIRQ || p->state == PORT_VIRQ) {
		what = p->virq;
	}
	printk(LOG_INFO, "  %4u %-11s v%u %s dom %u, %u\n", port,
	       names[p->state], p->vcpu,
	       d->event->abi->is_pending(d, port) ? "pending" : "-", where,
	       what);
}

void event_dump(struct domain *d)
{
	struct event_domain *e = d->event;
	u32 i;

	if (!e)
		return;
	printk(LOG_INFO, "d%u: %u event channels\n", d->id, e->nr_used);
	spin_lock(&e->lock);
	for (i = 1; i < e->nr_valid; i++)
		if (port_at(d, i)->state != PORT_FREE)
			dump_port(d, i, port_at(d, i));
	spin_unlock(&e->lock);
}
