/*
 * guests/regress: class: fast paths for entries that only change flags
 *
 * Published defects of this class took a change for one of harmless flags,
 * skipped validation, and let RW, PSE or another frame through.
 */
#include "regress.h"

static u64 *table, *entry;

/* Ways to put a value into entry 0 of the table; 0: it is there now. */
static long by_update(u64 e)
{
	return pte_write(va_to_maddr(table), e);
}

static long by_update_ad(u64 e)
{
	return pte_write(va_to_maddr(table) | MMU_PT_UPDATE_PRESERVE_AD, e);
}

/* A store that is not emulated is a page fault: as an error, -14. */
static long stored(void)
{
	return caught.happened ? -XEN_EFAULT : 0;
}

static long by_mov(u64 e)
{
	PROBE("movq %1, %0", : "=m"(*entry) : "r"(e) : "memory");
	return stored();
}

static long by_xchg(u64 e)
{
	PROBE("xchgq %0, %1", : "+r"(e), "+m"(*entry) : : "memory");
	return stored();
}

static long by_cmpxchg(u64 e)
{
	u64 old = *entry;

	PROBE("lock cmpxchgq %2, %1",
	      : "+a"(old), "+m"(*entry)
	      : "r"(e)
	      : "memory", "cc");
	return stored();
}

/* Bit by bit and byte by byte: only what differs in the lowest byte. */
static long by_orb(u64 e)
{
	u8 more = (u8)(e & ~*entry);

	PROBE("lock orb %b1, %0",
	      : "+m"(*(u8 *)entry)
	      : "q"(more)
	      : "memory", "cc");
	return stored();
}

static long by_movb(u64 e)
{
	PROBE("movb %b1, %0", : "=m"(*(u8 *)entry) : "q"(e) : "memory");
	return stored();
}

static long by_movl(u64 e)
{
	PROBE("movl %k1, %0", : "=m"(*(u32 *)entry) : "r"(e) : "memory");
	return stored();
}

static const struct {
	const char *name;
	long (*set)(u64 e);
} way[] = {
	{"mmu_update", by_update}, {"PRESERVE_AD", by_update_ad},
	{"mov", by_mov},	   {"xchg", by_xchg},
	{"cmpxchg", by_cmpxchg},   {"orb", by_orb},
	{"movb", by_movb},	   {"movl", by_movl},
};

static bool setup(void)
{
	if (table)
		return true;
	table = entry = table_new();
	return !hypercall(vm_assist, VMASST_CMD_enable,
			  VMASST_TYPE_writable_pagetables) &&
	       !mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table), 0);
}

/* @from is there; every way to make it @to must fail and leave it there. */
static void none_makes(u64 from, u64 to)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(way); i++) {
		if (!expect_eq(by_update(from), 0))
			return;
		expect_refused_as(way[i].name, way[i].set(to));
		expect_eq(*entry & (PTE_MFN | PTE_RW | PTE_P),
			  from & (PTE_MFN | PTE_RW | PTE_P));
	}
	expect_eq(by_update(0), 0);
}

PROMISE(rw_is_no_harmless_flag, "RO mappings of tables do not become RW")
{
	u64 *t = table_new(), frame = va_to_mfn(t);
	u32 level;

	require(setup());
	for (level = 1; level <= 4; level++) {
		require(!mmuext(MMUEXT_PIN_L1_TABLE + level - 1, frame, 0));
		none_makes(map_ro(t), map_ro(t) | PTE_RW);
		none_makes(map_ro(t), map_ro(t) | PTE_RW | PTE_D);
		require(!mmuext(MMUEXT_UNPIN_TABLE, frame, 0));
		require(!mmuext(MMUEXT_CLEAR_PAGE, frame, 0));
	}
	require(!hypercall(set_gdt, &frame, 512));
	none_makes(map_ro(t), map_ro(t) | PTE_RW);
	require(!hypercall(set_gdt, 0, 0));
	table_free(t);
}

PROMISE(absent_entries_are_not_live,
	"setting P in an entry validates all of it")
{
	u64 *t = table_new();

	require(setup());
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(t), 0));
	none_makes(map_rw(t) & ~PTE_P, map_rw(t));
	none_makes(0xfee00000UL | PTE_RW | PTE_US, 0xfee00000UL | PTE_DATA);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
}

PROMISE(a_piece_of_an_entry,
	"a store to half an entry is a change of all of it")
{
	u64 *good = page_alloc(), *t = table_new();
	u64 now;

	require(setup());
	require(!mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0));
	now = map_rw(good);
	require(!by_update(now));
	/* Only the frame number's low half: now it names the table, RW. */
	expect_refused_as("low half", by_movl(map_rw(t)));
	expect_eq(*entry & PTE_MFN, now & PTE_MFN);
	/* Only its high half: no memory there. */
	PROBE("movl %k1, %0",
	      : "=m"(((u32 *)entry)[1])
	      : "r"(0x000fffff)
	      : "memory");
	expect_refused_as("high half", stored());
	expect_eq(*entry & PTE_MFN, now & PTE_MFN);
	/* A byte and two bytes within the number. */
	PROBE("movb %b1, %0", : "=m"(((u8 *)entry)[6]) : "q"(0x0f) : "memory");
	expect_refused_as("byte 6", stored());
	PROBE("movw %w1, %0",
	      : "=m"(((u16 *)entry)[2])
	      : "r"(0xffff)
	      : "memory");
	expect_refused_as("word 2", stored());
	expect_eq(*entry & PTE_MFN, now & PTE_MFN);
	expect_eq(by_update(0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
	page_free(good);
}

PROMISE(flags_of_upper_levels,
	"PSE does not enter a live link with other flags")
{
	u64 *l2 = table_new(), *l1 = table_new();
	u64 at = va_to_maddr(l2), e = link_rw(l1);

	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	require(!pte_write(at, e));
	expect_refused(pte_write(at, e | PTE_PSE));
	expect_refused(pte_write(at, e | PTE_PSE | PTE_NX));
	expect_refused(
		pte_write(at | MMU_PT_UPDATE_PRESERVE_AD, e | PTE_PSE | PTE_A));
	expect_refused(pte_write(at, (e | PTE_PSE) & ~PTE_RW));
	expect_eq(*l2 & PTE_PSE, 0);
	/* An absent entry with PSE is nothing; with P it is refused. */
	require(!pte_write(at, PTE_PSE | PTE_RW));
	expect_refused(pte_write(at, PTE_PSE | PTE_RW | PTE_P));
	require(!pte_write(at, 0));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	table_free(l1);
	table_free(l2);
}

PROMISE(rights_follow_the_frame, "RW given, taken, and not to be had again")
{
	u64 *t = table_new();
	unsigned int i;

	require(setup());
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		require(!by_update(map_rw(t)));
		expect(mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(t), 0) < 0);
		if (way[i].set != by_orb) /* which only adds */
			expect_eq(way[i].set(map_ro(t) | PTE_D), 0);
		else
			require(!by_update(map_ro(t)));
		expect_eq(mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(t), 0), 0);
		expect_refused_as(way[i].name, way[i].set(map_rw(t)));
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
		expect_eq(way[i].set(map_rw(t)), 0);
		expect_eq(*entry & PTE_RW, PTE_RW);
	}
	require(!by_update(0));
	table_free(t);
}

PROMISE(another_owner_named, "naming another owner does not make RW of RO")
{
	u64 *t = table_new(), *plain = page_alloc();
	struct mmu_update req;

	require(setup());
	req.ptr = va_to_maddr(table);
	require(!mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0));
	require(!by_update(map_ro(t)));
	req.val = map_rw(t);
	expect_refused_as("a table",
			  hypercall(mmu_update, &req, 1, 0, DOMID_IO));
	require(!by_update(map_ro(plain)));
	req.val = map_rw(plain);
	expect_refused_as("our page",
			  hypercall(mmu_update, &req, 1, 0, DOMID_IO));
	require(!by_update(0));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	table_free(t);
	page_free(plain);
}

PROMISE(fast_paths_end_clean, "the table they went through is ordinary again")
{
	require(table != NULL);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(table), 0), 0);
	table_free(table);
	table = NULL;
}
