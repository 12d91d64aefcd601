/*
 * guests/regress: class: cache attributes
 *
 * Published defects of this class let a guest without devices choose how
 * memory is cached, or have device memory cached, or one frame in two ways
 * because a change of attributes passed for one of flags.
 */
#include "regress.h"

#define PAT   PTE_PSE /* bit 7 of an L1 entry */
#define CACHE (PTE_PWT | PTE_PCD | PAT)
#define VGA   0xb8000UL

static u64 *page;

static const struct {
	u64 bits;
	const char *name;
	bool becomes_uc; /* for device memory */
} kind[] = {
	{0, "WB", true},	 {PTE_PWT, "WT", true},
	{PTE_PCD, "UC-", false}, {PTE_PCD | PTE_PWT, "UC", false},
	{PAT, "WC", false},	 {PAT | PTE_PWT, "WP", true},
};

PROMISE(attributes_need_a_right, "RAM: dom0 may choose, a domU may not")
{
	unsigned int i;

	page = page_alloc();
	require(!hypercall(vm_assist, VMASST_CMD_enable,
			   VMASST_TYPE_writable_pagetables));
	for (i = 1; i < ARRAY_SIZE(kind); i++) {
		long rc = va_map(page, map_rw(page) | kind[i].bits);

		answer_as(kind[i].name, rc);
		if (is_dom0())
			expect_eq(rc, 0);
		else
			expect(rc < 0);
		if (!rc)
			expect_eq(*pte_walk(page, 1) & CACHE, kind[i].bits);
		expect_eq(page_make_rw(page), 0);
		/* As a change of flags, to the same frame. */
		rc = pte_write(pte_maddr(page, 1) | MMU_PT_UPDATE_PRESERVE_AD,
			       map_rw(page) | kind[i].bits);
		expect_eq(rc < 0, !is_dom0());
		PROBE("movq %1, %0",
		      : "=m"(*pte_walk(page, 1))
		      : "r"(map_rw(page) | kind[i].bits)
		      : "memory");
		expect_eq(caught.happened, !is_dom0());
		expect_eq(page_make_rw(page), 0);
	}
}

PROMISE(attributes_in_a_pin, "a table with such an entry: the same rule")
{
	u64 *t = page_alloc();
	long rc;

	require(page != NULL);
	t[8] = map_ro(page) | PTE_PCD;
	require(!page_make_ro(t));
	rc = mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0);
	answer(rc);
	expect_eq(rc < 0, !is_dom0());
	if (!rc)
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(devices_are_not_cached, "device memory: WB, WT and WP become UC")
{
	unsigned int i;

	if (!is_dom0())
		skip("needs I/O rights");
	for (i = 0; i < ARRAY_SIZE(kind); i++) {
		u64 want =
			kind[i].becomes_uc ? PTE_PCD | PTE_PWT : kind[i].bits;

		expect_eq(va_map(page, VGA | PTE_DATA | kind[i].bits), 0);
		expect_eq(*pte_walk(page, 1) & CACHE, want);
		/* On a live entry too, by every path. */
		expect_eq(va_map(page, VGA | PTE_DATA | PTE_PCD | PTE_PWT), 0);
		expect_eq(pte_write(pte_maddr(page, 1) |
					    MMU_PT_UPDATE_PRESERVE_AD,
				    VGA | PTE_RO | kind[i].bits),
			  0);
		answer_as(kind[i].name, *pte_walk(page, 1) & CACHE);
		expect(*pte_walk(page, 1) & CACHE);
		expect_eq(page_make_rw(page), 0);
	}
}

PROMISE(uncached_frames_become_tables,
	"a frame last written uncached is read right")
{
	u64 *data;

	if (!is_dom0())
		skip("needs I/O rights");
	data = page_alloc();
	require(!va_map(page,
			va_to_mfn(page) << 12 | PTE_DATA | PTE_PCD | PTE_PWT));
	memset(page, 0, PAGE_SIZE);
	page[5] = map_ro(data);
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(page), 0));
	require(!va_map(page, map_ro(page) | PTE_PCD | PTE_PWT));
	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(page), 0), 0);
	/* It was validated as it is: the entry holds its frame. */
	require(!va_map(data, 0));
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(data), 0), 0);
	expect_eq(va_map(data, map_rw(data)), -XEN_EBUSY);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(data), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(page), 0), 0);
	require(!page_make_rw(data) && !page_make_rw(page));
	page_free(data);
}
