/*
 * guests/mmu: each flag of an entry, at each level
 *
 * ABI: PSE at L2 and above is refused, so are cache attributes there and
 * without rights; US is forced at every level; the rest is the guest's.
 */
#include <guest.h>

/* A pinned table of each level, empty, and something to link into it. */
struct stand {
	u64 *table, *target;
	u64 link;
};

static const char *const level_name[] = {"", "L1", "L2", "L3", "L4"};

static bool stand_make(struct stand *s, u32 level)
{
	s->table = page_alloc();
	s->target = page_alloc();
	if (page_make_ro(s->table))
		return false;
	if (level > 1 && page_make_ro(s->target))
		return false;
	s->link = va_to_mfn(s->target) << 12 | PTE_TABLE;
	return !mmuext(MMUEXT_PIN_L1_TABLE + level - 1, va_to_mfn(s->table), 0);
}

static void stand_end(struct stand *s)
{
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(s->table), 0), 0);
	expect_eq(page_make_rw(s->table), 0);
	expect_eq(page_make_rw(s->target), 0);
	page_free(s->table);
	page_free(s->target);
}

/* Flags on top of a good link: accepted, or refused with the entry empty. */
static void try_flag(u32 level, u64 flag, const char *name, bool good)
{
	struct stand s;
	long rc;

	if (!stand_make(&s, level))
		guest_broken("cannot pin an empty table");
	rc = pte_write(va_to_maddr(s.table) + 8, s.link | flag);
	printf("ANSWER %s in an %s = %ld\n", name, level_name[level], rc);
	if (good) {
		expect_eq(rc, 0);
		expect_eq(s.table[1] & PTE_US, PTE_US);
	} else {
		expect(rc < 0);
		expect_eq(s.table[1], 0);
	}
	expect_eq(pte_write(va_to_maddr(s.table) + 8, 0), 0);
	stand_end(&s);
}

PROMISE(superpages_are_refused_at_every_level, "PSE in L2, L3 and L4")
{
	u32 level;

	for (level = 2; level <= 4; level++)
		try_flag(level, PTE_PSE, "PSE", false);
}

PROMISE(superpages_are_refused_on_validation,
	"a table with PSE in an entry cannot be pinned")
{
	u64 *t = page_alloc();
	u32 level;

	t[3] = va_to_mfn(t) << 12 | PTE_RO | PTE_PSE;
	require(!page_make_ro(t));
	for (level = 2; level <= 4; level++)
		expect_refused(mmuext(MMUEXT_PIN_L1_TABLE + level - 1,
				      va_to_mfn(t), 0));
	expect_eq(page_make_rw(t), 0);
	page_free(t);
}

PROMISE(upper_levels_have_no_cache_bits, "PWT, PCD in L2 to L4")
{
	u32 level;

	for (level = 2; level <= 4; level++) {
		try_flag(level, PTE_PWT, "PWT", false);
		try_flag(level, PTE_PCD, "PCD", false);
	}
}

PROMISE(upper_levels_are_not_global, "G in L2 to L4")
{
	u32 level;

	for (level = 2; level <= 4; level++)
		try_flag(level, PTE_G, "G", false);
}

PROMISE(no_execute_at_every_level, "NX is accepted in L1 to L4")
{
	u32 level;

	for (level = 1; level <= 4; level++)
		try_flag(level, PTE_NX, "NX", true);
}

PROMISE(available_bits_at_every_level, "bits 9-11 and 52-58 in L1 to L4")
{
	u32 level;

	for (level = 1; level <= 4; level++) {
		try_flag(level, 0x200, "bit 9", true);
		try_flag(level, 0x800, "bit 11", true);
		try_flag(level, 1UL << 52, "bit 52", true);
		try_flag(level, 1UL << 58, "bit 58", true);
	}
}

PROMISE(high_available_bits, "bits 59-62 in an L1 entry")
{
	u32 bit;

	for (bit = 59; bit <= 62; bit++) {
		struct stand s;
		long rc;

		require(stand_make(&s, 1));
		rc = pte_write(va_to_maddr(s.table), s.link | 1UL << bit);
		printf("ANSWER bit %u = %ld\n", bit, rc);
		expect_eq(rc, 0);
		expect_eq(pte_write(va_to_maddr(s.table), 0), 0);
		stand_end(&s);
	}
}

PROMISE(read_only_links, "RW may be missing in L2 to L4")
{
	u32 level;

	for (level = 2; level <= 4; level++) {
		struct stand s;

		require(stand_make(&s, level));
		expect_eq(pte_write(va_to_maddr(s.table) + 8, s.link & ~PTE_RW),
			  0);
		expect_eq(s.table[1] & PTE_RW, 0);
		expect_eq(pte_write(va_to_maddr(s.table) + 8, 0), 0);
		stand_end(&s);
	}
}

PROMISE(user_bit_is_forced_at_every_level, "US is set though it was not given")
{
	u32 level;

	for (level = 1; level <= 4; level++) {
		struct stand s;

		require(stand_make(&s, level));
		expect_eq(pte_write(va_to_maddr(s.table) + 8, s.link & ~PTE_US),
			  0);
		expect_eq(s.table[1] & PTE_US, PTE_US);
		expect_eq(pte_write(va_to_maddr(s.table) + 8, 0), 0);
		stand_end(&s);
	}
}

PROMISE(user_bit_is_forced_on_validation, "the same in a table that is pinned")
{
	u64 *t = page_alloc(), *data = page_alloc();

	t[9] = (va_to_mfn(data) << 12 | PTE_DATA) & ~PTE_US;
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(t[9] & PTE_US, PTE_US);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0), 0);
	expect_eq(page_make_rw(t), 0);
	page_free(t);
	page_free(data);
}

PROMISE(absent_entries_hold_anything, "entries without P are never looked at")
{
	static const u64 odd[] = {~1UL, PTE_PSE, 0xfee00000UL | PTE_RW,
				  0x000ffffffffff000UL, 1UL << 63};
	u32 level, i;

	for (level = 1; level <= 4; level++) {
		struct stand s;

		require(stand_make(&s, level));
		for (i = 0; i < ARRAY_SIZE(odd); i++) {
			expect_eq(pte_write(va_to_maddr(s.table) + 8, odd[i]),
				  0);
			expect_eq(s.table[1], odd[i]);
		}
		expect_eq(pte_write(va_to_maddr(s.table) + 8, 0), 0);
		stand_end(&s);
	}
}

PROMISE(addresses_past_the_processors,
	"a frame number with bit 51 set: refused")
{
	u32 level;

	for (level = 1; level <= 4; level++) {
		struct stand s;

		require(stand_make(&s, level));
		expect_refused_as(level_name[level],
				  pte_write(va_to_maddr(s.table) + 8,
					    s.link | 1UL << 51));
		expect_eq(s.table[1], 0);
		stand_end(&s);
	}
}

PROMISE(flags_change_in_place, "each free flag changes on a live L1 entry")
{
	static const u64 flag[] = {PTE_A, PTE_D, PTE_NX,    0x200,
				   0x400, 0x800, 1UL << 52, PTE_RW};
	struct stand s;
	u32 i;

	require(stand_make(&s, 1));
	expect_eq(pte_write(va_to_maddr(s.table), s.link), 0);
	for (i = 0; i < ARRAY_SIZE(flag); i++) {
		expect_eq(pte_write(va_to_maddr(s.table), s.link ^ flag[i]), 0);
		expect_eq(s.table[0] & ~PTE_G, s.link ^ flag[i]);
		expect_eq(pte_write(va_to_maddr(s.table), s.link), 0);
	}
	expect_eq(pte_write(va_to_maddr(s.table), 0), 0);
	stand_end(&s);
}

PROMISE(links_change_flags_in_place, "RW, NX, A of a live link may change")
{
	static const u64 flag[] = {PTE_RW, PTE_NX, PTE_A, 0x200, 1UL << 52};
	u32 level, i;

	for (level = 2; level <= 4; level++) {
		struct stand s;

		require(stand_make(&s, level));
		expect_eq(pte_write(va_to_maddr(s.table), s.link), 0);
		for (i = 0; i < ARRAY_SIZE(flag); i++)
			expect_eq(pte_write(va_to_maddr(s.table),
					    s.link ^ flag[i]),
				  0);
		expect_refused_as(
			"PSE on a live link",
			pte_write(va_to_maddr(s.table), s.link | PTE_PSE));
		expect_refused_as(
			"PCD on a live link",
			pte_write(va_to_maddr(s.table), s.link | PTE_PCD));
		expect_eq(s.table[0] & (PTE_PSE | PTE_PCD), 0);
		expect_eq(pte_write(va_to_maddr(s.table), 0), 0);
		stand_end(&s);
	}
}
