/*
 * guests/preempt: page-table trees of 128 MiB
 *
 * What validates or undoes them stops at least every LONGEST instructions,
 * and what was asked for is done when the call returns.
 */
#include "hold.h"
#include <xen/vcpu.h>

#define TREE_L1 64
#define AREA	0x0000600000000000UL

static u64 *page[TREE_L1 + 3]; /* L1 tables, L2, L3, L4 */
static u64 l3, l4;
static bool built;

/* Memory the image itself does not use. */
static u64 spare_mfn(u64 i)
{
	u64 first = start_info->nr_pages / 2;

	return pfn_to_mfn(first + i % (start_info->nr_pages / 2 - 64));
}

static void build(void)
{
	unsigned int i, j;

	if (built)
		return;
	built = true;
	for (i = 0; i < ARRAY_SIZE(page); i++)
		page[i] = page_alloc();
	for (i = 0; i < TREE_L1; i++) {
		for (j = 0; j < 512; j++)
			page[i][j] = spare_mfn(i * 512 + j) << 12 | PTE_DATA;
		page[TREE_L1][i * 8] = va_to_mfn(page[i]) << 12 | PTE_TABLE;
	}
	l3 = va_to_mfn(page[TREE_L1 + 1]);
	l4 = va_to_mfn(page[TREE_L1 + 2]);
	page[TREE_L1 + 1][0] = va_to_mfn(page[TREE_L1]) << 12 | PTE_TABLE;
	/* A root that this kernel can run on. */
	page[TREE_L1 + 2][511] = *pte_walk((void *)VIRT_BASE, 4);
	page[TREE_L1 + 2][AREA >> 39 & 511] = l3 << 12 | PTE_TABLE;
	for (i = 0; i < ARRAY_SIZE(page); i++)
		if (page_make_ro(page[i]))
			guest_broken("a table stays writable");
}

/* Only what is no table may be mapped writable. */
static bool all_free(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(page); i++)
		if (page_make_rw(page[i]) || page_make_ro(page[i]))
			return false;
	return true;
}

PROMISE(pin_and_unpin, "a tree of 128 MiB is pinned and unpinned in pieces")
{
	build();
	hold_begin();
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0), 0);
	hold_expect("pin");
	hold_reset();
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, l4, 0), 0);
	hold_expect("unpin");
	expect(all_free());
}

PROMISE(refused_pin, "what a refused pin had validated is free again")
{
	u64 was;

	build();
	hold_begin();
	page_make_rw(page[TREE_L1 - 1]);
	was = page[TREE_L1 - 1][511];
	page[TREE_L1 - 1][511] = l4 << 12 | PTE_DATA;
	page_make_ro(page[TREE_L1 - 1]);
	expect(mmuext(MMUEXT_PIN_L4_TABLE, l4, 0) < 0);
	hold_expect("pin_refused");
	expect(all_free());
	page_make_rw(page[TREE_L1 - 1]);
	page[TREE_L1 - 1][511] = was;
	page_make_ro(page[TREE_L1 - 1]);
}

PROMISE(new_roots, "switching to such a tree, and away from it")
{
	u64 old = root_mfn();

	build();
	hold_begin();
	expect_eq(mmuext(MMUEXT_NEW_BASEPTR, l4, 0), 0);
	hold_expect("new_baseptr");
	hold_reset();
	expect_eq(mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0);
	hold_expect("old_baseptr");
	expect(all_free());
	hold_reset();
	expect_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, l4, 0), 0);
	expect_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	hold_expect("user_baseptr");
	expect(all_free());
}

PROMISE(moves_to_cr3, "the same by MOV to CR3, which is emulated")
{
	u64 old = root_mfn();

	build();
	hold_begin();
	PROBE("movq %0, %%cr3", : : "r"(l4 << 12) : "memory");
	expect_no_trap();
	PROBE("movq %0, %%cr3", : : "r"(old << 12) : "memory");
	expect_no_trap();
	expect_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	expect(all_free());
}

PROMISE(upper_entries, "mmu_update links and unlinks it; done is exact")
{
	u64 at = va_to_maddr(pte_walk((void *)AREA, 4));
	struct mmu_update req[3] = {
		{at, l3 << 12 | PTE_TABLE}, {at, 0}, {at, 0}};
	u32 done = 99;

	build();
	req[0].val = l3 << 12 | PTE_TABLE;
	hold_begin();
	expect_eq(hypercall(mmu_update, req, 1, &done, DOMID_SELF), 0);
	expect_eq(done, 1);
	hold_expect("link");
	hold_reset();
	req[0].val = 0;
	req[1].val = l3 << 12 | PTE_TABLE;
	req[2].val = 0;
	expect_eq(hypercall(mmu_update, req, 3, &done, DOMID_SELF), 0);
	expect_eq(done, 3);
	hold_expect("unlink_link_unlink");
	expect(all_free());
}

PROMISE(several_in_a_multicall, "a multicall is left and entered in the middle")
{
	static struct multicall_entry call[8];
	static struct mmuext_op op[8];
	static u32 done[8];
	unsigned int i;

	build();
	hold_begin();
	for (i = 0; i < ARRAY_SIZE(call); i++) {
		op[i].cmd = i % 2 ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L4_TABLE;
		op[i].arg1.mfn = l4;
		done[i] = 99;
		call[i] = (struct multicall_entry){
			.op = __HYPERVISOR_mmuext_op,
			.args = {(u64)&op[i], 1, (u64)&done[i], DOMID_SELF}};
	}
	expect_eq(hypercall(multicall, call, ARRAY_SIZE(call)), 0);
	hold_expect("multicall");
	for (i = 0; i < ARRAY_SIZE(call); i++) {
		expect_eq(call[i].result, 0);
		expect_eq(done[i], 1);
	}
	expect(all_free());
}

PROMISE(long_batches, "4,096 entries in one mmu_update")
{
	static struct mmu_update req[4096];
	unsigned int i;
	u32 done = 0;
	u64 t;

	build();
	t = va_to_maddr(page[0]);
	hold_begin();
	require(!mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(page[0]), 0));
	for (i = 0; i < ARRAY_SIZE(req); i++)
		req[i] = (struct mmu_update){
			t + i % 512 * 8,
			i / 512 % 2 ? 0 : spare_mfn(i) << 12 | PTE_DATA};
	expect_eq(
		hypercall(mmu_update, req, ARRAY_SIZE(req), &done, DOMID_SELF),
		0);
	expect_eq(done, ARRAY_SIZE(req));
	hold_expect("mmu_update_4096");
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(page[0]), 0), 0);
}

PROMISE(contexts, "a vcpu that is initialised on the tree; it keeps it")
{
	static struct vcpu_guest_context c;

	build();
	hold_begin();
	c.flags = VGCF_in_kernel;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.user_regs.rflags = 0x200;
	c.ctrlreg[3] = xen_pfn_to_cr3(l4);
	expect_eq(vcpu_op(VCPUOP_initialise, 1, &c), 0);
	hold_expect("vcpu_initialise");
	expect(page_make_rw(page[0]) != 0);
	expect_eq(vcpu_op(VCPUOP_initialise, 1, &c), -XEN_EEXIST);
}
