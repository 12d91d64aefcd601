/*
 * guests/events: event channels, two-level layout
 *
 * ABI: every event_channel_op sub-operation and its refusals, delivery.
 */
#include <guest.h>

#define ABSENT_DOMAIN 0x1234

static u32 handled[8], handled_count;

/* Forgets what earlier promises left pending. */
static void quiet(void)
{
	vcpu_info()->evtchn_pending_sel = 0;
	vcpu_info()->evtchn_upcall_pending = 0;
	handled_count = 0;
}

static void note(u32 port)
{
	if (handled_count < ARRAY_SIZE(handled))
		handled[handled_count++] = port;
}

PROMISE(alloc_gives_a_port, "alloc_unbound returns a free port above 0")
{
	struct evtchn_status st;
	long port = event_alloc(DOMID_SELF);

	require(port > 0);
	expect_eq(event_status((u32)port, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_unbound);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(close_frees, "a closed port reports closed and can be had again")
{
	struct evtchn_status st;
	long port = event_alloc(DOMID_SELF);

	require(port > 0);
	expect_eq(event_close((u32)port), 0);
	expect_eq(event_status((u32)port, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_closed);
	expect_eq(event_close((u32)port), -XEN_EINVAL);
	expect_eq(event_alloc(DOMID_SELF), port);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(port_0_is_reserved, "port 0 cannot be closed")
{
	expect_eq(event_close(0), -XEN_EINVAL);
}

PROMISE(big_ports_are_einval, "port numbers past the end are -EINVAL")
{
	struct evtchn_status st;

	expect_eq(event_close(1U << 20), -XEN_EINVAL);
	expect_eq(event_send(1U << 20), -XEN_EINVAL);
	expect_eq(event_send(~0U), -XEN_EINVAL);
	expect_eq(event_status(1U << 20, &st), -XEN_EINVAL);
	expect_eq(event_unmask_call(1U << 20), -XEN_EINVAL);
}

PROMISE(loopback_connects, "a domain may connect to its own unbound port")
{
	struct evtchn_status st;
	long a = event_alloc(DOMID_SELF), b;

	require(a > 0);
	b = event_connect(DOMID_SELF, (u32)a);
	require(b > 0);
	expect(a != b);
	expect_eq(event_status((u32)b, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_interdomain);
	expect_eq(st.u.interdomain.port, a);
	expect_eq(event_status((u32)a, &st), 0);
	expect_eq(st.u.interdomain.port, b);
	/* The new local port is pending at once. */
	expect(event_pending((u32)b));
	event_clear((u32)b);
	expect_eq(event_close((u32)b), 0);
	expect_eq(event_close((u32)a), 0);
}

PROMISE(closing_one_end_unbinds, "closing one end returns the other to unbound")
{
	struct evtchn_status st;
	long a = event_alloc(DOMID_SELF), b = event_connect(DOMID_SELF, (u32)a);

	require(a > 0 && b > 0);
	expect_eq(event_close((u32)b), 0);
	expect_eq(event_status((u32)a, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_unbound);
	expect_eq(event_close((u32)a), 0);
}

PROMISE(connect_refusals, "connecting to what is not unbound: -EINVAL, -ESRCH")
{
	long a = event_alloc(DOMID_SELF), b = event_connect(DOMID_SELF, (u32)a);

	require(a > 0 && b > 0);
	expect_eq(event_connect(DOMID_SELF, (u32)a), -XEN_EINVAL);
	expect_eq(event_connect(DOMID_SELF, 1U << 20), -XEN_EINVAL);
	expect_eq(event_connect(ABSENT_DOMAIN, 1), -XEN_ESRCH);
	event_close((u32)a);
	event_close((u32)b);
}

PROMISE(send_sets_the_peer, "send raises the other end, not the own one")
{
	long a = event_alloc(DOMID_SELF), b = event_connect(DOMID_SELF, (u32)a);

	require(a > 0 && b > 0);
	event_clear((u32)a);
	event_clear((u32)b);
	expect_eq(event_send((u32)a), 0);
	expect(event_pending((u32)b));
	expect(!event_pending((u32)a));
	event_clear((u32)b);
	event_close((u32)a);
	event_close((u32)b);
}

PROMISE(send_on_unbound_is_fine, "send on an unbound port returns 0")
{
	long a = event_alloc(DOMID_SELF);

	require(a > 0);
	expect_eq(event_send((u32)a), 0);
	event_close((u32)a);
	expect_eq(event_send((u32)a), -XEN_EINVAL);
}

PROMISE(ipi_raises_itself, "an IPI port raises its own vcpu")
{
	struct evtchn_status st;
	long port = event_bind_ipi(0);

	require(port > 0);
	expect_eq(event_status((u32)port, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_ipi);
	expect_eq(event_send((u32)port), 0);
	expect(event_pending((u32)port));
	event_clear((u32)port);
	event_close((u32)port);
	expect_eq(event_bind_ipi(31), -XEN_ENOENT);
	expect_eq(event_bind_ipi(10000), -XEN_ENOENT);
}

PROMISE(upcall_delivers, "an unmasked event enters the callback, once")
{
	long port = event_bind_ipi(0);
	u32 before = upcalls;

	require(port > 0);
	event_mask_port((u32)port, false);
	quiet();
	event_handler = note;
	events_on();
	expect_eq(event_send((u32)port), 0);
	events_off();
	expect_eq(upcalls - before, 1);
	expect_eq(handled_count, 1);
	expect_eq(handled[0], port);
	event_close((u32)port);
}

PROMISE(selector_and_pending_are_set, "raising sets bit, selector, pending")
{
	long port = event_bind_ipi(0);

	require(port > 0);
	event_mask_port((u32)port, false);
	quiet();
	expect_eq(event_send((u32)port), 0);
	expect_eq(vcpu_info()->evtchn_pending_sel, 1UL << port / 64);
	expect_eq(vcpu_info()->evtchn_upcall_pending, 1);
	event_clear((u32)port);
	quiet();
	event_close((u32)port);
}

PROMISE(masked_port_is_silent, "a masked port gets its bit, no upcall")
{
	long port = event_bind_ipi(0);
	u32 before = upcalls;

	require(port > 0);
	event_mask_port((u32)port, true);
	quiet();
	events_on();
	expect_eq(event_send((u32)port), 0);
	events_off();
	expect_eq(upcalls, before);
	expect(event_pending((u32)port));
	expect_eq(vcpu_info()->evtchn_upcall_pending, 0);
	event_clear((u32)port);
	event_close((u32)port);
}

PROMISE(unmask_redelivers, "unmask raises what became pending while masked")
{
	long port = event_bind_ipi(0);

	require(port > 0);
	event_mask_port((u32)port, true);
	expect_eq(event_send((u32)port), 0);
	quiet();
	event_handler = note;
	events_on();
	expect_eq(handled_count, 0);
	expect_eq(event_unmask_call((u32)port), 0);
	events_off();
	expect_eq(handled_count, 1);
	event_close((u32)port);
}

PROMISE(new_ports_start_clean, "a port that is made again is not pending")
{
	long port = event_bind_ipi(0);

	require(port > 0);
	event_mask_port((u32)port, true);
	event_send((u32)port);
	expect_eq(event_close((u32)port), 0);
	expect_eq(event_bind_ipi(0), port);
	expect(!event_pending((u32)port));
	event_close((u32)port);
}

PROMISE(virq_binds_once, "a VIRQ is bound once: -EEXIST")
{
	struct evtchn_status st;
	long port = event_bind_virq(VIRQ_DEBUG, 0);

	require(port > 0);
	expect_eq(event_status((u32)port, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_virq);
	expect_eq(st.u.virq, VIRQ_DEBUG);
	expect_eq(event_bind_virq(VIRQ_DEBUG, 0), -XEN_EEXIST);
	expect_eq(event_close((u32)port), 0);
	port = event_bind_virq(VIRQ_DEBUG, 0);
	expect(port > 0);
	event_close((u32)port);
}

PROMISE(virq_refusals,
	"bad VIRQ: -EINVAL; bad vcpu: -ENOENT; not vcpu 0: -EINVAL")
{
	expect_eq(event_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
	expect_eq(event_bind_virq(~0U, 0), -XEN_EINVAL);
	expect_eq(event_bind_virq(VIRQ_TIMER, 31), -XEN_ENOENT);
	expect_eq(event_bind_virq(VIRQ_CONSOLE, 1), -XEN_EINVAL);
}

PROMISE(send_on_virq, "a guest cannot raise a VIRQ port itself")
{
	long port = event_bind_virq(VIRQ_DEBUG, 0);

	require(port > 0);
	expect_eq(event_send((u32)port), -XEN_EINVAL);
	event_close((u32)port);
}

PROMISE(bind_vcpu_rules, "bind_vcpu moves ports, not per-vcpu VIRQs or IPIs")
{
	struct evtchn_bind_vcpu op = {.vcpu = 0};
	long virq = event_bind_virq(VIRQ_DEBUG, 0), port;

	port = event_alloc(DOMID_SELF);
	require(virq > 0 && port > 0);
	op.port = (u32)port;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_bind_vcpu, &op), 0);
	op.vcpu = 31;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_bind_vcpu, &op),
		  -XEN_ENOENT);
	op.vcpu = 0;
	op.port = (u32)virq;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_bind_vcpu, &op),
		  -XEN_EINVAL);
	op.port = 1U << 20;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_bind_vcpu, &op),
		  -XEN_EINVAL);
	event_close((u32)virq);
	event_close((u32)port);
}

PROMISE(alloc_for_others, "alloc_unbound in an absent domain is -ESRCH")
{
	struct evtchn_alloc_unbound op = {.dom = ABSENT_DOMAIN};

	expect_eq(hypercall(event_channel_op, EVTCHNOP_alloc_unbound, &op),
		  -XEN_ESRCH);
}

PROMISE(status_of_others, "status of an absent domain is -ESRCH")
{
	struct evtchn_status st = {.dom = ABSENT_DOMAIN, .port = 1};

	expect_eq(hypercall(event_channel_op, EVTCHNOP_status, &st),
		  -XEN_ESRCH);
}

PROMISE(ports_run_out, "past 4095 two-level ports: -ENOSPC")
{
	static u16 ports[4096];
	unsigned int n = 0, i;
	long port;

	while ((port = event_alloc(DOMID_SELF)) > 0 && n < 4096)
		ports[n++] = (u16)port;
	expect_eq(port, -XEN_ENOSPC);
	expect(n >= 1000 && n < 4096);
	for (i = 0; i < n; i++)
		expect_eq(event_close(ports[i]), 0);
}

PROMISE(bad_pointers, "bad argument pointers are -EFAULT")
{
	expect_eq(hypercall(event_channel_op, EVTCHNOP_send, BAD_UNMAPPED),
		  -XEN_EFAULT);
	expect_eq(hypercall(event_channel_op, EVTCHNOP_alloc_unbound,
			    BAD_HYPERVISOR),
		  -XEN_EFAULT);
}

PROMISE(failed_copy_back_leaks_nothing, "an answer that faults frees the port")
{
	struct evtchn_alloc_unbound *op = page_alloc();
	struct evtchn_status st;
	long next = event_alloc(DOMID_SELF);

	require(next > 0);
	event_close((u32)next);
	op->dom = op->remote_dom = DOMID_SELF;
	require(!page_make_ro(op));
	expect_eq(hypercall(event_channel_op, EVTCHNOP_alloc_unbound, op),
		  -XEN_EFAULT);
	require(!page_make_rw(op));
	expect_eq(event_status((u32)next, &st), 0);
	page_free(op);
}

PROMISE(unknown_event_op, "unknown sub-operations are -ENOSYS")
{
	u64 buffer[8] = {0};

	expect_eq(hypercall(event_channel_op, 99, buffer), -XEN_ENOSYS);
}

PROMISE(pirq_refusals, "bind_pirq of an absurd number is -EINVAL")
{
	struct evtchn_bind_pirq op = {.pirq = ~0U};

	expect_eq(hypercall(event_channel_op, EVTCHNOP_bind_pirq, &op),
		  -XEN_EINVAL);
}

PROMISE(reset_closes_everything, "reset frees the domain's own ports")
{
	struct evtchn_reset op = {.dom = DOMID_SELF};
	struct evtchn_status st;
	long a = event_alloc(DOMID_SELF), b = event_bind_virq(VIRQ_DEBUG, 0);

	if (!is_dom0())
		skip("would close the console's port");
	require(a > 0 && b > 0);
	expect_eq(hypercall(event_channel_op, EVTCHNOP_reset, &op), 0);
	expect_eq(event_status((u32)a, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_closed);
	expect_eq(event_status((u32)b, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_closed);
	op.dom = ABSENT_DOMAIN;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_reset, &op), -XEN_ESRCH);
}
