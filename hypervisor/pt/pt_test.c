/*
 * pt_test.c: every type against every other, entries, roots, descriptors,
 * teardown. After each test the counts are computed again and must agree,
 * and nothing of a domain may be left once it is gone.
 */
#include <stdlib.h>
#include <hv/grant.h>
#include "../../tests/host/fake_machine.h"
#include "internal.h"

#define P_RW (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define P_RO (PTE_P | PTE_US | PTE_A)
#define MMIO 0xe0000ull /* a frame dom0 may map */

static struct domain *d0, *d1;
static struct vcpu *v0;
/* Frames of d0: a tree, and data. */
static u64 l4, l3, l2, l1, data, data2;

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
	u64 a[4];
	long rc;

	op.arg1.mfn = arg1;
	op.arg2.src_mfn = arg2;
	rc = hc_mmuext_op((u64)&op, 1, 0, DOMID_SELF);
	while (rc == -ERESTART) {
		memcpy(a, fake_restart_args, sizeof(a));
		rc = hc_mmuext_op(a[0], a[1], a[2], a[3]);
	}
	return rc;
}

static long set(u64 mfn, unsigned int i, u64 val)
{
	struct mmu_update u = {(mfn << PAGE_SHIFT) + i * 8, val};

	return hc_mmu_update((u64)&u, 1, 0, DOMID_SELF);
}

static u64 type_of(u64 mfn)
{
	return frametable[mfn].type & PGT_type_mask;
}

static u64 count_of(u64 mfn)
{
	return frametable[mfn].type & PGT_count;
}

static void setup(void)
{
	fake_machine_init();
	fake_yield = false;
	d0 = fake_pv_domain(0, 2, true, 400);
	d1 = fake_pv_domain(1, 1, false, 100);
	v0 = d0->vcpu[0];
	fake_become(v0);
	fake_pcpu.loaded = v0;
	ck_assert_int_eq(rangeset_add(d0->iomem, 0xa0, 0xff), 0);
	ck_assert_int_eq(rangeset_add(d0->iomem, 0xe0000, 0xfffff), 0);
	l4 = frame(d0);
	l3 = frame(d0);
	l2 = frame(d0);
	l1 = frame(d0);
	data = frame(d0);
	data2 = frame(d0);
	table(l4)[0] = entry(l3, P_RW);
	table(l3)[0] = entry(l2, P_RW);
	table(l2)[0] = entry(l1, P_RW);
	table(l1)[0] = entry(data, P_RW);
	table(l1)[1] = entry(l1, P_RO);
}

static void teardown(void)
{
	ck_assert_uint_eq(pt_check(), 0);
	fake_pv_domain_end(d0);
	fake_pv_domain_end(d1);
	fake_machine_done();
}

START_TEST(tree_is_validated_and_let_go)
{
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	ck_assert_uint_eq(type_of(l4), PGT_l4);
	ck_assert_uint_eq(type_of(l3), PGT_l3);
	ck_assert_uint_eq(type_of(l2), PGT_l2);
	ck_assert_uint_eq(type_of(l1), PGT_l1);
	ck_assert_uint_eq(type_of(data), PGT_writable);
	ck_assert_uint_eq(d0->nr_pt_pages, 4);
	ck_assert_uint_eq(pt_check(), 0);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, l4, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, l4, 0), -EINVAL);
	ck_assert_uint_eq(d0->nr_pt_pages, 0);
	ck_assert_uint_eq(count_of(l1) + count_of(data), 0);
}
END_TEST

START_TEST(hv_slots_are_ours)
{
	unsigned int i;

	for (i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		table(l4)[i] = ~0ull;
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	ck_assert_uint_eq(table(l4)[256], 0);
	for (i = 257; i <= 271; i++)
		ck_assert_uint_eq(table(l4)[i], hv_l4()[i]);
	for (i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		ck_assert_int_eq(set(l4, i, 0), -EINVAL);
	ck_assert_int_eq(set(l4, 255, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_uint_eq(table(l4)[256], hv_l4()[256]);
	ck_assert_uint_eq(fake_pcpu.cr3, l4 << PAGE_SHIFT);
}
END_TEST

START_TEST(addresses_that_are_none)
{
	const u64 bits[] = {1ull << 47, 1ull << 48, 1ull << 63};
	unsigned int i;

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_int_eq(hc_update_va_mapping(0, entry(data, P_RO), 0), 0);
	for (i = 0; i < ARRAY_SIZE(bits); i++)
		ck_assert_int_eq(hc_update_va_mapping(bits[i], 0, 0), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, ~0ull, 0), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, ~0ull, 0), -EINVAL);
	ck_assert_int_eq(pt_set_kernel_root(d0->vcpu[1], INVALID_MFN), -EINVAL);
}
END_TEST

/* Row: the type a frame has in use. Column: the type asked for. */
START_TEST(one_type_at_a_time)
{
	static const u64 types[] = {PGT_l1, PGT_l2,	  PGT_l3,
				    PGT_l4, PGT_seg_desc, PGT_writable};
	u64 f = frame(d0);
	struct page *pg = &frametable[f];
	unsigned int have, want;

	for (have = 0; have < ARRAY_SIZE(types); have++) {
		ck_assert_int_eq(page_get_and_type(pg, d0, types[have]), 0);
		for (want = 0; want < ARRAY_SIZE(types); want++) {
			int rc = page_get_and_type(pg, d0, types[want]);

			if (want == have) {
				ck_assert_int_eq(rc, 0);
				page_put_and_type(pg);
			} else if (types[want] == PGT_writable) {
				ck_assert_int_eq(rc, -EBUSY);
			} else {
				ck_assert_int_eq(rc, -EINVAL);
			}
		}
		ck_assert_uint_eq(count_of(f), 1);
		page_put_and_type(pg);
		ck_assert_uint_eq(count_of(f), 0);
	}
	ck_assert_int_eq(page_get_and_type(pg, d1, PGT_writable), -EINVAL);
}
END_TEST

START_TEST(failed_validation_undoes_itself)
{
	u64 foreign = frame(d1);

	table(l1)[511] = entry(foreign, P_RO);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), -EBUSY);
	ck_assert_uint_eq(count_of(l4) + count_of(l3) + count_of(l2) +
				  count_of(l1) + count_of(data),
			  0);
	ck_assert_uint_eq(d0->nr_pt_pages, 0);
	ck_assert_uint_eq(pt_check(), 0);
	table(l1)[511] = entry(l4, P_RW); /* writable view of its own root */
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), -EBUSY);
	table(l1)[511] = 0;
	table(l2)[511] = entry(data2, P_RW | PTE_PSE);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), -EINVAL);
	table(l2)[511] = entry(l4, P_RW);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), -EINVAL);
	table(l2)[511] = 0;
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
}
END_TEST

START_TEST(tables_lead_to_themselves_read_only)
{
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	ck_assert_int_eq(set(l4, 1, entry(l4, P_RW)), -EINVAL);
	ck_assert_int_eq(set(l4, 1, entry(l4, P_RO)), 0);
	ck_assert_int_eq(set(l4, 1, entry(l4, P_RW)), -EINVAL);
	ck_assert_int_eq(set(l4, 1, entry(l4, P_RO | PTE_NX)), 0);
	ck_assert_int_eq(set(l3, 1, entry(l3, P_RO)), 0);
	ck_assert_int_eq(set(l2, 1, entry(l2, P_RO)), 0);
	ck_assert_int_eq(set(l1, 9, entry(l1, P_RO)), 0); /* just a page */
	ck_assert_uint_eq(count_of(l4), 1);
	ck_assert_uint_eq(count_of(l3), 1);
	ck_assert_uint_eq(frametable[l4].nr_linear, 0);
	ck_assert_uint_eq(pt_check(), 0);
	ck_assert_int_eq(set(l3, 1, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, l4, 0), 0);
	ck_assert_uint_eq(count_of(l4) + count_of(l3) + count_of(l2), 0);
	/* and it is validated with the entry in place */
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, l4, 0), 0);
	table(l4)[1] = entry(l4, P_RW);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), -EINVAL);
}
END_TEST

START_TEST(linear_tables_make_no_chains)
{
	u64 a = frame(d0), b = frame(d0), c = frame(d0), l3b = frame(d0);

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, a, 0), 0);
	/* would be validated as an L3 table, which it then is */
	ck_assert_int_eq(set(a, 1, entry(c, P_RO)), 0);
	ck_assert_uint_eq(type_of(c), PGT_l3);
	ck_assert_int_eq(set(a, 1, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, b, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, c, 0), 0);
	ck_assert_int_eq(set(a, 1, entry(b, P_RO)), 0);
	ck_assert_uint_eq(count_of(b), 2);
	ck_assert_uint_eq(frametable[b].nr_linear, 1);
	ck_assert_int_eq(set(b, 1, entry(c, P_RO)), -EINVAL); /* led to */
	ck_assert_int_eq(set(c, 1, entry(a, P_RO)), -EINVAL); /* leads on */
	ck_assert_int_eq(set(b, 1, entry(b, P_RO)), 0);
	ck_assert_int_eq(set(c, 1, entry(b, P_RO)), 0);
	ck_assert_int_eq(set(a, 2, entry(b, P_RO)), 0);
	ck_assert_uint_eq(frametable[b].nr_linear, 3);
	ck_assert_int_eq(set(a, 3, entry(l3b, P_RW)), 0);
	ck_assert_int_eq(set(a, 4, entry(frame(d1), P_RO)), -EINVAL);
	ck_assert_uint_eq(pt_check(), 0);
	/* held by nothing but such entries */
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, b, 0), 0);
	ck_assert_uint_eq(count_of(b), 3);
	ck_assert_int_eq(set(c, 1, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, a, 0), 0);
	ck_assert_uint_eq(count_of(b), 0);
}
END_TEST

/* Through such an entry another table is where the L1 table should be. */
START_TEST(linear_addresses_are_not_to_be_changed)
{
	u64 linear = 1ull << 39, e;

	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_int_eq(set(l4, 1, entry(l4, P_RO)), 0);
	e = *pt_leaf(MFN(l4), linear);
	ck_assert_uint_eq(e, entry(l1, P_RW));
	ck_assert_ptr_null(pt_l1_slot(MFN(l4), linear));
	ck_assert_int_eq(hc_update_va_mapping(linear, 0, 0), -EINVAL);
	ck_assert_int_eq(
		hc_update_va_mapping(linear | 1 << 12, entry(data, P_RW), 0),
		-EINVAL);
	ck_assert_uint_eq(table(l2)[0], e);
	ck_assert_int_eq(pt_grant_map(linear, false, data, PTE_RW), -EINVAL);
}
END_TEST

START_TEST(l1_flags)
{
	u64 e;

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	ck_assert_int_eq(set(l1, 2, entry(data2, PTE_P)), 0);
	ck_assert_uint_eq(table(l1)[2], entry(data2, PTE_P | PTE_US));
	ck_assert_int_eq(set(l1, 2, entry(data2, P_RO | PTE_G)), 0);
	ck_assert_uint_eq(table(l1)[2], entry(data2, P_RO));
	e = entry(data2, P_RW | PTE_NX | PTE_AVAIL | 0x7ffull << 52);
	ck_assert_int_eq(set(l1, 2, e), 0);
	ck_assert_uint_eq(table(l1)[2], e);
	ck_assert_uint_eq(count_of(data2), 1);
	/* RW to RO and back, same frame */
	ck_assert_int_eq(set(l1, 2, entry(data2, P_RO)), 0);
	ck_assert_uint_eq(count_of(data2), 0);
	ck_assert_int_eq(set(l1, 2, entry(data2, P_RW)), 0);
	ck_assert_uint_eq(count_of(data2), 1);
	/* whatever is not present is the guest's */
	ck_assert_int_eq(set(l1, 2, 0xfffffffffffffffeull), 0);
	ck_assert_uint_eq(table(l1)[2], 0xfffffffffffffffeull);
	ck_assert_uint_eq(frametable[data2].ref, PGF_allocated | 1);
}
END_TEST

START_TEST(errors_of_l1_updates)
{
	u64 foreign = frame(d1), was;

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	was = table(l1)[3];
	ck_assert_int_eq(set(l1, 3, entry(foreign, P_RO)), -EBUSY);
	ck_assert_int_eq(set(l1, 3, entry(l1, P_RW)), -EBUSY);
	ck_assert_int_eq(set(l1, 3, entry(FAKE_MFNS + 5, P_RO)), -EPERM);
	ck_assert_int_eq(set(l1, 3, entry(FAKE_HOLE, P_RO)), -EPERM);
	ck_assert_int_eq(set(l1, 3, entry(0xfee00, P_RO)), -EPERM);
	ck_assert_int_eq(set(l1, 3, entry(0xfeeab, P_RO)), -EPERM);
	ck_assert_int_eq(set(l1, 3, entry((PTE_ADDR >> 12), P_RO)), -EPERM);
	ck_assert_uint_eq(table(l1)[3], was);
	fake_become(d1->vcpu[0]);
	ck_assert_int_eq(set(l1, 3, 0), -EINVAL);
	ck_assert_int_eq(set(foreign, 3, 0x1234), 0);
	ck_assert_uint_eq(table(foreign)[3], 0x1234);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, foreign, 0), 0);
	ck_assert_int_eq(set(foreign, 0, entry(MMIO, P_RW)), -EPERM);
	ck_assert_int_eq(set(foreign, 0, entry(foreign, P_RO | PTE_PCD)),
			 -EINVAL);
	fake_become(v0);
}
END_TEST

START_TEST(device_memory_is_uncached)
{
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	ck_assert_int_eq(set(l1, 4, entry(MMIO, P_RW)), 0);
	ck_assert_uint_eq(table(l1)[4], entry(MMIO, P_RW | PTE_PCD | PTE_PWT));
	ck_assert_int_eq(set(l1, 4, entry(MMIO, P_RW | PTE_PWT)), 0);
	ck_assert_uint_eq(table(l1)[4], entry(MMIO, P_RW | PTE_PCD | PTE_PWT));
	ck_assert_int_eq(set(l1, 4, entry(MMIO, P_RW | PTE_PAT | PTE_PWT)), 0);
	ck_assert_uint_eq(table(l1)[4], entry(MMIO, P_RW | PTE_PCD | PTE_PWT));
	ck_assert_int_eq(set(l1, 4, entry(MMIO, P_RW | PTE_PAT)), 0); /* WC */
	ck_assert_uint_eq(table(l1)[4], entry(MMIO, P_RW | PTE_PAT));
	ck_assert_int_eq(set(l1, 5, entry(0xa0, P_RW)), 0);
}
END_TEST

START_TEST(foreign_frames_by_name)
{
	u64 foreign = frame(d1);
	struct mmu_update u = {(l1 << PAGE_SHIFT) + 8 * 8,
			       entry(foreign, P_RW)};

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, 1), 0);
	ck_assert_uint_eq(count_of(foreign), 1);
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, 2), -ESRCH);
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, 0), -ESRCH);
	/* d1 goes; the frame stays until the mapping does */
	d1->dying = DOM_DYING;
	ck_assert_int_eq(pt_relinquish(d1), 0);
	ck_assert_uint_eq(d1->tot_pages, 1);
	ck_assert_int_eq(set(l1, 8, 0), 0);
	ck_assert_uint_eq(d1->tot_pages, 0);
	d1->dying = DOM_ALIVE;
	d1->relinquish_phase = 0;
	/* d1 may not do the same to d0 */
	fake_become(d1->vcpu[0]);
	u.val = entry(data, P_RO);
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, 0), -EPERM);
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, 1u << 16 | DOMID_SELF),
			 -EPERM);
	fake_become(v0);
}
END_TEST

START_TEST(tables_of_others_by_name)
{
	u64 t = frame(d1), f = frame(d1);
	struct mmu_update u = {t << PAGE_SHIFT, entry(f, P_RW)};
	struct mmuext_op op = {.cmd = MMUEXT_PIN_L1_TABLE};

	op.arg1.mfn = t;
	ck_assert_int_eq(hc_mmuext_op((u64)&op, 1, 0, 1), 0);
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, 2u << 16 | 1), 0);
	ck_assert_uint_eq(table(t)[0], entry(f, P_RW));
	op.cmd = MMUEXT_NEW_BASEPTR;
	ck_assert_int_eq(hc_mmuext_op((u64)&op, 1, 0, 1), -EPERM);
	op.cmd = 21;
	ck_assert_int_eq(hc_mmuext_op((u64)&op, 1, 0, 1), -ENOSYS);
	op.cmd = 14;
	ck_assert_int_eq(hc_mmuext_op((u64)&op, 1, 0, 1), -ENOSYS);
}
END_TEST

START_TEST(done_counts_what_was_done)
{
	struct mmu_update u[40];
	u32 done = 99, i;
	u64 args[4];
	long rc;

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	for (i = 0; i < 40; i++)
		u[i] = (struct mmu_update){(l1 << PAGE_SHIFT) + (i + 10) * 8,
					   entry(data2, P_RW)};
	u[35].val = entry(l1, P_RW);
	fake_yield = _i;
	rc = hc_mmu_update((u64)u, 40, (u64)&done, DOMID_SELF);
	for (i = 0; rc == -ERESTART; i++) {
		memcpy(args, fake_restart_args, sizeof(args));
		rc = hc_mmu_update(args[0], args[1], args[2], args[3]);
	}
	ck_assert_uint_eq(i, _i ? 2 : 0);
	ck_assert_int_eq(rc, -EBUSY);
	ck_assert_uint_eq(done, 35);
	ck_assert_uint_eq(count_of(data2), 35);
	ck_assert_int_eq(hc_mmu_update(0, 1, (u64)&done, DOMID_SELF), -EFAULT);
	ck_assert_uint_eq(done, 0);
}
END_TEST

START_TEST(preserve_ad_keeps_what_hardware_set)
{
	struct mmu_update u = {(l1 << PAGE_SHIFT) | MMU_PT_UPDATE_PRESERVE_AD,
			       entry(data, PTE_P | PTE_US)};

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, DOMID_SELF), 0);
	ck_assert_uint_eq(table(l1)[0],
			  entry(data, PTE_P | PTE_US | PTE_A | PTE_D));
	u.ptr = l1 << PAGE_SHIFT;
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, DOMID_SELF), 0);
	ck_assert_uint_eq(table(l1)[0], entry(data, PTE_P | PTE_US));
}
END_TEST

START_TEST(m2p_updates)
{
	struct mmu_update u = {(data << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 77};

	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, DOMID_SELF), 0);
	ck_assert_uint_eq(m2p_rw[data], 77);
	u.ptr = (FAKE_HOLE << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE;
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, DOMID_SELF), -EINVAL);
	u.ptr = (frame(d1) << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE;
	ck_assert_int_eq(hc_mmu_update((u64)&u, 1, 0, DOMID_SELF), -EINVAL);
}
END_TEST

START_TEST(va_mapping_walks_the_kernel_root)
{
	ck_assert_int_eq(hc_update_va_mapping(0x2000, 0, 0), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_int_eq(
		hc_update_va_mapping(0x2000, entry(data2, P_RW), UVMF_INVLPG),
		0);
	ck_assert_uint_eq(table(l1)[2], entry(data2, P_RW));
	ck_assert_int_eq(hc_update_va_mapping(0x200000, 0, 0), -EINVAL);
	ck_assert_int_eq(hc_update_va_mapping(HV_VA_START, 0, 0), -EINVAL);
	ck_assert_int_eq(hc_update_va_mapping(HV_VA_END - 1, 0, 0), -EINVAL);
	ck_assert_int_eq(hc_update_va_mapping(0x3000, entry(l1, P_RW), 0),
			 -EBUSY);
	ck_assert_int_eq(hc_update_va_mapping_otherdomain(
				 0x3000, entry(frame(d1), P_RW), 0, 1),
			 0);
	ck_assert_int_eq(hc_update_va_mapping_otherdomain(0x3000, 0, 0, 2),
			 -ESRCH);
	ck_assert_int_eq(hc_update_va_mapping_otherdomain(
				 0x4000, entry(MMIO, P_RW), 0, DOMID_IO),
			 0);
}
END_TEST

START_TEST(roots_hold_their_tables)
{
	u64 user = frame(d0);

	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l3, 0), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_uint_eq(count_of(l4), 1);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, user, 0), 0);
	ck_assert_uint_eq(table(user)[256], 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	ck_assert_uint_eq(count_of(user), 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, l4, 0), 0);
	ck_assert_uint_ne(table(l4)[256], 0);
	ck_assert_uint_eq(count_of(l4), 2);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, user, 0), 0);
	ck_assert_uint_eq(count_of(l4), 1);
	ck_assert_uint_eq(pt_check(), 0);
	pt_vcpu_drop(v0);
	ck_assert_uint_eq(fake_pcpu.cr3, hv_root_maddr);
	ck_assert_uint_eq(d0->nr_pt_pages, 0);
}
END_TEST

/* Code DPL 0, call gate DPL 3, TSS. */
#define CODE64 0x00209b0000000000ull
#define GATE   0x0000ec0000080000ull
#define TSS    0x0000890000000067ull

START_TEST(descriptors_are_made_harmless)
{
	u64 d = CODE64;

	ck_assert(pt_desc_fix(&d));
	ck_assert_uint_eq(d, CODE64 | 3ull << 45);
	d = GATE;
	ck_assert(pt_desc_fix(&d));
	ck_assert_uint_eq(d, GATE & ~(3ull << 45));
	d = GATE | 0xe008ull << 16;
	ck_assert(!pt_desc_fix(&d));
	d = TSS;
	ck_assert(!pt_desc_fix(&d));
	d = TSS & ~(1ull << 47);
	ck_assert(pt_desc_fix(&d));
	d = 0x0000820000000000ull; /* LDT */
	ck_assert(!pt_desc_fix(&d));
	d = 0x00008e0000000000ull; /* interrupt gate */
	ck_assert(!pt_desc_fix(&d));
	d = 0x0000800012345678ull; /* type 0 */
	ck_assert(pt_desc_fix(&d));
}
END_TEST

START_TEST(gdt_frames_are_held)
{
	u64 f[2] = {frame(d0), frame(d0)};

	table(f[0])[3] = CODE64;
	table(f[1])[0] = TSS;
	ck_assert_int_eq(hc_set_gdt((u64)f, 513), -EINVAL);
	ck_assert_uint_eq(count_of(f[0]) + count_of(f[1]), 0);
	ck_assert_int_eq(hc_set_gdt((u64)f, 14 * 512 + 1), -EINVAL);
	ck_assert_int_eq(hc_set_gdt(0, 1), -EFAULT);
	table(f[1])[0] = 0;
	ck_assert_int_eq(hc_set_gdt((u64)f, 513), 0);
	ck_assert_uint_eq(table(f[0])[3], CODE64 | 3ull << 45);
	ck_assert_uint_eq(vwin_get(v0->pt.win, 1).v, f[1]);
	ck_assert_int_eq(set(f[0], 0, 0), -EINVAL);
	ck_assert_int_eq(hc_update_descriptor(f[0] * PAGE_SIZE + 8, CODE64), 0);
	ck_assert_uint_eq(table(f[0])[1], CODE64 | 3ull << 45);
	ck_assert_int_eq(hc_update_descriptor(f[0] * PAGE_SIZE + 8, TSS),
			 -EINVAL);
	ck_assert_int_eq(hc_update_descriptor(f[0] * PAGE_SIZE + 4, 0),
			 -EINVAL);
	ck_assert_uint_eq(pt_check(), 0);
	ck_assert_int_eq(hc_set_gdt((u64)f, 0), 0);
	ck_assert_uint_eq(count_of(f[0]) + count_of(f[1]), 0);
}
END_TEST

START_TEST(ldt_pages_are_taken_when_used)
{
	u64 f = frame(d0);

	table(f)[0] = CODE64;
	table(l1)[2] = entry(f, P_RO);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_SET_LDT, 0x2001, 10), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_SET_LDT, 0x2000, 8193), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_SET_LDT, 0x2000, 10), 0);
	ck_assert_uint_eq(count_of(f), 0);
	ck_assert(!pt_ldt_fault(v0, 80));
	ck_assert(pt_ldt_fault(v0, 0));
	ck_assert(!pt_ldt_fault(v0, 0));
	ck_assert_uint_eq(type_of(f), PGT_seg_desc);
	ck_assert_uint_eq(count_of(f), 1);
	ck_assert_uint_eq(pt_check(), 0);
	/* unmapping it takes it out of the LDT: it may become writable */
	ck_assert_int_eq(hc_update_va_mapping(0x2000, 0, 0), 0);
	ck_assert_uint_eq(count_of(f), 0);
	ck_assert_int_eq(hc_update_va_mapping(0x2000, entry(f, P_RW), 0), 0);
	ck_assert(!pt_ldt_fault(v0, 0));
	ck_assert_int_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
}
END_TEST

START_TEST(grant_entries_hold_their_frames)
{
	u64 g = frame(d1), g2 = frame(d1);
	u64 slot = (l1 << PAGE_SHIFT) + 20 * 8;

	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_int_eq(pt_grant_map(slot, true, g, PTE_RW), 0);
	ck_assert_int_eq(pt_grant_map(21 << PAGE_SHIFT, false, g2, 0), 0);
	ck_assert_int_eq(pt_grant_map(1ull << 30, false, g2, 0), -EINVAL);
	ck_assert_int_eq(pt_grant_map(slot + 4, true, g2, 0), -EINVAL);
	ck_assert_int_eq(pt_grant_map(l2 << PAGE_SHIFT, true, g2, 0), -EINVAL);
	ck_assert_uint_eq(count_of(g), 1);
	ck_assert_uint_eq(frametable[g2].ref, PGF_allocated | 2);
	ck_assert_uint_eq(pt_check(), 0);
	ck_assert_int_eq(pt_grant_unmap(slot, true, g2, false, 0), -EINVAL);
	ck_assert_int_eq(pt_grant_unmap(slot, true, g, false, 0), 0);
	ck_assert_uint_eq(count_of(g), 0);
	/* the guest overwrites the other itself */
	ck_assert_int_eq(set(l1, 21, 0), 0);
	ck_assert_uint_eq(frametable[g2].ref, PGF_allocated | 1);
	ck_assert_int_eq(pt_grant_unmap(21 << PAGE_SHIFT, false, g2, true, 0),
			 -EINVAL);
	/* replaced by the entry of another address */
	ck_assert_int_eq(pt_grant_map(21 << PAGE_SHIFT, false, g, PTE_RW), 0);
	ck_assert_int_eq(
		pt_grant_unmap((l1 << PAGE_SHIFT) + 21 * 8, true, g, false, 1),
		-EINVAL);
	ck_assert_int_eq(pt_grant_unmap(21 << PAGE_SHIFT, false, g, false, 1),
			 0);
	ck_assert_uint_eq(table(l1)[0], 0);
	ck_assert_uint_eq(table(l1)[21], entry(data, P_RW));
}
END_TEST

START_TEST(stale_translations_go_before_reuse)
{
	u64 spare = frame(d0);
	unsigned int before;

	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	ck_assert_int_eq(set(l1, 2, entry(spare, P_RW)), 0);
	ck_assert_int_eq(set(l1, 2, 0), 0);
	before = fake_flushes;
	/* was writable a moment ago, becomes a table */
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, spare, 0), 0);
	ck_assert_uint_eq(fake_flushes, before + 1);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, spare, 0), 0);
	/* was a table, becomes writable */
	ck_assert_int_eq(set(l1, 2, entry(spare, P_RW)), 0);
	ck_assert_uint_eq(fake_flushes, before + 2);
	ck_assert_int_eq(set(l1, 2, 0), 0);
	tlb_flush_everywhere();
	before = fake_flushes;
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, spare, 0), 0);
	ck_assert_uint_eq(fake_flushes, before);
}
END_TEST

START_TEST(clear_and_copy_need_a_data_page)
{
	table(data)[7] = 5;
	ck_assert_int_eq(mmuext(MMUEXT_COPY_PAGE, data2, data), 0);
	ck_assert_uint_eq(table(data2)[7], 5);
	ck_assert_int_eq(mmuext(MMUEXT_CLEAR_PAGE, data2, 0), 0);
	ck_assert_uint_eq(table(data2)[7], 0);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_CLEAR_PAGE, l1, 0), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_COPY_PAGE, l1, data), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_COPY_PAGE, data2, FAKE_HOLE), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_MARK_SUPER, 0, 0), -EOPNOTSUPP);
}
END_TEST

START_TEST(dying_in_the_middle)
{
	u64 f = frame(d0);

	fake_yield = true; /* teardown restarts between batches */
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, frame(d0), 0), 0);
	ck_assert_int_eq(hc_set_gdt((u64)&f, 512), 0);
}
END_TEST

START_TEST(check_sees_a_wrong_count)
{
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	frametable[l2].type++;
	ck_assert_uint_eq(pt_check(), 1);
	frametable[l2].type--;
	frametable[data].ref--;
	ck_assert_uint_eq(pt_check(), 1);
	frametable[data].ref++;
	table(l1)[9] = entry(data2, P_RW);
	ck_assert_uint_ge(pt_check(), 1);
	table(l1)[9] = 0;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pt");
	TCase *c = tcase_create("pt");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, tree_is_validated_and_let_go);
	tcase_add_test(c, hv_slots_are_ours);
	tcase_add_test(c, addresses_that_are_none);
	tcase_add_test(c, one_type_at_a_time);
	tcase_add_test(c, failed_validation_undoes_itself);
	tcase_add_test(c, tables_lead_to_themselves_read_only);
	tcase_add_test(c, linear_tables_make_no_chains);
	tcase_add_test(c, linear_addresses_are_not_to_be_changed);
	tcase_add_test(c, l1_flags);
	tcase_add_test(c, errors_of_l1_updates);
	tcase_add_test(c, device_memory_is_uncached);
	tcase_add_test(c, foreign_frames_by_name);
	tcase_add_test(c, tables_of_others_by_name);
	tcase_add_loop_test(c, done_counts_what_was_done, 0, 2);
	tcase_add_test(c, preserve_ad_keeps_what_hardware_set);
	tcase_add_test(c, m2p_updates);
	tcase_add_test(c, va_mapping_walks_the_kernel_root);
	tcase_add_test(c, roots_hold_their_tables);
	tcase_add_test(c, descriptors_are_made_harmless);
	tcase_add_test(c, gdt_frames_are_held);
	tcase_add_test(c, ldt_pages_are_taken_when_used);
	tcase_add_test(c, grant_entries_hold_their_frames);
	tcase_add_test(c, stale_translations_go_before_reuse);
	tcase_add_test(c, clear_and_copy_need_a_data_page);
	tcase_add_test(c, dying_in_the_middle);
	tcase_add_test(c, check_sees_a_wrong_count);
	suite_add_tcase(s, c);
	return fake_main(s);
}
