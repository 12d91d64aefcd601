/*
 * preempt_test.c: each long operation on tables, stopped at each point where
 * it asks whether to go on, and what may happen before it does
 *
 * A tree of three L3, six L2 and twelve L1 tables below one L4. At the stop
 * and at the end all counts are computed again.
 */
#include <stdlib.h>
#include "../../tests/host/fake_machine.h"
#include "internal.h"

#define P_RW	  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define P_RO	  (PTE_P | PTE_US | PTE_A)
#define NR_TABLES (1 + 3 + 6 + 12)

static struct domain *d0, *d1;
static u64 l4, l3[3], l2[6], l1[12], data, root; /* root: a small live one */

static u64 frame(struct domain *d)
{
	struct page *pg = domain_alloc_pages(d, 0, 0);

	ck_assert_ptr_nonnull(pg);
	return page_to_mfn(pg).v;
}

static u64 *table(u64 mfn)
{
	return mfn_to_virt(MFN(mfn));
}

static u64 entry(u64 mfn, u64 flags)
{
	return mfn << PAGE_SHIFT | flags;
}

static void plant(void)
{
	unsigned int i;

	l4 = frame(d0);
	data = frame(d0);
	root = frame(d0);
	for (i = 0; i < 3; i++) {
		l3[i] = frame(d0);
		table(l4)[i * 200] = entry(l3[i], P_RW);
	}
	for (i = 0; i < 6; i++) {
		l2[i] = frame(d0);
		table(l3[i / 2])[i % 2 * 511] = entry(l2[i], P_RW);
	}
	for (i = 0; i < 12; i++) {
		l1[i] = frame(d0);
		table(l2[i / 2])[i % 2 * 7] = entry(l1[i], P_RW);
		table(l1[i])[i] = entry(data, P_RW);
		table(l1[i])[i + 1] = entry(l4, P_RO);
	}
}

static void begin(void)
{
	static bool ready;

	if (!ready)
		fake_machine_init();
	ready = true;
	fake_yield = false;
	fake_yield_in = 0;
	d0 = fake_pv_domain(0, 2, true, 400);
	d1 = fake_pv_domain(1, 1, false, 100);
	fake_become(d0->vcpu[0]);
	fake_pcpu.loaded = current;
	plant();
}

static void end(void)
{
	fake_yield_in = 0;
	ck_assert_uint_eq(pt_check(), 0);
	fake_pv_domain_end(d0);
	fake_pv_domain_end(d1);
	/* Nothing of them is left. */
	ck_assert(fake_heap_reset());
}

/* ---- hypercalls, piece by piece ---- */

struct call {
	long (*fn)(u64, u64, u64, u64);
	u64 a[4];
	long rc;
};

static struct mmuext_op op[4];
static struct mmu_update req[4];
static u32 done;

/* Returns false when it is over. */
static bool run(struct call *c)
{
	c->rc = c->fn(c->a[0], c->a[1], c->a[2], c->a[3]);
	if (c->rc == -ERESTART)
		memcpy(c->a, fake_restart_args, sizeof(c->a));
	return c->rc == -ERESTART;
}

static struct call ext(unsigned int n)
{
	return (struct call){.fn = hc_mmuext_op,
			     .a = {(u64)op, n, (u64)&done, DOMID_SELF}};
}

static struct call update(unsigned int n)
{
	return (struct call){.fn = hc_mmu_update,
			     .a = {(u64)req, n, (u64)&done, DOMID_SELF}};
}

static void set_op(unsigned int i, u32 cmd, u64 mfn)
{
	op[i] = (struct mmuext_op){.cmd = cmd};
	op[i].arg1.mfn = mfn;
}

static void set_req(unsigned int i, u64 mfn, unsigned int at, u64 val)
{
	req[i] = (struct mmu_update){mfn * PAGE_SIZE + at * 8, val};
}

/* Without a stop. */
static long one(u32 cmd, u64 mfn)
{
	struct mmuext_op o = {.cmd = cmd};

	o.arg1.mfn = mfn;
	return hc_mmuext_op((u64)&o, 1, 0, DOMID_SELF);
}

/* ---- the operations ---- */

static struct call pin(void)
{
	set_op(0, MMUEXT_PIN_L1_TABLE, l1[3]);
	set_op(1, MMUEXT_PIN_L4_TABLE, l4);
	set_op(2, MMUEXT_UNPIN_TABLE, l1[3]);
	return ext(3);
}

static struct call unpin(void)
{
	ck_assert_int_eq(one(MMUEXT_PIN_L4_TABLE, l4), 0);
	set_op(0, MMUEXT_UNPIN_TABLE, l4);
	set_op(1, MMUEXT_PIN_L1_TABLE, l1[3]);
	set_op(2, MMUEXT_UNPIN_TABLE, l1[3]);
	return ext(3);
}

static struct call unpin_last(void)
{
	ck_assert_int_eq(one(MMUEXT_PIN_L4_TABLE, l4), 0);
	set_op(0, MMUEXT_UNPIN_TABLE, l4);
	return ext(1);
}

static struct call pin_bad(void)
{
	table(l1[11])[500] = entry(frame(d1), P_RO);
	set_op(0, MMUEXT_PIN_L1_TABLE, l1[3]);
	set_op(1, MMUEXT_PIN_L4_TABLE, l4);
	return ext(2);
}

static struct call new_root(void)
{
	set_op(0, MMUEXT_NEW_BASEPTR, l4);
	return ext(1);
}

static struct call leave_root(void)
{
	ck_assert_int_eq(one(MMUEXT_NEW_BASEPTR, l4), 0);
	set_op(0, MMUEXT_NEW_BASEPTR, root);
	return ext(1);
}

static struct call new_user_root(void)
{
	ck_assert_int_eq(one(MMUEXT_NEW_BASEPTR, root), 0);
	set_op(0, MMUEXT_NEW_USER_BASEPTR, l4);
	set_op(1, MMUEXT_NEW_USER_BASEPTR, 0);
	set_op(2, MMUEXT_NEW_USER_BASEPTR, l4);
	return ext(3);
}

static struct call link_trees(void)
{
	ck_assert_int_eq(one(MMUEXT_PIN_L4_TABLE, root), 0);
	set_req(0, root, 1, entry(l3[0], P_RW));
	set_req(1, root, 2, entry(l3[1], P_RW));
	set_req(2, root, 3, entry(l3[2], P_RW));
	return update(3);
}

static struct call unlink_trees(void)
{
	struct call c = link_trees();

	while (run(&c))
		;
	set_req(0, root, 1, 0);
	set_req(1, root, 2, entry(l3[0], P_RW));
	set_req(2, root, 3, 0);
	return update(3);
}

static struct call link_bad(void)
{
	struct call c = link_trees();

	table(l1[7])[0] = entry(l4, P_RW | PTE_PCD | PTE_PWT);
	table(l1[7])[1] = entry(l1[7], P_RW);
	return c;
}

/* Entries of all levels that lead to their own, and root held by one alone. */
static void plant_linear(void)
{
	ck_assert_int_eq(one(MMUEXT_PIN_L4_TABLE, root), 0);
	table(l4)[1] = entry(l4, P_RO);
	table(l4)[2] = entry(root, P_RO);
	table(l3[0])[3] = entry(l3[0], P_RO);
	table(l3[2])[4] = entry(l3[1], P_RO);
	table(l2[1])[5] = entry(l2[0], P_RO);
	table(l2[5])[6] = entry(l2[0], P_RO);
}

static struct call pin_linear(void)
{
	plant_linear();
	set_op(0, MMUEXT_PIN_L4_TABLE, l4);
	set_op(1, MMUEXT_UNPIN_TABLE, root);
	set_op(2, MMUEXT_PIN_L3_TABLE, l3[1]);
	return ext(3);
}

static struct call unpin_linear(void)
{
	struct call c = pin_linear();

	while (run(&c))
		;
	set_op(0, MMUEXT_UNPIN_TABLE, l4);
	set_op(1, MMUEXT_UNPIN_TABLE, l3[1]);
	return ext(2);
}

static const struct operation {
	struct call (*prepare)(void);
	long rc;
	u32 done;
} operations[] = {
	{pin, 0, 3},	       {unpin, 0, 3},	   {unpin_last, 0, 1},
	{pin_bad, -EBUSY, 1},  {new_root, 0, 1},   {leave_root, 0, 1},
	{new_user_root, 0, 3}, {link_trees, 0, 3}, {unlink_trees, 0, 3},
	{link_bad, -EBUSY, 1}, {pin_linear, 0, 3}, {unpin_linear, 0, 2},
};
#define NR_OPS ARRAY_SIZE(operations)

/*
 * @then at the n-th stop, for every n, of the operation @_i. It returns true
 * if the call is to go on.
 */
static void at_each_stop(const struct operation *o,
			 bool (*then)(struct call *c))
{
	unsigned int n, stops = 0;
	bool stopped = true;

	for (n = 1; stopped; n++) {
		struct call c;

		begin();
		c = o->prepare();
		fake_yield_in = n;
		stopped = run(&c) || !fake_yield_in;
		fake_yield_in = 0;
		ck_assert_uint_eq(pt_check(), 0);
		stops += stopped;
		if (stopped && c.rc == -ERESTART && !then(&c)) {
			end();
			continue;
		}
		while (c.rc == -ERESTART)
			run(&c);
		ck_assert_msg(c.rc == o->rc && done == o->done,
			      "stop %u: %ld, %u done", n, c.rc, done);
		end();
	}
	ck_assert_uint_gt(stops, 5);
}

static bool just_go_on(struct call *c)
{
	return true;
}

START_TEST(goes_on_where_it_stopped)
{
	at_each_stop(&operations[_i], just_go_on);
}
END_TEST

static bool never_go_on(struct call *c)
{
	return false;
}

/* The guest never comes back for the rest; end() is its death. */
START_TEST(dies_at_the_stop)
{
	at_each_stop(&operations[_i], never_go_on);
}
END_TEST

/* Another vcpu uses all of the tables and lets them go again. */
static bool another_uses_them(struct call *c)
{
	unsigned int i;
	long rc = 0;

	fake_become(d0->vcpu[1]);
	for (i = 0; i < 3; i++) {
		rc = one(MMUEXT_PIN_L3_TABLE, l3[i]);
		ck_assert(!rc || c->fn == hc_mmuext_op || i == 1);
		ck_assert_uint_eq(pt_check(), 0);
		if (!rc)
			ck_assert_int_eq(one(MMUEXT_UNPIN_TABLE, l3[i]), 0);
	}
	rc = one(MMUEXT_PIN_L4_TABLE, l4);
	ck_assert_uint_eq(pt_check(), 0);
	if (!rc)
		ck_assert_int_eq(one(MMUEXT_UNPIN_TABLE, l4), 0);
	fake_become(d0->vcpu[0]);
	return true;
}

START_TEST(another_vcpu_wants_the_same)
{
	at_each_stop(&operations[_i], another_uses_them);
}
END_TEST

/* Nobody writes a table that is half done, nor makes it something else. */
static bool guest_meddles(struct call *c)
{
	u64 all[NR_TABLES], spare = frame(d0), i;
	unsigned int n = 0;

	all[n++] = l4;
	for (i = 0; i < 3; i++)
		all[n++] = l3[i];
	for (i = 0; i < 6; i++)
		all[n++] = l2[i];
	for (i = 0; i < 12; i++)
		all[n++] = l1[i];
	fake_become(d0->vcpu[1]);
	ck_assert_int_eq(one(MMUEXT_PIN_L1_TABLE, spare), 0);
	for (i = 0; i < n; i++) {
		u64 was = frametable[all[i]].type;
		struct mmu_update u[2] = {
			{all[i] * PAGE_SIZE + 511 * 8, 0x1230},
			{spare * PAGE_SIZE, entry(all[i], P_RW)}};

		if (!(was & PGT_partial))
			continue;
		ck_assert_int_eq(hc_mmu_update((u64)u, 1, 0, DOMID_SELF),
				 -EINVAL);
		ck_assert_int_eq(hc_mmu_update((u64)(u + 1), 1, 0, DOMID_SELF),
				 -EBUSY);
		ck_assert_int_eq(one(MMUEXT_PIN_L1_TABLE, all[i]), -EINVAL);
		ck_assert_int_eq(one(MMUEXT_UNPIN_TABLE, all[i]), -EINVAL);
		ck_assert_int_eq(one(MMUEXT_CLEAR_PAGE, all[i]), -EINVAL);
		ck_assert_uint_eq(frametable[all[i]].type, was);
	}
	ck_assert_int_eq(one(MMUEXT_UNPIN_TABLE, spare), 0);
	fake_become(d0->vcpu[0]);
	return true;
}

START_TEST(half_done_is_not_writable)
{
	at_each_stop(&operations[_i], guest_meddles);
}
END_TEST

/* Every question is answered yes: one item a call, and it ends. */
START_TEST(one_item_at_a_time)
{
	const struct operation *o = &operations[_i];
	unsigned int calls = 0;
	struct call c;

	begin();
	c = o->prepare();
	fake_yield = true;
	while (run(&c)) {
		calls++;
		ck_assert_uint_eq(pt_check(), 0);
		ck_assert_uint_lt(calls, 2000);
	}
	ck_assert_int_eq(c.rc, o->rc);
	ck_assert_uint_eq(done, o->done);
	ck_assert_uint_gt(calls, 5);
	end();
	fake_yield = false;
}
END_TEST

/* What a call refused is gone when it returns: the frames are data again. */
START_TEST(refused_tables_are_free_again)
{
	struct call c;
	unsigned int i;

	begin();
	c = pin_bad();
	fake_yield = true;
	while (run(&c))
		;
	fake_yield = false;
	ck_assert_int_eq(c.rc, -EBUSY);
	for (i = 0; i < 12; i++)
		ck_assert_uint_eq(frametable[l1[i]].type & PGT_count, i == 3);
	ck_assert_uint_eq(frametable[l4].type & PGT_count, 0);
	ck_assert_uint_eq(d0->nr_pt_pages, 1);
	end();
}
END_TEST

/* How often @c stops, with somebody waiting for the lock or without. */
static unsigned int stops(struct call c, u16 waiting)
{
	unsigned int n = 0;

	d0->pt_lock.waiting = waiting;
	while (run(&c))
		n++;
	ck_assert_int_eq(c.rc, 0);
	d0->pt_lock.waiting = 0;
	ck_assert_uint_eq(pt_check(), 0);
	return n;
}

static struct call many(unsigned int n)
{
	static struct mmu_update reqs[1000];
	unsigned int i;

	for (i = 0; i < n; i++)
		reqs[i] = (struct mmu_update){
			data * PAGE_SIZE + i % PT_ENTRIES * 8, i};
	return (struct call){.fn = hc_mmu_update,
			     .a = {(u64)reqs, n, (u64)&done, DOMID_SELF}};
}

/* Another pcpu that wants the same lock does not wait for all of it. */
START_TEST(who_waits_is_let_in)
{
	begin();
	ck_assert_uint_eq(stops(pin(), 0), 0);
	set_op(0, MMUEXT_UNPIN_TABLE, l4);
	ck_assert_uint_eq(stops(ext(1), 0), 0);
	ck_assert_uint_ge(stops(pin(), 1), 12);
	set_op(0, MMUEXT_UNPIN_TABLE, l4);
	ck_assert_uint_ge(stops(ext(1), 1), 12);
	ck_assert_uint_eq(stops(many(1000), 0), 0);
	ck_assert_uint_eq(stops(many(1000), 1), 7);
	ck_assert_uint_eq(done, 1000);
	ck_assert_uint_eq(stops(many(100), 1), 0);
	end();
}
END_TEST

/* A domain dies with half a tree while another vcpu wants to finish it. */
START_TEST(relinquish_stops_anywhere)
{
	unsigned int n;
	int rc = -ERESTART;

	for (n = 1; rc; n++) {
		struct call c;

		begin();
		c = pin();
		fake_yield_in = 4;
		ck_assert(run(&c));
		ck_assert_int_eq(one(MMUEXT_NEW_BASEPTR, root), 0);
		ck_assert_int_eq(one(MMUEXT_PIN_L3_TABLE, l3[2]), 0);
		fake_yield_in = n;
		d0->dying = DOM_DYING;
		fake_pcpu.loaded = NULL;
		rc = pt_relinquish(d0);
		fake_yield_in = 0;
		ck_assert_uint_eq(pt_check(), 0);
		ck_assert_int_eq(one(MMUEXT_PIN_L4_TABLE, l4), -EINVAL);
		ck_assert_uint_eq(pt_check(), 0);
		end();
	}
	ck_assert_uint_gt(n, 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pt_preempt");
	TCase *c = tcase_create("pt_preempt");

	tcase_set_timeout(c, 100);
	tcase_add_loop_test(c, goes_on_where_it_stopped, 0, NR_OPS);
	tcase_add_loop_test(c, dies_at_the_stop, 0, NR_OPS);
	tcase_add_loop_test(c, another_vcpu_wants_the_same, 0, NR_OPS);
	tcase_add_loop_test(c, half_done_is_not_writable, 0, NR_OPS);
	tcase_add_loop_test(c, one_item_at_a_time, 0, NR_OPS);
	tcase_add_test(c, refused_tables_are_free_again);
	tcase_add_test(c, who_waits_is_let_in);
	tcase_add_test(c, relinquish_stops_anywhere);
	suite_add_tcase(s, c);
	return fake_main(s);
}
