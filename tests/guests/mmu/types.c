/*
 * guests/mmu: frame types, pins and roots
 *
 * ABI: mmuext_op and the rules of page-table validation.
 */
#include <guest.h>

/* A read-only page ready to become a table. */
static u64 *table_new(void)
{
	u64 *t = page_alloc();

	if (page_make_ro(t))
		guest_broken("cannot make a pool page read-only");
	return t;
}

static void table_free(u64 *t)
{
	if (page_make_rw(t))
		guest_broken("cannot make a former table writable");
	page_free(t);
}

PROMISE(pin_needs_read_only, "pinning a frame that is mapped RW is refused")
{
	u64 *t = page_alloc();

	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0));
	page_free(t);
}

PROMISE(pin_each_level_empty, "an empty read-only page can be pinned at 1..4")
{
	u64 *t = table_new();
	u32 level;

	for (level = 0; level < 4; level++) {
		expect_eq(mmuext(MMUEXT_PIN_L1_TABLE + level, va_to_mfn(t), 0),
			  0);
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	}
	table_free(t);
}

PROMISE(second_pin_is_einval, "a frame is pinned at most once")
{
	u64 *t = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), -XEN_EINVAL);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), -XEN_EINVAL);
	table_free(t);
}

PROMISE(pin_at_another_level, "a pinned L1 cannot be pinned as L2")
{
	u64 *t = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), 0);
	expect_refused(mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(t), 0));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(pinned_frame_stays_read_only, "RW mapping of a pinned table is -EBUSY")
{
	u64 *t = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(page_make_rw(t), -XEN_EBUSY);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(page_make_rw(t), 0);
	page_free(t);
}

PROMISE(pin_validates_entries, "a table with a bad entry cannot be pinned")
{
	u64 *t = page_alloc();
	u64 own_l1 = *pte_walk(t, 2) & PTE_MFN;

	t[5] = own_l1 | PTE_DATA; /* RW mapping of a table */
	require(!page_make_ro(t));
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0));
	require(!page_make_rw(t));
	t[5] = own_l1 | PTE_RO;
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(own_rw_entry_forbids_the_pin, "a table that maps itself RW is refused")
{
	u64 *t = page_alloc();

	t[0] = va_to_mfn(t) << 12 | PTE_DATA;
	require(!page_make_ro(t));
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0));
	table_free(t);
}

PROMISE(superpage_in_l2_is_einval, "PSE in an L2 entry is -EINVAL")
{
	u64 *t = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(pte_write(va_to_maddr(t), PTE_TABLE | PTE_PSE), -XEN_EINVAL);
	expect_eq(t[0], 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(l2_entry_types_its_target, "linking a page makes it an L1 of type L1")
{
	u64 *l2 = table_new(), *l1 = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0), 0);
	expect_eq(pte_write(va_to_maddr(l2), va_to_mfn(l1) << 12 | PTE_TABLE),
		  0);
	expect_eq(page_make_rw(l1), -XEN_EBUSY);
	expect_eq(pte_write(va_to_maddr(l2), 0), 0);
	expect_eq(page_make_rw(l1), 0);
	page_free(l1);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	table_free(l2);
}

PROMISE(l2_refuses_a_writable_target, "a page mapped RW cannot become an L1")
{
	u64 *l2 = table_new(), *rw = page_alloc();

	expect_eq(mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0), 0);
	expect_refused(
		pte_write(va_to_maddr(l2), va_to_mfn(rw) << 12 | PTE_TABLE));
	expect_eq(l2[0], 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	page_free(rw);
	table_free(l2);
}

PROMISE(l3_refuses_an_l1, "an L1 table cannot be linked where an L2 belongs")
{
	u64 *l3 = table_new(), *l1 = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(l1), 0), 0);
	expect_eq(mmuext(MMUEXT_PIN_L3_TABLE, va_to_mfn(l3), 0), 0);
	expect_refused(
		pte_write(va_to_maddr(l3), va_to_mfn(l1) << 12 | PTE_TABLE));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l3), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l1), 0), 0);
	table_free(l3);
	table_free(l1);
}

PROMISE(unlinked_pinned_table_survives, "a pin keeps the type without a link")
{
	u64 *l2 = table_new(), *l1 = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(l1), 0), 0);
	expect_eq(mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0), 0);
	expect_eq(pte_write(va_to_maddr(l2), va_to_mfn(l1) << 12 | PTE_TABLE),
		  0);
	expect_eq(pte_write(va_to_maddr(l2), 0), 0);
	expect_eq(page_make_rw(l1), -XEN_EBUSY);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l1), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	table_free(l1);
	table_free(l2);
}

PROMISE(reserved_slots_are_einval, "writing L4 slots 256..271 is -EINVAL")
{
	u64 l4 = root_mfn() << 12;

	expect_eq(pte_write(l4 + 256 * 8, 0), -XEN_EINVAL);
	expect_eq(pte_write(l4 + 271 * 8, 0), -XEN_EINVAL);
	expect_eq(pte_write(l4 + 272 * 8, 0), 0);
}

PROMISE(reserved_slots_are_ignored,
	"a copied L4 with foreign slots can be pinned")
{
	u64 *t = page_alloc();
	const u64 *root = mfn_to_va(root_mfn());
	unsigned int i;

	for (i = 256; i < 512; i++)
		t[i] = root[i];
	t[257] = 0x123000UL | PTE_TABLE; /* nonsense, to be replaced */
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(new_baseptr_switches_roots, "NEW_BASEPTR loads a root, CR3 follows")
{
	u64 *t = page_alloc();
	u64 old = root_mfn(), cr3;

	memcpy(t, mfn_to_va(old), PAGE_SIZE);
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(t), 0), 0);
	__asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
	expect_eq(cr3 >> 12, va_to_mfn(t));
	expect(mfn_to_pfn(va_to_mfn(t)) == va_to_pfn(t));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(page_make_rw(t), -XEN_EBUSY); /* CR3 still holds it */
	expect_eq(mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0);
	expect_eq(page_make_rw(t), 0);
	page_free(t);
}

PROMISE(unpinned_root_can_be_loaded, "NEW_BASEPTR validates what is not pinned")
{
	u64 *t = page_alloc();

	memcpy(t, mfn_to_va(root_mfn()), PAGE_SIZE);
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(t), 0), 0);
	expect_eq(mmuext(MMUEXT_NEW_BASEPTR, root_mfn(), 0), 0);
	table_free(t);
}

PROMISE(root_must_be_an_l4, "NEW_BASEPTR of a pinned L1 is refused")
{
	u64 *t = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), 0);
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(t), 0));
	expect_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, va_to_mfn(t), 0));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(user_root_none, "NEW_USER_BASEPTR 0 means none")
{
	u64 *t = table_new();

	expect_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, va_to_mfn(t), 0), 0);
	expect_eq(page_make_rw(t), -XEN_EBUSY);
	expect_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	table_free(t);
}

PROMISE(pin_of_foreign_frames, "pinning frame 0 or one past memory is refused")
{
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, 0, 0));
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, 0xffffffff, 0));
	expect_refused(mmuext(MMUEXT_UNPIN_TABLE, 0xffffffff, 0));
}

PROMISE(flushes_succeed, "local, multi and all flushes return 0")
{
	u64 vcpus = 1;

	expect_eq(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
	expect_eq(mmuext(MMUEXT_INVLPG_LOCAL, (u64)&vcpus, 0), 0);
	expect_eq(mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
	expect_eq(mmuext(MMUEXT_INVLPG_ALL, (u64)&vcpus, 0), 0);
	expect_eq(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (u64)&vcpus), 0);
	expect_eq(mmuext(MMUEXT_INVLPG_MULTI, (u64)&vcpus, (u64)&vcpus), 0);
}

PROMISE(flush_mask_needs_a_pointer, "a bad vcpu mask is -EINVAL or -EFAULT")
{
	long rc = mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (u64)BAD_UNMAPPED);

	answer_as("the call", rc);
	expect(rc == -XEN_EINVAL || rc == -XEN_EFAULT);
}

PROMISE(clear_and_copy, "CLEAR_PAGE and COPY_PAGE work on own frames")
{
	u64 *a = page_alloc(), *b = page_alloc();

	a[7] = 7;
	expect_eq(mmuext(MMUEXT_COPY_PAGE, va_to_mfn(b), va_to_mfn(a)), 0);
	expect_eq(b[7], 7);
	expect_eq(mmuext(MMUEXT_CLEAR_PAGE, va_to_mfn(b), 0), 0);
	expect_eq(b[7], 0);
	page_free(a);
	page_free(b);
}

PROMISE(clear_of_a_table, "CLEAR_PAGE and COPY_PAGE refuse page tables")
{
	u64 *t = table_new();

	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), 0);
	expect_refused(mmuext(MMUEXT_CLEAR_PAGE, va_to_mfn(t), 0));
	expect_refused(
		mmuext(MMUEXT_COPY_PAGE, va_to_mfn(t), va_to_mfn(start_info)));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(unknown_mmuext, "unknown commands are -ENOSYS")
{
	expect_eq(mmuext(99, 0, 0), -XEN_ENOSYS);
}

PROMISE(mmuext_done_and_order, "mmuext stops at the first error, writes done")
{
	u64 *t = table_new();
	struct mmuext_op op[3] = {
		{.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = va_to_mfn(t)},
		{.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = va_to_mfn(t)},
		{.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = va_to_mfn(t)},
	};
	u32 done = 77;

	expect_eq(hypercall(mmuext_op, op, 3, &done, DOMID_SELF), -XEN_EINVAL);
	expect_eq(done, 1);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(hypercall(mmuext_op, BAD_UNMAPPED, 1, 0, DOMID_SELF),
		  -XEN_EFAULT);
	table_free(t);
}

PROMISE(deep_tree_pins_at_once, "pinning an L4 validates all levels below it")
{
	u64 *l4 = page_alloc(), *l3 = page_alloc(), *l2 = page_alloc();
	u64 *l1 = page_alloc(), *data = page_alloc();

	l1[3] = va_to_mfn(data) << 12 | PTE_DATA;
	l2[2] = va_to_mfn(l1) << 12 | PTE_TABLE;
	l3[1] = va_to_mfn(l2) << 12 | PTE_TABLE;
	l4[0] = va_to_mfn(l3) << 12 | PTE_TABLE;
	require(!page_make_ro(l1) && !page_make_ro(l2) && !page_make_ro(l3) &&
		!page_make_ro(l4));
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0), 0);
	expect_eq(page_make_rw(l1), -XEN_EBUSY);
	expect_eq(page_make_rw(l3), -XEN_EBUSY);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0), 0);
	table_free(l1);
	table_free(l2);
	table_free(l3);
	table_free(l4);
	page_free(data);
}
