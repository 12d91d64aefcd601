/*
 * event/bind.c: the operations on ports
 */
#include "internal.h"

/* Take a free port and move it by @op; EVENT held. Port or -errno. */
static int port_new(struct domain *d, enum port_op op, u32 vcpu)
{
	int port = port_take(d);
	struct port *p;

	if (port < 0)
		return port;
	p = port_at(d, (u32)port);
	BUG_ON(port_move(p, op));
	WRITE_ONCE(p->vcpu, (u16)vcpu);
	port_used(d, (u32)port, true);
	return port;
}

/* Undo port_new() of a port nobody has seen yet. */
static void port_undo(struct domain *d, u32 port)
{
	BUG_ON(port_move(port_at(d, port), OP_CLOSE));
	port_used(d, port, false);
}

int event_unbound(struct domain *d, domid_t remote, u32 *port)
{
	int rc;

	spin_lock(&d->event->lock);
	rc = port_new(d, OP_ALLOC_UNBOUND, 0);
	if (rc >= 0) {
		port_at(d, (u32)rc)->unbound_for = remote;
		*port = (u32)rc;
		rc = 0;
	}
	spin_unlock(&d->event->lock);
	return rc;
}

int event_bind_interdomain(struct domain *ld, struct domain *rd,
			   u32 remote_port, u32 *local_port)
{
	struct port *l, *r;
	int rc, port;

	event_lock_two(ld, rd);
	rc = port_take(ld);
	if (rc < 0)
		goto out;
	rc = -EINVAL;
	r = port_at(rd, remote_port);
	if (!r || r->state != PORT_UNBOUND || r->unbound_for != ld->id)
		goto out;
	rc = port = port_new(ld, OP_BIND_INTERDOMAIN, 0);
	if (rc < 0)
		goto out;
	rc = 0;
	l = port_at(ld, (u32)port);
	l->remote = rd;
	l->remote_port = remote_port;
	r->remote = ld;
	r->remote_port = (u32)port;
	BUG_ON(port_move(r, OP_PEER_BOUND));
	*local_port = (u32)port;
	/* what was sent while it was unbound was lost: look once */
	event_raise(ld, (u32)port, l);
out:
	event_unlock_two(ld, rd);
	return rc;
}

int event_bind_virq(struct domain *d, u32 virq, u32 vcpu, u32 *port)
{
	struct vcpu *v;
	int rc;

	if (virq >= NR_VIRQS)
		return -EINVAL;
	virq = (u32)index_nospec(virq, NR_VIRQS);
	if (virq_is_global(virq) && vcpu != 0)
		return -EINVAL;
	v = domain_vcpu(d, vcpu);
	if (!v)
		return -ENOENT;
	spin_lock(&d->event->lock);
	rc = -EEXIST;
	if (v->event.virq_port[virq])
		goto out;
	rc = port_new(d, OP_BIND_VIRQ, vcpu);
	if (rc < 0)
		goto out;
	*port = (u32)rc;
	port_at(d, *port)->virq = virq;
	STORE_REL(v->event.virq_port[virq], *port);
	rc = 0;
out:
	spin_unlock(&d->event->lock);
	return rc;
}

int event_bind_ipi(struct domain *d, u32 vcpu, u32 *port)
{
	int rc;

	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	spin_lock(&d->event->lock);
	rc = port_new(d, OP_BIND_IPI, vcpu);
	if (rc >= 0) {
		*port = (u32)rc;
		rc = 0;
	}
	spin_unlock(&d->event->lock);
	return rc;
}

int event_bind_pirq(struct domain *d, u32 pirq, bool share, u32 *port)
{
	struct vcpu *v = domain_vcpu(d, 0);
	int rc, bound;

	if (!v)
		return -ENOENT;
	spin_lock(&d->event->lock);
	rc = port_new(d, OP_BIND_PIRQ, 0);
	if (rc < 0)
		goto out;
	*port = (u32)rc;
	port_at(d, *port)->pirq = pirq;
	rc = 0;
	bound = pirq_bind_port(d, pirq, *port, share, v);
	if (bound) {
		port_undo(d, *port);
		rc = bound;
	}
out:
	spin_unlock(&d->event->lock);
	return rc;
}

int event_bind_vcpu(struct domain *d, u32 port, u32 vcpu)
{
	struct port *p;
	int rc;

	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	p = port_at(d, port);
	if (!p)
		return -EINVAL;
	spin_lock(&d->event->lock);
	/* those that exist per vcpu stay with theirs */
	rc = -EINVAL;
	if (p->state != PORT_VIRQ || virq_is_global(p->virq))
		rc = port_move(p, OP_BIND_VCPU);
	if (!rc)
		WRITE_ONCE(p->vcpu, (u16)vcpu);
	spin_unlock(&d->event->lock);
	return rc;
}

int event_send(struct domain *d, u32 port)
{
	struct port *p = port_at(d, port), *peer;
	int rc;

	if (!p)
		return -EINVAL;
	/* our lock keeps the peer bound, and with it its domain alive */
	spin_lock(&d->event->lock);
	rc = port_move(p, OP_SEND);
	if (!rc && p->state == PORT_INTERDOMAIN) {
		peer = port_at(p->remote, p->remote_port);
		sched_serve_begin();
		event_raise(p->remote, p->remote_port, peer);
		sched_serve_end();
	} else if (!rc && p->state == PORT_IPI) {
		event_raise(d, port, p);
	}
	spin_unlock(&d->event->lock);
	return rc;
}

int event_status(struct domain *d, u32 port, struct evtchn_status *st)
{
	struct port *p = port_at(d, port);

	if (!p)
		return -EINVAL;
	spin_lock(&d->event->lock);
	switch (p->state) {
	case PORT_UNBOUND:
		st->status = EVTCHNSTAT_unbound;
		st->u.unbound.dom = p->unbound_for;
		break;
	case PORT_INTERDOMAIN:
		st->status = EVTCHNSTAT_interdomain;
		st->u.interdomain.dom = p->remote->id;
		st->u.interdomain.port = p->remote_port;
		break;
	case PORT_PIRQ:
		st->status = EVTCHNSTAT_pirq;
		st->u.pirq = p->pirq;
		break;
	case PORT_VIRQ:
		st->status = EVTCHNSTAT_virq;
		st->u.virq = p->virq;
		break;
	case PORT_IPI:
		st->status = EVTCHNSTAT_ipi;
		break;
	default:
		st->status = EVTCHNSTAT_closed;
	}
	st->vcpu = p->vcpu;
	spin_unlock(&d->event->lock);
	return 0;
}

int event_unmask(struct domain *d, u32 port)
{
	struct port *p = port_at(d, port);

	if (!p)
		return -EINVAL;
	d->event->abi->unmask(d, port, p);
	return 0;
}

int event_set_priority(struct domain *d, u32 port, u32 priority)
{
	struct port *p = port_at(d, port);
	int rc;

	if (!p)
		return -EINVAL;
	spin_lock(&d->event->lock);
	rc = d->event->abi->set_priority(p, priority);
	spin_unlock(&d->event->lock);
	return rc;
}

int event_reset(struct domain *d)
{
	int rc = port_close_all(d);

	if (!rc)
		fifo_stop(d);
	return rc;
}
