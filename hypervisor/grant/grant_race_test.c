/*
 * grant_race_test.c: two pcpus at once on the same grants, under
 * ThreadSanitizer
 *
 * d0 lends, d1 borrows; frames and page tables are the real ones. Afterwards
 * every count must agree, with no use left.
 */
#include <sched.h>
#include <stdlib.h>
#include <hv/pt.h>
#include <xen/memory.h>
#include "../../tests/host/fake_machine.h"
#include "../../tests/host/two_pcpus.h"
#include "internal.h"

#define ROUNDS 1500
#define LIMIT  (200 * ROUNDS)
#define P_RW   (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define REF    8

static struct domain *d0, *d1;
static u64 lent, other;
static u32 done, mapped;

static u64 frame(struct domain *d)
{
	struct page *pg = domain_alloc_pages(d, 0, 0);

	ck_assert_ptr_nonnull(pg);
	return page_to_mfn(pg).v;
}

/* A tree whose L1 maps the first 2 MiB, empty, for each vcpu of @d. */
static void plant(struct domain *d)
{
	u64 level[4], *t;
	unsigned int i, k;
	struct vcpu *v;

	for (i = 0; i < 4; i++)
		level[i] = frame(d);
	for (i = 0; i < 3; i++) {
		t = mfn_to_virt(MFN(level[i]));
		t[0] = level[i + 1] << PAGE_SHIFT | P_RW;
	}
	for_each_vcpu (d, v, k) {
		fake_become(v);
		ck_assert_int_eq(pt_set_kernel_root(v, MFN(level[0])), 0);
	}
}

static void setup(void)
{
	fake_machine_init();
	fake_yield = false;
	d0 = fake_pv_domain(0, 2, true, 200);
	d1 = fake_pv_domain(1, 2, false, 200);
	plant(d0);
	plant(d1);
	ck_assert_int_eq(grant_domain_init(d0, 4, 2), 0);
	ck_assert_int_eq(grant_domain_init(d1, 4, 2), 0);
	lent = frame(d0);
	other = frame(d0);
	done = mapped = 0;
}

static void release(struct domain *d)
{
	d->dying = DOM_DYING;
	ck_assert_int_eq(grant_domain_release(d), 0);
	ck_assert_uint_eq(grant_nr_maps(d), 0);
	while (pt_relinquish(d) == -ERESTART)
		;
}

static void teardown(void)
{
	ck_assert_uint_eq(pt_check(), 0);
	ck_assert_uint_eq(grant_check(d0), 0);
	ck_assert_uint_eq(grant_check(d1), 0);
	release(d1);
	release(d0);
	ck_assert_uint_eq(grant_check(d0), 0);
	grant_domain_free(d0);
	grant_domain_free(d1);
	ck_assert_uint_eq(d0->refs, 1);
	ck_assert_uint_eq(d1->refs, 1);
	fake_pv_domain_end(d0);
	fake_pv_domain_end(d1);
	fake_machine_done();
}

static long call(u32 cmd, void *op)
{
	return hc_grant_table_op(cmd, (u64)op, 1);
}

/* As the lender writes it: what is read at the same time must be whole. */
static void offer(u32 ref, u64 mfn, u16 flags)
{
	struct grant_entry_v1 *e = shared_at(d0->grant, ref);

	WRITE_ONCE(e->frame, (u32)mfn);
	__atomic_store_n((u32 *)(void *)e, flags | (u32)d1->id << 16,
			 __ATOMIC_SEQ_CST);
}

static int map(u64 va, u32 flags, u32 *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = va, .flags = flags, .ref = REF, .dom = d0->id};

	BUG_ON(call(GNTTABOP_map_grant_ref, &op));
	*handle = op.handle;
	return op.status;
}

static int unmap(u64 va, u64 dev, u32 handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = va, .dev_bus_addr = dev, .handle = handle};

	BUG_ON(call(GNTTABOP_unmap_grant_ref, &op));
	return op.status;
}

/* ---- a mapper against a lender that changes its mind ---- */
static u64 my_window(void)
{
	return (10 + current->id) << PAGE_SHIFT;
}

/* Until something was mapped or copied, however the host runs the two. */
static bool more(u32 i)
{
	return i < ROUNDS ||
	       (i < LIMIT && !__atomic_load_n(&mapped, __ATOMIC_RELAXED));
}

static void map_and_unmap(void)
{
	u32 handle, i;

	for (i = 0; more(i); i++) {
		u32 flags = GNTMAP_host_map | (i & 1 ? GNTMAP_readonly : 0);

		if (map(my_window(), flags, &handle)) {
			sched_yield();
			continue;
		}
		__atomic_fetch_add(&mapped, 1, __ATOMIC_RELAXED);
		BUG_ON(unmap(my_window(), 0, handle));
	}
	STORE_REL(done, 1);
}

static void change_entry(void)
{
	u32 i;

	for (i = 0; !LOAD_ACQ(done); i++) {
		offer(REF, i & 4 ? lent : other,
		      i & 1 ? GTF_permit_access
			    : GTF_permit_access | GTF_readonly);
		if (i % 8 == 0)
			offer(REF, lent, GTF_invalid);
		sched_yield();
	}
}

START_TEST(mapping_while_the_entry_changes)
{
	offer(REF, lent, GTF_permit_access);
	two_pcpus(d0->vcpu[0], change_entry, d1->vcpu[0], map_and_unmap);
	ck_assert_uint_gt(mapped, 0);
}
END_TEST

static void change_version(void)
{
	struct gnttab_swap_grant_ref swap = {.ref_a = REF, .ref_b = REF + 1};
	struct gnttab_set_version v;
	u32 i;

	for (i = 0; !LOAD_ACQ(done); i++) {
		v.version = 1 + (i & 1);
		call(GNTTABOP_set_version, &v);
		if (v.version == 1)
			offer(REF, lent, GTF_permit_access);
		if (i & 2)
			call(GNTTABOP_swap_grant_ref, &swap);
		sched_yield();
	}
}

START_TEST(mapping_while_the_version_changes)
{
	offer(REF, lent, GTF_permit_access);
	two_pcpus(d0->vcpu[0], change_version, d1->vcpu[0], map_and_unmap);
	ck_assert_uint_gt(mapped, 0);
}
END_TEST

START_TEST(two_mappers_of_one_domain)
{
	offer(REF, lent, GTF_permit_access);
	two_pcpus(d1->vcpu[0], map_and_unmap, d1->vcpu[1], map_and_unmap);
	ck_assert_uint_eq(mapped, 2 * ROUNDS);
	ck_assert_uint_eq(shared_at(d0->grant, REF)->flags, GTF_permit_access);
}
END_TEST

/* ---- one handle, two who unmap it ---- */
static u32 the_handle, round_no, answers, good;

/* One maps, both unmap: one of them is told that there is none. */
static void unmap_as_well(void)
{
	u64 dev = lent << PAGE_SHIFT;
	u32 seen = 0;

	while (seen < ROUNDS) {
		if (LOAD_ACQ(round_no) == seen) {
			sched_yield();
			continue;
		}
		seen++;
		if (!unmap(0, dev, READ_ONCE(the_handle)))
			__atomic_fetch_add(&good, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&answers, 1, __ATOMIC_RELEASE);
	}
}

static void map_and_race(void)
{
	u64 dev = lent << PAGE_SHIFT;
	u32 handle, i;

	for (i = 0; i < ROUNDS; i++) {
		BUG_ON(map(0, GNTMAP_device_map, &handle));
		WRITE_ONCE(the_handle, handle);
		STORE_REL(round_no, i + 1);
		if (!unmap(0, dev, handle))
			__atomic_fetch_add(&good, 1, __ATOMIC_RELAXED);
		while (LOAD_ACQ(answers) != i + 1)
			sched_yield();
	}
}

START_TEST(a_handle_is_undone_once)
{
	the_handle = round_no = answers = good = 0;
	offer(REF, lent, GTF_permit_access);
	two_pcpus(d1->vcpu[0], map_and_race, d1->vcpu[1], unmap_as_well);
	ck_assert_uint_eq(good, ROUNDS);
	ck_assert_uint_eq(grant_nr_maps(d1), 0);
}
END_TEST

/* ---- copies, and a lender that gives its frame back ---- */
static void copy_often(void)
{
	u64 mine = frame(d1);
	u32 i;

	for (i = 0; more(i); i++) {
		struct gnttab_copy op = {.len = 64,
					 .flags = i & 1 ? GNTCOPY_source_gref
							: GNTCOPY_dest_gref};
		struct gnttab_copy_ptr *far = i & 1 ? &op.source : &op.dest;
		struct gnttab_copy_ptr *near = i & 1 ? &op.dest : &op.source;

		far->domid = d0->id;
		far->u.ref = REF;
		near->domid = DOMID_SELF;
		near->u.gmfn = mine;
		BUG_ON(call(GNTTABOP_copy, &op));
		if (!op.status)
			__atomic_fetch_add(&mapped, 1, __ATOMIC_RELAXED);
		sched_yield();
	}
	STORE_REL(done, 1);
}

static void new_frames(void)
{
	while (!LOAD_ACQ(done)) {
		u64 m = lent;
		struct xen_memory_reservation r = {.nr_extents = 1,
						   .domid = DOMID_SELF};

		r.extent_start.p = &m;
		BUG_ON(hc_memory_op(XENMEM_decrease_reservation, (u64)&r) != 1);
		m = 0;
		BUG_ON(hc_memory_op(XENMEM_populate_physmap, (u64)&r) != 1);
		lent = m;
		offer(REF, lent, GTF_permit_access);
		sched_yield();
	}
}

START_TEST(copying_while_the_frame_goes)
{
	offer(REF, lent, GTF_permit_access);
	two_pcpus(d0->vcpu[0], new_frames, d1->vcpu[0], copy_often);
	ck_assert_uint_gt(mapped, 0);
}
END_TEST

START_TEST(mapping_while_the_frame_goes)
{
	offer(REF, lent, GTF_permit_access);
	two_pcpus(d0->vcpu[0], new_frames, d1->vcpu[0], map_and_unmap);
	ck_assert_uint_gt(mapped, 0);
}
END_TEST

/* ---- the lender dies ---- */
static void lender_dies(void)
{
	u32 i;

	for (i = 0; i < 200; i++)
		sched_yield();
	WRITE_ONCE(d0->dying, DOM_DYING);
	BUG_ON(grant_domain_release(d0));
	while (pt_relinquish(d0) == -ERESTART)
		;
}

START_TEST(lender_dies_while_mapped)
{
	offer(REF, lent, GTF_permit_access);
	two_pcpus(d0->vcpu[0], lender_dies, d1->vcpu[0], map_and_unmap);
	ck_assert_uint_eq(grant_nr_maps(d1), 0);
	ck_assert_uint_eq(d0->tot_pages, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grant_race");
	TCase *c = tcase_create("grant_race");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, mapping_while_the_entry_changes);
	tcase_add_test(c, mapping_while_the_version_changes);
	tcase_add_test(c, two_mappers_of_one_domain);
	tcase_add_test(c, a_handle_is_undone_once);
	tcase_add_test(c, copying_while_the_frame_goes);
	tcase_add_test(c, mapping_while_the_frame_goes);
	tcase_add_test(c, lender_dies_while_mapped);
	suite_add_tcase(s, c);
	return fake_main(s);
}
