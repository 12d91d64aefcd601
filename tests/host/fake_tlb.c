/*
 * fake_tlb.c: see fake_tlb.h
 */
#include "fake_machine.h"
#include "fake_tlb.h"

#define ENTRIES (PAGE_SIZE / sizeof(u64))

/* By frame: mapped writable; the type it was walked as; its owner + 1. */
static bool seen_rw[FAKE_MFNS];
static u64 seen_type[FAKE_MFNS];
static u32 seen_owner[FAKE_MFNS];

void fake_tlb_forget(void)
{
	memset(seen_rw, 0, sizeof(seen_rw));
	memset(seen_type, 0, sizeof(seen_type));
	memset(seen_owner, 0, sizeof(seen_owner));
}

static bool live(const struct page *pg)
{
	return pg->owner != OWNER_NONE && pg->owner != DOMID_IO &&
	       (pg->type & PGT_count);
}

static void see_l1(const u64 *t)
{
	unsigned int i;

	for (i = 0; i < ENTRIES; i++) {
		u64 m = pte_mfn(t[i]).v;

		if (!(t[i] & PTE_P) || !mfn_valid(MFN(m)))
			continue;
		seen_owner[m] = frametable[m].owner + 1u;
		if (t[i] & PTE_RW)
			seen_rw[m] = true;
	}
}

void fake_tlb_see(void)
{
	u64 m;

	for (m = FAKE_LOW; m < FAKE_MFNS; m++) {
		const struct page *pg = &frametable[m];
		u64 type = pg->type & PGT_type_mask;

		if (!live(pg) || !(pg->type & PGT_validated))
			continue;
		if (type != PGT_writable)
			seen_type[m] = type;
		if (type == PGT_l1)
			see_l1(page_to_virt(pg));
	}
}

void fake_tlb_check(void)
{
	u64 m;

	for (m = FAKE_LOW; m < FAKE_MFNS; m++) {
		const struct page *pg = &frametable[m];
		u64 type = pg->type & PGT_type_mask;

		if (pg->ref & PGF_free)
			continue;
		if (seen_owner[m])
			ck_assert_uint_eq(seen_owner[m], pg->owner + 1u);
		if (!live(pg))
			continue;
		if (seen_type[m])
			ck_assert_uint_eq(seen_type[m], type);
		if (type != PGT_writable)
			ck_assert(!seen_rw[m]);
	}
}
