/*
 * guests/control: event channels between domains, their limits and ends
 *
 * ABI: event_channel_op on other domains, global VIRQs, max_evtchn_port.
 */
#include "servant.h"
#include <xen/vcpu.h>

#define PORTS 1023 /* neighbour_create() allows so many */

static struct servant s;

static long alloc_in(domid_t id)
{
	struct evtchn_alloc_unbound op = {.dom = id, .remote_dom = 0};
	long rc = hypercall(event_channel_op, EVTCHNOP_alloc_unbound, &op);

	return rc ? rc : (long)op.port;
}

static long reset(domid_t id)
{
	struct evtchn_reset op = {.dom = id};

	return hypercall(event_channel_op, EVTCHNOP_reset, &op);
}

PROMISE(port_limit_is_kept, "a domain has the ports it was created with")
{
	struct neighbour n;
	unsigned int i;
	long port = 0;

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	for (i = 0; i < PORTS + 10; i++) {
		port = alloc_in(n.id);
		if (port <= 0)
			break;
	}
	expect_eq(i, PORTS);
	expect_eq(port, -XEN_ENOSPC);
	/* and all of them again after a reset */
	expect_eq(reset(n.id), 0);
	for (i = 0; i < PORTS; i++)
		if (alloc_in(n.id) <= 0)
			break;
	expect_eq(i, PORTS);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(reset_wants_a_paused_domain, "reset of a running neighbour: -EINVAL")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(servant_make(&s, 0));
	expect_eq(reset(s.n.id), -XEN_EINVAL);
	expect_eq(control(&op, XEN_DOMCTL_pausedomain, s.n.id), 0);
	expect_eq(reset(s.n.id), 0);
	servant_end(&s);
}

PROMISE(death_unbinds_the_other_end, "a dead peer leaves our port unbound")
{
	struct evtchn_status st;
	long there, here;

	DOM0_ONLY();
	require(servant_make(&s, 0));
	there = alloc_in(s.n.id);
	require(there > 0);
	here = event_connect(s.n.id, (u32)there);
	require(here > 0);
	expect_eq(event_status((u32)here, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_interdomain);
	expect_eq(st.u.interdomain.dom, s.n.id);
	expect_eq(st.u.interdomain.port, there);
	expect_eq(event_send((u32)here), 0);
	servant_end(&s);
	expect_eq(event_status((u32)here, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_unbound);
	expect_eq(event_send((u32)here), 0);
	expect_eq(event_close((u32)here), 0);
}

PROMISE(neighbours_have_no_rights, "ports of others: -EPERM, pirqs: refused")
{
	struct evtchn_alloc_unbound *op;
	struct evtchn_status *st;
	struct evtchn_bind_pirq *pirq;

	DOM0_ONLY();
	require(servant_make(&s, 0));
	op = (void *)(s.data + SERVANT_ROOM);
	*op = (struct evtchn_alloc_unbound){.dom = 0, .remote_dom = s.n.id};
	expect_eq(servant_call(&s, __HYPERVISOR_event_channel_op,
			       EVTCHNOP_alloc_unbound, SERVANT_ROOM, 0),
		  -XEN_EPERM);
	st = (void *)(s.data + SERVANT_ROOM);
	*st = (struct evtchn_status){.dom = 0, .port = 1};
	expect_eq(servant_call(&s, __HYPERVISOR_event_channel_op,
			       EVTCHNOP_status, SERVANT_ROOM, 0),
		  -XEN_EPERM);
	pirq = (void *)(s.data + SERVANT_ROOM);
	*pirq = (struct evtchn_bind_pirq){.pirq = 9};
	expect(servant_call(&s, __HYPERVISOR_event_channel_op,
			    EVTCHNOP_bind_pirq, SERVANT_ROOM, 0) < 0);
	servant_end(&s);
}

PROMISE(deaths_are_announced, "VIRQ_DOM_EXC tells the handler of an end")
{
	long port;
	unsigned int i;

	DOM0_ONLY();
	port = event_bind_virq(VIRQ_DOM_EXC, 0);
	require(port > 0);
	event_mask_port((u32)port, true);
	require(servant_make(&s, 0));
	event_clear((u32)port);
	servant_end(&s);
	for (i = 0; i < 20000 && !event_pending((u32)port); i++)
		give_time(10);
	expect(event_pending((u32)port));
	expect_eq(event_close((u32)port), 0);
}

PROMISE(global_virqs_can_move, "bind_vcpu moves a global VIRQ to vcpu 1")
{
	struct evtchn_bind_vcpu op = {.vcpu = 1};
	struct vcpu_info *other = &shared_info->vcpu_info[1];
	struct evtchn_status st;
	unsigned int i;
	long port;

	DOM0_ONLY();
	if (vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		skip("one vcpu");
	port = event_bind_virq(VIRQ_DOM_EXC, 0);
	require(port > 0);
	expect_eq(event_bind_virq(VIRQ_DOM_EXC, 1), -XEN_EINVAL);
	op.port = (u32)port;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_bind_vcpu, &op), 0);
	expect_eq(event_status((u32)port, &st), 0);
	expect_eq(st.vcpu, 1);
	event_clear((u32)port);
	event_mask_port((u32)port, false);
	WRITE_ONCE(other->evtchn_pending_sel, 0);
	WRITE_ONCE(other->evtchn_upcall_pending, 0);
	require(servant_make(&s, 0));
	servant_end(&s);
	for (i = 0; i < 20000 && !event_pending((u32)port); i++)
		give_time(10);
	expect(event_pending((u32)port));
	expect_eq(READ_ONCE(other->evtchn_pending_sel), 1UL << port / 64);
	expect_eq(READ_ONCE(other->evtchn_upcall_pending), 1);
	event_mask_port((u32)port, true);
	event_clear((u32)port);
	WRITE_ONCE(other->evtchn_pending_sel, 0);
	WRITE_ONCE(other->evtchn_upcall_pending, 0);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(each_vcpu_has_its_virqs, "per-vcpu VIRQs bind once for each vcpu")
{
	struct evtchn_status st;
	long p[2];

	if (vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		skip("one vcpu");
	p[0] = event_bind_virq(VIRQ_DEBUG, 0);
	p[1] = event_bind_virq(VIRQ_DEBUG, 1);
	require(p[0] > 0 && p[1] > 0);
	expect(p[0] != p[1]);
	expect_eq(event_bind_virq(VIRQ_DEBUG, 1), -XEN_EEXIST);
	expect_eq(event_status((u32)p[1], &st), 0);
	expect_eq(st.vcpu, 1);
	expect_eq(event_close((u32)p[0]), 0);
	expect_eq(event_bind_virq(VIRQ_DEBUG, 1), -XEN_EEXIST);
	expect_eq(event_close((u32)p[1]), 0);
}
