/*
 * event/port.c: ports of a domain: storage, states, closing
 *
 * Storage grows in pages and goes with the domain's struct only, so a port
 * may be looked at without the lock; what its fields say is then a hint.
 */
#include "internal.h"

#define NO (-EINVAL)

/* New state, or why not. */
static const s8 moves[NR_PORT_STATES][NR_PORT_OPS] = {
	[PORT_FREE] =
		{
			[OP_ALLOC_UNBOUND] = PORT_UNBOUND,
			[OP_BIND_INTERDOMAIN] = PORT_INTERDOMAIN,
			[OP_BIND_PIRQ] = PORT_PIRQ,
			[OP_BIND_VIRQ] = PORT_VIRQ,
			[OP_BIND_IPI] = PORT_IPI,
			[OP_PEER_BOUND] = NO,
			[OP_PEER_CLOSED] = NO,
			[OP_CLOSE] = NO,
			[OP_SEND] = NO,
			[OP_BIND_VCPU] = NO,
		},
	[PORT_RESERVED] =
		{
			[OP_ALLOC_UNBOUND... OP_BIND_VCPU] = NO,
		},
	[PORT_UNBOUND] =
		{
			[OP_ALLOC_UNBOUND... OP_BIND_IPI] = NO,
			[OP_PEER_BOUND] = PORT_INTERDOMAIN,
			[OP_PEER_CLOSED] = NO,
			[OP_CLOSE] = PORT_FREE,
			[OP_SEND] = PORT_UNBOUND,
			[OP_BIND_VCPU] = PORT_UNBOUND,
		},
	[PORT_INTERDOMAIN] =
		{
			[OP_ALLOC_UNBOUND... OP_PEER_BOUND] = NO,
			[OP_PEER_CLOSED] = PORT_UNBOUND,
			[OP_CLOSE] = PORT_FREE,
			[OP_SEND] = PORT_INTERDOMAIN,
			[OP_BIND_VCPU] = PORT_INTERDOMAIN,
		},
	[PORT_PIRQ] =
		{
			[OP_ALLOC_UNBOUND... OP_PEER_CLOSED] = NO,
			[OP_CLOSE] = PORT_FREE,
			[OP_SEND] = NO,
			[OP_BIND_VCPU] = PORT_PIRQ,
		},
	[PORT_VIRQ] =
		{
			[OP_ALLOC_UNBOUND... OP_PEER_CLOSED] = NO,
			[OP_CLOSE] = PORT_FREE,
			[OP_SEND] = NO,
			[OP_BIND_VCPU] = PORT_VIRQ,
		},
	[PORT_IPI] =
		{
			[OP_ALLOC_UNBOUND... OP_PEER_CLOSED] = NO,
			[OP_CLOSE] = PORT_FREE,
			[OP_SEND] = PORT_IPI,
			[OP_BIND_VCPU] = NO,
		},
};

int port_move(struct port *p, enum port_op op)
{
	s8 next = moves[p->state][op];

	if (next < 0)
		return next;
	WRITE_ONCE(p->state, (u8)next);
	return 0;
}

struct port *port_at(const struct domain *d, u32 port)
{
	const struct event_domain *e = d->event;
	u32 nr = LOAD_ACQ(e->nr_valid);
	u64 i;

	if (port >= nr)
		return NULL;
	i = index_nospec(port, nr);
	return &e->group[i / GROUP_PORTS][i / BUCKET_PORTS % GROUP_BUCKETS]
			[i % BUCKET_PORTS];
}

static u32 port_limit(const struct event_domain *e)
{
	return e->max_port < e->abi->max_ports ? e->max_port + 1
					       : e->abi->max_ports;
}

static int grow(struct event_domain *e)
{
	u32 i = e->nr_valid;
	struct port ***group = &e->group[i / GROUP_PORTS];
	struct port *bucket;
	unsigned int k;

	if (!*group) {
		*group = hv_alloc(GROUP_BUCKETS * sizeof(**group));
		if (!*group)
			return -ENOMEM;
	}
	bucket = hv_alloc(BUCKET_PORTS * sizeof(*bucket));
	if (!bucket)
		return -ENOMEM;
	for (k = 0; k < BUCKET_PORTS; k++)
		bucket[k].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	(*group)[i / BUCKET_PORTS % GROUP_BUCKETS] = bucket;
	STORE_REL(e->nr_valid, i + (u32)BUCKET_PORTS);
	return 0;
}

int port_take(struct domain *d)
{
	struct event_domain *e = d->event;
	u32 limit = port_limit(e), i;
	int rc;

	ASSERT(spin_locked(&e->lock));
	if (READ_ONCE(d->dying))
		return -EINVAL;
	for (i = e->free_hint; i < limit; i++) {
		if (i >= e->nr_valid) {
			rc = grow(e);
			if (rc)
				return rc;
		}
		if (port_at(d, i)->state == PORT_FREE && !e->abi->is_busy(d, i))
			return (int)i;
	}
	return -ENOSPC;
}

void port_used(struct domain *d, u32 port, bool used)
{
	struct event_domain *e = d->event;

	if (used) {
		e->nr_used++;
		if (port == e->free_hint)
			e->free_hint++;
	} else {
		e->nr_used--;
		e->free_hint = min(e->free_hint, port);
	}
}

/* ---- closing ---- */
void event_lock_two(struct domain *a, struct domain *b)
{
	if (a->id <= b->id)
		spin_lock_pair(&a->event->lock, &b->event->lock);
	else
		spin_lock_pair(&b->event->lock, &a->event->lock);
}

void event_unlock_two(struct domain *a, struct domain *b)
{
	if (a->id <= b->id)
		spin_unlock_pair(&a->event->lock, &b->event->lock);
	else
		spin_unlock_pair(&b->event->lock, &a->event->lock);
}

static void forget_virq(struct domain *d, u32 port, u32 virq)
{
	struct vcpu *v;
	unsigned int i;

	for_each_vcpu (d, v, i)
		if (v->event.virq_port[virq] == port)
			WRITE_ONCE(v->event.virq_port[virq], 0);
}

/* The peer waits for its old partner to bind again. */
static void release_peer(struct domain *d, u32 port, struct port *p)
{
	struct port *peer = port_at(p->remote, p->remote_port);

	BUG_ON(!peer || peer->remote != d || peer->remote_port != port);
	BUG_ON(port_move(peer, OP_PEER_CLOSED));
	peer->unbound_for = d->id;
}

static int close_locked(struct domain *d, u32 port, struct port *p)
{
	struct port was = *p;
	int rc;

	rc = port_move(p, OP_CLOSE);
	if (rc)
		return rc;
	switch (was.state) {
	case PORT_INTERDOMAIN:
		/* a port bound to itself cannot be: FREE became INTERDOMAIN */
		release_peer(d, port, &was);
		break;
	case PORT_PIRQ:
		pirq_unbind_port(d, was.pirq);
		break;
	case PORT_VIRQ:
		forget_virq(d, port, was.virq);
		break;
	default:
		break;
	}
	d->event->abi->clear(d, port);
	/* an event on its way when we closed may still look */
	WRITE_ONCE(p->vcpu, 0);
	WRITE_ONCE(p->priority, EVTCHN_FIFO_PRIORITY_DEFAULT);
	port_used(d, port, false);
	return 0;
}

int port_close(struct domain *d, u32 port)
{
	struct port *p = port_at(d, port);
	struct domain *rd;
	int rc;

	if (!p)
		return -EINVAL;
	for (;;) {
		spin_lock(&d->event->lock);
		if (p->state != PORT_INTERDOMAIN || p->remote == d) {
			rc = close_locked(d, port, p);
			spin_unlock(&d->event->lock);
			return rc;
		}
		/*
		 * Both locks in their order. While we hold ours the peer is
		 * bound, so its domain exists; a reference keeps it so.
		 */
		rd = p->remote;
		domain_get(rd);
		spin_unlock(&d->event->lock);
		event_lock_two(d, rd);
		if (p->state == PORT_INTERDOMAIN && p->remote == rd) {
			rc = close_locked(d, port, p);
			event_unlock_two(d, rd);
			domain_put(rd);
			return rc;
		}
		event_unlock_two(d, rd);
		domain_put(rd);
	}
}

int port_close_all(struct domain *d)
{
	struct event_domain *e = d->event;
	u32 i, nr = LOAD_ACQ(e->nr_valid), done = 0;
	struct port *p;
	int rc;

	if (!READ_ONCE(e->nr_used))
		nr = 0;
	for (i = max(READ_ONCE(e->close_at), 1u); i < nr; i++) {
		p = port_at(d, i);
		if (READ_ONCE(p->state) == PORT_FREE)
			continue;
		if (done++ && hypercall_yield()) {
			WRITE_ONCE(e->close_at, i);
			return -ERESTART;
		}
		rc = port_close(d, i);
		/* somebody of the same domain may have closed it meanwhile */
		ASSERT(rc == 0 || rc == -EINVAL);
	}
	WRITE_ONCE(e->close_at, 0);
	return 0;
}
