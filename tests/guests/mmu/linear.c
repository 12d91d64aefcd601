/*
 * guests/mmu: tables that lead to tables of their own level
 *
 * ABI: a table may be entered into itself, or into another of its level, read
 * only; a table led to by others leads to no other.
 */
#include <guest.h>

#define SLOT   300 /* of the L4: free in all of these guests */
#define LINEAR (0xffff000000000000UL | (u64)SLOT << 39)

/* Of this kernel's root, or of an empty one. */
static u64 slot_of(u64 root, unsigned int slot)
{
	return root << 12 | slot * 8;
}

static u64 *empty_table(void)
{
	u64 *t = page_alloc();

	if (page_make_ro(t))
		guest_broken("a table stays writable");
	return t;
}

static void give_back(u64 *t)
{
	if (page_make_rw(t))
		guest_broken("a table is still one");
	memset(t, 0, PAGE_SIZE);
	page_free(t);
}

/* L4 entry of itself: the L1 entry of @va appears at a fixed address. */
static u64 *linear_l1e(const void *va)
{
	return (u64 *)(LINEAR + ((u64)va >> 12 << 3 & ((1UL << 39) - 1)));
}

/* Some builds refuse them. */
#define LINEAR_ONLY(root)                                                  \
	do {                                                               \
		if (pte_write(slot_of(root, SLOT), (root) << 12 | PTE_RO)) \
			skip("no linear tables here");                     \
	} while (0)

PROMISE(linear_table, "a root entered into itself shows the tables")
{
	u64 root = root_mfn();
	u8 *page = page_alloc();

	LINEAR_ONLY(root);
	expect_eq(*linear_l1e(page) & PTE_MFN, va_to_mfn(page) << 12);
	expect(!probe_write(linear_l1e(page), 0));
	expect_eq(pte_write(slot_of(root, SLOT), 0), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	page_free(page);
}

PROMISE(linear_read_only, "not writable, neither at first nor later")
{
	u64 root = root_mfn();

	expect_eq(pte_write(slot_of(root, SLOT), root << 12 | PTE_TABLE),
		  -XEN_EINVAL);
	LINEAR_ONLY(root);
	expect_eq(pte_write(slot_of(root, SLOT), root << 12 | PTE_TABLE),
		  -XEN_EINVAL);
	expect_eq(pte_write(slot_of(root, SLOT), root << 12 | PTE_RO | PTE_NX),
		  0);
	expect_eq(pte_write(slot_of(root, SLOT), 0), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
}

PROMISE(linear_not_by_address, "update_va_mapping changes L1 tables only")
{
	u64 root = root_mfn();
	u8 *page = page_alloc();
	u64 was;

	LINEAR_ONLY(root);
	was = *pte_walk(page, 2);
	expect_eq(va_map(linear_l1e(page), 0), -XEN_EINVAL);
	expect_eq(*pte_walk(page, 2), was);
	expect_eq(pte_write(slot_of(root, SLOT), 0), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	page_free(page);
}

PROMISE(linear_chains, "a table led to by others leads to no other")
{
	u64 *t[3], m[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		t[i] = empty_table();
		m[i] = va_to_mfn(t[i]);
		require(!mmuext(MMUEXT_PIN_L4_TABLE, m[i], 0));
	}
	if (pte_write(slot_of(m[0], 1), m[1] << 12 | PTE_RO)) {
		for (i = 0; i < 3; i++) {
			mmuext(MMUEXT_UNPIN_TABLE, m[i], 0);
			give_back(t[i]);
		}
		skip("no linear tables here");
	}
	expect_eq(pte_write(slot_of(m[1], 1), m[2] << 12 | PTE_RO),
		  -XEN_EINVAL);
	expect_eq(pte_write(slot_of(m[2], 1), m[0] << 12 | PTE_RO),
		  -XEN_EINVAL);
	expect_eq(pte_write(slot_of(m[1], 1), m[1] << 12 | PTE_RO), 0);
	expect_eq(pte_write(slot_of(m[2], 1), m[1] << 12 | PTE_RO), 0);
	/* held by those entries alone, and gone with them */
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, m[1], 0), 0);
	expect(page_make_rw(t[1]) != 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, m[0], 0), 0);
	expect(page_make_rw(t[1]) != 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, m[2], 0), 0);
	for (i = 0; i < 3; i++)
		give_back(t[i]);
}
