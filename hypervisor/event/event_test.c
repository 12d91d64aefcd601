/*
 * event_test.c: every state of a port against every operation; delivery;
 * what a dying domain leaves
 */
#include <stdlib.h>
#include "../../tests/host/fake.h"
#include "internal.h"

static struct domain *d0, *d1, *d2;
static unsigned int kicks;
static struct vcpu *kicked;
static int pirq_rc;
static u32 pirq_bound, pirq_unbound;

void sched_kick(struct vcpu *v)
{
	kicks++;
	kicked = v;
}

void sched_serve_begin(void)
{
}

void sched_serve_end(void)
{
}

void sched_unblock(struct vcpu *v)
{
	v->sched.blocked = false;
	event_poll_stop(v);
}

static bool yield_always;

bool hypercall_yield(void)
{
	return yield_always;
}

int pirq_bind_port(struct domain *d, unsigned int pirq, u32 port, bool share,
		   struct vcpu *v)
{
	if (!pirq_rc)
		pirq_bound = port;
	return pirq_rc;
}

void pirq_unbind_port(struct domain *d, unsigned int pirq)
{
	pirq_unbound = pirq;
}

static void setup(void)
{
	fake_base_init();
	kicks = 0;
	kicked = NULL;
	pirq_rc = 0;
	pirq_bound = pirq_unbound = 0;
	d0 = fake_domain(0, 2, true);
	d1 = fake_domain(1, 2, false);
	d2 = fake_domain(2, 1, false);
	ck_assert_int_eq(event_domain_init(d0), 0);
	ck_assert_int_eq(event_domain_init(d1), 0);
	ck_assert_int_eq(event_domain_init(d2), 0);
	fake_become(d0->vcpu[0]);
}

static void end_ports(struct domain *d)
{
	d->dying = DOM_DYING;
	ck_assert_int_eq(event_domain_destroy(d), 0);
	ck_assert_uint_eq(event_nr_ports(d), 0);
}

static void end_domain(struct domain *d)
{
	end_ports(d);
	event_domain_free(d);
	fake_domain_free(d);
}

static void teardown(void)
{
	end_domain(d1);
	end_domain(d2);
	end_domain(d0);
	ck_assert_uint_eq(fake_allocs, 0);
}

/* ---- making a port of each state ---- */
static u32 make(struct domain *d, enum port_state s)
{
	u32 port = 0, far;

	switch (s) {
	case PORT_FREE:
		ck_assert_int_eq(event_bind_ipi(d, 0, &port), 0);
		ck_assert_int_eq(port_close(d, port), 0);
		break;
	case PORT_RESERVED:
		break;
	case PORT_UNBOUND:
		ck_assert_int_eq(event_unbound(d, 2, &port), 0);
		break;
	case PORT_INTERDOMAIN:
		ck_assert_int_eq(event_unbound(d2, d->id, &far), 0);
		ck_assert_int_eq(event_bind_interdomain(d, d2, far, &port), 0);
		break;
	case PORT_PIRQ:
		ck_assert_int_eq(event_bind_pirq(d, 9, false, &port), 0);
		break;
	case PORT_VIRQ:
		ck_assert_int_eq(event_bind_virq(d, VIRQ_CONSOLE, 0, &port), 0);
		break;
	case PORT_IPI:
		ck_assert_int_eq(event_bind_ipi(d, 1, &port), 0);
		break;
	default:
		ck_abort();
	}
	ck_assert_uint_eq(port_at(d, port)->state, s);
	return port;
}

/* ---- states against operations ---- */
struct expect {
	int close, send, bind_vcpu, bind_from_peer;
	u32 status;
};

static const struct expect expect[NR_PORT_STATES] = {
	[PORT_FREE] = {-EINVAL, -EINVAL, -EINVAL, -EINVAL, EVTCHNSTAT_closed},
	[PORT_RESERVED] = {-EINVAL, -EINVAL, -EINVAL, -EINVAL,
			   EVTCHNSTAT_closed},
	[PORT_UNBOUND] = {0, 0, 0, 0, EVTCHNSTAT_unbound},
	[PORT_INTERDOMAIN] = {0, 0, 0, -EINVAL, EVTCHNSTAT_interdomain},
	[PORT_PIRQ] = {0, -EINVAL, 0, -EINVAL, EVTCHNSTAT_pirq},
	[PORT_VIRQ] = {0, -EINVAL, 0, -EINVAL, EVTCHNSTAT_virq},
	[PORT_IPI] = {0, 0, -EINVAL, -EINVAL, EVTCHNSTAT_ipi},
};

START_TEST(state_table_send)
{
	ck_assert_int_eq(event_send(d0, make(d0, _i)), expect[_i].send);
}
END_TEST

START_TEST(state_table_close)
{
	u32 port = make(d0, _i);
	unsigned int before = event_nr_ports(d0);

	ck_assert_int_eq(port_close(d0, port), expect[_i].close);
	ck_assert_uint_eq(event_nr_ports(d0), before - !expect[_i].close);
	ck_assert_int_eq(port_close(d0, port), -EINVAL);
}
END_TEST

START_TEST(state_table_bind_vcpu)
{
	u32 port = make(d0, _i);

	ck_assert_int_eq(event_bind_vcpu(d0, port, 1), expect[_i].bind_vcpu);
	ck_assert_int_eq(event_bind_vcpu(d0, port, 2), -ENOENT);
	if (!expect[_i].bind_vcpu)
		ck_assert_uint_eq(port_at(d0, port)->vcpu, 1);
}
END_TEST

START_TEST(state_table_status)
{
	struct evtchn_status st = {0};
	u32 port = make(d0, _i);

	ck_assert_int_eq(event_status(d0, port, &st), 0);
	ck_assert_uint_eq(st.status, expect[_i].status);
	switch (_i) {
	case PORT_UNBOUND:
		ck_assert_uint_eq(st.u.unbound.dom, 2);
		break;
	case PORT_INTERDOMAIN:
		ck_assert_uint_eq(st.u.interdomain.dom, 2);
		break;
	case PORT_PIRQ:
		ck_assert_uint_eq(st.u.pirq, 9);
		break;
	case PORT_VIRQ:
		ck_assert_uint_eq(st.u.virq, VIRQ_CONSOLE);
		break;
	case PORT_IPI:
		ck_assert_uint_eq(st.vcpu, 1);
		break;
	}
}
END_TEST

START_TEST(state_table_bind_from_peer)
{
	u32 port = make(d0, _i), local;
	unsigned int before = event_nr_ports(d2);

	ck_assert_int_eq(event_bind_interdomain(d2, d0, port, &local),
			 expect[_i].bind_from_peer);
	ck_assert_uint_eq(event_nr_ports(d2),
			  before + !expect[_i].bind_from_peer);
}
END_TEST

/* Neither asks for the state, nor changes it. */
START_TEST(state_table_unmask_and_priority)
{
	u32 port = make(d0, _i);

	ck_assert_int_eq(event_unmask(d0, port), 0);
	ck_assert_int_eq(event_set_priority(d0, port, 3), -ENOSYS);
	ck_assert_uint_eq(port_at(d0, port)->state, _i);
}
END_TEST

/* An end of a pair that closes leaves the other to whom it was bound. */
START_TEST(state_table_end_of_peer)
{
	u32 port = make(d0, _i);

	end_ports(d2);
	ck_assert_uint_eq(port_at(d0, port)->state,
			  _i == PORT_INTERDOMAIN ? PORT_UNBOUND : _i);
	ck_assert_int_eq(event_send(d0, port), expect[_i].send);
}
END_TEST

/* The table itself: a move is refused, or leads where the drawing says. */
START_TEST(moves_are_those_drawn)
{
	static const struct {
		enum port_state from;
		enum port_op op;
		enum port_state to;
	} drawn[] = {
		{PORT_FREE, OP_ALLOC_UNBOUND, PORT_UNBOUND},
		{PORT_FREE, OP_BIND_INTERDOMAIN, PORT_INTERDOMAIN},
		{PORT_FREE, OP_BIND_PIRQ, PORT_PIRQ},
		{PORT_FREE, OP_BIND_VIRQ, PORT_VIRQ},
		{PORT_FREE, OP_BIND_IPI, PORT_IPI},
		{PORT_UNBOUND, OP_PEER_BOUND, PORT_INTERDOMAIN},
		{PORT_UNBOUND, OP_CLOSE, PORT_FREE},
		{PORT_UNBOUND, OP_SEND, PORT_UNBOUND},
		{PORT_UNBOUND, OP_BIND_VCPU, PORT_UNBOUND},
		{PORT_INTERDOMAIN, OP_PEER_CLOSED, PORT_UNBOUND},
		{PORT_INTERDOMAIN, OP_CLOSE, PORT_FREE},
		{PORT_INTERDOMAIN, OP_SEND, PORT_INTERDOMAIN},
		{PORT_INTERDOMAIN, OP_BIND_VCPU, PORT_INTERDOMAIN},
		{PORT_PIRQ, OP_CLOSE, PORT_FREE},
		{PORT_PIRQ, OP_BIND_VCPU, PORT_PIRQ},
		{PORT_VIRQ, OP_CLOSE, PORT_FREE},
		{PORT_VIRQ, OP_BIND_VCPU, PORT_VIRQ},
		{PORT_IPI, OP_CLOSE, PORT_FREE},
		{PORT_IPI, OP_SEND, PORT_IPI},
	};
	unsigned int s, op, i;

	for (s = 0; s < NR_PORT_STATES; s++) {
		for (op = 0; op < NR_PORT_OPS; op++) {
			struct port p = {.state = (u8)s};
			int rc = port_move(&p, op);

			for (i = 0; i < ARRAY_SIZE(drawn); i++)
				if (drawn[i].from == s && drawn[i].op == op)
					break;
			if (i < ARRAY_SIZE(drawn)) {
				ck_assert_int_eq(rc, 0);
				ck_assert_uint_eq(p.state, drawn[i].to);
			} else {
				ck_assert_int_eq(rc, -EINVAL);
				ck_assert_uint_eq(p.state, s);
			}
		}
	}
}
END_TEST

/* ---- rules of single operations ---- */
START_TEST(ports_out_of_range_are_refused)
{
	struct evtchn_status st;
	u32 bad[] = {4096, 131072, ~0u}, i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(event_send(d0, bad[i]), -EINVAL);
		ck_assert_int_eq(port_close(d0, bad[i]), -EINVAL);
		ck_assert_int_eq(event_unmask(d0, bad[i]), -EINVAL);
		ck_assert_int_eq(event_status(d0, bad[i], &st), -EINVAL);
		ck_assert_int_eq(event_bind_vcpu(d0, bad[i], 0), -EINVAL);
		ck_assert_int_eq(event_set_priority(d0, bad[i], 0), -EINVAL);
	}
}
END_TEST

START_TEST(virq_rules)
{
	u32 port, again;

	ck_assert_int_eq(event_bind_virq(d0, NR_VIRQS, 0, &port), -EINVAL);
	ck_assert_int_eq(event_bind_virq(d0, VIRQ_DOM_EXC, 1, &port), -EINVAL);
	ck_assert_int_eq(event_bind_virq(d0, VIRQ_TIMER, 9, &port), -ENOENT);
	ck_assert_int_eq(event_bind_virq(d0, VIRQ_TIMER, 1, &port), 0);
	ck_assert_int_eq(event_bind_virq(d0, VIRQ_TIMER, 1, &again), -EEXIST);
	ck_assert_int_eq(event_bind_virq(d0, VIRQ_TIMER, 0, &again), 0);
	/* per vcpu: it stays with its vcpu */
	ck_assert_int_eq(event_bind_vcpu(d0, port, 0), -EINVAL);
	ck_assert_int_eq(port_close(d0, port), 0);
	ck_assert_int_eq(event_bind_virq(d0, VIRQ_TIMER, 1, &port), 0);
}
END_TEST

START_TEST(ipi_rules)
{
	u32 port;

	ck_assert_int_eq(event_bind_ipi(d0, 2, &port), -ENOENT);
	ck_assert_int_eq(event_bind_ipi(d0, 1, &port), 0);
	ck_assert_int_eq(event_send(d0, port), 0);
	ck_assert_ptr_eq(kicked, d0->vcpu[1]);
}
END_TEST

START_TEST(pirq_failure_leaves_no_port)
{
	unsigned int before = event_nr_ports(d0);
	u32 port;

	pirq_rc = -EBUSY;
	ck_assert_int_eq(event_bind_pirq(d0, 9, false, &port), -EBUSY);
	ck_assert_uint_eq(event_nr_ports(d0), before);
	pirq_rc = 0;
	ck_assert_int_eq(event_bind_pirq(d0, 9, false, &port), 0);
	ck_assert_uint_eq(pirq_bound, port);
	ck_assert_int_eq(port_close(d0, port), 0);
	ck_assert_uint_eq(pirq_unbound, 9);
}
END_TEST

START_TEST(only_the_named_domain_may_bind)
{
	u32 far, port;

	ck_assert_int_eq(event_unbound(d0, 1, &far), 0);
	ck_assert_int_eq(event_bind_interdomain(d2, d0, far, &port), -EINVAL);
	ck_assert_int_eq(event_bind_interdomain(d1, d0, far, &port), 0);
	ck_assert_int_eq(event_bind_interdomain(d1, d0, far, &port), -EINVAL);
}
END_TEST

START_TEST(a_domain_may_bind_to_itself)
{
	u32 far, port;

	ck_assert_int_eq(event_unbound(d0, 0, &far), 0);
	ck_assert_int_eq(event_bind_interdomain(d0, d0, far, &port), 0);
	ck_assert_uint_ne(port, far);
	ck_assert_int_eq(event_send(d0, port), 0);
	ck_assert(bit_test(d0->shared_info->evtchn_pending, far));
	ck_assert_int_eq(port_close(d0, port), 0);
	ck_assert_uint_eq(port_at(d0, far)->state, PORT_UNBOUND);
}
END_TEST

START_TEST(binding_marks_the_local_port)
{
	u32 far, port;

	ck_assert_int_eq(event_unbound(d1, 0, &far), 0);
	ck_assert_int_eq(event_bind_interdomain(d0, d1, far, &port), 0);
	ck_assert(bit_test(d0->shared_info->evtchn_pending, port));
	ck_assert(!bit_test(d1->shared_info->evtchn_pending, far));
}
END_TEST

START_TEST(closing_returns_the_peer_and_it_binds_again)
{
	u32 far, port;

	ck_assert_int_eq(event_unbound(d1, 0, &far), 0);
	ck_assert_int_eq(event_bind_interdomain(d0, d1, far, &port), 0);
	ck_assert_int_eq(port_close(d0, port), 0);
	ck_assert(!bit_test(d0->shared_info->evtchn_pending, port));
	ck_assert_uint_eq(port_at(d1, far)->state, PORT_UNBOUND);
	ck_assert_uint_eq(port_at(d1, far)->unbound_for, 0);
	ck_assert_int_eq(event_send(d1, far), 0);
	ck_assert_int_eq(event_bind_interdomain(d0, d1, far, &port), 0);
	ck_assert_int_eq(event_send(d0, port), 0);
	ck_assert(bit_test(d1->shared_info->evtchn_pending, far));
}
END_TEST

START_TEST(lowest_free_port_is_given)
{
	u32 p[3], again;

	ck_assert_int_eq(event_bind_ipi(d0, 0, &p[0]), 0);
	ck_assert_int_eq(event_bind_ipi(d0, 0, &p[1]), 0);
	ck_assert_int_eq(event_bind_ipi(d0, 0, &p[2]), 0);
	ck_assert_uint_eq(p[0], 1);
	ck_assert_int_eq(port_close(d0, p[1]), 0);
	ck_assert_int_eq(event_bind_ipi(d0, 0, &again), 0);
	ck_assert_uint_eq(again, p[1]);
	ck_assert_int_eq(event_bind_ipi(d0, 0, &again), 0);
	ck_assert_uint_eq(again, p[2] + 1);
}
END_TEST

START_TEST(limits_are_kept)
{
	u32 port;
	unsigned int n = 0;
	int rc;

	event_set_max_port(d1, 10);
	while ((rc = event_bind_ipi(d1, 0, &port)) == 0)
		n++;
	ck_assert_int_eq(rc, -ENOSPC);
	ck_assert_uint_eq(n, 10);
	while ((rc = event_bind_ipi(d0, 0, &port)) == 0)
		n++;
	ck_assert_int_eq(rc, -ENOSPC);
	ck_assert_uint_eq(event_nr_ports(d0), EVTCHN_2L_NR_CHANNELS - 1);
}
END_TEST

START_TEST(dying_domains_get_no_ports)
{
	u32 port;

	d1->dying = DOM_DYING;
	ck_assert_int_eq(event_bind_ipi(d1, 0, &port), -EINVAL);
}
END_TEST

/* ---- delivery ---- */
START_TEST(raising_sets_three_bits_and_kicks_once)
{
	struct vcpu *v = d0->vcpu[1];
	u32 port;

	ck_assert_int_eq(event_bind_ipi(d0, 1, &port), 0);
	event_send(d0, port);
	ck_assert(bit_test(d0->shared_info->evtchn_pending, port));
	ck_assert(bit_test(&v->info->evtchn_pending_sel, port / 64));
	ck_assert_uint_eq(v->info->evtchn_upcall_pending, 1);
	ck_assert_uint_eq(kicks, 1);
	event_send(d0, port);
	ck_assert_uint_eq(kicks, 1);
	ck_assert(event_pending(v));
	v->info->evtchn_upcall_mask = 1;
	ck_assert(!event_pending(v));
}
END_TEST

START_TEST(masked_ports_wait_for_unmask)
{
	struct vcpu *v = d0->vcpu[0];
	u32 port;

	ck_assert_int_eq(event_bind_ipi(d0, 0, &port), 0);
	bit_set(d0->shared_info->evtchn_mask, port);
	event_send(d0, port);
	ck_assert(bit_test(d0->shared_info->evtchn_pending, port));
	ck_assert_uint_eq(v->info->evtchn_upcall_pending, 0);
	ck_assert_uint_eq(kicks, 0);
	ck_assert_int_eq(event_unmask(d0, port), 0);
	ck_assert_uint_eq(v->info->evtchn_upcall_pending, 1);
	ck_assert_uint_eq(kicks, 1);
	ck_assert(!bit_test(d0->shared_info->evtchn_mask, port));
}
END_TEST

START_TEST(unmask_of_a_quiet_port_does_nothing)
{
	u32 port;

	ck_assert_int_eq(event_bind_ipi(d0, 0, &port), 0);
	bit_set(d0->shared_info->evtchn_mask, port);
	ck_assert_int_eq(event_unmask(d0, port), 0);
	ck_assert_uint_eq(kicks, 0);
}
END_TEST

START_TEST(global_virqs_go_to_their_handler)
{
	u32 p0, p1;

	ck_assert_int_eq(event_bind_virq(d0, VIRQ_DOM_EXC, 0, &p0), 0);
	ck_assert_int_eq(event_bind_virq(d1, VIRQ_DOM_EXC, 0, &p1), 0);
	event_send_virq_global(VIRQ_DOM_EXC);
	ck_assert(bit_test(d0->shared_info->evtchn_pending, p0));
	ck_assert(!bit_test(d1->shared_info->evtchn_pending, p1));
	bit_clear(d0->shared_info->evtchn_pending, p0);

	ck_assert_int_eq(event_set_virq_handler(d1, VIRQ_TIMER), -EINVAL);
	ck_assert_int_eq(event_set_virq_handler(d1, NR_VIRQS), -EINVAL);
	ck_assert_int_eq(event_set_virq_handler(d1, VIRQ_DOM_EXC), 0);
	event_send_virq_global(VIRQ_DOM_EXC);
	ck_assert(!bit_test(d0->shared_info->evtchn_pending, p0));
	ck_assert(bit_test(d1->shared_info->evtchn_pending, p1));
	/* and back to dom0 when it dies: teardown checks its references */
}
END_TEST

START_TEST(moved_vcpu_info_loses_nothing)
{
	struct vcpu *v = d0->vcpu[0];

	event_vcpu_info_moved(v);
	ck_assert_uint_eq(v->info->evtchn_pending_sel, ~0ull);
	ck_assert_uint_eq(v->info->evtchn_upcall_pending, 1);
}
END_TEST

/* ---- ends ---- */
START_TEST(reset_frees_everything_of_one_domain)
{
	unsigned int s;
	u32 port;

	for (s = PORT_UNBOUND; s < NR_PORT_STATES; s++)
		make(d0, s);
	event_reset(d0);
	ck_assert_uint_eq(event_nr_ports(d0), 0);
	ck_assert_uint_eq(event_nr_ports(d2), 1);
	ck_assert_int_eq(event_bind_virq(d0, VIRQ_CONSOLE, 0, &port), 0);
	ck_assert_uint_eq(port, 1);
}
END_TEST

START_TEST(long_reset_goes_on_where_it_stopped)
{
	unsigned int calls = 0;
	u32 port;
	int rc;

	for (calls = 0; calls < 20; calls++)
		ck_assert_int_eq(event_bind_ipi(d0, 0, &port), 0);
	yield_always = true;
	calls = 0;
	do {
		rc = event_reset(d0);
		calls++;
		ck_assert_uint_eq(event_nr_ports(d0), 20 - calls);
	} while (rc == -ERESTART);
	yield_always = false;
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(calls, 20);
}
END_TEST

/* What it bound below that point is found when it dies. */
START_TEST(death_during_a_reset_leaves_no_port)
{
	u32 port, i;

	for (i = 0; i < 20; i++)
		ck_assert_int_eq(event_bind_ipi(d1, 0, &port), 0);
	yield_always = true;
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(event_reset(d1), -ERESTART);
	yield_always = false;
	ck_assert_int_eq(event_bind_ipi(d1, 0, &port), 0);
	ck_assert_uint_eq(port, 1);
	d1->dying = DOM_DYING;
	ck_assert_int_eq(event_domain_destroy(d1), 0);
	ck_assert_uint_eq(event_nr_ports(d1), 0);
}
END_TEST

START_TEST(every_failed_allocation_is_survived)
{
	unsigned int n;
	int rc = -ENOMEM;

	for (n = 1; rc; n++) {
		struct domain *d = fake_domain(3, 1, false);
		unsigned int before = fake_allocs;
		u32 port, made = 0;

		ck_assert_uint_lt(n, 50);
		fake_fail_alloc(n);
		rc = event_domain_init(d);
		if (!rc) {
			while (made < 600 && !rc) {
				rc = event_bind_ipi(d, 0, &port);
				made += !rc;
			}
			ck_assert_uint_eq(event_nr_ports(d), made);
			fake_fail_alloc(0);
			/* what failed once works when there is memory */
			ck_assert_int_eq(event_bind_ipi(d, 0, &port), 0);
		}
		ck_assert(rc == 0 || rc == -ENOMEM);
		fake_fail_alloc(0);
		d->dying = DOM_DYING;
		event_domain_destroy(d);
		event_domain_free(d);
		ck_assert_uint_eq(fake_allocs, before);
		fake_domain_free(d);
	}
	ck_assert_uint_gt(n, 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event");
	TCase *c = tcase_create("event");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, state_table_send, 0, NR_PORT_STATES);
	tcase_add_loop_test(c, state_table_close, 0, NR_PORT_STATES);
	tcase_add_loop_test(c, state_table_bind_vcpu, 0, NR_PORT_STATES);
	tcase_add_loop_test(c, state_table_status, 0, NR_PORT_STATES);
	tcase_add_loop_test(c, state_table_bind_from_peer, 0, NR_PORT_STATES);
	tcase_add_loop_test(c, state_table_unmask_and_priority, 0,
			    NR_PORT_STATES);
	tcase_add_loop_test(c, state_table_end_of_peer, 0, NR_PORT_STATES);
	tcase_add_test(c, moves_are_those_drawn);
	tcase_add_test(c, ports_out_of_range_are_refused);
	tcase_add_test(c, virq_rules);
	tcase_add_test(c, ipi_rules);
	tcase_add_test(c, pirq_failure_leaves_no_port);
	tcase_add_test(c, only_the_named_domain_may_bind);
	tcase_add_test(c, a_domain_may_bind_to_itself);
	tcase_add_test(c, binding_marks_the_local_port);
	tcase_add_test(c, closing_returns_the_peer_and_it_binds_again);
	tcase_add_test(c, lowest_free_port_is_given);
	tcase_add_test(c, limits_are_kept);
	tcase_add_test(c, dying_domains_get_no_ports);
	tcase_add_test(c, raising_sets_three_bits_and_kicks_once);
	tcase_add_test(c, masked_ports_wait_for_unmask);
	tcase_add_test(c, unmask_of_a_quiet_port_does_nothing);
	tcase_add_test(c, global_virqs_go_to_their_handler);
	tcase_add_test(c, moved_vcpu_info_loses_nothing);
	tcase_add_test(c, reset_frees_everything_of_one_domain);
	tcase_add_test(c, long_reset_goes_on_where_it_stopped);
	tcase_add_test(c, death_during_a_reset_leaves_no_port);
	tcase_add_test(c, every_failed_allocation_is_survived);
	suite_add_tcase(s, c);
	return fake_main(s);
}
