/*
 * lib/event.h: event channels of a test guest, two-level layout
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include "lib.h"
#include <xen/event_channel.h>
#include <xen/xen.h>

struct frame;

/* Upcalls so far, and the handler run for each pending unmasked port. */
extern u32 upcalls;
extern void (*event_handler)(u32 port);

void event_upcall(struct frame *f);

/* Port operations; a negative result is the hypercall's error. */
long event_alloc(u16 remote);
long event_connect(u16 remote, u32 remote_port);
long event_bind_virq(u32 virq, u32 vcpu);
long event_bind_ipi(u32 vcpu);
long event_close(u32 port);
long event_send(u32 port);
long event_status(u32 port, struct evtchn_status *out);
long event_unmask_call(u32 port);

/* Our own number, which grants want: a port connected to ourselves tells. */
u16 own_domid(void);

void event_mask_port(u32 port, bool masked);
bool event_pending(u32 port);
void event_clear(u32 port);

/* The virtual interrupt flag. events_on() delivers what is pending. */
void events_on(void);
void events_off(void);

#endif
