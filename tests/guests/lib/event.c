/*
 * lib/event.c: event channels
 */
#include "guest.h"

u32 upcalls;
void (*event_handler)(u32 port);

#define WORD(port) ((port) / 64)
#define BIT(port)  (1UL << (port) % 64)

void event_mask_port(u32 port, bool masked)
{
	u64 *word = &shared_info->evtchn_mask[WORD(port)];

	if (masked)
		__atomic_fetch_or(word, BIT(port), __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(word, ~BIT(port), __ATOMIC_SEQ_CST);
}

bool event_pending(u32 port)
{
	return READ_ONCE(shared_info->evtchn_pending[WORD(port)]) & BIT(port);
}

void event_clear(u32 port)
{
	__atomic_fetch_and(&shared_info->evtchn_pending[WORD(port)], ~BIT(port),
			   __ATOMIC_SEQ_CST);
}

static void deliver_word(u32 w)
{
	u64 ready = READ_ONCE(shared_info->evtchn_pending[w]) &
		    ~READ_ONCE(shared_info->evtchn_mask[w]);

	while (ready) {
		u32 port = w * 64 + (u32)__builtin_ctzl(ready);

		ready &= ready - 1;
		event_clear(port);
		if (event_handler)
			event_handler(port);
	}
}

void event_upcall(struct frame *f)
{
	struct vcpu_info *info = vcpu_info();

	__atomic_fetch_add(&upcalls, 1, __ATOMIC_RELAXED);
	while (__atomic_exchange_n(&info->evtchn_upcall_pending, 0,
				   __ATOMIC_SEQ_CST)) {
		u64 words = __atomic_exchange_n(&info->evtchn_pending_sel, 0,
						__ATOMIC_SEQ_CST);

		while (words) {
			deliver_word((u32)__builtin_ctzl(words));
			words &= words - 1;
		}
	}
}

void events_on(void)
{
	WRITE_ONCE(vcpu_info()->evtchn_upcall_mask, 0);
	__sync_synchronize();
	/* Any hypercall returns through the delivery check. */
	if (READ_ONCE(vcpu_info()->evtchn_upcall_pending))
		hypercall(xen_version, 0, 0);
}

void events_off(void)
{
	WRITE_ONCE(vcpu_info()->evtchn_upcall_mask, 1);
	__sync_synchronize();
}

long event_alloc(u16 remote)
{
	struct evtchn_alloc_unbound op = {.dom = DOMID_SELF,
					  .remote_dom = remote};
	long rc = hypercall(event_channel_op, EVTCHNOP_alloc_unbound, &op);

	return rc ? rc : (long)op.port;
}

long event_connect(u16 remote, u32 remote_port)
{
	struct evtchn_bind_interdomain op = {.remote_dom = remote,
					     .remote_port = remote_port};
	long rc = hypercall(event_channel_op, EVTCHNOP_bind_interdomain, &op);

	return rc ? rc : (long)op.local_port;
}

long event_bind_virq(u32 virq, u32 vcpu)
{
	struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
	long rc = hypercall(event_channel_op, EVTCHNOP_bind_virq, &op);

	return rc ? rc : (long)op.port;
}

long event_bind_ipi(u32 vcpu)
{
	struct evtchn_bind_ipi op = {.vcpu = vcpu};
	long rc = hypercall(event_channel_op, EVTCHNOP_bind_ipi, &op);

	return rc ? rc : (long)op.port;
}

long event_close(u32 port)
{
	struct evtchn_close op = {.port = port};

	return hypercall(event_channel_op, EVTCHNOP_close, &op);
}

long event_send(u32 port)
{
	struct evtchn_send op = {.port = port};

	return hypercall(event_channel_op, EVTCHNOP_send, &op);
}

long event_status(u32 port, struct evtchn_status *out)
{
	out->dom = DOMID_SELF;
	out->port = port;
	return hypercall(event_channel_op, EVTCHNOP_status, out);
}

long event_unmask_call(u32 port)
{
	struct evtchn_unmask op = {.port = port};

	return hypercall(event_channel_op, EVTCHNOP_unmask, &op);
}

u16 own_domid(void)
{
	struct evtchn_status st;
	long a = event_alloc(DOMID_SELF), b = event_connect(DOMID_SELF, (u32)a);

	event_status((u32)b, &st);
	event_close((u32)a);
	event_close((u32)b);
	return st.u.interdomain.dom;
}
