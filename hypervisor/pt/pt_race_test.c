/*
 * pt_race_test.c: two pcpus at once on the same frames, under ThreadSanitizer
 *
 * Each thread is a pcpu with a vcpu. What they do to a frame excludes each
 * other, so one of them is refused or waits; afterwards all counts must agree
 * and nothing may be left of a domain once it is gone.
 */
#include <sched.h>
#include <stdlib.h>
#include <hv/grant.h>
#include <xen/memory.h>
#include "../../tests/host/fake_machine.h"
#include "../../tests/host/two_pcpus.h"
#include "internal.h"

#define ROUNDS 3000
#define LIMIT  (200 * ROUNDS)
#define P_RW   (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define P_RO   (PTE_P | PTE_US | PTE_A)

static struct domain *d0, *d1;
/* Frames of d0: a tree for vcpu 0, one for vcpu 1, and data. */
static u64 root[2], l1[2], data, spare;

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

static long mmuext(u32 cmd, u64 arg1, u64 arg2)
{
	struct mmuext_op op = {.cmd = cmd};

	op.arg1.mfn = arg1;
	op.arg2.src_mfn = arg2;
	return hc_mmuext_op((u64)&op, 1, 0, DOMID_SELF);
}

static long set_foreign(u64 mfn, unsigned int i, u64 val, u32 foreign)
{
	struct mmu_update u = {(mfn << PAGE_SHIFT) + i * 8, val};

	return hc_mmu_update((u64)&u, 1, 0, foreign);
}

static long set(u64 mfn, unsigned int i, u64 val)
{
	return set_foreign(mfn, i, val, DOMID_SELF);
}

static void plant_tree(unsigned int i)
{
	u64 l3 = frame(d0), l2 = frame(d0);

	root[i] = frame(d0);
	l1[i] = frame(d0);
	table(root[i])[0] = entry(l3, P_RW);
	table(l3)[0] = entry(l2, P_RW);
	table(l2)[0] = entry(l1[i], P_RW);
	fake_become(d0->vcpu[i]);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, root[i], 0), 0);
	ck_assert_int_eq(pt_set_kernel_root(d0->vcpu[i], MFN(root[i])), 0);
}

static void setup(void)
{
	fake_machine_init();
	fake_yield = false;
	d0 = fake_pv_domain(0, 2, true, 400);
	d1 = fake_pv_domain(1, 1, false, 100);
	plant_tree(0);
	plant_tree(1);
	data = frame(d0);
	spare = frame(d0);
}

static void teardown(void)
{
	ck_assert_uint_eq(pt_check(), 0);
	fake_pv_domain_end(d0);
	fake_pv_domain_end(d1);
	fake_machine_done();
}

/* ---- what they do ---- */

/* The page whose exclusive uses meet, and who has which. */
static u64 shared;
static u32 as_table, as_writable, got[2];

/* Until both had their way now and then, however the host runs them. */
static bool more(unsigned int i)
{
	if (i % 64 == 0)
		sched_yield();
	return i < ROUNDS ||
	       (i < LIMIT && !(READ_ONCE(got[0]) && READ_ONCE(got[1])));
}

static void count(unsigned int who)
{
	WRITE_ONCE(got[who], got[who] + 1);
}

static void pin_and_unpin(void)
{
	unsigned int i;

	for (i = 0; more(i); i++) {
		if (mmuext(MMUEXT_PIN_L1_TABLE, shared, 0))
			continue;
		count(0);
		STORE_REL(as_table, 1);
		BUG_ON(LOAD_ACQ(as_writable));
		STORE_REL(as_table, 0);
		BUG_ON(mmuext(MMUEXT_UNPIN_TABLE, shared, 0));
	}
}

static void map_and_unmap(void)
{
	u64 mine = l1[current->id];
	unsigned int i;

	for (i = 0; more(i); i++) {
		if (set(mine, 7, entry(shared, i & 1 ? P_RW : P_RO)))
			continue;
		if (i & 1) {
			count(1);
			STORE_REL(as_writable, 1);
			BUG_ON(LOAD_ACQ(as_table));
			STORE_REL(as_writable, 0);
		}
		BUG_ON(set(mine, 7, 0));
	}
}

START_TEST(table_or_writable)
{
	shared = data;
	two_pcpus(d0->vcpu[0], pin_and_unpin, d0->vcpu[1], map_and_unmap);
	ck_assert_uint_gt(got[0], 0);
	ck_assert_uint_gt(got[1], 0);
}
END_TEST

/* The same, mapped by the control domain. */
static void map_foreign(void)
{
	unsigned int i;

	for (i = 0; more(i); i++) {
		if (set_foreign(l1[0], 7, entry(shared, P_RW), d1->id))
			continue;
		count(1);
		STORE_REL(as_writable, 1);
		BUG_ON(LOAD_ACQ(as_table));
		STORE_REL(as_writable, 0);
		BUG_ON(set(l1[0], 7, 0));
	}
}

START_TEST(table_or_writable_elsewhere)
{
	shared = frame(d1);
	two_pcpus(d0->vcpu[0], map_foreign, d1->vcpu[0], pin_and_unpin);
	ck_assert_uint_gt(got[0], 0);
	ck_assert_uint_gt(got[1], 0);
}
END_TEST

/* Steals the frame, finds no memory below 8 KiB, gives it back. */
static void exchange_in_vain(void)
{
	unsigned int i;

	for (i = 0; more(i); i++) {
		u64 in = shared, out = 1;
		struct xen_memory_exchange x = {
			.in = {.nr_extents = 1, .domid = DOMID_SELF},
			.out = {.nr_extents = 1, .domid = DOMID_SELF}};
		long rc;

		x.in.extent_start.p = &in;
		x.out.extent_start.p = &out;
		x.out.mem_flags = XENMEMF_address_bits(13);
		rc = hc_memory_op(XENMEM_exchange, (u64)&x);
		BUG_ON(rc != -ENOMEM && rc != -EBUSY && rc != -EINVAL);
		if (rc == -ENOMEM)
			count(0);
	}
}

START_TEST(steal_and_map)
{
	shared = data;
	two_pcpus(d0->vcpu[0], exchange_in_vain, d0->vcpu[1], map_and_unmap);
	ck_assert_uint_gt(got[0], 0);
	ck_assert_uint_eq(frametable[data].ref, PGF_allocated | 1);
	ck_assert_uint_eq(frametable[data].type & PGT_count, 0);
}
END_TEST

/* How often map_whatever() has looked at the frame of the moment, and whether
 * it may stop. */
static u32 looked, finished;

static void let_look(void)
{
	u32 from = LOAD_ACQ(looked), turns;

	for (turns = 0; turns < 50 && LOAD_ACQ(looked) - from < 2; turns++)
		sched_yield();
}

/* A frame of ours that a domain sees for a while, and that it names always. */
static void share_and_unshare(void)
{
	void *va = mfn_to_virt(MFN(shared));
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		void *p;

		domain_share_hv_page(d0, va);
		let_look();
		if (domain_unshare_hv_page(d0, va)) {
			count(1); /* its mapper frees it */
			p = page_alloc_hv();
			BUG_ON(!p);
			va = p;
			WRITE_ONCE(shared, virt_to_mfn(p).v);
			continue;
		}
		page_free_hv(va);
		va = page_alloc_hv();
		BUG_ON(!va);
		WRITE_ONCE(shared, virt_to_mfn(va).v);
	}
	page_free_hv(va);
	STORE_REL(finished, 1);
}

static void map_whatever(void)
{
	u64 mine = l1[current->id];

	while (!LOAD_ACQ(finished)) {
		if (!set(mine, 7, entry(READ_ONCE(shared), P_RW)))
			count(0);
		__atomic_fetch_add(&looked, 1, __ATOMIC_RELEASE);
	}
	BUG_ON(set(mine, 7, 0));
}

START_TEST(hypervisor_frames)
{
	void *p = page_alloc_hv();

	shared = virt_to_mfn(p).v;
	two_pcpus(d0->vcpu[0], share_and_unshare, d0->vcpu[1], map_whatever);
	ck_assert_uint_gt(got[0], 0);
}
END_TEST

static void populate_and_decrease(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		u64 m = i;
		struct xen_memory_reservation r = {.nr_extents = 1,
						   .domid = DOMID_SELF};

		r.extent_start.p = &m;
		BUG_ON(hc_memory_op(XENMEM_populate_physmap, (u64)&r) != 1);
		WRITE_ONCE(shared, m);
		let_look();
		BUG_ON(hc_memory_op(XENMEM_decrease_reservation, (u64)&r) != 1);
	}
	STORE_REL(finished, 1);
}

START_TEST(decrease_and_map)
{
	shared = data;
	two_pcpus(d0->vcpu[0], populate_and_decrease, d0->vcpu[1],
		  map_whatever);
	ck_assert_uint_gt(got[0], 0);
}
END_TEST

static void new_roots(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		u64 r = root[i & 1];

		BUG_ON(mmuext(MMUEXT_NEW_BASEPTR, r, 0));
		BUG_ON(mmuext(MMUEXT_NEW_USER_BASEPTR, i & 2 ? r : 0, 0));
	}
}

START_TEST(roots)
{
	two_pcpus(d0->vcpu[0], new_roots, d0->vcpu[1], new_roots);
}
END_TEST

static void describe(void)
{
	u64 f[1] = {shared};
	unsigned int i;

	for (i = 0; more(i); i++) {
		if (!hc_set_gdt((u64)f, 512))
			count(0);
		hc_update_descriptor(shared << PAGE_SHIFT, 0);
		hc_set_gdt((u64)f, 0);
	}
}

START_TEST(descriptors_or_writable)
{
	shared = data;
	two_pcpus(d0->vcpu[0], describe, d0->vcpu[1], map_and_unmap);
	ck_assert_uint_gt(got[0], 0);
	ck_assert_uint_gt(got[1], 0);
}
END_TEST

/* A map replaced while another vcpu reads it. */
static void set_map(void)
{
	struct e820entry e[3] = {{0, 4096, 1}, {4096, 4096, 2}, {0, 0, 1}};
	struct xen_foreign_memory_map x = {.domid = DOMID_SELF};
	unsigned int i;

	x.map.buffer.p = e;
	for (i = 0; i < ROUNDS; i++) {
		x.map.nr_entries = i % 3 + 1;
		BUG_ON(hc_memory_op(XENMEM_set_memory_map, (u64)&x));
	}
}

static void read_map(void)
{
	struct e820entry e[3];
	struct xen_memory_map x;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		x.nr_entries = 3;
		x.buffer.p = e;
		if (hc_memory_op(XENMEM_memory_map, (u64)&x))
			continue;
		BUG_ON(!x.nr_entries || x.nr_entries > 3);
	}
}

START_TEST(memory_map)
{
	two_pcpus(d0->vcpu[0], set_map, d0->vcpu[1], read_map);
	hv_free(d0->e820);
}
END_TEST

/* Dies while the control domain gives it memory. */
static void give_memory(void)
{
	unsigned int i;

	for (i = 0; i < 200; i++) {
		u64 m[8] = {0};
		struct xen_memory_reservation r = {
			.nr_extents = 4, .extent_order = 1, .domid = 1};

		r.extent_start.p = m;
		hc_memory_op(XENMEM_populate_physmap, (u64)&r);
	}
}

static void kill_domain(void)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		sched_yield();
	WRITE_ONCE(d1->dying, DOM_DYING);
	while (pt_relinquish(d1) == -ERESTART)
		;
}

START_TEST(memory_for_the_dying)
{
	two_pcpus(d0->vcpu[0], give_memory, d0->vcpu[1], kill_domain);
	ck_assert_uint_eq(d1->tot_pages, 0);
	ck_assert_uint_eq(d1->page_head, PAGE_LIST_END);
}
END_TEST

/* ---- calls that stop in the middle ---- */

/* A tree of d1: one L4, two L3, four L2, four L1 tables. */
static u64 tree[11];
#define TREE_L4 0
#define TREE_L3 1
#define TREE_L2 3
#define TREE_L1 7

static void plant_deep_tree(void)
{
	u64 mapped = frame(d1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tree); i++)
		tree[i] = frame(d1);
	for (i = 0; i < 2; i++)
		table(tree[TREE_L4])[i] = entry(tree[TREE_L3 + i], P_RW);
	for (i = 0; i < 4; i++) {
		table(tree[TREE_L3 + i / 2])[i] =
			entry(tree[TREE_L2 + i], P_RW);
		table(tree[TREE_L2 + i])[i] = entry(tree[TREE_L1 + i], P_RW);
		table(tree[TREE_L1 + i])[i] = entry(mapped, P_RW);
	}
	table(tree[TREE_L4])[3] = entry(tree[TREE_L4], P_RO);
}

/* Stops at the @n-th question and goes on, unless @patience ends. */
static long in_pieces(u32 cmd, u64 mfn, unsigned int n, unsigned int patience)
{
	struct mmuext_op op = {.cmd = cmd};
	u64 a[4];
	long rc;

	op.arg1.mfn = mfn;
	fake_yield_in = n;
	rc = hc_mmuext_op((u64)&op, 1, 0, d1->id);
	while (rc == -ERESTART && patience--) {
		memcpy(a, fake_restart_args, sizeof(a));
		fake_yield_in = n;
		rc = hc_mmuext_op(a[0], a[1], a[2], a[3]);
	}
	fake_yield_in = 0;
	return rc;
}

/* Either vcpu of d0 wants the trees, at different levels, now and then. */
static void pin_in_pieces(void)
{
	u64 mfn = tree[current->id ? TREE_L3 : TREE_L4];
	u32 cmd = current->id ? MMUEXT_PIN_L3_TABLE : MMUEXT_PIN_L4_TABLE;
	unsigned int i;

	for (i = 0; more(i); i++) {
		long rc = in_pieces(cmd, mfn, 1 + i % 7, i % 5 ? 100 : 2);

		BUG_ON(rc && rc != -ERESTART && rc != -EINVAL);
		if (rc)
			continue;
		count(current->id);
		rc = in_pieces(MMUEXT_UNPIN_TABLE, mfn, 1 + i % 3,
			       i % 11 ? 100 : 1);
		BUG_ON(rc && rc != -ERESTART);
	}
}

START_TEST(two_pin_the_same_in_pieces)
{
	plant_deep_tree();
	two_pcpus(d0->vcpu[0], pin_in_pieces, d0->vcpu[1], pin_in_pieces);
	ck_assert_uint_gt(got[0], 0);
	ck_assert_uint_gt(got[1], 0);
}
END_TEST

/* A frame of the tree is to be written, by a page of d0. */
static void map_tables(void)
{
	unsigned int i;

	for (i = 0; more(i); i++) {
		u64 mfn = tree[i % ARRAY_SIZE(tree)], type;

		if (set_foreign(l1[1], 7, entry(mfn, P_RW), d1->id))
			continue;
		count(1);
		type = READ_ONCE(frametable[mfn].type);
		BUG_ON(!(type & PGT_count) || (type & PGT_partial));
		BUG_ON(set(l1[1], 7, 0));
	}
}

START_TEST(half_done_or_writable)
{
	plant_deep_tree();
	two_pcpus(d0->vcpu[0], pin_in_pieces, d0->vcpu[1], map_tables);
	ck_assert_uint_gt(got[0], 0);
	ck_assert_uint_gt(got[1], 0);
}
END_TEST

static void pin_until_dead(void)
{
	unsigned int i;

	for (i = 0; !LOAD_ACQ(finished); i++) {
		if (!in_pieces(MMUEXT_PIN_L4_TABLE, tree[TREE_L4], 1 + i % 7,
			       i % 3))
			count(0);
		(void)in_pieces(MMUEXT_UNPIN_TABLE, tree[TREE_L4], 1 + i % 5,
				i % 2);
	}
}

static void kill_in_pieces(void)
{
	unsigned int i;

	for (i = 0; i < 50 || !READ_ONCE(got[0]); i++)
		sched_yield();
	WRITE_ONCE(d1->dying, DOM_DYING);
	do {
		fake_yield_in = 1 + i++ % 4;
		sched_yield();
	} while (pt_relinquish(d1) == -ERESTART);
	fake_yield_in = 0;
	STORE_REL(finished, 1);
}

START_TEST(dies_half_done)
{
	plant_deep_tree();
	two_pcpus(d0->vcpu[0], pin_until_dead, d0->vcpu[1], kill_in_pieces);
	ck_assert_uint_eq(d1->tot_pages, 0);
	ck_assert_uint_eq(d1->nr_pt_pages, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pt_race");
	TCase *c = tcase_create("pt_race");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, table_or_writable);
	tcase_add_test(c, table_or_writable_elsewhere);
	tcase_add_test(c, steal_and_map);
	tcase_add_test(c, hypervisor_frames);
	tcase_add_test(c, decrease_and_map);
	tcase_add_test(c, roots);
	tcase_add_test(c, descriptors_or_writable);
	tcase_add_test(c, memory_map);
	tcase_add_test(c, memory_for_the_dying);
	tcase_add_test(c, two_pin_the_same_in_pieces);
	tcase_add_test(c, half_done_or_writable);
	tcase_add_loop_test(c, dies_half_done, 0, 5);
	suite_add_tcase(s, c);
	return fake_main(s);
}
