/*
 * pt_random_test.c: random requests of two domains, right and wrong, against
 * what must always hold
 *
 * After every request the worst TLB is looked at (fake_tlb.h), now and then
 * all counts are computed again. PT_RANDOM_SEED and PT_RANDOM_STEPS widen it.
 */
#include <stdlib.h>
#include <hv/grant.h>
#include <xen/memory.h>
#include "../../tests/host/fake_machine.h"
#include "../../tests/host/fake_tlb.h"
#include "internal.h"

#define POOL 40
#define P_RW (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static u64 rng;
static struct domain *dom[2];
static u64 pool[2][POOL];
static unsigned int pool_n[2];

static u32 rnd(u32 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return n ? (rng >> 16) % n : 0;
}

/* ---- requests ---- */

static u64 any_frame(unsigned int w)
{
	if (!rnd(40))
		return rnd(FAKE_MFNS + 50);
	if (!rnd(12))
		w ^= 1;
	return pool_n[w] ? pool[w][rnd(min(pool_n[w], 14u + rnd(26)))] : 0;
}

static u64 any_entry(unsigned int w)
{
	static const u64 flags[] = {P_RW,
				    P_RW,
				    P_RW | PTE_NX,
				    PTE_P | PTE_US,
				    PTE_P | PTE_US | PTE_A,
				    PTE_P | PTE_PCD,
				    PTE_P | PTE_PSE,
				    P_RW | PTE_G | PTE_AVAIL};

	if (!rnd(4))
		return rnd(2) ? 0 : rng & ~PTE_P;
	return any_frame(w) << PAGE_SHIFT | flags[rnd(ARRAY_SIZE(flags))];
}

static u16 any_domid(unsigned int w)
{
	static const u16 ids[] = {DOMID_IO, DOMID_XEN, 0, 1, 2};

	return rnd(6) ? DOMID_SELF : ids[rnd(ARRAY_SIZE(ids))];
}

static unsigned int any_index(void)
{
	return rnd(8) ? rnd(4) : rnd(512);
}

/* Continuations until it ends, or the guest does not come back for the rest. */
static long finish(long (*fn)(u64, u64, u64, u64), long rc)
{
	u64 a[4];

	while (rc == -ERESTART && rnd(60)) {
		memcpy(a, fake_restart_args, sizeof(a));
		rc = fn(a[0], a[1], a[2], a[3]);
	}
	return rc;
}

/* At each question, or at one of the first, or not. */
static void stop_or_not(void)
{
	fake_yield = rnd(2);
	fake_yield_in = rnd(20);
}

static void do_mmu_update(unsigned int w)
{
	struct mmu_update u[20];
	unsigned int n = 1 + rnd(20), i;
	u32 done, foreign = any_domid(w);

	if (!rnd(10))
		foreign |= (rnd(3) + 1) << 16;
	for (i = 0; i < n; i++) {
		u[i].ptr = any_frame(w) << PAGE_SHIFT | any_index() * 8;
		u[i].ptr |= rnd(6) ? 0 : rnd(8);
		u[i].val = any_entry(w);
	}
	stop_or_not();
	finish(hc_mmu_update,
	       hc_mmu_update((u64)u, n, rnd(2) ? (u64)&done : 0, foreign));
}

static void do_mmuext(unsigned int w)
{
	static const u32 cmds[] = {
		MMUEXT_PIN_L1_TABLE,	 MMUEXT_PIN_L2_TABLE,
		MMUEXT_PIN_L3_TABLE,	 MMUEXT_PIN_L4_TABLE,
		MMUEXT_UNPIN_TABLE,	 MMUEXT_UNPIN_TABLE,
		MMUEXT_UNPIN_TABLE,	 MMUEXT_NEW_BASEPTR,
		MMUEXT_NEW_USER_BASEPTR, MMUEXT_TLB_FLUSH_LOCAL,
		MMUEXT_CLEAR_PAGE,	 MMUEXT_COPY_PAGE,
		MMUEXT_SET_LDT,
	};
	struct mmuext_op op[4];
	unsigned int n = 1 + rnd(4), i;

	for (i = 0; i < n; i++) {
		op[i].cmd = rnd(50) ? cmds[rnd(ARRAY_SIZE(cmds))] : rnd(30);
		/* these want a pointer that can be followed */
		if (op[i].cmd == MMUEXT_TLB_FLUSH_MULTI ||
		    op[i].cmd == MMUEXT_INVLPG_MULTI)
			op[i].cmd = MMUEXT_TLB_FLUSH_ALL;
		op[i].arg1.mfn = any_frame(w);
		op[i].arg2.src_mfn = any_frame(w);
		if (op[i].cmd == MMUEXT_SET_LDT) {
			op[i].arg1.linear_addr = (u64)rnd(4) << PAGE_SHIFT;
			op[i].arg2.nr_ents = rnd(1024);
		}
	}
	stop_or_not();
	finish(hc_mmuext_op, hc_mmuext_op((u64)op, n, 0, any_domid(w)));
}

static void do_va_mapping(unsigned int w)
{
	u64 va = (u64)rnd(4) << 39 | (u64)rnd(3) << 30 | (u64)rnd(3) << 21 |
		 (u64)any_index() << 12;

	if (rnd(8))
		hc_update_va_mapping(va, any_entry(w), rnd(3));
	else
		hc_update_va_mapping_otherdomain(va, any_entry(w), 0,
						 any_domid(w));
}

static void do_descriptors(unsigned int w)
{
	u64 f[2] = {any_frame(w), any_frame(w)};
	unsigned int i;

	switch (rnd(4)) {
	case 0:
		hc_set_gdt((u64)f, rnd(2) * 512 + rnd(513));
		break;
	case 1:
		hc_update_descriptor(f[0] << PAGE_SHIFT | any_index() * 8, rng);
		break;
	default:
		for (i = 0; i < 3; i++)
			pt_ldt_fault(current, rnd(8192));
	}
}

static void do_grant(unsigned int w)
{
	u64 g = pool_n[w ^ 1] ? pool[w ^ 1][rnd(pool_n[w ^ 1])] : 0;
	bool pte = rnd(2);
	u64 dst = pte ? any_frame(w) << PAGE_SHIFT | any_index() * 8
		      : (u64)rnd(4) << PAGE_SHIFT;

	/* a grant handle holds the frame while this is called */
	if (!g || !page_get(&frametable[g], dom[w ^ 1]))
		return;
	if (rnd(2))
		pt_grant_map(dst, pte, g, rnd(2) ? PTE_RW : 0);
	else
		pt_grant_unmap(dst, pte, g, false,
			       rnd(3) ? 0 : (u64)rnd(4) << PAGE_SHIFT);
	page_put(&frametable[g]);
}

static long memop2(u64 cmd, void *arg)
{
	long rc = hc_memory_op(cmd, (u64)arg);

	while (rc == -ERESTART)
		rc = hc_memory_op(fake_restart_args[0], (u64)arg);
	return rc;
}

static void do_reservation(unsigned int w)
{
	struct xen_memory_reservation r = {.domid = DOMID_SELF};
	u64 list[8];
	unsigned int i;

	fake_yield = rnd(2);
	r.nr_extents = 1 + rnd(4);
	r.extent_order = rnd(4) ? 0 : rnd(3);
	r.extent_start.p = list;
	for (i = 0; i < 8; i++)
		list[i] = any_frame(w);
	memop2(rnd(2) ? XENMEM_decrease_reservation : XENMEM_populate_physmap,
	       &r);
}

static void do_exchange(unsigned int w)
{
	struct xen_memory_exchange x = {0};
	u64 in[4], out[4] = {1, 2, 3, 4};
	unsigned int i;

	fake_yield = rnd(2);
	for (i = 0; i < 4; i++)
		in[i] = any_frame(w);
	x.in.domid = x.out.domid = DOMID_SELF;
	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	x.in.nr_extents = 1 + rnd(4);
	x.out.nr_extents = x.in.nr_extents;
	if (x.in.nr_extents == 4 && rnd(2)) {
		x.out.nr_extents = 1;
		x.out.extent_order = 2;
	}
	memop2(XENMEM_exchange, &x);
}

static void (*const requests[])(unsigned int w) = {
	do_mmu_update, do_mmu_update,  do_mmu_update, do_mmu_update,
	do_mmuext,     do_mmuext,      do_mmuext,     do_va_mapping,
	do_va_mapping, do_descriptors, do_grant,      do_reservation,
	do_exchange,
};

/* ---- a run ---- */

static void new_domain(unsigned int w)
{
	unsigned int i;

	dom[w] = fake_pv_domain(w, 2 - w, !w, 60);
	for (i = 0; i < 30; i++)
		ck_assert_ptr_nonnull(domain_alloc_pages(dom[w], 0, 0));
	if (!w)
		ck_assert_int_eq(rangeset_add(dom[w]->iomem, 0xa0, 0xff), 0);
}

/* A tree to begin with, else hardly anything is ever an upper level. */
static void plant_tree(unsigned int w)
{
	u64 f[4], i;

	for (i = 0; i < 4; i++)
		f[i] = any_frame(w);
	for (i = 0; i < 3; i++)
		if (f[i] >= FAKE_LOW && f[i] < FAKE_MFNS &&
		    frametable[f[i]].owner == w &&
		    !(frametable[f[i]].type & PGT_count)) {
			u64 *t = mfn_to_virt(MFN(f[i]));

			t[rnd(3)] = f[i + 1] << PAGE_SHIFT | P_RW;
		}
}

static void replace_domain(unsigned int w)
{
	struct domain *d = dom[w];
	struct vcpu *v;
	unsigned int i, n;
	u64 mfns[FAKE_MFNS];

	fake_pcpu.loaded = NULL;
	d->dying = DOM_DYING;
	fake_yield = rnd(2);
	while (pt_relinquish(d) == -ERESTART)
		fake_tlb_check();
	for_each_vcpu (d, v, i)
		ck_assert(mfn_none(v->pt.kernel_root));
	ck_assert_uint_eq(d->nr_pt_pages, 0);
	/* what the other still maps is all that is left */
	n = fake_pages(d, mfns, FAKE_MFNS);
	for (i = 0; i < n; i++)
		ck_assert(!(frametable[mfns[i]].ref & PGF_allocated));
	if (d->tot_pages) { /* go on as the same domain */
		d->dying = DOM_ALIVE;
		d->relinquish_phase = 0;
		d->relinquish_at = PAGE_LIST_END;
		return;
	}
	d->dying = DOM_ALIVE;
	fake_pv_domain_end(d);
	new_domain(w);
}

static void step(unsigned int n)
{
	unsigned int w = rnd(3) == 0, i;

	for (i = 0; i < 2; i++)
		pool_n[i] = fake_pages(dom[i], pool[i], POOL);
	fake_become(dom[w]->vcpu[rnd(dom[w]->max_vcpus)]);
	fake_pcpu.loaded = current;
	if (!rnd(8))
		plant_tree(w);
	if (!rnd(900))
		replace_domain(rnd(2));
	else
		requests[rnd(ARRAY_SIZE(requests))](w);
	fake_tlb_check();
	fake_tlb_see();
	if (n % 16 == 0)
		ck_assert_uint_eq(pt_check(), 0);
}

START_TEST(nothing_breaks_the_invariants)
{
	const char *seed = getenv("PT_RANDOM_SEED");
	const char *steps = getenv("PT_RANDOM_STEPS");
	unsigned int n = steps ? atoi(steps) : 4000, i;

	rng = 0x9e3779b97f4a7c15ull * ((seed ? atoi(seed) : 1) * 16 + _i + 1);
	fake_machine_init();
	fake_on_flush = fake_tlb_forget;
	new_domain(0);
	new_domain(1);
	for (i = 0; i < n; i++)
		step(i);
	ck_assert_uint_eq(pt_check(), 0);
	fake_pcpu.loaded = NULL;
	fake_yield = false;
	fake_yield_in = 0;
	/* each may map frames of the other: roots and tables go first */
	for (i = 0; i < 2; i++) {
		dom[i]->dying = DOM_DYING;
		ck_assert_int_eq(pt_relinquish(dom[i]), 0);
	}
	fake_pv_domain_end(dom[0]);
	fake_pv_domain_end(dom[1]);
	fake_machine_done();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pt_random");
	TCase *c = tcase_create("pt_random");

	tcase_set_timeout(c, 100);
	tcase_add_loop_test(c, nothing_breaks_the_invariants, 0, 6);
	suite_add_tcase(s, c);
	return fake_main(s);
}
