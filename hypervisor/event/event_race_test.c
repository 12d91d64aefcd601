/*
 * event_race_test.c: two pcpus at once on the same ports, under
 * ThreadSanitizer
 */
#include <sched.h>
#include <stdlib.h>
#include "../../tests/host/two_pcpus.h"
#include "internal.h"

#define ROUNDS 4000

static struct domain *d0, *d1;
static u32 far, kicks, done;

void sched_kick(struct vcpu *v)
{
	__atomic_fetch_add(&kicks, 1, __ATOMIC_RELAXED);
}

void sched_serve_begin(void)
{
}

void sched_serve_end(void)
{
}

void sched_unblock(struct vcpu *v)
{
	event_poll_stop(v);
}

bool hypercall_yield(void)
{
	return false;
}

int pirq_bind_port(struct domain *d, unsigned int pirq, u32 port, bool share,
		   struct vcpu *v)
{
	return 0;
}

void pirq_unbind_port(struct domain *d, unsigned int pirq)
{
}

static void setup(void)
{
	fake_base_init();
	fake_frames_init();
	d0 = fake_domain(0, 2, true);
	d1 = fake_domain(1, 2, false);
	ck_assert_int_eq(event_domain_init(d0), 0);
	ck_assert_int_eq(event_domain_init(d1), 0);
	fake_become(d0->vcpu[0]);
	ck_assert_int_eq(event_unbound(d1, 0, &far), 0);
	done = 0;
}

static void end_domain(struct domain *d)
{
	d->dying = DOM_DYING;
	ck_assert_int_eq(event_domain_destroy(d), 0);
	ck_assert_uint_eq(event_nr_ports(d), 0);
}

static void teardown(void)
{
	end_domain(d0);
	end_domain(d1);
	event_domain_free(d0);
	event_domain_free(d1);
	fake_domain_free(d0);
	fake_domain_free(d1);
	ck_assert_uint_eq(fake_allocs, 0);
	fake_frames_done();
}

static u32 the_far(void)
{
	return READ_ONCE(far);
}

/* ---- binding and closing against use ---- */
static void bind_send_close(void)
{
	u32 port, i;

	for (i = 0; i < ROUNDS; i++) {
		if (event_bind_interdomain(d0, d1, the_far(), &port))
			continue;
		BUG_ON(event_send(d0, port));
		BUG_ON(port_close(d0, port));
	}
	STORE_REL(done, 1);
}

static void use_far(void)
{
	struct evtchn_status st;

	while (!LOAD_ACQ(done)) {
		BUG_ON(event_send(d1, the_far()));
		BUG_ON(event_status(d1, the_far(), &st));
		BUG_ON(st.status != EVTCHNSTAT_unbound &&
		       st.status != EVTCHNSTAT_interdomain);
		BUG_ON(event_bind_vcpu(d1, the_far(), 1));
		BUG_ON(event_unmask(d1, the_far()));
		BUG_ON(event_bind_vcpu(d1, the_far(), 0));
	}
}

START_TEST(an_end_is_used_while_the_other_comes_and_goes)
{
	two_pcpus(d0->vcpu[0], bind_send_close, d1->vcpu[0], use_far);
	ck_assert_uint_eq(event_nr_ports(d0), 0);
	ck_assert_uint_eq(event_nr_ports(d1), 1);
}
END_TEST

static void close_far(void)
{
	u32 port;

	while (!LOAD_ACQ(done)) {
		BUG_ON(port_close(d1, the_far()));
		BUG_ON(event_unbound(d1, 0, &port));
		WRITE_ONCE(far, port);
	}
}

static void bind_and_close(void)
{
	u32 port, i;

	for (i = 0; i < ROUNDS; i++) {
		if (event_bind_interdomain(d0, d1, the_far(), &port))
			continue;
		event_send(d0, port);
		/* whichever end went first, ours is still ours */
		BUG_ON(port_close(d0, port));
	}
	STORE_REL(done, 1);
}

START_TEST(both_ends_close_at_once)
{
	two_pcpus(d0->vcpu[0], bind_and_close, d1->vcpu[0], close_far);
	ck_assert_uint_eq(event_nr_ports(d0), 0);
	ck_assert_uint_eq(event_nr_ports(d1), 1);
	ck_assert_uint_eq(port_at(d1, far)->state, PORT_UNBOUND);
}
END_TEST

/* ---- one domain, two vcpus ---- */
static void take_and_give(void)
{
	u32 port[4], i, k;

	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < 4; k++)
			BUG_ON(event_bind_ipi(d0, k & 1, &port[k]));
		for (k = 0; k < 4; k++) {
			BUG_ON(event_send(d0, port[k]));
			BUG_ON(!bit_test(d0->shared_info->evtchn_pending,
					 port[k]));
		}
		for (k = 0; k < 4; k++)
			BUG_ON(port_close(d0, port[k]));
	}
}

START_TEST(ports_are_given_to_one_only)
{
	two_pcpus(d0->vcpu[0], take_and_give, d0->vcpu[1], take_and_give);
	ck_assert_uint_eq(event_nr_ports(d0), 0);
}
END_TEST

/* ---- virtual interrupts ---- */
static void bind_virqs(void)
{
	u32 port, i;

	for (i = 0; i < ROUNDS; i++) {
		BUG_ON(event_bind_virq(d0, VIRQ_DOM_EXC, 0, &port));
		BUG_ON(event_bind_vcpu(d0, port, i & 1));
		BUG_ON(port_close(d0, port));
		BUG_ON(event_set_virq_handler(i & 1 ? d0 : d1, VIRQ_DOM_EXC));
	}
	event_forget_handler(d0);
	event_forget_handler(d1);
	STORE_REL(done, 1);
}

static void send_virqs(void)
{
	while (!LOAD_ACQ(done)) {
		event_send_virq_global(VIRQ_DOM_EXC);
		event_send_virq_vcpu(d0->vcpu[1], VIRQ_TIMER);
	}
}

START_TEST(virqs_while_their_handler_changes)
{
	u32 port;

	ck_assert_int_eq(event_bind_virq(d1, VIRQ_DOM_EXC, 0, &port), 0);
	two_pcpus(d0->vcpu[0], bind_virqs, d1->vcpu[0], send_virqs);
	ck_assert_uint_eq(d0->refs, 1);
	ck_assert_uint_eq(d1->refs, 1);
}
END_TEST

/* ---- poll ---- */
static void poll_often(void)
{
	struct vcpu *v = d1->vcpu[0];
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		event_poll_start(v, i & 1 ? -1 : (int)the_far());
		event_port_is_pending(d1, the_far());
		event_poll_stop(v);
	}
	STORE_REL(done, 1);
}

static u32 near;

static void raise_and_clear(void)
{
	while (!LOAD_ACQ(done)) {
		bit_clear(d1->shared_info->evtchn_pending, the_far());
		BUG_ON(event_send(d0, near));
	}
}

START_TEST(polling_while_events_come)
{
	ck_assert_int_eq(event_bind_interdomain(d0, d1, far, &near), 0);
	two_pcpus(d0->vcpu[0], raise_and_clear, d1->vcpu[0], poll_often);
}
END_TEST

/* ---- FIFO: sent there, taken here ---- */
#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define LINKED	(1u << EVTCHN_FIFO_LINKED)
#define SENDS	8

static struct evtchn_fifo_control_block *control;
static event_word_t *words;
static u32 sender[SENDS], sent, taken;

static void start_fifo(void)
{
	struct page *c = fake_frame(d1), *w = fake_frame(d1);
	u32 i, port;

	control = page_to_virt(c);
	words = page_to_virt(w);
	memset(control, 0, PAGE_SIZE);
	memset(words, 0, PAGE_SIZE);
	ck_assert_int_eq(event_init_control(d1, page_to_mfn(c).v, 0, 0), 0);
	ck_assert_int_eq(event_expand_array(d1, page_to_mfn(w).v), 0);
	for (i = 0; i < SENDS; i++) {
		ck_assert_int_eq(event_unbound(d1, 0, &port), 0);
		ck_assert_int_eq(event_set_priority(d1, port, i % 3), 0);
		ck_assert_int_eq(
			event_bind_interdomain(d0, d1, port, &sender[i]), 0);
	}
	sent = taken = 0;
}

/* Each raise waits until the one before was taken: then none may be lost. */
static void send_fifo(void)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		WRITE_ONCE(sent, i + 1);
		BUG_ON(event_send(d0, sender[i % SENDS]));
		while (LOAD_ACQ(taken) < i + 1)
			sched_yield();
	}
	STORE_REL(done, 1);
}

static void take_queue(u32 prio)
{
	u32 port = READ_ONCE(control->head[prio]), w;

	while (port) {
		w = __atomic_fetch_and(&words[port],
				       ~(LINKED | EVTCHN_FIFO_LINK_MASK),
				       __ATOMIC_SEQ_CST);
		if (__atomic_fetch_and(&words[port], ~PENDING,
				       __ATOMIC_SEQ_CST) &
		    PENDING)
			__atomic_fetch_add(&taken, 1, __ATOMIC_ACQ_REL);
		port = w & EVTCHN_FIFO_LINK_MASK;
	}
}

static void take_fifo(void)
{
	u32 ready;

	while (!LOAD_ACQ(done)) {
		ready = __atomic_exchange_n(&control->ready, 0,
					    __ATOMIC_SEQ_CST);
		for (; ready; ready &= ready - 1)
			take_queue((u32)__builtin_ctz(ready));
		sched_yield();
	}
}

START_TEST(fifo_loses_nothing)
{
	start_fifo();
	two_pcpus(d0->vcpu[0], send_fifo, d1->vcpu[0], take_fifo);
	ck_assert_uint_eq(taken, ROUNDS);
}
END_TEST

/* ---- ends ---- */
static void send_on(void)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++)
		event_send(d0, sender[i % SENDS]);
	STORE_REL(done, 1);
}

static void reset_often(void)
{
	do { /* once at least, even if all was sent before it began */
		BUG_ON(event_reset(d1));
		sched_yield();
	} while (!LOAD_ACQ(done));
}

START_TEST(reset_while_events_come)
{
	start_fifo();
	two_pcpus(d0->vcpu[0], send_on, d1->vcpu[0], reset_often);
	ck_assert_uint_eq(event_nr_ports(d1), 0);
	ck_assert_uint_eq(event_nr_ports(d0), SENDS);
}
END_TEST

static void bind_to_the_dying(void)
{
	u32 port, unbound, i;

	for (i = 0; i < ROUNDS; i++) {
		if (event_unbound(d1, 0, &unbound))
			continue;
		if (!event_bind_interdomain(d0, d1, unbound, &port))
			event_send(d0, port);
	}
}

static void die(void)
{
	u32 i;

	for (i = 0; i < 100; i++)
		sched_yield();
	WRITE_ONCE(d1->dying, DOM_DYING);
	BUG_ON(event_domain_destroy(d1));
}

START_TEST(death_while_others_bind)
{
	two_pcpus(d0->vcpu[0], bind_to_the_dying, d1->vcpu[0], die);
	ck_assert_uint_eq(event_nr_ports(d1), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event_race");
	TCase *c = tcase_create("event_race");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, an_end_is_used_while_the_other_comes_and_goes);
	tcase_add_test(c, both_ends_close_at_once);
	tcase_add_test(c, ports_are_given_to_one_only);
	tcase_add_test(c, virqs_while_their_handler_changes);
	tcase_add_test(c, polling_while_events_come);
	tcase_add_test(c, fifo_loses_nothing);
	tcase_add_test(c, reset_while_events_come);
	tcase_add_test(c, death_while_others_bind);
	suite_add_tcase(s, c);
	return fake_main(s);
}
