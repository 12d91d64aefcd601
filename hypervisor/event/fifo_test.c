/*
 * fifo_test.c: the FIFO ABI against a guest that takes events as the ABI says
 */
#include <stdlib.h>
#include "../../tests/host/fake.h"
#include "internal.h"

#define PENDING	       (1u << EVTCHN_FIFO_PENDING)
#define MASKED	       (1u << EVTCHN_FIFO_MASKED)
#define LINKED	       (1u << EVTCHN_FIFO_LINKED)
#define CONTROL_OFFSET 128

static struct domain *d;
static struct page *control_page, *word_page;
static struct evtchn_fifo_control_block *control[2];
static event_word_t *words;
static u32 guest_head[2][EVTCHN_FIFO_MAX_QUEUES];
static unsigned int kicks;

void sched_kick(struct vcpu *v)
{
	kicks++;
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

bool hypercall_yield(void)
{
	return false;
}

int pirq_bind_port(struct domain *dom, unsigned int pirq, u32 port, bool share,
		   struct vcpu *v)
{
	return -EINVAL;
}

void pirq_unbind_port(struct domain *dom, unsigned int pirq)
{
}

static void setup(void)
{
	fake_base_init();
	fake_frames_init();
	kicks = 0;
	memset(guest_head, 0, sizeof(guest_head));
	d = fake_domain(1, 2, false);
	ck_assert_int_eq(event_domain_init(d), 0);
	fake_become(d->vcpu[0]);
	control_page = fake_frame(d);
	word_page = fake_frame(d);
	words = page_to_virt(word_page);
	control[0] = page_to_virt(control_page);
	control[1] = (void *)((u8 *)control[0] + CONTROL_OFFSET);
}

static void start(void)
{
	u64 c = page_to_mfn(control_page).v;
	unsigned int i;

	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		words[i] = MASKED;
	ck_assert_int_eq(event_init_control(d, c, 0, 0), 0);
	ck_assert_int_eq(event_init_control(d, c, CONTROL_OFFSET, 1), 0);
	ck_assert_int_eq(event_expand_array(d, page_to_mfn(word_page).v), 0);
}

static void teardown(void)
{
	d->dying = DOM_DYING;
	event_domain_destroy(d);
	ck_assert_uint_eq(control_page->ref & PGF_count, 1);
	ck_assert_uint_eq(control_page->type & PGT_count, 0);
	ck_assert_uint_eq(word_page->ref & PGF_count, 1);
	ck_assert_uint_eq(word_page->type & PGT_count, 0);
	event_domain_free(d);
	fake_domain_free(d);
	ck_assert_uint_eq(fake_allocs, 0);
	fake_frames_done();
}

static u32 new_port(u32 vcpu)
{
	u32 port;

	ck_assert_int_eq(event_bind_ipi(d, vcpu, &port), 0);
	ck_assert_int_eq(event_unmask(d, port), 0);
	return port;
}

/* ---- the guest: take one event of a vcpu, 0 when there is none ---- */
static u32 take_from(unsigned int vcpu, unsigned int prio, u32 *ready)
{
	u32 *head = &guest_head[vcpu][prio], port = *head, w;

	if (!port)
		port = control[vcpu]->head[prio];
	w = words[port];
	words[port] = w & ~(LINKED | EVTCHN_FIFO_LINK_MASK);
	*head = w & EVTCHN_FIFO_LINK_MASK;
	if (!*head)
		*ready &= ~(1u << prio);
	return port;
}

static u32 take(unsigned int vcpu)
{
	struct vcpu *v = d->vcpu[vcpu];
	static u32 ready[2];
	unsigned int prio;
	u32 port;

	if (v->info->evtchn_upcall_pending) {
		v->info->evtchn_upcall_pending = 0;
		ready[vcpu] |= control[vcpu]->ready;
		control[vcpu]->ready = 0;
	}
	while (ready[vcpu]) {
		prio = (unsigned int)__builtin_ctz(ready[vcpu]);
		port = take_from(vcpu, prio, &ready[vcpu]);
		if ((words[port] & PENDING) && !(words[port] & MASKED)) {
			words[port] &= ~PENDING;
			return port;
		}
		ready[vcpu] |= control[vcpu]->ready;
		control[vcpu]->ready = 0;
	}
	return 0;
}

/* ---- setting up ---- */
START_TEST(init_control_refuses_nonsense)
{
	u64 c = page_to_mfn(control_page).v;

	ck_assert_int_eq(event_init_control(d, c, 0, 2), -ENOENT);
	ck_assert_int_eq(event_init_control(d, c, 4, 0), -EINVAL);
	ck_assert_int_eq(event_init_control(d, c, PAGE_SIZE - 64, 0), -EINVAL);
	ck_assert_int_eq(event_init_control(d, 400, 0, 0), -EINVAL);
	ck_assert_int_eq(event_init_control(d, ~0ull, 0, 0), -EINVAL);
	ck_assert_int_eq(event_expand_array(d, c), -EOPNOTSUPP);
	ck_assert_int_eq(event_set_priority(d, 0, 0), -ENOSYS);
	ck_assert_uint_eq(control_page->ref & PGF_count, 1);
	start();
	ck_assert_int_eq(event_init_control(d, c, 0, 0), -EINVAL);
	ck_assert_int_eq(event_expand_array(d, 400), -EINVAL);
	ck_assert_int_eq(event_set_priority(d, 0, 16), -EINVAL);
	ck_assert_int_eq(event_set_priority(d, 0, 15), 0);
}
END_TEST

START_TEST(page_tables_are_no_event_pages)
{
	control_page->type = PGT_l2 | 1;
	ck_assert_int_eq(
		event_init_control(d, page_to_mfn(control_page).v, 0, 0),
		-EINVAL);
	ck_assert_uint_eq(control_page->ref & PGF_count, 1);
	control_page->type = 0;
}
END_TEST

START_TEST(more_ports_than_two_levels_have)
{
	u32 port;
	unsigned int n;
	struct page *pg;

	start();
	for (n = 0; n < 5; n++) {
		pg = fake_frame(d);
		ck_assert_int_eq(event_expand_array(d, page_to_mfn(pg).v), 0);
	}
	for (n = 1; n < 5000; n++) {
		ck_assert_int_eq(event_bind_ipi(d, 0, &port), 0);
		ck_assert_uint_eq(port, n);
	}
	ck_assert_int_eq(event_send(d, port), 0);
	ck_assert(event_port_is_pending(d, port));
}
END_TEST

/* ---- delivery ---- */
START_TEST(events_arrive_in_order)
{
	u32 p[4], i;

	start();
	for (i = 0; i < 4; i++)
		p[i] = new_port(0);
	event_send(d, p[2]);
	event_send(d, p[0]);
	event_send(d, p[2]);
	event_send(d, p[3]);
	ck_assert_uint_eq(kicks, 1);
	ck_assert_uint_eq(take(0), p[2]);
	ck_assert_uint_eq(take(0), p[0]);
	event_send(d, p[2]); /* behind p[3], which is still there */
	ck_assert_uint_eq(take(0), p[3]);
	ck_assert_uint_eq(take(0), p[2]);
	ck_assert_uint_eq(take(0), 0);
	event_send(d, p[1]);
	ck_assert_uint_eq(take(0), p[1]);
}
END_TEST

START_TEST(higher_priority_first)
{
	u32 low, high;

	start();
	low = new_port(0);
	high = new_port(0);
	ck_assert_int_eq(event_set_priority(d, high, 1), 0);
	event_send(d, low);
	event_send(d, high);
	ck_assert_uint_eq(take(0), high);
	ck_assert_uint_eq(take(0), low);
}
END_TEST

START_TEST(masked_events_wait)
{
	u32 port;

	start();
	port = new_port(0);
	words[port] |= MASKED;
	event_send(d, port);
	ck_assert_uint_eq(take(0), 0);
	ck_assert(words[port] & PENDING);
	ck_assert_int_eq(event_unmask(d, port), 0);
	ck_assert_uint_eq(take(0), port);
}
END_TEST

START_TEST(a_port_moves_to_another_vcpu)
{
	u32 far, port;
	struct domain *other = fake_domain(2, 1, false);

	ck_assert_int_eq(event_domain_init(other), 0);
	start();
	ck_assert_int_eq(event_unbound(other, d->id, &far), 0);
	ck_assert_int_eq(event_bind_interdomain(d, other, far, &port), 0);
	words[port] = 0;
	event_send(other, far);
	ck_assert_uint_eq(take(0), port);
	ck_assert_int_eq(event_bind_vcpu(d, port, 1), 0);
	event_send(other, far);
	ck_assert_uint_eq(take(0), 0);
	ck_assert_uint_eq(take(1), port);
	ck_assert_int_eq(event_bind_vcpu(d, port, 0), 0);
	event_send(other, far);
	ck_assert_uint_eq(take(0), port);

	other->dying = DOM_DYING;
	event_domain_destroy(other);
	event_domain_free(other);
	fake_domain_free(other);
}
END_TEST

START_TEST(nothing_is_lost_while_a_page_is_missing)
{
	u64 c = page_to_mfn(control_page).v;
	u32 early, late;

	ck_assert_int_eq(event_bind_ipi(d, 0, &early), 0);
	event_send(d, early); /* two-level pending bit */
	ck_assert_int_eq(event_init_control(d, c, 0, 0), 0);
	ck_assert_int_eq(event_bind_ipi(d, 0, &late), 0);
	event_send(d, late);
	memset(words, 0, PAGE_SIZE);
	ck_assert_int_eq(event_expand_array(d, page_to_mfn(word_page).v), 0);
	d->vcpu[0]->info->evtchn_upcall_pending = 1;
	ck_assert_uint_eq(take(0), early);
	ck_assert_uint_eq(take(0), late);
}
END_TEST

START_TEST(a_closed_port_in_a_queue_is_not_given_out)
{
	u32 port, again;

	start();
	port = new_port(0);
	event_send(d, port);
	ck_assert_int_eq(port_close(d, port), 0);
	again = new_port(0);
	ck_assert_uint_ne(again, port);
	ck_assert_uint_eq(take(0), 0); /* it left the queue unseen */
	ck_assert_uint_eq(new_port(0), port);
}
END_TEST

START_TEST(poll_sees_fifo_events)
{
	struct vcpu *v = d->vcpu[0];
	u32 port;

	start();
	port = new_port(0);
	words[port] |= MASKED;
	v->sched.blocked = true;
	event_poll_start(v, (int)port);
	event_send(d, port);
	ck_assert(!v->sched.blocked);
	ck_assert(event_port_is_pending(d, port));
}
END_TEST

START_TEST(reset_returns_to_two_levels)
{
	u32 port;

	start();
	new_port(0);
	event_reset(d);
	ck_assert_uint_eq(word_page->ref & PGF_count, 1);
	ck_assert_int_eq(event_bind_ipi(d, 0, &port), 0);
	event_send(d, port);
	ck_assert(bit_test(d->shared_info->evtchn_pending, port));
	start(); /* and once more */
	words[port] = 0;
	event_send(d, port);
	ck_assert_uint_eq(words[port] & PENDING, PENDING);
}
END_TEST

/*
 * Any order of raising, masking, unmasking, taking, moving priority: each
 * raised port is taken exactly once for all raises before it was taken.
 */
START_TEST(random_use_loses_and_invents_nothing)
{
	enum { N = 24, STEPS = 200000 };
	u32 p[N], i, got, step;
	bool due[1024] = {false};

	start();
	srandom(3);
	for (i = 0; i < N; i++)
		p[i] = new_port(i % 2);
	for (step = 0; step < STEPS; step++) {
		i = (u32)random() % N;
		switch (random() % 6) {
		case 0:
		case 1:
			event_send(d, p[i]);
			due[p[i]] = true;
			break;
		case 2:
			words[p[i]] |= MASKED;
			break;
		case 3:
			event_unmask(d, p[i]);
			break;
		case 4:
			event_set_priority(d, p[i], (u32)random() % 16);
			break;
		case 5:
			got = take((unsigned int)random() % 2);
			if (got) {
				ck_assert(due[got]);
				due[got] = false;
			}
			break;
		}
	}
	for (i = 0; i < N; i++)
		event_unmask(d, p[i]);
	while ((got = take(0)) || (got = take(1))) {
		ck_assert(due[got]);
		due[got] = false;
	}
	for (i = 0; i < N; i++)
		ck_assert_msg(!due[p[i]], "port %u was lost", p[i]);
}
END_TEST

/* A guest that scribbles over words and heads harms only itself. */
START_TEST(scribbling_guest_is_survived)
{
	u32 p[8], i, step;

	start();
	srandom(5);
	for (i = 0; i < 8; i++)
		p[i] = new_port(0);
	for (step = 0; step < 20000; step++) {
		words[random() % 1024] = (u32)random() << 1;
		control[0]->head[random() % 16] = (u32)random();
		event_send(d, p[random() % 8]);
		event_unmask(d, p[random() % 8]);
		event_set_priority(d, p[random() % 8], (u32)random() % 16);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fifo");
	TCase *c = tcase_create("fifo");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, init_control_refuses_nonsense);
	tcase_add_test(c, page_tables_are_no_event_pages);
	tcase_add_test(c, more_ports_than_two_levels_have);
	tcase_add_test(c, events_arrive_in_order);
	tcase_add_test(c, higher_priority_first);
	tcase_add_test(c, masked_events_wait);
	tcase_add_test(c, a_port_moves_to_another_vcpu);
	tcase_add_test(c, nothing_is_lost_while_a_page_is_missing);
	tcase_add_test(c, a_closed_port_in_a_queue_is_not_given_out);
	tcase_add_test(c, poll_sees_fifo_events);
	tcase_add_test(c, reset_returns_to_two_levels);
	tcase_add_test(c, random_use_loses_and_invents_nothing);
	tcase_add_test(c, scribbling_guest_is_survived);
	suite_add_tcase(s, c);
	return fake_main(s);
}
