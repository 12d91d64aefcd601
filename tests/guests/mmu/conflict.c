/*
 * guests/mmu: every type of a frame against every other
 *
 * ABI: a frame has one type at a time; it changes at type count 0 only.
 */
#include <guest.h>

static u64 *frame_page, *window;

static u64 mfn(void)
{
	return va_to_mfn(frame_page);
}

/* ---- ways to give the frame a type, and to take that use back ---- */

static long pin(u32 level)
{
	return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn(), 0);
}

static long use_l1(void)
{
	return pin(1);
}
static long use_l2(void)
{
	return pin(2);
}
static long use_l3(void)
{
	return pin(3);
}
static long use_l4(void)
{
	return pin(4);
}

static long drop_pin(void)
{
	return mmuext(MMUEXT_UNPIN_TABLE, mfn(), 0);
}

static long use_gdt(void)
{
	u64 frame = mfn();

	return hypercall(set_gdt, &frame, 512);
}

static long drop_gdt(void)
{
	return hypercall(set_gdt, 0, 0);
}

static u16 load_ds(u16 selector)
{
	u16 value;

	PROBE("movw %0, %%ds", : : "r"(selector) : "memory");
	__asm__ volatile("movw %%ds, %0" : "=r"(value));
	return value;
}

/* The page is validated by the first load, which tells by an exception. */
static long use_ldt(void)
{
	if (mmuext(MMUEXT_SET_LDT, (u64)frame_page, 512))
		return -1;
	load_ds(5 << 3 | 7);
	if (!caught.happened) {
		load_ds(0);
		return 0;
	}
	mmuext(MMUEXT_SET_LDT, 0, 0);
	return -2;
}

static long drop_ldt(void)
{
	return mmuext(MMUEXT_SET_LDT, 0, 0);
}

static long use_rw(void)
{
	return va_map(window, mfn() << 12 | PTE_DATA);
}

static long drop_rw(void)
{
	return va_map(window, 0);
}

static long use_user_root(void)
{
	return mmuext(MMUEXT_NEW_USER_BASEPTR, mfn(), 0);
}

static long drop_user_root(void)
{
	return mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
}

static const struct use {
	const char *name;
	u8 type; /* uses of one type go together */
	long (*take)(void), (*drop)(void);
} use[] = {
	{"L1", 1, use_l1, drop_pin},
	{"L2", 2, use_l2, drop_pin},
	{"L3", 3, use_l3, drop_pin},
	{"L4", 4, use_l4, drop_pin},
	{"user root", 4, use_user_root, drop_user_root},
	{"GDT", 5, use_gdt, drop_gdt},
	{"LDT", 5, use_ldt, drop_ldt},
	{"writable", 7, use_rw, drop_rw},
};

#define DATA 0x00cff3000000ffffUL

static bool setup(void)
{
	if (!frame_page) {
		frame_page = page_alloc();
		window = page_alloc();
	}
	memset(frame_page, 0, PAGE_SIZE); /* what no type refuses */
	return !va_map(window, 0) && !page_make_ro(frame_page);
}

static void restore(void)
{
	va_map(window, 0);
	expect_eq(page_make_rw(frame_page), 0);
	expect_eq(page_make_rw(window), 0);
}

PROMISE(types_exclude_each_other, "in use as one type, refused as all others")
{
	unsigned int a, b;

	require(setup());
	for (a = 0; a < ARRAY_SIZE(use); a++) {
		if (use[a].take == use_ldt)
			continue; /* below: an empty LDT loads nothing */
		if (!expect_eq(use[a].take(), 0))
			continue;
		for (b = 0; b < ARRAY_SIZE(use); b++) {
			long rc;

			if (use[a].type == use[b].type)
				continue;
			rc = use[b].take();
			printf("ANSWER %s as %s = %ld\n", use[a].name,
			       use[b].name, rc);
			if (rc >= 0) {
				expect(!"a frame has two types");
				use[b].drop();
			}
		}
		expect_eq(use[a].drop(), 0);
	}
	restore();
}

PROMISE(ldt_page_is_no_table_meanwhile, "a validated LDT page: no pin, no RW")
{
	u32 level;

	require(setup());
	restore();
	frame_page[5] = DATA;
	require(!page_make_ro(frame_page));
	require(!va_map(window, 0));
	expect_eq(use_ldt(), 0);
	for (level = 1; level <= 4; level++)
		expect_refused_as("pin", pin(level));
	expect_refused_as("RW mapping", use_rw());
	/* Without a mapping there is no LDT: the load faults as a read would.
	 */
	require(!va_map(frame_page, 0));
	answer_as("RW mapping when it is unmapped", use_rw());
	load_ds(5 << 3 | 7);
	if (caught.happened)
		answer_as("exception of the next load", caught.f.vector);
	load_ds(0);
	drop_ldt();
	expect_eq(use_rw(), 0);
	restore();
}

PROMISE(same_type_is_shared, "uses of one type add up; the last one frees it")
{
	require(setup());
	expect_eq(use_l4(), 0);
	expect_eq(use_user_root(), 0);
	expect_eq(drop_pin(), 0);
	expect_eq(use_rw(), -XEN_EBUSY);
	expect_eq(drop_user_root(), 0);
	expect_eq(use_rw(), 0);
	restore();
}

PROMISE(type_follows_every_order, "each type after each other, one by one")
{
	unsigned int a, b;

	require(setup());
	for (a = 0; a < ARRAY_SIZE(use); a++)
		for (b = 0; b < ARRAY_SIZE(use); b++) {
			if (use[a].take == use_ldt || use[b].take == use_ldt)
				continue;
			if (!expect_eq(use[a].take(), 0) ||
			    !expect_eq(use[a].drop(), 0) ||
			    /* the hypervisor's slots of a former L4 */
			    !expect_eq(mmuext(MMUEXT_CLEAR_PAGE, mfn(), 0),
				       0) ||
			    !expect_eq(use[b].take(), 0) ||
			    !expect_eq(use[b].drop(), 0) ||
			    !expect_eq(mmuext(MMUEXT_CLEAR_PAGE, mfn(), 0), 0))
				printf("conflict: %s then %s\n", use[a].name,
				       use[b].name);
		}
	restore();
}

PROMISE(links_of_every_wrong_level, "a table of level n links level n-1 only")
{
	u32 upper, lower;

	require(setup());
	for (lower = 1; lower <= 4; lower++) {
		if (!expect_eq(pin(lower), 0))
			continue;
		for (upper = 2; upper <= 4; upper++) {
			u64 *t = page_alloc();
			u64 link = mfn() << 12 | PTE_TABLE;
			long rc;

			if (page_make_ro(t) ||
			    mmuext(MMUEXT_PIN_L1_TABLE + upper - 1,
				   va_to_mfn(t), 0))
				guest_broken("cannot pin an empty table");
			rc = pte_write(va_to_maddr(t), link);
			printf("ANSWER L%u in an L%u = %ld\n", lower, upper,
			       rc);
			expect_eq(!rc, upper == lower + 1);
			if (!rc)
				expect_eq(pte_write(va_to_maddr(t), 0), 0);
			expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0),
				  0);
			if (page_make_rw(t))
				guest_broken("a former table stays one");
			page_free(t);
		}
		expect_eq(drop_pin(), 0);
	}
	restore();
}

PROMISE(read_only_goes_with_every_type, "an RO mapping hinders no type")
{
	unsigned int a;

	require(setup());
	require(!va_map(window, mfn() << 12 | PTE_RO));
	for (a = 0; a < ARRAY_SIZE(use); a++) {
		if (use[a].take == use_ldt || use[a].type == 7)
			continue;
		expect_eq(use[a].take(), 0);
		expect_eq(*window, 0);
		expect_eq(use[a].drop(), 0);
	}
	restore();
}
