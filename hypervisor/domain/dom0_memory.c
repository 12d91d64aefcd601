/*
 * domain/dom0_memory.c: dom0's frames
 *
 * pfns come in this order: the initial region (one contiguous block), the
 * initrd's own frames, the p2m list with its tables (another block), then
 * the rest, in blocks as large as there are. None of it is cleared here: what
 * firmware left in it is no secret from dom0.
 */
#include <hv/boot.h>
#include "dom0.h"

#define RESERVE_MAX (128ull << (20 - PAGE_SHIFT))

u64 dom0_nr_pages(const struct dom0_plan *p)
{
	u64 have = heap_free_pages() + (p->img->kernel_size >> PAGE_SHIFT) +
		   (p->img->initrd_size >> PAGE_SHIFT);

	if (p->unpacked)
		have += 1ull << p->unpacked_order;
	if (opt_dom0_mem)
		return opt_dom0_mem >> PAGE_SHIFT;
	return have - min(have / 16, RESERVE_MAX);
}

static unsigned int order_for(u64 pages)
{
	unsigned int order = 0;

	while (1ull << order < pages)
		order++;
	return order;
}

static void assign(struct dom0_plan *p, mfn_t first, u64 n)
{
	u64 i;

	for (i = 0; i < n; i++) {
		int rc =
			domain_assign_page(p->d, mfn_to_page(MFN(first.v + i)));

		if (rc)
			panic("dom0 memory: error %d", -rc);
	}
}

/* A contiguous block; what the power of two is too large by goes back. */
static mfn_t alloc_block(struct dom0_plan *p, u64 pages, const char *what)
{
	unsigned int order = order_for(pages);
	struct page *pg = order > MAX_ORDER ? NULL : heap_alloc_stale(order);
	u64 i;

	if (!pg)
		panic("dom0 memory: no %lu contiguous MiB for %s; "
		      "lower dom0_mem",
		      DIV_UP(pages << PAGE_SHIFT, 1ul << 20), what);
	for (i = pages; i < 1ull << order;) {
		unsigned int o = (unsigned int)__builtin_ctzll(i);

		heap_free(pg + i, o);
		i += 1ull << o;
	}
	assign(p, page_to_mfn(pg), pages);
	return page_to_mfn(pg);
}

void dom0_alloc_fixed(struct dom0_plan *p)
{
	const struct layout *l = &p->l;

	p->initial = alloc_block(p, l->nr_initial, "kernel and initrd");
	if (p->initrd_in_place)
		p->initrd = maddr_to_mfn(p->img->initrd);
	else if (l->nr_initrd && l->initrd >= l->nr_initial)
		p->initrd = alloc_block(p, l->nr_initrd, "the initrd");
	else
		p->initrd = MFN(p->initial.v + l->initrd);
	if (l->p2m < l->nr_initial) {
		p->p2m_list = mfn_to_virt(MFN(p->initial.v + l->p2m));
		return;
	}
	p->p2m = alloc_block(p, l->nr_p2m_list + l->nr_p2m_tables,
			     "the p2m list");
	p->p2m_list = mfn_to_virt(p->p2m);
}

/* Record that @n pfns from @pfn are the frames from @mfn on. */
static void set_range(struct dom0_plan *p, u64 pfn, mfn_t mfn, u64 n)
{
	u64 i;

	for (i = 0; i < n; i++) {
		p->p2m_list[pfn + i] = mfn.v + i;
		m2p_set(MFN(mfn.v + i), pfn + i);
	}
}

static void set_fixed(struct dom0_plan *p)
{
	const struct layout *l = &p->l;

	set_range(p, 0, p->initial, l->nr_initial);
	if (p->initrd_in_place)
		assign(p, p->initrd, l->nr_initrd);
	if (l->nr_initrd && l->initrd >= l->nr_initial)
		set_range(p, l->initrd, p->initrd, l->nr_initrd);
	if (l->p2m >= l->nr_initial)
		set_range(p, l->p2m, p->p2m, l->nr_p2m_list + l->nr_p2m_tables);
}

void dom0_alloc_rest(struct dom0_plan *p)
{
	unsigned int order = MAX_ORDER;
	u64 pfn = p->l.nr_fixed, i;

	set_fixed(p);
	while (pfn < p->l.nr_pages) {
		struct page *pg;

		while (1ull << order > p->l.nr_pages - pfn)
			order--;
		pg = heap_alloc_stale(order);
		if (pg) {
			assign(p, page_to_mfn(pg), 1ull << order);
			set_range(p, pfn, page_to_mfn(pg), 1ull << order);
			pfn += 1ull << order;
		} else if (order-- == 0) {
			panic("dom0 memory: %lu MiB wanted, %lu MiB there; "
			      "lower dom0_mem",
			      p->l.nr_pages >> 8, pfn >> 8);
		}
	}
	for (i = p->l.nr_pages; i < p->l.nr_p2m_list * (PAGE_SIZE / 8); i++)
		p->p2m_list[i] = ~0ull;
}
