/*
 * guests/regress: class: recursive (linear) mappings
 *
 * Published defects of this class let an entry that leads back to a table of
 * its own level become writable, chained such entries until counts were lost,
 * or let one outlive the table it showed. See also mmu/linear.c.
 */
#include "regress.h"

#define SLOT 100

/* A pinned, empty table of @level. */
static u64 *pinned_new(u32 level)
{
	u64 *t = table_new();

	if (mmuext(MMUEXT_PIN_L1_TABLE + level - 1, va_to_mfn(t), 0))
		guest_broken("cannot pin an empty table");
	return t;
}

static void pinned_free(u64 *t)
{
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(recursive_rw_is_refused, "an entry that leads back with RW: refused")
{
	u32 level;

	for (level = 2; level <= 4; level++) {
		u64 *t = pinned_new(level), *other = pinned_new(level);

		expect_refused_as("itself",
				  pte_write(va_to_maddr(t + SLOT),
					    va_to_mfn(t) << 12 | PTE_TABLE));
		expect_refused_as("another", pte_write(va_to_maddr(t + SLOT),
						       va_to_mfn(other) << 12 |
							       PTE_TABLE));
		expect_eq(t[SLOT], 0);
		pinned_free(t);
		pinned_free(other);
	}
}

PROMISE(recursive_ro_to_itself, "an L4 entry may lead back read-only")
{
	u64 *t = pinned_new(4);

	expect_eq(pte_write(va_to_maddr(t + SLOT), map_ro(t)), 0);
	expect_eq(pte_write(va_to_maddr(t + SLOT), 0), 0);
	pinned_free(t);
}

PROMISE(recursive_unpin_takes_it_apart,
	"unpinning frees a table that maps itself")
{
	u64 *t = pinned_new(4);

	require(!pte_write(va_to_maddr(t + SLOT), map_ro(t)));
	pinned_free(t);
}

PROMISE(recursive_in_a_pin,
	"a root that maps itself RO can be pinned, RW cannot")
{
	u64 *t = page_alloc();

	t[SLOT] = map_ro(t);
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(t), 0), 0);
	pinned_free(t);
	t = page_alloc();
	t[SLOT] = map_ro(t) | PTE_RW;
	require(!page_make_ro(t));
	expect_refused(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(t), 0));
	table_free(t);
}

PROMISE(recursive_never_becomes_writable, "RW cannot be added to it afterwards")
{
	u64 *t = pinned_new(4);
	u64 at = va_to_maddr(t + SLOT);

	require(!pte_write(at, map_ro(t)));
	expect_refused(pte_write(at, map_ro(t) | PTE_RW));
	expect_refused(pte_write(at | MMU_PT_UPDATE_PRESERVE_AD,
				 map_ro(t) | PTE_RW | PTE_D));
	expect_eq(t[SLOT] & PTE_RW, 0);
	expect_eq(pte_write(at, map_ro(t) | PTE_NX), 0); /* flags may change */
	pinned_free(t);
}

PROMISE(recursive_shows_the_tables, "entries are read through the linear map")
{
	u64 root = root_mfn(), *page = page_alloc(), v = 0;
	u64 slot = root << 12 | SLOT * 8;
	u64 va = (u64)SLOT << 39 | ((u64)page & 0xfffffffff000UL) >> 9;

	require(!pte_write(slot, root << 12 | PTE_RO));
	expect(probe_read((u64 *)va, &v));
	expect_eq(v & PTE_MFN, va_to_mfn(page) << 12);
	expect(!probe_write((u64 *)va, v));
	expect_trap(VEC_PF);
	/* The root itself, all four levels through the slot. */
	va = (u64)SLOT << 39 | (u64)SLOT << 30 | (u64)SLOT << 21 |
	     (u64)SLOT << 12 | SLOT * 8;
	expect(probe_read((u64 *)va, &v));
	expect_eq(v & PTE_MFN, root << 12);
	expect_eq(pte_write(slot, 0), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	page_free(page);
}

PROMISE(recursive_to_another,
	"an L4 may show another L4, while neither changes sides")
{
	u64 *a = pinned_new(4), *b = pinned_new(4), *c = pinned_new(4);
	long rc;

	expect_eq(answer_as("a to b",
			    pte_write(va_to_maddr(a + SLOT), map_ro(b))),
		  0);
	/* b is shown, so it shows no third one; a shows, so it is not shown. */
	rc = pte_write(va_to_maddr(b + SLOT), map_ro(c));
	expect_refused_as("b to c", rc);
	rc = pte_write(va_to_maddr(c + SLOT), map_ro(a));
	expect_refused_as("c to a", rc);
	expect_eq(pte_write(va_to_maddr(a + SLOT), 0), 0);
	expect_eq(answer_as("b to c afterwards",
			    pte_write(va_to_maddr(b + SLOT), map_ro(c))),
		  0);
	expect_eq(pte_write(va_to_maddr(b + SLOT), 0), 0);
	pinned_free(a);
	pinned_free(b);
	pinned_free(c);
}

PROMISE(recursive_keeps_the_type,
	"a table that is shown stays one until it is not")
{
	u64 *a = pinned_new(4), *b = pinned_new(4);

	require(!pte_write(va_to_maddr(a + SLOT), map_ro(b)));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(b), 0), 0);
	answer_as("RW mapping of the table shown", page_make_rw(b));
	expect_eq(pte_write(va_to_maddr(a + SLOT), 0), 0);
	table_free(b);
	pinned_free(a);
}

PROMISE(recursive_at_lower_levels, "L2 and L3 entries that lead back: as 4.17")
{
	u32 level;

	for (level = 2; level <= 3; level++) {
		u64 *t = pinned_new(level);

		answer_as(level == 2 ? "L2" : "L3",
			  pte_write(va_to_maddr(t + SLOT), map_ro(t)));
		expect_eq(pte_write(va_to_maddr(t + SLOT), 0), 0);
		pinned_free(t);
	}
}

PROMISE(recursive_wrong_level, "a linear entry leads to its own level only")
{
	u64 *l4 = pinned_new(4), *l2 = pinned_new(2);

	expect_refused(pte_write(va_to_maddr(l4 + SLOT), map_ro(l2)));
	expect_refused(pte_write(va_to_maddr(l2 + SLOT), map_ro(l4)));
	pinned_free(l4);
	pinned_free(l2);
}

PROMISE(recursive_shows_no_secrets,
	"nothing of the hypervisor is reached by it")
{
	u64 root = root_mfn(), slot = root << 12 | SLOT * 8, base, v;
	unsigned int i;

	require(!pte_write(slot, root << 12 | PTE_RO));
	/* Slots 257 to 271 taken as a level lower: the hypervisor's tables. */
	for (i = 257; i <= 271; i++) {
		base = (u64)SLOT << 39 | (u64)i << 30;
		expect(!probe_read((u64 *)base, &v));
		base = (u64)SLOT << 39 | (u64)SLOT << 30 | (u64)i << 21;
		expect(!probe_read((u64 *)base, &v));
	}
	expect_eq(pte_write(slot, 0), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
}
