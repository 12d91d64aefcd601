/*
 * mm/init.c: from the boot loader's mapping to our own, and a heap
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/pt.h>
#include "internal.h"

#define UNIT_FRAMES (PAGE_SIZE / sizeof(struct page)) /* per 4 KiB of table */
#define BIG_FRAMES  (UNIT_FRAMES * 512)		      /* per 2 MiB of table */
#define M2P_FRAMES  ((2ul << 20) / 8)		      /* per 2 MiB of M2P */

u64 hv_root_maddr;

u64 *hv_l4(void)
{
	return hv_l4_table;
}

maddr_t virt_to_maddr(const void *p)
{
	u64 va = (u64)p;

	if (va >= DIRECTMAP_VA && va < DIRECTMAP_VA_END)
		return MADDR(va - DIRECTMAP_VA);
	BUG_ON(va < (u64)hv_start || va >= (u64)hv_end);
	return MADDR(va - HV_IMAGE_BASE);
}

/* How many of the frames [first, last) are RAM? */
static u64 ram_between(u64 first, u64 last)
{
	u64 n = 0;
	unsigned int i;

	for (i = 0; i < early_nr_ram; i++) {
		u64 a = max(first, early_ram[i].first);
		u64 b = min(last, early_ram[i].last);

		if (a < b)
			n += b - a;
	}
	return n;
}

static void map_all_slots(void)
{
	unsigned int i;

	for (i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++) {
		mfn_t m = early_alloc(1, 1, 1ull << (30 - PAGE_SHIFT));

		memset((void *)(m.v << PAGE_SHIFT), 0, PAGE_SIZE);
		hv_l4_table[i] = m.v << PAGE_SHIFT | PTE_P | PTE_RW | PTE_A |
				 PTE_D | (i == M2P_SLOT ? PTE_US : 0);
	}
}

/* All RAM, and the first MiB: firmware tables, VGA text. */
static void map_direct(void)
{
	unsigned int i;

	map_pages(DIRECTMAP_VA, MFN(0), 0xa0, 0);
	map_pages(DIRECTMAP_VA + 0xa0000, MFN(0xa0), 0x60, HVM_UC);
	for (i = 0; i < early_nr_ram; i++) {
		u64 first = early_ram[i].first;

		map_pages(DIRECTMAP_VA + (first << PAGE_SHIFT), MFN(first),
			  early_ram[i].last - first, 0);
	}
}

/* One page at a time: regions need not end on 2 MiB, and W^X holds. */
static void map_image(void)
{
	u64 va;

	for (va = ROUND_DOWN((u64)hv_start, PAGE_SIZE); va < (u64)hv_end;
	     va += PAGE_SIZE) {
		unsigned int flags = 0;

		/* A hole under the main stack makes overruns double faults. */
		if (va == (u64)boot_stack + IST_DB * PAGE_SIZE)
			continue;
		if (va < (u64)hv_text_end)
			flags = HVM_RO | HVM_X;
		else if (va + PAGE_SIZE <= (u64)hv_data_start)
			flags = HVM_RO;
		map_pages(va, MFN((va - HV_IMAGE_BASE) >> PAGE_SHIFT), 1,
			  flags);
	}
}

/* Where no frame is RAM the table reads as device memory, read-only. */
static mfn_t hole_unit, hole_l1;

static void make_holes(void)
{
	struct page *pg;
	u64 *l1;
	unsigned int i;

	hole_unit = early_alloc(1, 1, 1ull << (30 - PAGE_SHIFT));
	pg = (struct page *)(hole_unit.v << PAGE_SHIFT);
	memset(pg, 0, PAGE_SIZE);
	for (i = 0; i < UNIT_FRAMES; i++)
		pg[i].owner = DOMID_IO;
	hole_l1 = early_alloc(1, 1, 1ull << (30 - PAGE_SHIFT));
	l1 = (u64 *)(hole_l1.v << PAGE_SHIFT);
	for (i = 0; i < 512; i++)
		l1[i] = map_entry(hole_unit, HVM_RO);
}

static void map_frametable_units(u64 first)
{
	u64 f, va;

	for (f = first; f < first + BIG_FRAMES; f += UNIT_FRAMES) {
		va = FRAMETABLE_VA + f * sizeof(struct page);
		if (ram_between(f, f + UNIT_FRAMES))
			map_pages(va, early_alloc(1, 1, max_mfn), 1, 0);
		else
			map_pages(va, hole_unit, 1, HVM_RO);
	}
}

static void map_frametable(void)
{
	u64 f;

	make_holes();
	for (f = 0; f < max_mfn; f += BIG_FRAMES) {
		u64 ram = ram_between(f, f + BIG_FRAMES);
		u64 va = FRAMETABLE_VA + f * sizeof(struct page);

		if (ram == BIG_FRAMES)
			map_pages(va, early_alloc(512, 512, max_mfn), 512, 0);
		else if (ram)
			map_frametable_units(f);
		else
			map_share_hole(va, hole_l1);
	}
}

/* Tools expect 2 MiB of contiguous frames behind each 2 MiB of the table. */
static void map_m2p(void)
{
	u64 f;

	for (f = 0; f < max_mfn; f += M2P_FRAMES) {
		mfn_t m;

		if (!ram_between(f, f + M2P_FRAMES))
			continue;
		m = early_alloc(512, 512, max_mfn);
		map_pages(M2P_VA + f * 8, m, 512, HVM_RO | HVM_USER);
		map_pages(M2P_RW_VA + f * 8, m, 512, 0);
	}
}

static void init_frames(void)
{
	struct page *pg;
	u64 f, i;

	for (f = 0; f < max_mfn; f += UNIT_FRAMES) {
		if (!ram_between(f, f + UNIT_FRAMES))
			continue;
		for (i = f; i < f + UNIT_FRAMES; i++) {
			pg = &frametable[i];
			memset(pg, 0, sizeof(*pg));
			pg->owner =
				ram_between(i, i + 1) ? OWNER_NONE : DOMID_IO;
		}
	}
}

static void init_m2p(void)
{
	u64 f;

	for (f = 0; f < max_mfn; f += M2P_FRAMES)
		if (ram_between(f, f + M2P_FRAMES))
			memset(&m2p_rw[f], 0xff, M2P_FRAMES * 8);
}

/* dom0 may look at the M2P through DOMID_XEN: tools saving a domain do. */
static void share_m2p(void)
{
	u64 f, i;

	for (f = 0; f < max_mfn; f += M2P_FRAMES) {
		u64 *slot;
		u64 first;

		if (!ram_between(f, f + M2P_FRAMES))
			continue;
		slot = map_peek_l2(M2P_RW_VA + f * 8);
		first = pte_mfn(*slot).v;
		for (i = first; i < first + 512; i++) {
			frametable[i].owner = DOMID_XEN;
			frametable[i].ref = PGF_xenheap | 1;
			frametable[i].type = PGT_none | PGT_validated | 1;
		}
	}
}

void mm_init(void)
{
	void *zero;

	early_init();
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1u << 11);
	map_all_slots();
	map_direct();
	map_image();
	map_frametable();
	map_m2p();
	hv_root_maddr = virt_to_maddr(hv_l4_table).v;
	cpu_write_cr3(hv_root_maddr);
	cpu_flush_all();
	map_early = false;
	init_frames();
	init_m2p();
	share_m2p();
	early_finish();
	zero = page_alloc_hv();
	BUG_ON(!zero);
	zero_frame = virt_to_mfn(zero);
	printk(LOG_INFO, "%lu MiB of RAM for domains\n",
	       (unsigned long)(heap_free_pages() >> 8));
}
