/*
 * mm/early.c: which RAM there is, and taking some before the heap exists
 */
#include <hv/boot.h>
#include "internal.h"

/* Device memory as far as guests are concerned, whatever firmware says. */
#define LOW_END 0x100 /* frames: 1 MiB */

struct frame_range early_ram[EARLY_MAX];
unsigned int early_nr_ram;
static struct frame_range avail[EARLY_MAX];
static unsigned int nr_avail;
u64 max_mfn;

static void avail_add(u64 first, u64 last)
{
	if (first >= last)
		return;
	if (nr_avail == EARLY_MAX)
		panic("memory map: more than %u usable ranges", EARLY_MAX);
	avail[nr_avail++] = (struct frame_range){first, last};
}

static void avail_remove(u64 first, u64 last)
{
	unsigned int i, n = nr_avail;

	for (i = 0; i < n; i++) {
		struct frame_range r = avail[i];

		if (last <= r.first || first >= r.last)
			continue;
		avail[i].last = max(first, r.first);
		avail_add(last, r.last);
	}
}

static void add_ram(const struct e820_range *e)
{
	u64 limit = (DIRECTMAP_VA_END - DIRECTMAP_VA) >> PAGE_SHIFT;
	u64 first = ROUND_UP(e->start, PAGE_SIZE) >> PAGE_SHIFT;
	u64 last = (e->start + e->size) >> PAGE_SHIFT;

	first = max(first, (u64)LOW_END);
	if (last > limit) {
		printk(LOG_WARN, "RAM above %lu GiB is not used\n",
		       (unsigned long)(limit >> 18));
		last = limit;
	}
	if (first >= last)
		return;
	if (early_nr_ram == EARLY_MAX)
		panic("memory map: more than %u RAM ranges", EARLY_MAX);
	early_ram[early_nr_ram++] = (struct frame_range){first, last};
	avail_add(first, last);
	max_mfn = max(max_mfn, last);
}

void early_init(void)
{
	u64 image_end = (u64)hv_end - HV_IMAGE_BASE;
	unsigned int i;

	for (i = 0; i < boot_info.e820.nr; i++)
		if (boot_info.e820.r[i].type == E820_RAM)
			add_ram(&boot_info.e820.r[i]);
	if (!max_mfn)
		panic("the loader's memory map names no RAM above 1 MiB");
	avail_remove(HV_LOAD_PA >> PAGE_SHIFT,
		     ROUND_UP(image_end, PAGE_SIZE) >> PAGE_SHIFT);
	for (i = 0; i < boot_info.nr_modules; i++) {
		const struct boot_module *m = &boot_info.module[i];

		avail_remove(m->start.v >> PAGE_SHIFT,
			     ROUND_UP(m->start.v + m->size, PAGE_SIZE) >>
				     PAGE_SHIFT);
	}
}

/* Highest place in any range: low memory stays for devices. */
mfn_t early_alloc(u64 n, u64 align, u64 limit)
{
	struct frame_range *best = NULL, r;
	u64 at, best_at = 0;
	unsigned int i;

	for (i = 0; i < nr_avail; i++) {
		u64 last = min(avail[i].last, limit);

		if (last < n)
			continue;
		at = ROUND_DOWN(last - n, align);
		if (at >= avail[i].first && at > best_at) {
			best = &avail[i];
			best_at = at;
		}
	}
	if (!best)
		panic("no %lu contiguous frames of RAM to start with",
		      (unsigned long)n);
	r = *best;
	best->last = best_at;
	avail_add(best_at + n, r.last);
	return MFN(best_at);
}

void early_finish(void)
{
	unsigned int i;

	for (i = 0; i < nr_avail; i++)
		if (avail[i].first < avail[i].last)
			heap_add(MFN(avail[i].first), MFN(avail[i].last));
	nr_avail = 0;
}
