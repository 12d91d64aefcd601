/*
 * guests/mmu: batches of mmu_update and mmuext_op
 *
 * ABI: requests are done in order up to the first error, `done` counts them
 * exactly, however long the list is and wherever it ends.
 */
#include <guest.h>

#define LONG 2000

static struct mmu_update req[LONG] __attribute__((aligned(4096)));
static u64 *table, *data;

/* A pinned L1 table whose entries the requests set. */
static bool setup(void)
{
	if (!table) {
		table = page_alloc();
		data = page_alloc();
		if (page_make_ro(table) ||
		    mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table), 0))
			return false;
	}
	return true;
}

/* 4.17 marks the entries of guests global, see `mmu/global_bit_is_tolerated`.
 */
static u64 shown(u64 i)
{
	return table[i] & ~PTE_G;
}

static u64 entry(u64 i)
{
	return va_to_mfn(data) << 12 | PTE_RO | (i & 7) << 9;
}

static void fill(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		req[i].ptr = va_to_maddr(table) + (i & 511) * 8;
		req[i].val = entry(i);
	}
}

static void clear(void)
{
	unsigned int i;

	for (i = 0; i < 512; i++)
		if (table[i])
			expect_eq(pte_write(va_to_maddr(table + i), 0), 0);
}

PROMISE(batches_of_any_length, "1 to 2000 requests: all done, done exact")
{
	static const u32 length[] = {1,	 2,  15, 16,  17,  31,	32,  33,
				     63, 64, 65, 511, 512, 513, LONG};
	u32 k, i, done;

	require(setup());
	for (k = 0; k < ARRAY_SIZE(length); k++) {
		fill(length[k]);
		done = 0;
		expect_eq(hypercall(mmu_update, req, length[k], &done,
				    DOMID_SELF),
			  0);
		expect_eq(done, length[k]);
		for (i = 0; i < 512 && i < length[k]; i++) {
			u32 last = i + (length[k] - 1 - i) / 512 * 512;

			if (!expect_eq(shown(i), entry(last)))
				break;
		}
		clear();
	}
}

PROMISE(an_error_at_every_place, "the wrong request ends a batch, at 0 to 40")
{
	u32 bad, i, done;

	require(setup());
	for (bad = 0; bad < 40; bad++) {
		fill(40);
		req[bad].val = va_to_mfn(table) << 12 | PTE_DATA;
		done = 77;
		expect_eq(hypercall(mmu_update, req, 40, &done, DOMID_SELF),
			  -XEN_EBUSY);
		expect_eq(done, bad);
		for (i = 0; i < 40; i++)
			if (!expect_eq(shown(i), i < bad ? entry(i) : 0))
				break;
		clear();
	}
}

PROMISE(list_ends_on_an_absent_page,
	"requests up to the fault are done: -EFAULT")
{
	u32 k, done, fit;
	struct mmu_update *from;

	require(setup());
	require(!va_map((u8 *)req + PAGE_SIZE, 0));
	for (k = 0; k < 3; k++) {
		static const u32 fits[] = {1, 16, 21};

		fit = fits[k];
		fill(256); /* all of the first page */
		from = &req[256 - fit];
		done = 77;
		expect_eq(hypercall(mmu_update, from, 64, &done, DOMID_SELF),
			  -XEN_EFAULT);
		expect_eq(done, fit);
		clear();
	}
	require(!page_make_rw((u8 *)req + PAGE_SIZE));
}

PROMISE(done_needs_a_good_pointer,
	"a bad `done` harms nobody, the work is done")
{
	require(setup());
	fill(3);
	answer(hypercall(mmu_update, req, 3, BAD_UNMAPPED, DOMID_SELF));
	expect_eq(shown(2), entry(2));
	answer(hypercall(mmu_update, req, 3, BAD_HYPERVISOR, DOMID_SELF));
	expect_eq(req[0].val, entry(0));
	clear();
}

PROMISE(several_tables_in_one_batch, "requests may go from table to table")
{
	u64 *l2 = page_alloc(), *plain = page_alloc();
	u32 i, done = 0;

	require(setup());
	require(!page_make_ro(l2));
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	for (i = 0; i < 60; i++) {
		u64 *t = i % 3 == 0 ? table : i % 3 == 1 ? l2 : plain;

		req[i].ptr = va_to_maddr(t + i);
		req[i].val =
			t == l2 ? va_to_mfn(table) << 12 | PTE_TABLE : entry(i);
	}
	expect_eq(hypercall(mmu_update, req, 60, &done, DOMID_SELF), 0);
	expect_eq(done, 60);
	expect_eq(plain[59], entry(59));
	expect_eq(l2[58] & PTE_MFN, va_to_mfn(table) << 12);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	require(!page_make_rw(l2));
	page_free(l2);
	page_free(plain);
	clear();
}

PROMISE(table_ends_within_the_batch,
	"a table that a request unlinks is a plain page for the next")
{
	u64 *l2 = page_alloc(), *l1 = page_alloc();
	u32 done = 0;

	require(!page_make_ro(l2) && !page_make_ro(l1));
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	req[0].ptr = va_to_maddr(l2);
	req[0].val = va_to_mfn(l1) << 12 | PTE_TABLE;
	req[1].ptr = va_to_maddr(l1);
	req[1].val = va_to_mfn(start_info) << 12 | PTE_RO;
	req[2].ptr = va_to_maddr(l2);
	req[2].val = 0;
	/* No entry would be allowed to say this: */
	req[3].ptr = va_to_maddr(l1);
	req[3].val = va_to_mfn(l2) << 12 | PTE_DATA;
	expect_eq(hypercall(mmu_update, req, 4, &done, DOMID_SELF), 0);
	expect_eq(done, 4);
	expect_eq(l1[0], va_to_mfn(l2) << 12 | PTE_DATA);
	/* and with this content it is no table any more. */
	req[0].ptr = va_to_maddr(l2);
	req[0].val = va_to_mfn(l1) << 12 | PTE_TABLE;
	expect_refused(hypercall(mmu_update, req, 1, &done, DOMID_SELF));
	expect_eq(done, 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	require(!page_make_rw(l2) && !page_make_rw(l1));
	page_free(l2);
	page_free(l1);
}

PROMISE(request_addresses, "an address that is no entry's, or no memory's")
{
	require(setup());
	expect_refused(pte_write(va_to_maddr(table) + 4, entry(0)));
	expect_refused(pte_write(0xfee00000UL, entry(0)));
	expect_refused(pte_write(~7UL, entry(0)));
	expect_refused(pte_write(1UL << 45, entry(0)));
	expect_refused(pte_write(~7UL | MMU_MACHPHYS_UPDATE, 0));
	expect_refused(pte_write(0xfee00000UL | MMU_MACHPHYS_UPDATE, 0));
	expect_refused(
		pte_write((va_to_maddr(table) + 4) | MMU_MACHPHYS_UPDATE, 7));
	expect_eq(table[0], 0);
}

PROMISE(no_requests_at_all, "a list of 0: 0, wherever it is")
{
	u32 done = 77;

	expect_eq(answer(hypercall(mmu_update, BAD_UNMAPPED, 0, &done,
				   DOMID_SELF)),
		  0);
	answer(done);
	expect_eq(answer(hypercall(mmuext_op, BAD_UNMAPPED, 0, &done,
				   DOMID_SELF)),
		  0);
	answer(done);
}

PROMISE(mmuext_batches, "200 operations in one call; an error in the middle")
{
	static struct mmuext_op op[200];
	u32 i, done = 0;
	u64 *t = page_alloc();

	require(!page_make_ro(t));
	for (i = 0; i < 200; i++) {
		op[i].cmd = i & 1 ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L1_TABLE;
		op[i].arg1.mfn = va_to_mfn(t);
	}
	expect_eq(hypercall(mmuext_op, op, 200, &done, DOMID_SELF), 0);
	expect_eq(done, 200);
	op[150].cmd = MMUEXT_UNPIN_TABLE;
	expect_eq(hypercall(mmuext_op, op, 200, &done, DOMID_SELF),
		  -XEN_EINVAL);
	expect_eq(done, 150);
	require(!page_make_rw(t));
	page_free(t);
}

PROMISE(batches_end_clean, "after all of it the table is an ordinary page")
{
	require(table != NULL);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(table), 0), 0);
	expect_eq(page_make_rw(table), 0);
	page_free(table);
	page_free(data);
	table = NULL;
}
