/*
 * mm/vmap.c: mappings of ours made and undone while running: device and
 * firmware memory, and the window of each vcpu for its GDT and LDT
 */
#include <hv/cpu.h>
#include <hv/pt.h>
#include "internal.h"

#define VMAP_PAGES  (256u << 10) /* 1 GiB of addresses */
#define WIN_BYTES   ((u64)VWIN_PAGES << PAGE_SHIFT)
#define WINS_PER_L1 (512 / VWIN_PAGES)

static spinlock_t vmap_lock = SPINLOCK_INIT(VMAP);
static DECLARE_BITMAP(vmap_used, VMAP_PAGES);
static DECLARE_BITMAP(vwin_used, VWIN_MAX);

/* @n free pages and one more, left unmapped behind them. */
static unsigned int vmap_find(unsigned int n)
{
	unsigned int at = 0, run = 0;

	for (at = 0; at < VMAP_PAGES && run <= n; at++)
		run = bit_test(vmap_used, at) ? 0 : run + 1;
	return run > n ? at - run : VMAP_PAGES;
}

static u64 vmap_reserve(unsigned int n)
{
	unsigned int i, at;

	spin_lock(&vmap_lock);
	at = vmap_find(n);
	for (i = 0; at < VMAP_PAGES && i <= n; i++)
		bit_set(vmap_used, at + i);
	spin_unlock(&vmap_lock);
	return at < VMAP_PAGES ? VMAP_VA + ((u64)at << PAGE_SHIFT) : 0;
}

static void vmap_release(u64 va, unsigned int n)
{
	unsigned int i, at = (va - VMAP_VA) >> PAGE_SHIFT;

	spin_lock(&vmap_lock);
	for (i = 0; i <= n; i++)
		bit_clear(vmap_used, at + i);
	spin_unlock(&vmap_lock);
}

void *vmap_mmio(maddr_t a, size_t bytes, unsigned int flags)
{
	u64 off = a.v & (PAGE_SIZE - 1), n = DIV_UP(off + bytes, PAGE_SIZE), i;
	unsigned int hvm =
		(flags & MAP_RO ? HVM_RO : 0) | (flags & MAP_UC ? HVM_UC : 0);
	u64 va;

	if (!bytes || n >= VMAP_PAGES)
		return NULL;
	va = vmap_reserve(n);
	if (!va)
		return NULL;
	for (i = 0; i < n; i++) {
		u64 *slot = map_slot(va + (i << PAGE_SHIFT));

		if (!slot) {
			vmap_unmap((void *)va, n << PAGE_SHIFT);
			return NULL;
		}
		WRITE_ONCE(*slot, map_entry(MFN((a.v >> PAGE_SHIFT) + i), hvm));
	}
	return (void *)(va + off);
}

void *vmap_stack(unsigned int hole)
{
	const unsigned int n = STACK_SIZE / PAGE_SIZE;
	u64 va = vmap_reserve(2 * n), *slot;
	unsigned int i;
	void *page;

	if (!va)
		return NULL;
	va = ROUND_UP(va, STACK_SIZE);
	for (i = 0; i < n; i++) {
		if (i == hole)
			continue;
		slot = map_slot(va + i * PAGE_SIZE);
		page = page_alloc_hv();
		if (!slot || !page)
			return NULL;
		memset(page, 0, PAGE_SIZE);
		WRITE_ONCE(*slot, map_entry(virt_to_mfn(page), 0));
	}
	return (void *)va;
}

/* Our own entries are global: guests' flushes do not reach them. */
static void flush_hv_page(u64 va)
{
	DECLARE_BITMAP(all, NR_PCPUS) = {0};
	unsigned int i;

	if (nr_pcpus <= 1) {
		cpu_flush_page(va);
		return;
	}
	for (i = 0; i < nr_pcpus; i++)
		all[i / 64] |= 1ull << (i % 64);
	cpu_flush_mask(all, va);
}

void vmap_unmap(void *p, size_t bytes)
{
	u64 first = ROUND_DOWN((u64)p, PAGE_SIZE), va;
	u64 n = DIV_UP((u64)p - first + bytes, PAGE_SIZE);

	for (va = first; va < first + (n << PAGE_SHIFT); va += PAGE_SIZE) {
		u64 *slot = map_peek(va);

		if (!slot || !*slot)
			continue;
		WRITE_ONCE(*slot, 0);
		flush_hv_page(va);
	}
	vmap_release(first, n);
}

u64 vwin_alloc(void)
{
	unsigned int i;
	u64 va = 0;

	spin_lock(&vmap_lock);
	i = bitmap_find_zero(vwin_used, VWIN_MAX);
	if (i < VWIN_MAX)
		bit_set(vwin_used, i);
	spin_unlock(&vmap_lock);
	if (i == VWIN_MAX)
		return 0;
	va = VWIN_VA + i * WIN_BYTES;
	if (map_slot(va))
		return va;
	bit_clear(vwin_used, i);
	return 0;
}

static bool vwin_group_unused(unsigned int i)
{
	unsigned int first = ROUND_DOWN(i, WINS_PER_L1), w;

	for (w = first; w < first + WINS_PER_L1; w++)
		if (bit_test(vwin_used, w))
			return false;
	return true;
}

void vwin_free(u64 va)
{
	unsigned int i = (va - VWIN_VA) / WIN_BYTES, p;
	void *table = NULL;

	for (p = 0; p < VWIN_PAGES; p++)
		vwin_set(va, p, INVALID_MFN);
	tlb_flush_everywhere();
	spin_lock(&vmap_lock);
	bit_clear(vwin_used, i);
	if (vwin_group_unused(i))
		table = map_unhook_l1(va);
	spin_unlock(&vmap_lock);
	if (!table)
		return;
	tlb_flush_everywhere();
	page_free_hv(table);
}

void vwin_set(u64 win, unsigned int i, mfn_t m)
{
	u64 *slot = map_peek(win + ((u64)i << PAGE_SHIFT));

	BUG_ON(!slot || i >= VWIN_PAGES);
	WRITE_ONCE(*slot, mfn_none(m) ? 0 : map_entry(m, HVM_LOCAL));
}

void vwin_set_zero(u64 win, unsigned int i)
{
	u64 *slot = map_peek(win + ((u64)i << PAGE_SHIFT));

	BUG_ON(!slot || i >= VWIN_PAGES);
	WRITE_ONCE(*slot, map_entry(zero_frame, HVM_LOCAL | HVM_RO));
}

mfn_t vwin_get(u64 win, unsigned int i)
{
	u64 *slot = map_peek(win + ((u64)i << PAGE_SHIFT));

	BUG_ON(!slot || i >= VWIN_PAGES);
	return *slot & PTE_P ? pte_mfn(*slot) : INVALID_MFN;
}
