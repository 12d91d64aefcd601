/*
 * mm/reservation.c: a domain's frames come and go: increase and decrease
 * reservation, populate_physmap
 *
 * These calls return how many extents are done, whatever stopped them.
 */
#include "memop.h"

struct resv {
	struct domain *d; /* referenced */
	struct xen_memory_reservation r;
	unsigned int bits; /* address limit, 0: none */
	gptr_t list;
};

/* Limits that reach past all of RAM are none. */
static bool address_bits(u32 flags, unsigned int *bits)
{
	*bits = XENMEMF_get_address_bits(flags);
	if (*bits && *bits <= PAGE_SHIFT)
		return false;
	if (*bits >= 64 ||
	    (max_mfn - 1) >> (*bits ? *bits - PAGE_SHIFT : 63) == 0)
		*bits = 0;
	return true;
}

/* Decodes the argument; false: nothing (more) can be done. */
static bool resv_begin(const struct memop *m, struct resv *x)
{
	long rc;

	if (copy_in(&x->r, m->arg, sizeof(x->r)))
		return false;
	if (x->r.nr_extents > ~0u >> MEMOP_EXTENT_SHIFT ||
	    m->start >= x->r.nr_extents ||
	    x->r.extent_order > memop_max_order() ||
	    !address_bits(x->r.mem_flags, &x->bits))
		return false;
	x->list = GPTR_OF(x->r.extent_start);
	/* Frames whose numbers nobody could be told are not given out. */
	if (!memop_list_ok(x->list, m->start, x->r.nr_extents - m->start))
		return false;
	x->d = memop_domain(x->r.domid, &rc);
	return x->d != NULL;
}

static long resv_run(const struct memop *m, bool (*one)(struct resv *, u64))
{
	struct resv x;
	u64 i;

	if (!resv_begin(m, &x))
		return m->start;
	for (i = m->start; i < x.r.nr_extents; i++) {
		if (i != m->start && hypercall_yield())
			break;
		if (!one(&x, i)) {
			domain_put(x.d);
			return i;
		}
	}
	domain_put(x.d);
	return i < x.r.nr_extents ? memop_restart(m, i) : (long)i;
}

void memop_name_frame(struct domain *d, struct page *pg, u64 gpfn)
{
	if (!page_get(pg, d))
		return;
	m2p_set(page_to_mfn(pg), gpfn);
	page_put(pg);
}

/* Frames for @gpfn..; the mfn goes back into the list. */
static bool give_extent(struct resv *x, u64 i, u64 gpfn)
{
	unsigned int order = x->r.extent_order;
	struct page *pg = domain_alloc_pages(x->d, order, x->bits);
	u64 mfn, j;

	if (!pg)
		return false;
	mfn = page_to_mfn(pg).v;
	for (j = 0; j < 1ull << order; j++)
		memop_name_frame(x->d, pg + j,
				 gpfn == INVALID_M2P ? INVALID_M2P : gpfn + j);
	return gptr_null(x->list) || !copy_out_at(x->list, i, &mfn);
}

static bool populate_one(struct resv *x, u64 i)
{
	u64 gpfn;

	if (copy_in_at(&gpfn, x->list, i))
		return false;
	return give_extent(x, i, gpfn);
}

static bool increase_one(struct resv *x, u64 i)
{
	return give_extent(x, i, INVALID_M2P);
}

static bool take_frame(struct domain *d, u64 mfn)
{
	struct page *pg = mfn_lookup(MFN(mfn));
	bool ours;

	if (!pg || !page_get(pg, d))
		return false;
	ours = !(READ_ONCE(pg->ref) & PGF_xenheap);
	if (ours) {
		m2p_set(MFN(mfn), INVALID_M2P);
		page_drop_allocated(pg);
	}
	page_put(pg);
	return ours;
}

static bool decrease_one(struct resv *x, u64 i)
{
	u64 mfn, j;

	if (copy_in_at(&mfn, x->list, i))
		return false;
	for (j = 0; j < 1ull << x->r.extent_order; j++)
		if (!take_frame(x->d, mfn + j))
			return false;
	return true;
}

long memop_increase(const struct memop *m)
{
	return resv_run(m, increase_one);
}

long memop_decrease(const struct memop *m)
{
	return resv_run(m, decrease_one);
}

long memop_populate(const struct memop *m)
{
	return resv_run(m, populate_one);
}
