/*
 * guests/extensions: flags of consecutive entries in one operation
 *
 * ABI: docs/abi/extensions.md; hypervisors without our leaf skip.
 */
#include <guest.h>
#include <paravane/extensions.h>

#define PAGES 16

/* Neighbouring pool pages whose entries one table holds. */
static u8 *pages;
static u64 before[PAGES];

static u32 features(void)
{
	u32 a = PARAVANE_CPUID_BASE, b, c = 0, d;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (a < PARAVANE_CPUID_FEATURES || memcmp(&b, "Para", 4) ||
	    memcmp(&c, "vane", 4) || memcmp(&d, "PVx1", 4))
		return 0;
	a = PARAVANE_CPUID_FEATURES;
	c = 0;
	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c;
}

static bool offered(void)
{
	return features() & PARAVANE_FEAT_PTE_FLAGS;
}

/* Pool pages rise by one page each; take until a run fits into a table. */
static bool setup(void)
{
	unsigned int i, have = 0;
	u8 *p, *last = NULL;

	while (!pages) {
		p = page_alloc();
		if (!p)
			return false;
		have = last && p == last + PAGE_SIZE &&
				       ((u64)p >> 12 & 511) != 0
			       ? have + 1
			       : 1;
		last = p;
		if (have == PAGES)
			pages = p - (PAGES - 1) * PAGE_SIZE;
	}
	for (i = 0; i < PAGES; i++) {
		p = pages + i * PAGE_SIZE;
		before[i] = va_to_mfn(p) << 12 | PTE_DATA;
		if (va_map(p, before[i]))
			return false;
	}
	return true;
}

static u64 entry(unsigned int i)
{
	return *pte_walk(pages + i * PAGE_SIZE, 1);
}

static long change(unsigned int first, u64 count, u64 what)
{
	return mmuext(PARAVANE_MMUEXT_PTE_FLAGS,
		      pte_maddr(pages + first * PAGE_SIZE, 1), count | what);
}

#define NEEDS_EXTENSION()                                       \
	do {                                                    \
		if (!offered())                                 \
			skip("this hypervisor does not offer"); \
		require(setup());                               \
	} while (0)

PROMISE(unknown_operation_is_refused, "not offered is -ENOSYS")
{
	if (offered())
		skip("it is offered");
	expect_eq(mmuext(PARAVANE_MMUEXT_PTE_FLAGS, 0, 1), -XEN_ENOSYS);
}

PROMISE(clear_rw_of_a_range, "CLEAR_RW reaches count entries, no others")
{
	unsigned int i;

	NEEDS_EXTENSION();
	expect_eq(change(2, 10, PARAVANE_PTE_CLEAR_RW), 0);
	for (i = 0; i < PAGES; i++)
		expect_eq(entry(i) & (PTE_RW | PTE_MFN),
			  (i >= 2 && i < 12 ? 0 : PTE_RW) |
				  (before[i] & PTE_MFN));
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	expect(!probe_write(pages + 5 * PAGE_SIZE, 1));
	expect(probe_write(pages + 12 * PAGE_SIZE, 1));
}

PROMISE(set_rw_again, "SET_RW makes own frames writable again")
{
	unsigned int i;

	NEEDS_EXTENSION();
	expect_eq(change(0, PAGES, PARAVANE_PTE_CLEAR_RW), 0);
	expect_eq(change(0, PAGES, PARAVANE_PTE_SET_RW), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	for (i = 0; i < PAGES; i++)
		expect(probe_write(pages + i * PAGE_SIZE, 1));
}

PROMISE(nx_both_ways, "NX is set and cleared, RW stays")
{
	NEEDS_EXTENSION();
	expect_eq(change(0, PAGES, PARAVANE_PTE_SET_NX), 0);
	expect_eq(entry(3) & (PTE_NX | PTE_RW), PTE_NX | PTE_RW);
	expect_eq(change(0, PAGES, PARAVANE_PTE_CLEAR_NX), 0);
	expect_eq(entry(3) & (PTE_NX | PTE_RW), PTE_RW);
}

PROMISE(accessed_and_dirty_stay, "A and D are kept")
{
	NEEDS_EXTENSION();
	expect(probe_write(pages, 1));
	expect_eq(change(0, 1, PARAVANE_PTE_CLEAR_RW), 0);
	expect_eq(entry(0) & (PTE_A | PTE_D), PTE_A | PTE_D);
}

PROMISE(absent_entries_stay, "entries that are not present are left alone")
{
	u64 odd = 0x123456789abcde00;

	NEEDS_EXTENSION();
	expect_eq(pte_write(pte_maddr(pages + PAGE_SIZE, 1), odd), 0);
	expect_eq(change(0, 3, PARAVANE_PTE_CLEAR_RW | PARAVANE_PTE_SET_NX), 0);
	expect_eq(entry(1), odd);
	expect_eq(entry(2) & (PTE_RW | PTE_NX), PTE_NX);
}

PROMISE(no_writable_mapping_of_a_table, "SET_RW on a table's page is -EBUSY")
{
	u8 *p;

	NEEDS_EXTENSION();
	p = pages + 4 * PAGE_SIZE;
	/* Entry 4 maps the L1 table itself, read-only. */
	expect_eq(va_map(p, (*pte_walk(p, 2) & PTE_MFN) | PTE_RO), 0);
	expect_eq(change(3, 3, PARAVANE_PTE_CLEAR_RW), 0);
	expect_eq(change(3, 3, PARAVANE_PTE_SET_RW), -XEN_EBUSY);
	expect_eq(entry(3) & PTE_RW, PTE_RW);
	expect_eq(entry(4) & PTE_RW, 0);
	expect_eq(entry(5) & PTE_RW, 0);
}

PROMISE(bad_requests_are_refused, "requests that make no sense are -EINVAL")
{
	u64 at;

	NEEDS_EXTENSION();
	at = pte_maddr(pages, 1);
	expect_eq(change(0, 0, PARAVANE_PTE_CLEAR_RW), -XEN_EINVAL);
	expect_eq(change(0, 1, PARAVANE_PTE_CLEAR_RW | PARAVANE_PTE_SET_RW),
		  -XEN_EINVAL);
	expect_eq(change(0, 1, PARAVANE_PTE_SET_NX | PARAVANE_PTE_CLEAR_NX),
		  -XEN_EINVAL);
	expect_eq(change(0, 1, 1u << 20), -XEN_EINVAL);
	expect_eq(change(0, 1, 1ul << 40), -XEN_EINVAL);
	/* past the end of the table */
	expect_eq(change(0, 513 - (at >> 3 & 511), PARAVANE_PTE_CLEAR_RW),
		  -XEN_EINVAL);
	expect_eq(mmuext(PARAVANE_MMUEXT_PTE_FLAGS, at + 4,
			 1 | PARAVANE_PTE_CLEAR_RW),
		  -XEN_EINVAL);
	expect_eq(entry(0), before[0]);
}

PROMISE(only_l1_tables, "frames that are no L1 table are -EINVAL")
{
	NEEDS_EXTENSION();
	expect_eq(mmuext(PARAVANE_MMUEXT_PTE_FLAGS, va_to_mfn(pages) << 12,
			 1 | PARAVANE_PTE_CLEAR_RW),
		  -XEN_EINVAL);
	expect_eq(mmuext(PARAVANE_MMUEXT_PTE_FLAGS, pte_maddr(pages, 2),
			 1 | PARAVANE_PTE_CLEAR_RW),
		  -XEN_EINVAL);
	expect_eq(mmuext(PARAVANE_MMUEXT_PTE_FLAGS, root_mfn() << 12,
			 1 | PARAVANE_PTE_CLEAR_RW),
		  -XEN_EINVAL);
	expect_eq(mmuext(PARAVANE_MMUEXT_PTE_FLAGS, ~7ul,
			 1 | PARAVANE_PTE_CLEAR_RW),
		  -XEN_EINVAL);
}
