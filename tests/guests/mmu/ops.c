/*
 * guests/mmu: the rest of mmuext_op, roots, and what holds a frame
 *
 * ABI: ABI-NOTES 5.1 and 5.3; MARK_SUPER and UNMARK_SUPER as 4.17 answers.
 */
#include <guest.h>
#include <xen/memory.h>

static u64 *table_new(void)
{
	u64 *t = page_alloc();

	if (page_make_ro(t))
		guest_broken("cannot make a pool page read-only");
	return t;
}

static void table_free(u64 *t)
{
	expect_eq(page_make_rw(t), 0);
	page_free(t);
}

PROMISE(superpage_marks, "MARK_SUPER and UNMARK_SUPER are refused")
{
	u64 *t = page_alloc();

	expect_refused(mmuext(MMUEXT_MARK_SUPER, va_to_mfn(t), 0));
	expect_refused(mmuext(MMUEXT_UNMARK_SUPER, va_to_mfn(t), 0));
	expect_refused(mmuext(MMUEXT_MARK_SUPER, va_to_mfn(t) & ~511UL, 0));
	page_free(t);
}

PROMISE(numbers_without_meaning, "commands 14, 21, 22 and a huge one: -ENOSYS")
{
	expect_eq(mmuext(14, 0, 0), -XEN_ENOSYS);
	expect_eq(mmuext(21, 0, 0), -XEN_ENOSYS);
	expect_eq(mmuext(22, 0, 0), -XEN_ENOSYS);
	expect_eq(mmuext(0xffffffff, 0, 0), -XEN_ENOSYS);
}

PROMISE(cache_flushes, "FLUSH_CACHE and its global form: 0 with a right")
{
	long here = mmuext(MMUEXT_FLUSH_CACHE, 0, 0);
	long all = mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0);

	answer(here);
	answer(all);
	if (is_dom0()) {
		expect_eq(here, 0);
		expect_eq(all, 0);
	} else {
		expect(here < 0 && all < 0);
	}
}

PROMISE(all_slots_of_the_hypervisor,
	"each of slots 256..271: -EINVAL, any value")
{
	u64 l4 = root_mfn() << 12;
	const u64 *root = mfn_to_va(root_mfn());
	unsigned int i;

	for (i = 256; i <= 271; i++) {
		expect_eq(pte_write(l4 + i * 8, root[i]), -XEN_EINVAL);
		expect_eq(pte_write(l4 + i * 8, 0), -XEN_EINVAL);
		expect_eq(pte_write(l4 + i * 8, ~0UL), -XEN_EINVAL);
		expect_eq(pte_write(l4 + i * 8 + MMU_PT_UPDATE_PRESERVE_AD,
				    root[i]),
			  -XEN_EINVAL);
	}
}

PROMISE(reserved_slots_do_not_hold, "what stood in those slots is not counted")
{
	u64 *l4 = page_alloc(), *l3 = page_alloc();

	l4[257] = va_to_mfn(l3) << 12 | PTE_TABLE;
	l4[271] = va_to_mfn(l4) << 12 | PTE_TABLE;
	require(!page_make_ro(l4)); /* l3 stays writable */
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0), 0);
	expect_eq(page_make_rw(l3), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0), 0);
	table_free(l4);
	page_free(l3);
}

PROMISE(one_l1_three_l2s, "an L1 may hang under several L2s and twice in one")
{
	u64 *l2[3], *l1 = table_new();
	u64 link = va_to_mfn(l1) << 12 | PTE_TABLE;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		l2[i] = table_new();
		require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2[i]), 0));
		expect_eq(pte_write(va_to_maddr(l2[i]), link), 0);
		expect_eq(pte_write(va_to_maddr(l2[i] + 300), link), 0);
	}
	for (i = 0; i < 3; i++) {
		expect_eq(page_make_rw(l1), -XEN_EBUSY);
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2[i]), 0), 0);
		table_free(l2[i]);
	}
	table_free(l1);
}

PROMISE(refused_pin_lets_go, "a pin refused at the last entry held nothing")
{
	u64 *l2 = page_alloc(), *l1 = page_alloc(), *data = page_alloc();
	unsigned int i;

	for (i = 0; i < 511; i++)
		l1[i] = va_to_mfn(data) << 12 | PTE_DATA;
	l1[511] = va_to_mfn(l2) << 12 | PTE_DATA; /* a table, RW: refused */
	require(!page_make_ro(l2) && !page_make_ro(l1));
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(l1), 0));
	expect_refused(
		pte_write(va_to_maddr(l2), va_to_mfn(l1) << 12 | PTE_TABLE));
	expect_eq(l2[0], 0);
	/* data has its own mapping only, so it can become a table at once. */
	require(!page_make_ro(data));
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(data), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(data), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	table_free(l1);
	table_free(l2);
	table_free(data);
}

PROMISE(refused_deep_pin_lets_go, "a tree whose last leaf is bad: all let go")
{
	u64 *l4 = page_alloc(), *l3 = page_alloc(), *l2 = page_alloc();
	u64 *l1 = page_alloc(), *good = page_alloc();

	good[0] = va_to_mfn(start_info) << 12 | PTE_RO;
	l1[511] = va_to_mfn(l4) << 12 | PTE_DATA;
	l2[0] = va_to_mfn(good) << 12 | PTE_TABLE;
	l2[511] = va_to_mfn(l1) << 12 | PTE_TABLE;
	l3[511] = va_to_mfn(l2) << 12 | PTE_TABLE;
	l4[0] = l4[511] = va_to_mfn(l3) << 12 | PTE_TABLE;
	require(!page_make_ro(l1) && !page_make_ro(l2) && !page_make_ro(l3) &&
		!page_make_ro(l4) && !page_make_ro(good));
	expect_refused(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0));
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(l4), 0));
	expect_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, va_to_mfn(l4), 0));
	table_free(good);
	table_free(l1);
	table_free(l2);
	table_free(l3);
	table_free(l4);
}

PROMISE(mapping_holds_a_frame, "a frame given back lives until unmapped")
{
	u64 *page = page_alloc(), *window = page_alloc();
	u64 pfn = va_to_pfn(page), mfn = pfn_to_mfn(pfn), list = mfn, v;
	struct xen_memory_reservation op = {.nr_extents = 1,
					    .domid = DOMID_SELF};

	op.extent_start.p = &list;
	page[3] = 0x600d;
	require(!va_map(window, mfn << 12 | PTE_RO) && !va_map(page, 0));
	expect_eq(hypercall(memory_op, XENMEM_decrease_reservation, &op), 1);
	require(probe_read(window + 3, &v));
	expect_eq(v, 0x600d);
	answer_as("a second time",
		  hypercall(memory_op, XENMEM_decrease_reservation, &op));
	require(!va_map(window, 0));
	expect_refused_as("mapping it then",
			  va_map(window, mfn << 12 | PTE_RO));
	list = pfn;
	require(hypercall(memory_op, XENMEM_populate_physmap, &op) == 1);
	((u64 *)start_info->mfn_list)[pfn] = list;
	require(!page_make_rw(page) && !page_make_rw(window));
	page_free(page);
	page_free(window);
}

PROMISE(kernel_root_may_be_the_users, "one L4 for both: refused or accepted")
{
	u64 *t = page_alloc(), old = root_mfn();

	memcpy(t, mfn_to_va(old), PAGE_SIZE);
	require(!page_make_ro(t));
	expect_eq(answer_as("user",
			    mmuext(MMUEXT_NEW_USER_BASEPTR, va_to_mfn(t), 0)),
		  0);
	expect_eq(answer_as("kernel",
			    mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(t), 0)),
		  0);
	expect_eq(mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0);
	expect_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	table_free(t);
}

PROMISE(roots_that_are_none, "roots: no memory, a data page, an L3: refused")
{
	u64 *data = page_alloc(), *l3 = table_new();

	require(!mmuext(MMUEXT_PIN_L3_TABLE, va_to_mfn(l3), 0));
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(data), 0));
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(l3), 0));
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, 0, 0));
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, 0xffffffff, 0));
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, ~0UL, 0));
	expect_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, va_to_mfn(data), 0));
	expect_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, va_to_mfn(l3), 0));
	expect_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, 0xffffffff, 0));
	expect_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, ~0UL, 0));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l3), 0), 0);
	table_free(l3);
	page_free(data);
}

PROMISE(clear_and_copy_refusals, "CLEAR and COPY of frames not to be written")
{
	u64 *page = page_alloc(), *t = table_new();

	page[1] = 1;
	expect_refused(mmuext(MMUEXT_CLEAR_PAGE, 0xffffffff, 0));
	expect_refused(mmuext(MMUEXT_COPY_PAGE, va_to_mfn(page), 0xffffffff));
	expect_refused(mmuext(MMUEXT_COPY_PAGE, 0xffffffff, va_to_mfn(page)));
	expect_refused(mmuext(MMUEXT_CLEAR_PAGE, root_mfn(), 0));
	/* Read-only mapped and of no type: it may be written by name. */
	expect_eq(mmuext(MMUEXT_COPY_PAGE, va_to_mfn(t), va_to_mfn(page)), 0);
	expect_eq(t[1], 1);
	expect_eq(mmuext(MMUEXT_CLEAR_PAGE, va_to_mfn(t), 0), 0);
	expect_eq(t[1], 0);
	/* A table can be read this way. */
	expect_eq(answer(mmuext(MMUEXT_COPY_PAGE, va_to_mfn(page), root_mfn())),
		  0);
	table_free(t);
	page_free(page);
}

PROMISE(unpin_needs_a_pin, "UNPIN: linked tables, roots, plain pages: -EINVAL")
{
	u64 *page = page_alloc();

	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(page), 0), -XEN_EINVAL);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE,
			 (*pte_walk(page, 2) & PTE_MFN) >> 12, 0),
		  -XEN_EINVAL);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE,
			 (*pte_walk(page, 3) & PTE_MFN) >> 12, 0),
		  -XEN_EINVAL);
	page_free(page);
}

PROMISE(live_tables_cannot_be_retyped, "tables in use: no pin as another level")
{
	u64 *page = page_alloc();
	u64 l1 = (*pte_walk(page, 2) & PTE_MFN) >> 12;
	u64 l2 = (*pte_walk(page, 3) & PTE_MFN) >> 12;

	expect_refused(mmuext(MMUEXT_PIN_L2_TABLE, l1, 0));
	expect_refused(mmuext(MMUEXT_PIN_L4_TABLE, l1, 0));
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, l2, 0));
	expect_refused(mmuext(MMUEXT_PIN_L3_TABLE, root_mfn(), 0));
	/* As what they are, they can be pinned besides. */
	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, l1, 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, l1, 0), 0);
	page_free(page);
}
