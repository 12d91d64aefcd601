/*
 * lib/page.c: frames and page tables
 */
#include "guest.h"

#define POOL_PAGES 192

static u8 pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static u16 pool_free[POOL_PAGES];
static unsigned int pool_used, pool_returned;

u64 pfn_to_mfn(u64 pfn)
{
	return ((const u64 *)start_info->mfn_list)[pfn];
}

u64 mfn_to_pfn(u64 mfn)
{
	return ((const u64 *)MACH2PHYS_VIRT_START)[mfn];
}

void *mfn_to_va(u64 mfn)
{
	return (void *)(VIRT_BASE + (mfn_to_pfn(mfn) << 12));
}

u64 va_to_mfn(const void *va)
{
	return pfn_to_mfn(va_to_pfn(va));
}

u64 va_to_maddr(const void *va)
{
	return va_to_mfn(va) << 12 | ((u64)va & (PAGE_SIZE - 1));
}

void *page_alloc(void)
{
	void *va;

	if (pool_returned)
		va = pool[pool_free[--pool_returned]];
	else if (pool_used < POOL_PAGES)
		va = pool[pool_used++];
	else
		guest_broken("page pool is empty");
	memset(va, 0, PAGE_SIZE);
	return va;
}

void page_free(void *va)
{
	pool_free[pool_returned++] = (u16)(((u64)va - (u64)pool) / PAGE_SIZE);
}

u64 root_mfn(void)
{
	return va_to_mfn((void *)start_info->pt_base);
}

static u64 *walk_from(u64 root, const void *va, int level)
{
	u64 *table = mfn_to_va(root);
	int l;

	for (l = 4;; l--) {
		u64 *e = table + ((u64)va >> (12 + 9 * (l - 1)) & 511);

		if (l == level)
			return e;
		if (!(*e & PTE_P))
			return NULL;
		table = mfn_to_va((*e & PTE_MFN) >> 12);
	}
}

u64 *pte_walk(const void *va, int level)
{
	return walk_from(root_mfn(), va, level);
}

u64 pte_maddr(const void *va, int level)
{
	u64 *e = pte_walk(va, level);

	if (!e)
		guest_broken("no table for an address a test uses");
	return va_to_maddr(e);
}

long va_map(const void *va, u64 pte)
{
	return hypercall(update_va_mapping, va, pte, UVMF_INVLPG);
}

long pte_write(u64 maddr, u64 value)
{
	struct mmu_update req = {.ptr = maddr, .val = value};

	return hypercall(mmu_update, &req, 1, 0, DOMID_SELF);
}

long mmuext(u32 cmd, u64 arg1, u64 arg2)
{
	struct mmuext_op op = {.cmd = cmd};

	op.arg1.linear_addr = arg1;
	op.arg2.src_mfn = arg2;
	return hypercall(mmuext_op, &op, 1, 0, DOMID_SELF);
}

long page_make_ro(void *va)
{
	return va_map(va, va_to_mfn(va) << 12 | PTE_RO);
}

long page_make_rw(void *va)
{
	return va_map(va, va_to_mfn(va) << 12 | PTE_DATA);
}

long map_at(u64 root, u64 va, u64 pte)
{
	int level;

	if (!root)
		root = root_mfn();
	for (level = 4; level > 1; level--) {
		u64 *e = walk_from(root, (void *)va, level);
		void *table;
		long rc;

		if (*e & PTE_P)
			continue;
		table = page_alloc();
		rc = page_make_ro(table);
		if (!rc)
			rc = pte_write(va_to_maddr(e),
				       va_to_mfn(table) << 12 | PTE_TABLE);
		if (rc)
			return rc;
	}
	return pte_write(va_to_maddr(walk_from(root, (void *)va, 1)), pte);
}
