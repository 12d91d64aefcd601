/*
 * pirq_test.c: lines and messages bound to ports of domains: who hears of
 * them, and how long a line stays masked
 */
#include <stdlib.h>
#include <hv/event.h>
#include <xen/physdev.h>
#include "../../tests/host/two_pcpus.h"
#include "internal.h"

#define LINES 24
#define LEVEL 9
#define EDGE  4
#define PORT  70 /* of domain 0 */

spinlock_t irq_lock = SPINLOCK_INIT(IRQ);
static struct irq_desc lines[LINES], message;
static bool masked[LINES], message_masked, no_vector;
static struct domain *d0, *d1;
static unsigned int events[4], unmasked;
static bool no_message;

/* ---- the rest of irq/, and events ---- */
unsigned int irq_nr_gsis(void)
{
	return LINES;
}

struct irq_desc *irq_desc_line(unsigned int gsi)
{
	return gsi < LINES ? &lines[gsi] : NULL;
}

int irq_assign_vector(struct irq_desc *desc)
{
	desc->vector = 0x40;
	return no_vector ? -ENOSPC : 0;
}

struct irq_desc *irq_desc_new_msi(void)
{
	if (message.kind != IRQ_FREE)
		return NULL;
	message = (struct irq_desc){
		.lock = SPINLOCK_INIT(IRQLINE), .kind = IRQ_MSI, .irq = LINES};
	return &message;
}

void irq_desc_free_msi(struct irq_desc *desc)
{
	desc->kind = IRQ_FREE;
}

void irq_mask(struct irq_desc *desc)
{
	if (desc == &message)
		message_masked = true;
	else
		masked[desc->irq] = true;
}

void irq_unmask(struct irq_desc *desc)
{
	if (desc == &message)
		message_masked = false;
	else
		masked[desc->irq] = false;
}

void ioapic_program(const struct irq_desc *desc, bool mask)
{
	masked[desc->irq] = mask;
}

int msi_enable(struct irq_desc *desc, const struct msi_where *w)
{
	return no_message ? -ENODEV : 0;
}

void msi_disable(struct irq_desc *desc)
{
}

void event_send_port(struct domain *d, u32 port)
{
	ck_assert_uint_eq(port, PORT + d->id);
	__atomic_add_fetch(&events[d->id], 1, __ATOMIC_RELAXED);
}

void event_unmask_port(struct domain *d, u32 port)
{
	ck_assert_uint_eq(port, PORT + d->id);
	unmasked++;
}

/* ---- helpers ---- */
static void setup(void)
{
	unsigned int i;

	fake_base_init();
	fake_frames_init();
	memset(events, 0, sizeof(events));
	memset(lines, 0, sizeof(lines));
	memset(&message, 0, sizeof(message));
	unmasked = 0;
	no_vector = no_message = false;
	for (i = 0; i < LINES; i++) {
		lines[i].kind = IRQ_LINE;
		lines[i].irq = i;
		spin_lock_init(&lines[i].lock, LOCK_IRQLINE);
		masked[i] = true;
	}
	message_masked = true;
	lines[LEVEL].level = true;
	d0 = fake_domain(0, 1, true);
	d1 = fake_domain(1, 1, false);
	ck_assert_int_eq(pirq_domain_init(d0), 0);
	ck_assert_int_eq(pirq_domain_init(d1), 0);
	d0->irqs = rangeset_alloc();
	ck_assert_int_eq(rangeset_add(d0->irqs, 0, LINES - 1), 0);
	d1->irqs = rangeset_alloc();
	fake_become(d0->vcpu[0]);
}

static void teardown(void)
{
	unsigned int i;

	pirq_domain_destroy(d0);
	pirq_domain_destroy(d1);
	pirq_domain_destroy(d1); /* twice is once */
	for (i = 0; i < LINES; i++) {
		ck_assert_uint_eq(lines[i].nr_guests, 0);
		ck_assert_uint_eq(lines[i].in_flight, 0);
		ck_assert(masked[i]);
	}
	ck_assert_int_eq(message.kind, IRQ_FREE);
	pirq_domain_free(d0);
	pirq_domain_free(d1);
	rangeset_free(d0->irqs);
	rangeset_free(d1->irqs);
	fake_domain_free(d0);
	fake_domain_free(d1);
	ck_assert_uint_eq(fake_allocs, 0);
	fake_frames_done();
}

static int map_line(struct domain *d, int gsi)
{
	struct physdev_map_pirq m = {
		.type = MAP_PIRQ_TYPE_GSI, .index = gsi, .pirq = gsi};

	return pirq_map(d, &m);
}

static int bind(struct domain *d, unsigned int pirq, bool share)
{
	return pirq_bind_port(d, pirq, PORT + d->id, share, d->vcpu[0]);
}

static void fire(struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	pirq_deliver(desc);
	spin_unlock(&desc->lock);
}

static void take(struct domain *d, int gsi, bool share)
{
	ck_assert_int_eq(map_line(d, gsi), 0);
	ck_assert_int_eq(bind(d, (unsigned int)gsi, share), 0);
}

/* ---- one domain ---- */
START_TEST(level_line_is_masked_until_eoi)
{
	take(d0, LEVEL, false);
	ck_assert(!masked[LEVEL]);
	fire(&lines[LEVEL]);
	ck_assert_uint_eq(events[0], 1);
	ck_assert(masked[LEVEL]);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert(!masked[LEVEL]);
	/* one EOI too many is nobody's trouble */
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	fire(&lines[LEVEL]);
	ck_assert(masked[LEVEL]);
	ck_assert_uint_eq(unmasked, 0);
}
END_TEST

START_TEST(edge_line_stays_open)
{
	take(d0, EDGE, false);
	fire(&lines[EDGE]);
	fire(&lines[EDGE]);
	ck_assert_uint_eq(events[0], 2);
	ck_assert(!masked[EDGE]);
	ck_assert_int_eq(pirq_eoi(d0, EDGE), 0);
}
END_TEST

START_TEST(messages_arrive)
{
	struct physdev_map_pirq m = {.type = MAP_PIRQ_TYPE_MSI, .pirq = -1};

	no_message = true;
	ck_assert_int_eq(pirq_map(d0, &m), -ENODEV);
	no_message = false;
	m.pirq = -1;
	ck_assert_int_eq(pirq_map(d0, &m), 0);
	ck_assert_int_ge(m.pirq, LINES);
	ck_assert_int_eq(bind(d0, (unsigned int)m.pirq, false), 0);
	ck_assert(!message_masked);
	fire(&message);
	fire(&message);
	ck_assert_uint_eq(events[0], 2);
	ck_assert(!message_masked);
	pirq_unbind_port(d0, (unsigned int)m.pirq);
	ck_assert(message_masked);
	ck_assert_int_eq(pirq_unmap(d0, (unsigned int)m.pirq), 0);
	m.type = MAP_PIRQ_TYPE_MULTI_MSI;
	m.entry_nr = 4;
	m.pirq = -1;
	ck_assert_int_eq(pirq_map(d0, &m), 1);
	ck_assert_int_eq(m.entry_nr, 1);
}
END_TEST

START_TEST(unmapping_what_is_bound_ends_it)
{
	struct physdev_map_pirq m = {.type = MAP_PIRQ_TYPE_MSI, .pirq = -1};
	unsigned int pirq;

	ck_assert_int_eq(pirq_map(d1, &m), 0);
	pirq = (unsigned int)m.pirq;
	ck_assert_int_eq(bind(d1, pirq, false), 0);
	ck_assert_int_eq(pirq_unmap(d1, pirq), 0);
	ck_assert(message_masked);
	ck_assert_int_eq(message.kind, IRQ_FREE);
	ck_assert_uint_eq(message.nr_guests, 0);
	ck_assert_int_eq(pirq_unmap(d1, pirq), -EINVAL);
	ck_assert_int_eq(pirq_eoi(d1, pirq), -EINVAL);
	/* the number is not given again before the port is closed */
	ck_assert_int_eq(bind(d1, pirq, false), -EPERM);
	ck_assert_int_eq(pirq_map(d1, &m), -EINVAL);
	m.pirq = -1;
	ck_assert_int_eq(pirq_map(d1, &m), 0);
	ck_assert_uint_ne((unsigned int)m.pirq, pirq);
	pirq_unbind_port(d1, pirq);
	ck_assert_int_eq(pirq_unmap(d1, (unsigned int)m.pirq), 0);
	m.pirq = (int)pirq;
	ck_assert_int_eq(pirq_map(d1, &m), 0);
}
END_TEST

START_TEST(unmapping_a_line_opens_it_for_others)
{
	take(d0, LEVEL, true);
	take(d1, LEVEL, true);
	fire(&lines[LEVEL]);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert(masked[LEVEL]);
	ck_assert_int_eq(pirq_unmap(d1, LEVEL), 0);
	ck_assert(!masked[LEVEL]);
	/* its port is still open, so the number is not free */
	ck_assert_int_eq(map_line(d1, LEVEL), -EEXIST);
	fire(&lines[LEVEL]);
	ck_assert_uint_eq(events[0], 2);
	ck_assert_uint_eq(events[1], 1);
}
END_TEST

/* ---- shared lines ---- */
START_TEST(shared_line_waits_for_all)
{
	take(d0, LEVEL, true);
	take(d1, LEVEL, true);
	fire(&lines[LEVEL]);
	ck_assert_uint_eq(events[0], 1);
	ck_assert_uint_eq(events[1], 1);
	ck_assert_int_eq(pirq_eoi(d1, LEVEL), 0);
	ck_assert_int_eq(pirq_eoi(d1, LEVEL), 0);
	ck_assert(masked[LEVEL]);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert(!masked[LEVEL]);
}
END_TEST

START_TEST(a_sharer_that_goes_is_not_waited_for)
{
	take(d0, LEVEL, true);
	take(d1, LEVEL, true);
	fire(&lines[LEVEL]);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert(masked[LEVEL]);
	pirq_domain_destroy(d1);
	ck_assert(!masked[LEVEL]);
	fire(&lines[LEVEL]);
	ck_assert_uint_eq(events[0], 2);
	ck_assert_uint_eq(events[1], 1);
	/* the last one leaves it masked, EOI or not */
	pirq_unbind_port(d0, LEVEL);
	ck_assert(masked[LEVEL]);
}
END_TEST

START_TEST(both_must_be_willing_to_share)
{
	take(d0, LEVEL, false);
	ck_assert_int_eq(map_line(d1, LEVEL), 0);
	ck_assert_int_eq(bind(d1, LEVEL, true), -EBUSY);
	pirq_unbind_port(d0, LEVEL);
	ck_assert_int_eq(bind(d0, LEVEL, true), 0);
	ck_assert_int_eq(bind(d1, LEVEL, false), -EBUSY);
	ck_assert_int_eq(bind(d1, LEVEL, true), 0);
}
END_TEST

/* ---- refusals ---- */
START_TEST(refusals)
{
	struct physdev_map_pirq m = {.type = 77, .pirq = -1};
	u32 flags;

	ck_assert_int_eq(pirq_map(d0, &m), -EINVAL);
	ck_assert_int_eq(map_line(d0, LINES), -EINVAL);
	ck_assert_int_eq(bind(d0, LEVEL, false), -EPERM);
	ck_assert_int_eq(bind(d0, MAX_IRQS, false), -EINVAL);
	ck_assert_int_eq(bind(d0, ~0u, false), -EINVAL);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), -EINVAL);
	ck_assert_int_eq(pirq_eoi(d0, ~0u), -EINVAL);
	ck_assert_int_eq(pirq_status(d0, ~0u, &flags), -EINVAL);
	ck_assert_int_eq(pirq_unmap(d0, LEVEL), -EINVAL);
	ck_assert_int_eq(map_line(d0, LEVEL), 0);
	no_vector = true;
	ck_assert_int_eq(bind(d0, LEVEL, false), -ENOSPC);
	no_vector = false;
	ck_assert_int_eq(bind(d0, LEVEL, false), 0);
	ck_assert_int_eq(bind(d0, LEVEL, false), -EEXIST);
	/* the hypervisor's own line */
	lines[EDGE].fn = free;
	ck_assert_int_eq(map_line(d0, EDGE), 0);
	ck_assert_int_eq(bind(d0, EDGE, false), -EBUSY);
	/* who has no right to a line gives none away */
	fake_become(d1->vcpu[0]);
	ck_assert_int_eq(map_line(d1, EDGE), -EPERM);
}
END_TEST

START_TEST(status_tells)
{
	u32 flags;

	take(d0, LEVEL, true);
	take(d0, EDGE, false);
	ck_assert_int_eq(pirq_status(d0, LEVEL, &flags), 0);
	ck_assert_uint_eq(flags, XENIRQSTAT_needs_eoi | XENIRQSTAT_shared);
	ck_assert_int_eq(pirq_status(d0, EDGE, &flags), 0);
	ck_assert_uint_eq(flags, 0);
}
END_TEST

/* ---- the page of those that need EOI ---- */
START_TEST(page_shows_who_needs_eoi)
{
	struct page *pg = fake_frame(d0), *other = fake_frame(d0);
	u64 *bits = page_to_virt(pg);

	memset(bits, 0xff, PAGE_SIZE);
	ck_assert_int_eq(pirq_set_eoi_map(d0, ~0ull, false), -EINVAL);
	ck_assert_int_eq(pirq_set_eoi_map(d1, page_to_mfn(pg).v, false),
			 -EINVAL);
	other->type = PGT_l1 | 1;
	ck_assert_int_eq(pirq_set_eoi_map(d0, page_to_mfn(other).v, false),
			 -EINVAL);
	other->type = 0;
	ck_assert_int_eq(pirq_set_eoi_map(d0, page_to_mfn(pg).v, false), 0);
	ck_assert_int_eq(pirq_set_eoi_map(d0, page_to_mfn(other).v, false),
			 -EBUSY);
	ck_assert_uint_eq(other->ref & PGF_count, 1);
	take(d0, EDGE, false);
	ck_assert(!bit_test(bits, EDGE));
	bit_clear(bits, LEVEL);
	take(d0, LEVEL, false);
	ck_assert(bit_test(bits, LEVEL));
	/* chosen anew while bound: nothing waits for an EOI any more */
	fire(&lines[LEVEL]);
	lines[LEVEL].level = false;
	spin_lock(&irq_lock);
	spin_lock(&lines[LEVEL].lock);
	pirq_trigger_chosen(&lines[LEVEL]);
	spin_unlock(&lines[LEVEL].lock);
	spin_unlock(&irq_lock);
	ck_assert(!bit_test(bits, LEVEL));
	ck_assert(!masked[LEVEL]);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert_uint_eq(unmasked, 0);
	pirq_domain_destroy(d0);
	ck_assert_uint_eq(pg->ref & PGF_count, 1);
	ck_assert_uint_eq(pg->type & PGT_count, 0);
}
END_TEST

START_TEST(first_form_unmasks_the_port)
{
	struct page *pg = fake_frame(d0);

	ck_assert_int_eq(pirq_set_eoi_map(d0, page_to_mfn(pg).v, true), 0);
	take(d0, LEVEL, false);
	fire(&lines[LEVEL]);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert_uint_eq(unmasked, 1);
	ck_assert(!masked[LEVEL]);
}
END_TEST

/* ---- two pcpus ---- */
#define ROUNDS 20000

/* Whoever has the lock of the whole may take as long as he likes. */
START_TEST(interrupt_and_eoi_need_one_line_alone)
{
	take(d0, LEVEL, false);
	take(d0, EDGE, false);
	spin_lock(&irq_lock); /* to take it again would be fatal */
	fire(&lines[LEVEL]);
	fire(&lines[EDGE]);
	ck_assert(masked[LEVEL]);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert(!masked[LEVEL]);
	spin_lock(&lines[EDGE].lock);
	spin_unlock(&lines[EDGE].lock);
	spin_unlock(&irq_lock);
	ck_assert_uint_eq(events[0], 2);
}
END_TEST

static void fire_and_eoi(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		fire(&lines[LEVEL]);
		BUG_ON(pirq_eoi(d0, LEVEL));
	}
}

static void bind_fire_and_unbind(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		BUG_ON(bind(d1, LEVEL, true));
		fire(&lines[LEVEL]);
		if (i % 2)
			BUG_ON(pirq_eoi(d1, LEVEL));
		pirq_unbind_port(d1, LEVEL);
	}
}

static void map_eoi_and_unmap(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		BUG_ON(map_line(d0, EDGE));
		BUG_ON(pirq_eoi(d0, EDGE));
		BUG_ON(pirq_unmap(d0, EDGE));
	}
}

static void eoi_of_what_may_be_gone(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++)
		pirq_eoi(d0, EDGE);
}

START_TEST(sharers_come_and_go_while_it_fires)
{
	take(d0, LEVEL, true);
	ck_assert_int_eq(map_line(d1, LEVEL), 0);
	two_pcpus(d0->vcpu[0], fire_and_eoi, d1->vcpu[0], bind_fire_and_unbind);
	ck_assert_int_eq(pirq_eoi(d0, LEVEL), 0);
	ck_assert_uint_eq(lines[LEVEL].in_flight, 0);
	ck_assert_uint_eq(lines[LEVEL].nr_guests, 1);
	ck_assert(!masked[LEVEL]);
	ck_assert_uint_ge(events[0], 2 * ROUNDS);
	ck_assert_uint_ge(events[1], ROUNDS);
}
END_TEST

START_TEST(eoi_meets_unmap)
{
	take(d0, LEVEL, false);
	two_pcpus(d0->vcpu[0], map_eoi_and_unmap, d0->vcpu[0],
		  eoi_of_what_may_be_gone);
	ck_assert_int_eq(pirq_eoi(d0, EDGE), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pirq");
	TCase *c = tcase_create("pirq");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, level_line_is_masked_until_eoi);
	tcase_add_test(c, edge_line_stays_open);
	tcase_add_test(c, messages_arrive);
	tcase_add_test(c, unmapping_what_is_bound_ends_it);
	tcase_add_test(c, unmapping_a_line_opens_it_for_others);
	tcase_add_test(c, shared_line_waits_for_all);
	tcase_add_test(c, a_sharer_that_goes_is_not_waited_for);
	tcase_add_test(c, both_must_be_willing_to_share);
	tcase_add_test(c, refusals);
	tcase_add_test(c, status_tells);
	tcase_add_test(c, page_shows_who_needs_eoi);
	tcase_add_test(c, first_form_unmasks_the_port);
	tcase_add_test(c, interrupt_and_eoi_need_one_line_alone);
	tcase_add_test(c, sharers_come_and_go_while_it_fires);
	tcase_add_test(c, eoi_meets_unmap);
	suite_add_tcase(s, c);
	return fake_main(s);
}
