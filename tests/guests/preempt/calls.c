/*
 * guests/preempt: lists of short operations, and the longest single ones
 */
#include "hold.h"
#include <xen/grant_table.h>
#include <xen/memory.h>

#define MANY 1024

PROMISE(copies, "1,024 grant copies of a page")
{
	static struct gnttab_copy op[MANY];
	u8 *from, *to;
	unsigned int i, bad = 0;

	hold_begin();
	from = page_alloc();
	to = page_alloc();
	for (i = 0; i < MANY; i++) {
		op[i].source.domid = op[i].dest.domid = DOMID_SELF;
		op[i].source.u.gmfn = va_to_mfn(from);
		op[i].dest.u.gmfn = va_to_mfn(to);
		op[i].len = PAGE_SIZE;
	}
	hold_reset();
	expect_eq(hypercall(grant_table_op, GNTTABOP_copy, op, MANY), 0);
	for (i = 0; i < MANY; i++)
		bad += op[i].status != GNTST_okay;
	expect_eq(bad, 0);
	hold_expect("grant_copy_1024");
	page_free(from);
	page_free(to);
}

static long set_version(u32 version)
{
	struct gnttab_set_version op = {.version = version};

	return hypercall(grant_table_op, GNTTABOP_set_version, &op, 1);
}

PROMISE(grant_table, "the largest grant table made, and its version changed")
{
	static u64 frames[64];
	struct gnttab_setup_table op = {.dom = DOMID_SELF,
					.nr_frames = ARRAY_SIZE(frames)};
	long rc;

	hold_begin();
	op.frame_list.p = frames;
	rc = hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1);
	expect(!rc && op.status == GNTST_okay);
	hold_expect("setup_table");
	hold_reset();
	expect_eq(set_version(2), 0);
	expect_eq(set_version(1), 0);
	hold_expect("set_version");
}

PROMISE(descriptor_tables, "a GDT of all frames there may be")
{
	u64 frames[FIRST_RESERVED_GDT_PAGE];
	u8 *page[FIRST_RESERVED_GDT_PAGE];
	unsigned int i;

	hold_begin();
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = page_alloc();
		frames[i] = va_to_mfn(page[i]);
		require(!page_make_ro(page[i]));
	}
	hold_reset();
	expect_eq(hypercall(set_gdt, frames, ARRAY_SIZE(frames) * 512UL), 0);
	expect_eq(hypercall(set_gdt, frames, ARRAY_SIZE(frames) * 512UL), 0);
	expect_eq(hypercall(set_gdt, frames, 0UL), 0);
	hold_expect("set_gdt");
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page_make_rw(page[i]);
		page_free(page[i]);
	}
}

PROMISE(pages_cleared, "1,024 pages cleared in one mmuext_op, done exactly")
{
	static struct mmuext_op op[MANY];
	u8 *page;
	unsigned int i;
	u32 done = 0;

	hold_begin();
	page = page_alloc();
	for (i = 0; i < MANY; i++) {
		op[i].cmd = MMUEXT_CLEAR_PAGE;
		op[i].arg1.mfn = va_to_mfn(page);
	}
	op[MANY - 1].arg1.mfn = ~0UL;
	hold_reset();
	expect_eq(hypercall(mmuext_op, op, MANY, &done, DOMID_SELF),
		  -XEN_EINVAL);
	expect_eq(done, MANY - 1);
	hold_expect("clear_page_1024");
	page_free(page);
}

PROMISE(long_multicalls, "1,024 calls in one, each with its result")
{
	static struct multicall_entry call[MANY];
	unsigned int i, bad = 0;
	u8 *page;

	hold_begin();
	page = page_alloc();
	for (i = 0; i < MANY; i++)
		call[i] = (struct multicall_entry){
			.op = __HYPERVISOR_update_va_mapping,
			.result = 99,
			.args = {(u64)page,
				 va_to_mfn(page) << 12 |
					 (i % 2 ? PTE_DATA : PTE_RO),
				 UVMF_INVLPG}};
	hold_reset();
	expect_eq(hypercall(multicall, call, MANY), 0);
	for (i = 0; i < MANY; i++)
		bad += call[i].result != 0;
	expect_eq(bad, 0);
	hold_expect("multicall_1024");
	page_free(page);
}

PROMISE(maps_of_the_machine, "the lists a tool may ask for")
{
	static u64 list[512];
	struct xen_machphys_mfn_list m = {.max_extents = ARRAY_SIZE(list)};

	hold_begin();
	m.extent_start.p = list;
	expect_eq(hypercall(memory_op, XENMEM_machphys_mfn_list, &m), 0);
	hold_expect("lists");
}
