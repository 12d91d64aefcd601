/*
 * hv/event.h: event channels
 *
 * Owns:       struct event_domain: the ports of a domain; pending bits
 * Invariants: interdomain ports come in pairs that name each other; a port
 *             bound to a VIRQ, IPI or pirq is recorded there and only once
 * Lock:       EVENT (one per domain) for state moves, and of the sender while
 *             it raises a peer; event_send_*() of a local port takes none
 * ABI:        pvabi/xen/event_channel.h
 */
#ifndef HV_EVENT_H
#define HV_EVENT_H

#include <hv/types.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

struct domain;
struct vcpu;

/* Embedded in struct vcpu as .event */
struct vcpu_event {
	u32 virq_port[NR_VIRQS]; /* 0: unbound; per-vcpu VIRQs */
	/* SCHEDOP_poll in progress: 0 no, > 0 that port, -1 several */
	int poll_port;
};

/** event_domain_init() - -ENOMEM */
int event_domain_init(struct domain *d);
/** event_domain_destroy() - close all ports of a dying domain; 0, or -ERESTART:
 * call again */
int event_domain_destroy(struct domain *d);
void event_domain_free(struct domain *d);
/** event_set_max_port() - the highest port guest @d may have (createdomain,
 * set_max_evtchn); without it only the ABI limits */
void event_set_max_port(struct domain *d, u32 max_port);
/** event_set_virq_handler() - @d gets the global @virq from now on, not dom0;
 * -EINVAL no such, or per vcpu */
int event_set_virq_handler(struct domain *d, u32 virq);
/** event_forget_handler() - end of that for all of them; @d dies */
void event_forget_handler(struct domain *d);

/** event_send_virq_vcpu() - raise per-vcpu VIRQ_TIMER, _DEBUG, _XENOPROF.. */
void event_send_virq_vcpu(struct vcpu *v, unsigned int virq);
/** event_send_virq_global() - raise a global VIRQ of the domain that handles
 * it (dom0): CONSOLE, DOM_EXC, ... */
void event_send_virq_global(unsigned int virq);
/** event_send_port() - raise a local @port of @d (pirqs use this) */
void event_send_port(struct domain *d, u32 port);
/** event_unmask_port() - as the guest does it itself; no port: nothing */
void event_unmask_port(struct domain *d, u32 port);
/** event_pending() - does @v have an unmasked upcall to take? */
bool event_pending(const struct vcpu *v);
/** event_mark_pending() - set upcall_pending and kick or wake @v */
void event_mark_pending(struct vcpu *v);
/** event_vcpu_info_moved() - after register_vcpu_info: nothing is lost:
 * pending_sel all ones, pending 1 */
void event_vcpu_info_moved(struct vcpu *v);
/** event_port_valid() - does @d have such a port (in whatever state)? */
bool event_port_valid(struct domain *d, u32 port);
/** event_port_is_pending() - masked or not; for SCHEDOP_poll */
bool event_port_is_pending(struct domain *d, u32 port);
/** event_poll_start() - from now on raising @port (-1: any) unblocks @v */
void event_poll_start(struct vcpu *v, int port);
void event_poll_stop(struct vcpu *v);
/** event_nr_ports() - ports in use, for info and leak tests */
unsigned int event_nr_ports(struct domain *d);
/** event_bytes() - hypervisor memory that @d's ports take */
size_t event_bytes(const struct domain *d);
/** event_count_frames() - tell pt_check() which frames @d gave for its events:
 * one reference and one writable type reference each */
void event_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable));
/** event_dump() - debug key */
void event_dump(struct domain *d);

/* Offered to irq/: a port is being closed that was bound to a pirq */
void pirq_unbind_port(struct domain *d, unsigned int pirq);
/* Offered to irq/: bind. Returns 0 or -errno. Defined in irq/ */
int pirq_bind_port(struct domain *d, unsigned int pirq, u32 port, bool share,
		   struct vcpu *v);

#endif
