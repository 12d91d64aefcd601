/*
 * guests/mmu: ordinary stores to L1 entries of pinned trees
 *
 * ABI: with writable_pagetables, mov, xchg, cmpxchg, and, or, bts, btr and btc
 * of aligned operands are emulated; the result passes the usual checks.
 */
#include <guest.h>

static u8 *page;
static u64 *pte;

static u64 plain(void)
{
	return va_to_mfn(page) << 12 | PTE_DATA;
}

static bool setup(void)
{
	if (hypercall(vm_assist, VMASST_CMD_enable,
		      VMASST_TYPE_writable_pagetables))
		return false;
	if (!page)
		page = page_alloc();
	pte = pte_walk(page, 1);
	return pte && !va_map(page, plain());
}

/* Leaves the page mapped as before. */
static void restore(void)
{
	expect_eq(va_map(page, plain()), 0);
}

PROMISE(mov_is_emulated, "mov to a PTE changes the mapping")
{
	require(setup());
	PROBE("movq %1, %0", : "=m"(*pte) : "r"(plain() & ~PTE_RW) : "memory");
	expect_no_trap();
	expect_eq(*pte & PTE_RW, 0);
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)page, 0);
	expect(!probe_write(page, 1));
	restore();
}

PROMISE(mov_zero_unmaps, "mov 0 to a PTE makes the page absent")
{
	u64 v;

	require(setup());
	PROBE("movq %1, %0", : "=m"(*pte) : "r"(0UL) : "memory");
	expect_no_trap();
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)page, 0);
	expect(!probe_read(page, &v));
	restore();
}

PROMISE(xchg_is_emulated, "xchg with 0 returns the old entry")
{
	u64 v = 0;

	require(setup());
	PROBE("xchgq %0, %1", : "+r"(v), "+m"(*pte) : : "memory");
	expect_no_trap();
	expect_eq(v & PTE_MFN, plain() & PTE_MFN);
	expect_eq(*pte, 0);
	restore();
}

PROMISE(cmpxchg_is_emulated, "cmpxchg stores on a match only")
{
	u64 old, seen;

	require(setup());
	old = *pte;
	seen = old;
	PROBE("lock cmpxchgq %2, %1",
	      : "+a"(seen), "+m"(*pte)
	      : "r"(old & ~PTE_RW)
	      : "memory", "cc");
	expect_no_trap();
	expect_eq(*pte & PTE_RW, 0);
	seen = 0x123;
	PROBE("lock cmpxchgq %2, %1",
	      : "+a"(seen), "+m"(*pte)
	      : "r"(old)
	      : "memory", "cc");
	expect_no_trap();
	expect_eq(*pte & PTE_RW, 0);
	expect_eq(seen & PTE_MFN, plain() & PTE_MFN);
	restore();
}

PROMISE(lock_andb_is_emulated, "lock andb of one byte clears RW")
{
	require(setup());
	PROBE("lock andb $0xfd, %0", : "+m"(*(u8 *)pte) : : "memory", "cc");
	expect_no_trap();
	expect_eq(*pte & PTE_RW, 0);
	expect_eq(*pte & PTE_MFN, plain() & PTE_MFN);
	restore();
}

PROMISE(lock_orb_is_emulated, "lock orb of one byte sets a bit")
{
	require(setup());
	PROBE("lock orb $0x02, 1(%0)", : : "r"(pte) : "memory", "cc");
	expect_no_trap();
	expect_eq(*pte & 0x200, 0x200);
	restore();
}

PROMISE(lock_btr_is_emulated, "lock btr clears A and reports it in CF")
{
	u8 carry = 0;

	require(setup());
	require(*pte & PTE_A);
	PROBE("lock btrq $5, %0\n\tsetc %1",
	      : "+m"(*pte), "+q"(carry)
	      :
	      : "memory", "cc");
	expect_no_trap();
	expect_eq(carry, 1);
	expect_eq(*pte & PTE_A, 0);
	restore();
}

PROMISE(lock_bts_is_emulated, "lock bts sets D")
{
	require(setup());
	require(!va_map(page, plain() & ~PTE_D));
	PROBE("lock btsq $6, %0", : "+m"(*pte) : : "memory", "cc");
	expect_no_trap();
	expect_eq(*pte & PTE_D, PTE_D);
	restore();
}

PROMISE(bad_store_faults, "a store the checks refuse is a page fault")
{
	u64 l1;

	require(setup());
	l1 = *pte_walk(page, 2) & PTE_MFN;
	PROBE("movq %1, %0", : "=m"(*pte) : "r"(l1 | PTE_DATA) : "memory");
	expect_trap(VEC_PF);
	expect_eq(*pte & PTE_MFN, plain() & PTE_MFN);
	restore();
}

PROMISE(upper_levels_are_not_emulated, "a store to an L2 entry is a page fault")
{
	u64 *l2 = pte_walk(page, 2);
	u64 old = *l2;

	require(setup());
	PROBE("movq %1, %0", : "=m"(*l2) : "r"(old) : "memory");
	expect_trap(VEC_PF);
	expect_eq(*l2, old);
}

PROMISE(without_the_assist_stores_fault, "writable_pagetables off: page fault")
{
	require(setup());
	expect_eq(hypercall(vm_assist, VMASST_CMD_disable,
			    VMASST_TYPE_writable_pagetables),
		  0);
	PROBE("movq %1, %0", : "=m"(*pte) : "r"(plain()) : "memory");
	answer_as("faults", caught.happened);
	if (!is_dom0())
		expect_trap(VEC_PF);
	restore();
}
