/*
 * guests/descriptors: how much, which kinds, and what holds the pages
 *
 * ABI: ABI-NOTES 5.5: 14 GDT pages, 16 LDT pages, no system descriptor but
 * harmless call gates, and pages that stay read-only while they are loaded.
 */
#include <guest.h>

#define DATA	       0x00cff3000000ffffUL /* DPL 3 */
#define CODE_DPL0      0x00af9b000000ffffUL
#define P	       (1UL << 47)
#define DPL(e)	       ((e) >> 45 & 3)
/* A present descriptor of system type @t, pointing at selector @sel. */
#define SYSTEM(t, sel) (P | (u64)(t) << 40 | (u64)(sel) << 16)

static u16 load_ds(u16 selector)
{
	u16 value;

	PROBE("movw %0, %%ds", : : "r"(selector) : "memory");
	__asm__ volatile("movw %%ds, %0" : "=r"(value));
	return value;
}

static void free_page(void *va)
{
	expect_eq(page_make_rw(va), 0);
	page_free(va);
}

PROMISE(fourteen_pages, "a GDT of 14 pages, the last entry of each is loaded")
{
	u64 *t[FIRST_RESERVED_GDT_PAGE], frames[FIRST_RESERVED_GDT_PAGE];
	unsigned int i;

	for (i = 0; i < FIRST_RESERVED_GDT_PAGE; i++) {
		t[i] = page_alloc();
		t[i][511] = DATA;
		frames[i] = va_to_mfn(t[i]);
		require(!page_make_ro(t[i]));
	}
	expect_eq(hypercall(set_gdt, frames, FIRST_RESERVED_GDT_ENTRY), 0);
	for (i = 0; i < FIRST_RESERVED_GDT_PAGE; i++) {
		u16 sel = (u16)((i * 512 + 511) << 3 | 3);

		expect_eq(load_ds(sel), sel);
		expect_no_trap();
	}
	load_ds(0);
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	for (i = 0; i < FIRST_RESERVED_GDT_PAGE; i++)
		free_page(t[i]);
}

PROMISE(entry_counts, "entries past 14 pages, and absurd counts: -EINVAL")
{
	u64 frame = va_to_mfn(start_info);

	expect_eq(hypercall(set_gdt, &frame, FIRST_RESERVED_GDT_ENTRY + 1),
		  -XEN_EINVAL);
	expect_eq(hypercall(set_gdt, &frame, 8192), -XEN_EINVAL);
	expect_eq(hypercall(set_gdt, &frame, 0x80000000), -XEN_EINVAL);
	expect_refused(hypercall(set_gdt, &frame, 0xffffffff));
}

PROMISE(frames_that_are_none, "no memory, others' frames, tables: -EINVAL")
{
	u64 frame = 0xffffffff;

	expect_eq(hypercall(set_gdt, &frame, 512), -XEN_EINVAL);
	frame = ~0UL;
	expect_eq(hypercall(set_gdt, &frame, 512), -XEN_EINVAL);
	frame = 0xfee00;
	expect_eq(hypercall(set_gdt, &frame, 512), -XEN_EINVAL);
	frame = root_mfn();
	expect_eq(hypercall(set_gdt, &frame, 512), -XEN_EINVAL);
}

PROMISE(refused_gdt_lets_go, "a bad frame in the list: the good ones are free")
{
	u64 *good = page_alloc(), *old = page_alloc(), frames[3];

	old[1] = DATA;
	frames[0] = va_to_mfn(old);
	require(!page_make_ro(old) && !page_make_ro(good));
	require(!hypercall(set_gdt, frames, 512));
	frames[0] = frames[1] = va_to_mfn(good);
	frames[2] = root_mfn();
	expect_eq(hypercall(set_gdt, frames, 3 * 512), -XEN_EINVAL);
	expect_eq(page_make_rw(good), 0);
	/* The GDT in force is still the old one. */
	expect_eq(load_ds(1 << 3 | 3), 1 << 3 | 3);
	expect_no_trap();
	load_ds(0);
	expect_eq(page_make_rw(old), -XEN_EBUSY);
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	free_page(old);
	page_free(good);
}

PROMISE(one_frame_many_times, "a frame may be every page of a GDT")
{
	u64 *t = page_alloc(), frames[FIRST_RESERVED_GDT_PAGE];
	unsigned int i;

	t[7] = DATA;
	for (i = 0; i < FIRST_RESERVED_GDT_PAGE; i++)
		frames[i] = va_to_mfn(t);
	require(!page_make_ro(t));
	expect_eq(hypercall(set_gdt, frames, FIRST_RESERVED_GDT_ENTRY), 0);
	expect_eq(load_ds((13 * 512 + 7) << 3 | 3), (13 * 512 + 7) << 3 | 3);
	expect_no_trap();
	load_ds(0);
	expect_eq(hypercall(set_gdt, frames, 512), 0);
	expect_eq(page_make_rw(t), -XEN_EBUSY);
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	free_page(t);
}

/* What update_descriptor says of it in a page of a loaded GDT; its result. */
static u64 try_descriptor(u64 *gdt, u64 desc, const char *name)
{
	long rc;

	hypercall(update_descriptor, va_to_maddr(&gdt[3]), 0);
	rc = hypercall(update_descriptor, va_to_maddr(&gdt[3]), desc);
	answer_as(name, rc);
	return gdt[3];
}

PROMISE(kinds_of_descriptors,
	"system descriptors are refused, code and data not")
{
	static const char *const name[16] = {
		"type 0",  "type 1",  "type 2",	 "type 3", "type 4",  "type 5",
		"type 6",  "type 7",  "type 8",	 "type 9", "type 10", "type 11",
		"type 12", "type 13", "type 14", "type 15"};
	u64 *t = page_alloc(), frame = va_to_mfn(t), got;
	unsigned int i;

	require(!page_make_ro(t));
	require(!hypercall(set_gdt, &frame, 512));
	for (i = 0; i < 16; i++) {
		got = try_descriptor(t, SYSTEM(i, FLAT_RING3_CS64), name[i]);
		if (i == 12) /* a call gate: there, but unusable */
			expect_eq(DPL(got), 0);
		else if (i)
			expect_eq(got, 0);
		/* Absent ones may say what they like. */
		expect_eq(hypercall(update_descriptor, va_to_maddr(&t[3]),
				    SYSTEM(i, 0xe008) & ~P),
			  0);
	}
	expect_eq(DPL(try_descriptor(t, CODE_DPL0, "code of DPL 0")), 3);
	expect_eq(DPL(try_descriptor(t, DATA & ~(3UL << 45), "data of DPL 0")),
		  3);
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	free_page(t);
}

PROMISE(targets_of_call_gates,
	"a call gate into the hypervisor's code: refused")
{
	u64 *t = page_alloc(), frame = va_to_mfn(t);

	require(!page_make_ro(t));
	require(!hypercall(set_gdt, &frame, 512));
	try_descriptor(t, SYSTEM(12, 0xe008) | 3UL << 45, "to 0xe008");
	try_descriptor(t, SYSTEM(12, 0xe010) | 3UL << 45, "to 0xe010");
	try_descriptor(t, SYSTEM(12, FLAT_RING3_CS32), "to flat 32-bit code");
	try_descriptor(t, SYSTEM(12, FLAT_RING3_DS64), "to flat data");
	try_descriptor(t, SYSTEM(12, 8), "to its own table");
	try_descriptor(t, SYSTEM(12, 12), "to the LDT");
	try_descriptor(t, SYSTEM(12, 0xfff8), "past the table");
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	free_page(t);
}

PROMISE(call_gates_cannot_be_used, "far calls through a call gate are #GP")
{
	u64 *t = page_alloc(), frame = va_to_mfn(t);
	struct {
		u32 offset;
		u16 selector;
	} __attribute__((packed)) far = {0, 3 << 3 | 3};

	t[3] = SYSTEM(12, FLAT_RING3_CS64) | 3UL << 45;
	require(!page_make_ro(t));
	if (!expect_eq(hypercall(set_gdt, &frame, 512), 0))
		return;
	expect_eq(DPL(t[3]), 0);
	PROBE("lcall *%0", : : "m"(far) : "memory");
	expect_trap(VEC_GP);
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	free_page(t);
}

PROMISE(update_of_tables, "update_descriptor into a page table is -EINVAL")
{
	u64 *page = page_alloc();

	expect_eq(hypercall(update_descriptor, root_mfn() << 12, DATA),
		  -XEN_EINVAL);
	expect_eq(hypercall(update_descriptor, pte_maddr(page, 1), 0),
		  -XEN_EINVAL);
	/* An ordinary writable page of ours, as to this. */
	answer_as("shared_info", hypercall(update_descriptor,
					   start_info->shared_info + 0xff8, 0));
	page_free(page);
}

PROMISE(update_of_plain_pages, "in a page that is no GDT it is a plain write")
{
	u64 *page = page_alloc();

	expect_eq(hypercall(update_descriptor, va_to_maddr(&page[2]), DATA), 0);
	expect_eq(page[2], DATA);
	/* System descriptors are refused even there. */
	expect_refused(hypercall(update_descriptor, va_to_maddr(&page[3]),
				 SYSTEM(9, 0)));
	expect_eq(page[3], 0);
	page_free(page);
}

PROMISE(misplaced_updates, "addresses that are no entry: -EINVAL")
{
	unsigned int i;
	u64 *page = page_alloc();

	for (i = 1; i < 8; i++)
		expect_eq(hypercall(update_descriptor, va_to_maddr(page) + i,
				    DATA),
			  -XEN_EINVAL);
	expect_eq(hypercall(update_descriptor, ~7UL, DATA), -XEN_EINVAL);
	expect_eq(hypercall(update_descriptor, 0xfee00000UL, DATA),
		  -XEN_EINVAL);
	page_free(page);
}

/* ---- LDT ---- */

PROMISE(ldt_limits, "the last of its entries loads, the next is #GP")
{
	u64 *t = page_alloc();
	unsigned int i;

	for (i = 0; i < 512; i++)
		t[i] = DATA;
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_SET_LDT, (u64)t, 10), 0);
	load_ds(9 << 3 | 7);
	expect_no_trap();
	load_ds(10 << 3 | 7);
	expect_trap(VEC_GP);
	load_ds(0);
	expect_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	free_page(t);
}

PROMISE(ldt_with_a_bad_page, "an LDT page with a TSS in it: no entry loads")
{
	u64 *t = page_alloc();

	t[0] = DATA;
	t[500] = SYSTEM(9, 0);
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_SET_LDT, (u64)t, 512), 0);
	load_ds(0 << 3 | 7);
	if (expect_eq(caught.happened, true)) {
		answer_as("exception", caught.f.vector);
		answer_as("error code", caught.f.error);
	}
	load_ds(0);
	expect_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	free_page(t);
}

PROMISE(ldt_of_a_writable_page, "an LDT page mapped RW: no entry loads")
{
	u64 *t = page_alloc();

	t[0] = DATA;
	expect_eq(mmuext(MMUEXT_SET_LDT, (u64)t, 512), 0);
	load_ds(0 << 3 | 7);
	if (expect_eq(caught.happened, true)) {
		answer_as("exception", caught.f.vector);
		expect_eq(caught.cr2, (u64)t);
	}
	load_ds(0);
	expect_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	page_free(t);
}

PROMISE(ldt_of_nothing, "an LDT where nothing is mapped: a fault there")
{
	u64 at = (u64)BAD_UNMAPPED & ~(PAGE_SIZE - 1);

	expect_eq(mmuext(MMUEXT_SET_LDT, at, 512), 0);
	load_ds(3 << 3 | 7);
	if (expect_trap(VEC_PF))
		expect_eq(caught.cr2, at + 3 * 8);
	load_ds(0);
	expect_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
}

PROMISE(ldt_page_16, "8192 entries: the last page is validated like the first")
{
	u64 *t = page_alloc();
	u64 base = (u64)t - 15 * PAGE_SIZE;

	t[511] = DATA;
	require(!page_make_ro(t));
	expect_eq(mmuext(MMUEXT_SET_LDT, base, 8192), 0);
	load_ds(0xffff);
	expect_no_trap();
	load_ds(0);
	expect_eq(page_make_rw(t), -XEN_EBUSY);
	expect_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	free_page(t);
}

PROMISE(ldt_addresses, "bases that are odd, non-canonical, the hypervisor's")
{
	expect_refused(mmuext(MMUEXT_SET_LDT, (u64)start_info + 1, 1));
	expect_refused(mmuext(MMUEXT_SET_LDT, VIRT_BASE, 0xffffffff));
	expect_refused(mmuext(MMUEXT_SET_LDT, (u64)BAD_NONCANONICAL, 512));
	expect_refused(mmuext(MMUEXT_SET_LDT, (u64)BAD_HYPERVISOR, 512));
	expect_refused(
		mmuext(MMUEXT_SET_LDT, 0xffff7ffffffff000UL & ~0xfffUL, 8192));
	expect_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
}
