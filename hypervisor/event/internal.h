/*
 * event/internal.h: private to event/
 */
#ifndef HV_EVENT_INTERNAL_H
#define HV_EVENT_INTERNAL_H

#include <hv/domain.h>
#include <hv/event.h>
#include <hv/lock.h>

/*
 * Moves:
 *
 *   FREE -> UNBOUND       alloc_unbound
 *   FREE -> INTERDOMAIN   bind_interdomain, and its peer UNBOUND -> INTERDOMAIN
 *   FREE -> PIRQ, VIRQ, IPI
 *   INTERDOMAIN -> UNBOUND when the peer is closed
 *   any but FREE, RESERVED -> FREE by close
 */
enum port_state {
	PORT_FREE,
	PORT_RESERVED, /* port 0 */
	PORT_UNBOUND,
	PORT_INTERDOMAIN,
	PORT_PIRQ,
	PORT_VIRQ,
	PORT_IPI,
	NR_PORT_STATES
};

enum port_op {
	OP_ALLOC_UNBOUND,
	OP_BIND_INTERDOMAIN, /* the caller's end */
	OP_BIND_PIRQ,
	OP_BIND_VIRQ,
	OP_BIND_IPI,
	OP_PEER_BOUND, /* the other end of bind_interdomain */
	OP_PEER_CLOSED,
	OP_CLOSE,
	OP_SEND,
	OP_BIND_VCPU,
	NR_PORT_OPS
};

struct port {
	u8 state;	  /* enum port_state; EVENT */
	u8 priority;	  /* FIFO */
	u8 last_priority; /* EVQUEUE, as last_vcpu: outlive a close */
	u8 fifo_pending;  /* raised before its event word existed */
	u16 vcpu;	  /* whom it raises */
	u16 last_vcpu;	  /* FIFO: whose queue it may still be on */
	u32 remote_port;  /* INTERDOMAIN */
	union {
		domid_t unbound_for;   /* UNBOUND: who may bind */
		struct domain *remote; /* INTERDOMAIN: alive, see close */
		u32 pirq;
		u32 virq;
	};
};

#define BUCKET_PORTS  (1024 / sizeof(struct port))
#define GROUP_BUCKETS 64
#define GROUP_PORTS   (BUCKET_PORTS * GROUP_BUCKETS)
#define NR_GROUPS     DIV_UP(EVTCHN_FIFO_NR_CHANNELS, GROUP_PORTS)

/* What differs between the two ABIs; all but set_priority without EVENT. */
struct event_abi {
	u32 max_ports;
	void (*raise)(struct domain *d, u32 port, struct port *p);
	bool (*is_pending)(struct domain *d, u32 port);
	void (*clear)(struct domain *d, u32 port);
	void (*unmask)(struct domain *d, u32 port, struct port *p);
	int (*set_priority)(struct port *p, u32 priority);
	/* may the port be given out again? */
	bool (*is_busy)(struct domain *d, u32 port);
};
extern const struct event_abi twolevel_abi;

struct event_domain {
	spinlock_t lock; /* EVENT */
	const struct event_abi *abi;
	u32 max_port; /* the toolstack's limit, inclusive */
	u32 nr_valid; /* ports with a bucket: [0, nr_valid) */
	u32 nr_used;
	u32 free_hint; /* no free port below this */
	u32 close_at;  /* where an interrupted port_close_all() goes on */
	u64 pollers;   /* bitmap of vcpus in SCHEDOP_poll; atomic */
	struct port **group[NR_GROUPS];
	struct fifo_domain *fifo; /* NULL: two-level */
};

/* ---- port.c ---- */
/** port_move() - the one place that changes a state: 0, or -errno */
int port_move(struct port *p, enum port_op op);
/** port_at() - NULL when @d has no such port */
struct port *port_at(const struct domain *d, u32 port);
/** port_take() - a free port, not yet moved. Returns it or -errno; EVENT */
int port_take(struct domain *d);
/** port_used() - after a port left or entered PORT_FREE; EVENT */
void port_used(struct domain *d, u32 port, bool used);
/** port_close() - by the owner, or at its death. Takes EVENT of both ends */
int port_close(struct domain *d, u32 port);
/** port_close_all() - of @d; takes EVENT. Ports that a running domain binds
 * meanwhile may stay. 0, -ERESTART: again, for the rest */
int port_close_all(struct domain *d);

/** event_lock_two() - EVENT of both, which may be the same domain */
void event_lock_two(struct domain *a, struct domain *b);
void event_unlock_two(struct domain *a, struct domain *b);
/** event_raise() - port @p of @d; takes no EVENT lock */
void event_raise(struct domain *d, u32 port, struct port *p);
/** event_check_pollers() - wake who polls @port */
void event_check_pollers(struct domain *d, u32 port);
/** virq_is_global() - one per domain, delivered by way of vcpu 0? */
bool virq_is_global(u32 virq);

/* ---- fifo.c ---- */
/** event_init_control() - EVTCHNOP_init_control; the first one changes the
 * ABI. -ENOENT vcpu, -EINVAL offset, frame, or again; -ENOMEM */
int event_init_control(struct domain *d, u64 gfn, u32 offset, u32 vcpu);
/** event_expand_array() - EVTCHNOP_expand_array. -EOPNOTSUPP in two-level
 * mode, -ENOSPC with all pages there, -EINVAL frame */
int event_expand_array(struct domain *d, u64 gfn);
/** fifo_stop() - two-level again; frames are let go. Ports are closed */
void fifo_stop(struct domain *d);

/* ---- bind.c: the operations; each takes EVENT. 0 or -errno ---- */
int event_bind_interdomain(struct domain *ld, struct domain *rd,
			   u32 remote_port, u32 *local_port);
int event_unbound(struct domain *d, domid_t remote, u32 *port);
int event_bind_virq(struct domain *d, u32 virq, u32 vcpu, u32 *port);
int event_bind_ipi(struct domain *d, u32 vcpu, u32 *port);
int event_bind_pirq(struct domain *d, u32 pirq, bool share, u32 *port);
int event_bind_vcpu(struct domain *d, u32 port, u32 vcpu);
int event_send(struct domain *d, u32 port);
int event_status(struct domain *d, u32 port, struct evtchn_status *st);
int event_unmask(struct domain *d, u32 port);
int event_set_priority(struct domain *d, u32 port, u32 priority);
/** event_reset() - all ports closed, two-level again; or -ERESTART */
int event_reset(struct domain *d);

#endif
