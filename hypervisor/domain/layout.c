/*
 * domain/layout.c: where the pieces of a new dom0 go (ABI-NOTES 1.3)
 */
#include <hv/lib.h>
#include "image.h"

#define MIB	(1ull << 20)
#define L1_SPAN (1ull << 21) /* bytes one page of L1 entries maps */
#define L2_SPAN (1ull << 30)
#define L3_SPAN (1ull << 39)
#define PADDING (512 * 1024ull)

static u64 spans(u64 start, u64 end, u64 span)
{
	return (ROUND_UP(end, span) - ROUND_DOWN(start, span)) / span;
}

/* Tables below the L4 that map [start, end). */
static u64 tables_for(u64 start, u64 end)
{
	return spans(start, end, L1_SPAN) + spans(start, end, L2_SPAN) +
	       spans(start, end, L3_SPAN);
}

/* The end of the initial region: 512 KiB free after the stack, then up to a
 * multiple of 4 MiB. */
static u64 region_end(u64 va)
{
	return ROUND_UP(va + PADDING, 4 * MIB);
}

/* More tables make the region longer, which may need more tables. */
static void place_tables(struct layout *l, u64 next)
{
	u64 n, end;

	for (n = 4;; n++) {
		end = region_end(l->v_start + ((next + n + 1) << PAGE_SHIFT));
		if (tables_for(l->v_start, end) + 1 <= n)
			break;
	}
	l->tables = next;
	l->nr_tables = n;
	l->stack = next + n;
	l->nr_initial = (end - l->v_start) >> PAGE_SHIFT;
}

static u64 place(u64 *next, u64 pages)
{
	u64 at = *next;

	*next += pages;
	return at;
}

const char *layout_compute(const struct kernel_elf *k, u64 nr_pages,
			   u64 initrd_pages, struct layout *l)
{
	u64 next = DIV_UP(kernel_end(k), PAGE_SIZE), limit;
	bool apart = k->init_p2m != UNSET;

	memset(l, 0, sizeof(*l));
	l->v_start = k->virt_base;
	l->nr_pages = nr_pages;
	l->nr_initrd = initrd_pages;
	l->nr_p2m_list = DIV_UP(nr_pages * 8, PAGE_SIZE);
	if (nr_pages > UNSET >> 16 || initrd_pages > nr_pages)
		return "initrd does not fit dom0's memory; raise dom0_mem";

	if (initrd_pages && !k->mod_start_pfn)
		l->initrd = place(&next, initrd_pages);
	if (!apart) {
		l->p2m = place(&next, l->nr_p2m_list);
		l->p2m_va = l->v_start + (l->p2m << PAGE_SHIFT);
	}
	l->start_info = place(&next, 1);
	place_tables(l, next);

	/* Linux copies the one L2 that maps the region. */
	limit = ROUND_DOWN(l->v_start, L2_SPAN) + L2_SPAN - l->v_start;
	if (l->nr_initial << PAGE_SHIFT > limit)
		return "kernel, initrd and tables do not fit 1 GiB";

	l->nr_fixed = l->nr_initial;
	if (initrd_pages && k->mod_start_pfn)
		l->initrd = place(&l->nr_fixed, initrd_pages);
	if (apart) {
		u64 bytes = l->nr_p2m_list << PAGE_SHIFT;

		l->p2m_va = k->init_p2m;
		l->nr_p2m_tables = tables_for(l->p2m_va, l->p2m_va + bytes);
		l->p2m = place(&l->nr_fixed, l->nr_p2m_list + l->nr_p2m_tables);
	}
	if (l->nr_fixed > nr_pages)
		return "dom0's memory is too small for kernel and initrd; "
		       "raise dom0_mem";
	return NULL;
}
