/*
 * guests/descriptors: GDT and LDT
 *
 * ABI: set_gdt, update_descriptor, MMUEXT_SET_LDT and what they refuse.
 */
#include <guest.h>

#define CODE64 0x00af9b000000ffffUL /* DPL 0, to become 3 */
#define DATA   0x00cf93000000ffffUL
#define TSS    0x008089000000ffffUL

static u64 *gdt;

static bool setup(void)
{
	u64 frame;

	if (gdt)
		return true;
	gdt = page_alloc();
	gdt[1] = DATA;
	gdt[2] = CODE64;
	frame = va_to_mfn(gdt);
	if (page_make_ro(gdt) || hypercall(set_gdt, &frame, 512))
		return false;
	return true;
}

static u16 load_ds(u16 selector)
{
	u16 value;

	PROBE("movw %0, %%ds", : : "r"(selector) : "memory");
	__asm__ volatile("movw %%ds, %0" : "=r"(value));
	return value;
}

PROMISE(gdt_page_must_be_read_only, "set_gdt of a page mapped RW is refused")
{
	u64 *t = page_alloc();
	u64 frame = va_to_mfn(t);

	expect_eq(hypercall(set_gdt, &frame, 512), -XEN_EINVAL);
	page_free(t);
}

PROMISE(gdt_is_loaded, "selectors of an installed GDT can be loaded")
{
	require(setup());
	expect_eq(load_ds(0x0b), 0x0b);
	expect_no_trap();
	load_ds(0);
}

PROMISE(dpl_becomes_3, "code and data DPL 0 is raised to 3 on validation")
{
	require(setup());
	expect_eq(gdt[1] >> 45 & 3, 3);
	expect_eq(gdt[2] >> 45 & 3, 3);
}

PROMISE(gdt_page_cannot_be_rw, "a loaded GDT page cannot be mapped RW")
{
	require(setup());
	expect_eq(page_make_rw(gdt), -XEN_EBUSY);
}

PROMISE(system_descriptors_are_refused, "a page with a TSS descriptor: -EINVAL")
{
	u64 *t = page_alloc();
	u64 frame = va_to_mfn(t);

	t[3] = TSS;
	require(!page_make_ro(t));
	expect_eq(hypercall(set_gdt, &frame, 512), -XEN_EINVAL);
	require(!page_make_rw(t));
	page_free(t);
}

PROMISE(too_many_entries, "more entries than 14 pages hold are -EINVAL")
{
	u64 frames[15] = {0};

	expect_eq(hypercall(set_gdt, frames, FIRST_RESERVED_GDT_ENTRY + 1),
		  -XEN_EINVAL);
}

PROMISE(gdt_needs_a_good_pointer, "a bad frame list is -EFAULT")
{
	expect_eq(hypercall(set_gdt, BAD_UNMAPPED, 512), -XEN_EFAULT);
}

PROMISE(update_writes_an_entry, "update_descriptor changes one entry")
{
	require(setup());
	expect_eq(hypercall(update_descriptor, va_to_maddr(&gdt[4]), DATA), 0);
	expect_eq(gdt[4] & 0xffff, 0xffff);
	expect_eq(load_ds(4 << 3 | 3), 4 << 3 | 3);
	expect_no_trap();
	load_ds(0);
	expect_eq(hypercall(update_descriptor, va_to_maddr(&gdt[4]), 0), 0);
	expect_eq(gdt[4], 0);
}

PROMISE(update_refuses_system_types, "update_descriptor with a TSS is -EINVAL")
{
	require(setup());
	expect_eq(hypercall(update_descriptor, va_to_maddr(&gdt[5]), TSS),
		  -XEN_EINVAL);
	expect_eq(gdt[5], 0);
}

PROMISE(update_wants_alignment, "an address that is no multiple of 8: -EINVAL")
{
	require(setup());
	expect_eq(hypercall(update_descriptor, va_to_maddr(&gdt[5]) + 4, DATA),
		  -XEN_EINVAL);
}

PROMISE(update_of_foreign_frames, "update_descriptor past memory is -EINVAL")
{
	expect_eq(hypercall(update_descriptor, 0xffffffff000UL, DATA),
		  -XEN_EINVAL);
}

PROMISE(missing_entry_faults, "loading an empty entry is #GP")
{
	require(setup());
	load_ds(6 << 3 | 3);
	if (expect_trap(VEC_GP))
		expect_eq(caught.f.error, 6 << 3);
}

PROMISE(reserved_entries_are_there, "0xe02b and 0xe033 exist beside any GDT")
{
	require(setup());
	expect_eq(load_ds(0xe02b), 0xe02b);
	expect_no_trap();
	load_ds(0);
}

static u64 *ldt;

PROMISE(ldt_is_validated_lazily, "SET_LDT accepts, first use validates")
{
	ldt = page_alloc();
	ldt[0] = DATA;
	ldt[1] = DATA;
	require(!page_make_ro(ldt));
	expect_eq(mmuext(MMUEXT_SET_LDT, (u64)ldt, 512), 0);
	expect_eq(load_ds(1 << 3 | 7), 1 << 3 | 7);
	expect_no_trap();
	load_ds(0);
	expect_eq(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	expect_eq(page_make_rw(ldt), 0);
	page_free(ldt);
}

PROMISE(no_ldt_no_entry, "without an LDT its selectors are #GP")
{
	load_ds(1 << 3 | 7);
	expect_trap(VEC_GP);
}

PROMISE(ldt_arguments, "an unaligned LDT or more than 8192 entries: -EINVAL")
{
	expect_eq(mmuext(MMUEXT_SET_LDT, VIRT_BASE + 8, 512), -XEN_EINVAL);
	expect_eq(mmuext(MMUEXT_SET_LDT, VIRT_BASE, 8193), -XEN_EINVAL);
}

PROMISE(gdt_can_be_taken_back, "set_gdt with 0 entries frees the page")
{
	require(setup());
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	expect_eq(page_make_rw(gdt), 0);
	page_free(gdt);
	gdt = NULL;
}
