/*
 * bench/mmu: what changing page tables costs
 *
 * Each row prints `BENCH name operations ticks`: TSC ticks for all of them.
 * Under QEMU's -icount a tick is an instruction, of guest and hypervisor
 * together; without it, time. The same image runs on Xen.
 */
#include <guest.h>
#include "rows.h"

#define AREA   0x0000600000000000UL /* free user addresses */
#define BATCH  512
#define REPEAT 16 /* batches a row, for short ones */

/* Frames to map: memory that the image itself does not use. */
static u64 spare_pfn(u64 i)
{
	u64 first = start_info->nr_pages / 2;

	return pfn_to_mfn(first + i % (start_info->nr_pages / 2 - 64));
}

static struct mmu_update requests[BATCH];
static u64 *table; /* the L1 that maps AREA, read-only for us */
static u64 table_maddr;

void bench_report(const char *name, u64 operations, u64 ticks)
{
	printf("BENCH %s %lu %lu\n", name, operations, ticks);
}

static void make_area(void)
{
	if (table)
		return;
	if (map_at(0, AREA, spare_pfn(0) << 12 | PTE_DATA))
		guest_broken("cannot map the work area");
	table = (u64 *)((u64)pte_walk((void *)AREA, 1) & ~(PAGE_SIZE - 1));
	table_maddr = pte_maddr((void *)AREA, 1) & ~(PAGE_SIZE - 1);
}

static void request(unsigned int slot, unsigned int entry, u64 value)
{
	requests[slot].ptr = (table_maddr + entry * 8UL) | MMU_NORMAL_PT_UPDATE;
	requests[slot].val = value;
}

static void issue(unsigned int n)
{
	if (hypercall(mmu_update, requests, n, 0, DOMID_SELF))
		guest_broken("mmu_update failed");
}

/* All 512 entries in batches of @size, each set to what @value says. */
static u64 sweep(unsigned int size, u64 (*value)(unsigned int))
{
	u64 ticks = 0, start;
	unsigned int i, j;

	for (i = 0; i < BATCH; i += size) {
		for (j = 0; j < size; j++)
			request(j, i + j, value(i + j));
		start = rdtsc();
		issue(size);
		ticks += rdtsc() - start;
	}
	return ticks;
}

static u64 nothing(unsigned int i)
{
	return 0;
}

static u64 writable(unsigned int i)
{
	return spare_pfn(i) << 12 | PTE_DATA;
}

static u64 read_only(unsigned int i)
{
	return spare_pfn(i) << 12 | PTE_RO;
}

static u64 clean(unsigned int i)
{
	return spare_pfn(i) << 12 | (PTE_DATA & ~PTE_D);
}

static void batch_rows(unsigned int size, const char *map, const char *unmap,
		       const char *flags)
{
	u64 t_map = 0, t_unmap = 0, t_flags = 0;
	unsigned int i;

	make_area();
	for (i = 0; i < REPEAT; i++) {
		sweep(BATCH, nothing);
		t_map += sweep(size, writable);
		t_flags += sweep(size, clean);
		sweep(BATCH, writable);
		t_unmap += sweep(size, nothing);
	}
	bench_report(map, REPEAT * BATCH, t_map);
	bench_report(flags, REPEAT * BATCH, t_flags);
	bench_report(unmap, REPEAT * BATCH, t_unmap);
}

PROMISE(batches, "mmu_update of L1 entries in batches of 1, 8, 64, 512")
{
	batch_rows(1, "map_1", "unmap_1", "flags_1");
	batch_rows(8, "map_8", "unmap_8", "flags_8");
	batch_rows(64, "map_64", "unmap_64", "flags_64");
	batch_rows(512, "map_512", "unmap_512", "flags_512");
}

PROMISE(va_mapping, "update_va_mapping with INVLPG, fresh and flags")
{
	u64 start, t_map = 0, t_flags = 0;
	unsigned int i;

	make_area();
	for (i = 0; i < BATCH; i++) {
		u64 va = AREA + i * PAGE_SIZE;

		hypercall(update_va_mapping, va, 0, UVMF_INVLPG);
		start = rdtsc();
		hypercall(update_va_mapping, va, writable(i), UVMF_INVLPG);
		t_map += rdtsc() - start;
		start = rdtsc();
		hypercall(update_va_mapping, va, clean(i), UVMF_INVLPG);
		t_flags += rdtsc() - start;
	}
	bench_report("va_mapping_map", BATCH, t_map);
	bench_report("va_mapping_flags", BATCH, t_flags);
}

PROMISE(stores, "stores to a live L1 that the hypervisor emulates")
{
	u64 start, t_mov = 0, t_and = 0;
	unsigned int i;

	make_area();
	hypercall(vm_assist, VMASST_CMD_enable,
		  VMASST_TYPE_writable_pagetables);
	sweep(BATCH, writable);
	for (i = 0; i < BATCH; i++) {
		u64 v = read_only(i);

		start = rdtsc();
		__asm__ volatile("movq %1, %0" : "=m"(table[i]) : "r"(v));
		t_mov += rdtsc() - start;
	}
	sweep(BATCH, writable);
	for (i = 0; i < BATCH; i++) {
		start = rdtsc();
		__asm__ volatile("lock andb %1, %0"
				 : "+m"(*(u8 *)&table[i])
				 : "i"((u8)~PTE_RW));
		t_and += rdtsc() - start;
	}
	bench_report("emulated_mov", BATCH, t_mov);
	bench_report("emulated_andb", BATCH, t_and);
}

/* ---- a tree of its own: 64 MiB, 32 L1 tables ---- */
#define TREE_L1 32

static u64 tree_table(u64 *entries, unsigned int n, u64 bits)
{
	u64 *t = page_alloc();
	unsigned int i;

	for (i = 0; i < n; i++)
		t[i] = entries[i] << 12 | bits;
	return va_to_mfn(t);
}

static u64 build_tree(void **pages)
{
	u64 l1[TREE_L1], l2, l3;
	unsigned int i, j;

	for (i = 0; i < TREE_L1; i++) {
		u64 *t = page_alloc();

		for (j = 0; j < 512; j++)
			t[j] = spare_pfn(i * 512 + j) << 12 | PTE_DATA;
		pages[i] = t;
		l1[i] = va_to_mfn(t);
	}
	l2 = tree_table(l1, TREE_L1, PTE_TABLE);
	pages[TREE_L1] = mfn_to_va(l2);
	l3 = tree_table(&l2, 1, PTE_TABLE);
	pages[TREE_L1 + 1] = mfn_to_va(l3);
	l2 = tree_table(&l3, 1, PTE_TABLE);
	pages[TREE_L1 + 2] = mfn_to_va(l2);
	for (i = 0; i < TREE_L1 + 3; i++)
		if (page_make_ro(pages[i]))
			guest_broken("a table stays writable");
	return l2;
}

PROMISE(pin_tree, "pin and unpin an L4 with 64 MiB below it")
{
	void *pages[TREE_L1 + 3];
	u64 root = build_tree(pages), start, t_pin = 0, t_unpin = 0;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		start = rdtsc();
		require(!mmuext(MMUEXT_PIN_L4_TABLE, root, 0));
		t_pin += rdtsc() - start;
		start = rdtsc();
		require(!mmuext(MMUEXT_UNPIN_TABLE, root, 0));
		t_unpin += rdtsc() - start;
	}
	bench_report("pin_64m", 8, t_pin);
	bench_report("unpin_64m", 8, t_unpin);
	for (i = 0; i < TREE_L1 + 3; i++) {
		page_make_rw(pages[i]);
		page_free(pages[i]);
	}
}

PROMISE(cow_protect, "4,096 entries lose their write right")
{
	u64 ticks = 0;
	unsigned int i;

	make_area();
	for (i = 0; i < 4096 / BATCH; i++) {
		sweep(BATCH, writable);
		ticks += sweep(BATCH, read_only);
	}
	bench_report("cow_protect_4096", 4096, ticks);
	sweep(BATCH, writable);
}
