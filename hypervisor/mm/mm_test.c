/*
 * mm_test.c: frames: allocator, references, lists, memory_op
 */
#include <stdlib.h>
#include "../../tests/host/fake_machine.h"
#include "memop.h"

static struct domain *d0, *d1;

static void setup(void)
{
	fake_machine_init();
	d0 = fake_pv_domain(0, 1, true, 300);
	d1 = fake_pv_domain(1, 1, false, 100);
	fake_become(d0->vcpu[0]);
	fake_yield = false;
}

static void teardown(void)
{
	ck_assert_uint_eq(pt_check(), 0);
	fake_pv_domain_end(d1);
	fake_pv_domain_end(d0);
	fake_machine_done();
}

START_TEST(blocks_merge_again)
{
	u64 before = heap_free_pages();
	struct page *pg[64];
	unsigned int i;

	for (i = 0; i < 64; i++) {
		pg[i] = heap_alloc(0, 0);
		ck_assert_ptr_nonnull(pg[i]);
	}
	for (i = 0; i < 64; i++)
		heap_free(pg[i * 37 % 64], 0);
	ck_assert_uint_eq(heap_free_pages(), before);
	pg[0] = heap_alloc(7, 0);
	ck_assert_ptr_nonnull(pg[0]);
	ck_assert_uint_eq(page_to_mfn(pg[0]).v % 128, 0);
	heap_free(pg[0], 7);
	ck_assert_ptr_null(heap_alloc(MAX_ORDER, 0));
	ck_assert_ptr_null(heap_alloc(MAX_ORDER + 1, 0));
}
END_TEST

START_TEST(address_limit_is_kept)
{
	struct page *pg = heap_alloc(0, 21); /* below 2 MiB: frame 512 */
	struct page *all[FAKE_MFNS];
	unsigned int n = 0;

	ck_assert_uint_lt(page_to_mfn(pg).v, 512);
	heap_free(pg, 0);
	ck_assert_ptr_null(heap_alloc(0, 20)); /* nothing below 1 MiB */
	ck_assert_ptr_null(heap_alloc(0, 12));
	while ((all[n] = heap_alloc(0, 21)))
		n++;
	ck_assert_uint_eq(n, 256);
	pg = heap_alloc(0, 0);
	ck_assert_uint_ge(page_to_mfn(pg).v, 512);
	heap_free(pg, 0);
	while (n--)
		heap_free(all[n], 0);
}
END_TEST

START_TEST(frames_come_zeroed)
{
	struct page *pg = heap_alloc(1, 0);
	u8 *p = page_to_virt(pg);
	unsigned int i;

	memset(p, 0xaa, 2 * PAGE_SIZE);
	heap_free(pg, 1);
	pg = heap_alloc(1, 0);
	p = page_to_virt(pg);
	for (i = 0; i < 2 * PAGE_SIZE; i++)
		ck_assert_uint_eq(p[i], 0);
	heap_free(pg, 1);
}
END_TEST

/* No flush for frames that were never mapped, one for many that were. */
START_TEST(reuse_waits_for_a_flush)
{
	unsigned int before = fake_flushes;
	struct page *pg[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		pg[i] = domain_alloc_pages(d1, 0, 0);
	ck_assert_uint_eq(fake_flushes, before);
	for (i = 0; i < 8; i++)
		page_drop_allocated(pg[i]);
	ck_assert_uint_eq(fake_flushes, before);
	for (i = 0; i < 8; i++)
		pg[i] = domain_alloc_pages(d0, 0, 0);
	ck_assert_uint_eq(fake_flushes, before + 1);
	for (i = 0; i < 8; i++)
		page_drop_allocated(pg[i]);
}
END_TEST

/* A free block remembers the newest stamp of what it was made from. */
START_TEST(merged_blocks_remember)
{
	struct page *pg = domain_alloc_pages(d1, 1, 0);
	unsigned int before, i;
	struct page *hold[FAKE_MFNS];
	unsigned int n = 0;

	for (i = 0; i < 2; i++) { /* which half was mapped by a guest */
		/* leave nothing else to allocate from */
		while ((hold[n] = heap_alloc(0, 0)))
			n++;
		ck_assert_int_eq(page_steal(d1, pg + !i), 0);
		pg[!i].tlbstamp = tlb_old_stamp(); /* never mapped */
		before = fake_flushes;
		page_drop_allocated(pg + i);
		pg[!i].ref = 0;
		heap_free(pg + !i, 0);
		pg = domain_alloc_pages(d1, 1, 0);
		ck_assert_ptr_nonnull(pg);
		ck_assert_uint_eq(fake_flushes, before + 1);
		while (n)
			heap_free(hold[--n], 0);
	}
	pg = heap_alloc(1, 0);
	tlb_stamp(pg + 1);
	before = fake_flushes;
	heap_free(pg, 1);
	while ((hold[n] = heap_alloc(0, 0)))
		n++;
	ck_assert_uint_eq(fake_flushes, before + 1);
	while (n)
		heap_free(hold[--n], 0);
}
END_TEST

START_TEST(small_objects_come_and_go)
{
	u64 before = heap_free_pages();
	void *p[200];
	size_t sizes[] = {1, 16, 33, 64, 100, 500, 1000, 1024, 1025, 5000};
	unsigned int i, j;

	for (i = 0; i < 200; i++) {
		size_t n = sizes[i % ARRAY_SIZE(sizes)];

		p[i] = hv_alloc(n);
		ck_assert_ptr_nonnull(p[i]);
		ck_assert_uint_eq((u64)p[i] & 15, 0);
		for (j = 0; j < n; j++)
			ck_assert_uint_eq(((u8 *)p[i])[j], 0);
		memset(p[i], 0xff, n);
	}
	for (i = 0; i < 200; i++)
		hv_free(p[i * 77 % 200]);
	hv_free(NULL);
	ck_assert_uint_eq(heap_free_pages(), before);
	ck_assert_ptr_null(hv_alloc((size_t)FAKE_MFNS * PAGE_SIZE));
}
END_TEST

START_TEST(limits_of_a_domain_hold)
{
	u64 mfns[FAKE_MFNS];
	unsigned int i;

	for (i = 0; i < 100; i++)
		ck_assert_ptr_nonnull(domain_alloc_pages(d1, 0, 0));
	ck_assert_ptr_null(domain_alloc_pages(d1, 0, 0));
	ck_assert_uint_eq(fake_pages(d1, mfns, FAKE_MFNS), 100);
	page_drop_allocated(mfn_to_page(MFN(mfns[50])));
	ck_assert_uint_eq(d1->tot_pages, 99);
	ck_assert_ptr_null(domain_alloc_pages(d1, 1, 0));
	ck_assert_ptr_nonnull(domain_alloc_pages(d1, 0, 0));
}
END_TEST

START_TEST(last_reference_frees)
{
	struct page *pg = domain_alloc_pages(d1, 0, 0);
	u64 before = heap_free_pages();

	ck_assert(!page_get(pg, d0));
	ck_assert(page_get(pg, d1));
	ck_assert_ptr_eq(page_get_owner(pg), d1);
	page_drop_allocated(pg);
	page_drop_allocated(pg);
	page_put(pg);
	ck_assert_uint_eq(heap_free_pages(), before);
	ck_assert_uint_eq(d1->tot_pages, 1);
	page_put(pg);
	ck_assert_uint_eq(heap_free_pages(), before + 1);
	ck_assert_uint_eq(d1->tot_pages, 0);
	ck_assert(!page_get(pg, d1));
	ck_assert_ptr_null(page_get_owner(pg));
}
END_TEST

START_TEST(steal_needs_an_unused_frame)
{
	struct page *pg = domain_alloc_pages(d1, 0, 0);
	unsigned int flushes;

	ck_assert_int_eq(page_steal(d0, pg), -EINVAL);
	ck_assert(page_get(pg, d1));
	ck_assert_int_eq(page_steal(d1, pg), -EBUSY);
	page_put(pg);
	ck_assert_int_eq(page_get_and_type(pg, d1, PGT_writable), 0);
	ck_assert_int_eq(page_steal(d1, pg), -EBUSY);
	page_put_and_type(pg);
	ck_assert_int_eq(page_steal(d1, pg), 0);
	ck_assert_uint_eq(d1->tot_pages, 0);
	flushes = fake_flushes;
	ck_assert_int_eq(domain_assign_page(d0, pg), 0);
	ck_assert_uint_eq(fake_flushes, flushes + 1);
	ck_assert_uint_eq(d0->tot_pages, 1);
}
END_TEST

START_TEST(shared_page_outlives_its_sharing)
{
	void *p = page_alloc_hv(), *q = page_alloc_hv();
	struct page *pg = mfn_to_page(virt_to_mfn(q));
	u64 before = heap_free_pages();

	domain_share_hv_page(d1, p);
	ck_assert_int_eq(domain_unshare_hv_page(d1, p), 0);
	page_free_hv(p);
	domain_share_hv_page(d1, q);
	ck_assert_int_eq(page_steal(d1, pg), -EINVAL);
	ck_assert_int_eq(page_get_and_type(pg, d1, PGT_l1), -EINVAL);
	ck_assert_int_eq(page_get_and_type(pg, d1, PGT_writable), 0);
	ck_assert_int_eq(domain_unshare_hv_page(d1, q), -EBUSY);
	ck_assert_uint_eq(heap_free_pages(), before + 1);
	page_put_and_type(pg);
	ck_assert_uint_eq(heap_free_pages(), before + 2);
}
END_TEST

/* Then nobody can have one when its owner changes. */
START_TEST(frames_of_nobody_have_no_references)
{
	void *p = page_alloc_hv(), *q = hv_alloc(3 * PAGE_SIZE),
	     *r = hv_alloc(40);
	struct page *pg = domain_alloc_pages(d1, 0, 0);

	ck_assert_uint_eq(mfn_to_page(virt_to_mfn(p))->ref, 0);
	ck_assert_uint_eq(mfn_to_page(virt_to_mfn(q))->ref, 0);
	ck_assert_uint_eq(mfn_to_page(virt_to_mfn(r))->ref, 0);
	ck_assert_int_eq(page_steal(d1, pg), 0);
	ck_assert_uint_eq(pg->ref, 0);
	ck_assert(!page_get(pg, d1));
	heap_free(pg, 0);
	page_free_hv(p);
	hv_free(q);
	hv_free(r);
}
END_TEST

static unsigned int dying_flushes;

static void die_at_flush(void)
{
	dying_flushes++;
	d1->dying = DOM_DYING;
	ck_assert_int_eq(pt_relinquish(d1), 0);
}

/* Its list was walked for the last time between counting and giving. */
START_TEST(dying_domain_gets_no_frames)
{
	struct page *pg;

	domain_get(d1);
	fake_on_flush = die_at_flush;
	if (_i) {
		pg = heap_alloc(0, 0);
		tlb_stamp(pg);
		ck_assert_int_eq(domain_assign_page(d1, pg), -EINVAL);
		heap_free(pg, 0);
	} else {
		pg = heap_alloc(6, 0);
		tlb_stamp(pg);
		heap_free(pg, 6);
		ck_assert_ptr_null(domain_alloc_pages(d1, 6, 0));
	}
	fake_on_flush = NULL;
	ck_assert_uint_gt(dying_flushes, 0);
	ck_assert_uint_eq(d1->tot_pages, 0);
	ck_assert_uint_eq(d1->page_head, PAGE_LIST_END);
	d1->refs--;
}
END_TEST

START_TEST(dying_domain_claims_nothing)
{
	d1->dying = DOM_DYING;
	ck_assert_int_eq(heap_claim(d1, 10), -EINVAL);
	ck_assert_int_eq(heap_claim(d1, 0), 0);
}
END_TEST

START_TEST(claims_are_kept_for_their_domain)
{
	u64 mfree = heap_free_pages();

	ck_assert_int_eq(heap_claim(d0, 301), -EINVAL);
	d0->max_pages = mfree;
	ck_assert_int_eq(heap_claim(d0, mfree + 1), -EINVAL);
	ck_assert_int_eq(heap_claim(d0, mfree), 0);
	ck_assert_int_eq(heap_claim(d0, 10), -EINVAL);
	ck_assert_ptr_null(domain_alloc_pages(d1, 0, 0));
	ck_assert_ptr_nonnull(domain_alloc_pages(d0, 0, 0));
	ck_assert_uint_eq(d0->outstanding_pages, mfree - 1);
	ck_assert_int_eq(heap_claim(d0, 0), 0);
	ck_assert_ptr_nonnull(domain_alloc_pages(d1, 0, 0));
}
END_TEST

/* ---- memory_op ---- */

static u64 list[64];

static long resv(u64 cmd, u64 nr, u32 order, domid_t id)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr, .extent_order = order, .domid = id};
	long rc;

	r.extent_start.p = list;
	rc = hc_memory_op(cmd, (u64)&r);
	while (rc == -ERESTART) {
		ck_assert_uint_eq(fake_restart_args[1], (u64)&r);
		rc = hc_memory_op(fake_restart_args[0], (u64)&r);
	}
	return rc;
}

START_TEST(populate_and_decrease)
{
	unsigned int i;

	fake_yield = _i;
	for (i = 0; i < 10; i++)
		list[i] = 1000 + i * 2;
	ck_assert_int_eq(resv(XENMEM_populate_physmap, 10, 1, 1), 10);
	ck_assert_uint_eq(d1->tot_pages, 20);
	for (i = 0; i < 10; i++) {
		ck_assert_uint_eq(m2p_rw[list[i]], 1000 + i * 2);
		ck_assert_uint_eq(m2p_rw[list[i] + 1], 1001 + i * 2);
	}
	/* the fifth is none of d1's */
	list[4] = 0;
	ck_assert_int_eq(resv(XENMEM_decrease_reservation, 10, 1, 1), 4);
	ck_assert_uint_eq(d1->tot_pages, 12);
	ck_assert_int_eq(resv(XENMEM_increase_reservation, 60, 1, 1), 44);
	ck_assert_uint_eq(d1->tot_pages, 100);
}
END_TEST

START_TEST(reservations_need_the_right)
{
	fake_become(d1->vcpu[0]);
	ck_assert_int_eq(resv(XENMEM_populate_physmap, 1, 0, 0), 0);
	ck_assert_int_eq(resv(XENMEM_populate_physmap, 1, 10, DOMID_SELF), 0);
	ck_assert_int_eq(resv(XENMEM_populate_physmap, 1, 0, DOMID_SELF), 1);
	ck_assert_int_eq(resv(XENMEM_populate_physmap, 1, 0, 3), 0);
	ck_assert_int_eq(hc_memory_op(XENMEM_maximum_gpfn + 200, 0), -ENOSYS);
	ck_assert_int_eq(hc_memory_op(8, 0), -ENOSYS);
	ck_assert_int_eq(
		hc_memory_op(XENMEM_memory_map | 1 << MEMOP_EXTENT_SHIFT, 0),
		-EINVAL);
}
END_TEST

static long exchange(u64 *in, u64 nin, u32 oin, u64 *out, u64 nout, u32 oout,
		     u64 *done)
{
	struct xen_memory_exchange x = {0};
	long rc;

	x.in.nr_extents = nin;
	x.in.extent_order = oin;
	x.in.extent_start.p = in;
	x.in.domid = DOMID_SELF;
	x.out.nr_extents = nout;
	x.out.extent_order = oout;
	x.out.extent_start.p = out;
	x.out.domid = DOMID_SELF;
	do {
		rc = hc_memory_op(XENMEM_exchange, (u64)&x);
	} while (rc == -ERESTART);
	*done = x.nr_exchanged;
	return rc;
}

START_TEST(exchange_gathers_and_scatters)
{
	u64 in[16], out[16], done;
	unsigned int i;

	fake_yield = _i;
	for (i = 0; i < 16; i++)
		in[i] = page_to_mfn(domain_alloc_pages(d0, 0, 0)).v;
	out[0] = 5000;
	out[1] = 6000;
	ck_assert_int_eq(exchange(in, 16, 0, out, 2, 3, &done), 0);
	ck_assert_uint_eq(done, 16);
	ck_assert_uint_eq(d0->tot_pages, 16);
	for (i = 0; i < 8; i++) {
		ck_assert_uint_eq(m2p_rw[out[0] + i], 5000 + i);
		ck_assert_uint_eq(m2p_rw[out[1] + i], 6000 + i);
		ck_assert_uint_eq(frametable[out[1] + i].owner, 0);
	}
	for (i = 0; i < 16; i++)
		in[i] = 7000 + i;
	ck_assert_int_eq(exchange(out, 2, 3, in, 16, 0, &done), 0);
	ck_assert_uint_eq(done, 2);
	for (i = 0; i < 16; i++)
		ck_assert_uint_eq(m2p_rw[in[i]], 7000 + i);
	ck_assert_uint_eq(d0->tot_pages, 16);
}
END_TEST

START_TEST(failed_exchange_changes_nothing)
{
	u64 in[8], out[8] = {9000}, done, i;
	struct page *pg;

	for (i = 0; i < 8; i++)
		in[i] = page_to_mfn(domain_alloc_pages(d0, 0, 0)).v;
	pg = mfn_to_page(MFN(in[7]));
	ck_assert(page_get(pg, d0));
	ck_assert_int_eq(exchange(in, 8, 0, out, 1, 3, &done), -EINVAL);
	ck_assert_uint_eq(done, 0);
	ck_assert_uint_eq(d0->tot_pages, 8);
	page_put(pg);
	ck_assert_int_eq(exchange(in, 8, 0, out, 2, 3, &done), -EINVAL);
	ck_assert_int_eq(exchange(in, 8, 0, out, 1, 13, &done), -EPERM);
	in[3] = FAKE_HOLE;
	ck_assert_int_eq(exchange(in, 8, 0, out, 1, 3, &done), -EINVAL);
	ck_assert_uint_eq(d0->tot_pages, 8);
}
END_TEST

START_TEST(exchange_without_memory_gives_back)
{
	u64 in[8], out[8] = {9000}, done, i;
	struct page *hold[FAKE_MFNS];
	unsigned int n = 0;

	for (i = 0; i < 8; i++)
		in[i] = page_to_mfn(domain_alloc_pages(d0, 0, 0)).v;
	while ((hold[n] = heap_alloc(0, 0)))
		n++;
	ck_assert_int_eq(exchange(in, 8, 0, out, 1, 3, &done), -ENOMEM);
	ck_assert_uint_eq(d0->tot_pages, 8);
	while (n--)
		heap_free(hold[n], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mm");
	TCase *c = tcase_create("mm");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, blocks_merge_again);
	tcase_add_test(c, address_limit_is_kept);
	tcase_add_test(c, frames_come_zeroed);
	tcase_add_test(c, reuse_waits_for_a_flush);
	tcase_add_test(c, merged_blocks_remember);
	tcase_add_test(c, small_objects_come_and_go);
	tcase_add_test(c, limits_of_a_domain_hold);
	tcase_add_test(c, last_reference_frees);
	tcase_add_test(c, steal_needs_an_unused_frame);
	tcase_add_test(c, shared_page_outlives_its_sharing);
	tcase_add_test(c, frames_of_nobody_have_no_references);
	tcase_add_loop_test(c, dying_domain_gets_no_frames, 0, 2);
	tcase_add_test(c, dying_domain_claims_nothing);
	tcase_add_test(c, claims_are_kept_for_their_domain);
	tcase_add_loop_test(c, populate_and_decrease, 0, 2);
	tcase_add_test(c, reservations_need_the_right);
	tcase_add_loop_test(c, exchange_gathers_and_scatters, 0, 2);
	tcase_add_test(c, failed_exchange_changes_nothing);
	tcase_add_test(c, exchange_without_memory_gives_back);
	suite_add_tcase(s, c);
	return fake_main(s);
}
