/*
 * mm/exchange.c: XENMEM_exchange: trade frames for as many others that lie
 * better (contiguous, below an address)
 *
 * Works in chunks of the larger extent. A chunk is all or nothing up to the
 * point where its new frames are announced.
 */
#include "memop.h"

#define MAX_CHUNK_ORDER 9u /* done without a look around: see ORDER_CONTROL */

struct exch {
	struct xen_memory_exchange x;
	struct domain *d; /* referenced */
	gptr_t in, out;
	unsigned int in_chunk, out_chunk; /* extents per chunk, as orders */
	unsigned int bits;
	struct page *taken; /* stolen, linked by next; or NULL */
	struct page *fresh; /* first frames of new extents, linked by next */
};

static void push(struct page **list, struct page *pg)
{
	pg->next = *list ? page_to_mfn(*list).v : PAGE_LIST_END;
	*list = pg;
}

static struct page *pop(struct page **list)
{
	struct page *pg = *list;

	if (!pg)
		return NULL;
	*list = pg->next == PAGE_LIST_END ? NULL : &frametable[pg->next];
	return pg;
}

static int steal_extent(struct exch *e, u64 mfn)
{
	u64 j;

	for (j = 0; j < 1ull << e->x.in.extent_order; j++) {
		struct page *pg = mfn_lookup(MFN(mfn + j));

		if (!pg || page_take(e->d, pg))
			return -EINVAL;
		push(&e->taken, pg);
	}
	return 0;
}

static int steal_chunk(struct exch *e, u64 chunk)
{
	u64 j, mfn;
	int rc = 0;

	for (j = 0; j < 1ull << e->in_chunk && !rc; j++) {
		if (copy_in_at(&mfn, e->in, (chunk << e->in_chunk) + j))
			return -EFAULT;
		rc = steal_extent(e, mfn);
	}
	return rc;
}

static int alloc_chunk(struct exch *e)
{
	u64 j;

	for (j = 0; j < 1ull << e->out_chunk; j++) {
		struct page *pg = heap_alloc(e->x.out.extent_order, e->bits);

		if (!pg)
			return -ENOMEM;
		push(&e->fresh, pg);
	}
	return 0;
}

/* Nothing was announced yet: the guest keeps what it had. */
static void undo_chunk(struct exch *e)
{
	struct page *pg;

	while ((pg = pop(&e->fresh)))
		heap_free(pg, e->x.out.extent_order);
	while ((pg = pop(&e->taken)))
		if (page_give(e->d, pg))
			heap_free(pg, 0);
}

static void drop_taken(struct exch *e)
{
	struct page *pg;

	spin_lock(&heap_lock);
	while ((pg = pop(&e->taken))) {
		m2p_set(page_to_mfn(pg), INVALID_M2P);
		heap_free_locked(pg, 0);
	}
	spin_unlock(&heap_lock);
}

/* Named before others see it: from then on it may go any moment. */
static void give_named(struct domain *d, struct page *pg, u64 gpfn)
{
	m2p_set(page_to_mfn(pg), gpfn);
	if (!page_give(d, pg))
		return;
	m2p_set(page_to_mfn(pg), INVALID_M2P);
	heap_free(pg, 0);
}

/* Extents were pushed last first: the list gives the highest index first. */
static int announce_chunk(struct exch *e, u64 chunk)
{
	unsigned int order = e->x.out.extent_order;
	u64 j = 1ull << e->out_chunk, k, gpfn, mfn, at;
	struct page *pg;
	int rc = 0;

	while ((pg = pop(&e->fresh))) {
		bool named;

		at = (chunk << e->out_chunk) + --j;
		mfn = page_to_mfn(pg).v;
		named = !copy_in_at(&gpfn, e->out, at);
		for (k = 0; k < 1ull << order; k++)
			give_named(e->d, pg + k,
				   named ? gpfn + k : INVALID_M2P);
		if (!named || copy_out_at(e->out, at, &mfn))
			rc = -EFAULT;
	}
	return rc;
}

static int exchange_chunk(struct exch *e, u64 chunk)
{
	int rc = steal_chunk(e, chunk);

	if (!rc)
		rc = alloc_chunk(e);
	if (rc) {
		undo_chunk(e);
		return rc;
	}
	drop_taken(e);
	return announce_chunk(e, chunk);
}

static int exch_check(struct exch *e)
{
	const struct xen_memory_reservation *in = &e->x.in, *out = &e->x.out;
	unsigned int max_order = min(memop_max_order(), MAX_CHUNK_ORDER);
	u64 done;

	if (in->extent_order > max_order || out->extent_order > max_order)
		return -EPERM;
	if (e->x.nr_exchanged > in->nr_extents || in->domid != out->domid ||
	    in->nr_extents > ~0ull >> (in->extent_order + PAGE_SHIFT) ||
	    out->nr_extents > ~0ull >> (out->extent_order + PAGE_SHIFT) ||
	    in->nr_extents << in->extent_order != out->nr_extents
							  << out->extent_order)
		return -EINVAL;
	if (in->extent_order <= out->extent_order)
		e->in_chunk = out->extent_order - in->extent_order;
	else
		e->out_chunk = in->extent_order - out->extent_order;
	e->bits = XENMEMF_get_address_bits(out->mem_flags);
	if (e->bits && e->bits <= PAGE_SHIFT)
		return -ENOMEM;
	e->in = GPTR_OF(in->extent_start);
	e->out = GPTR_OF(out->extent_start);
	if (!memop_list_ok(e->in, e->x.nr_exchanged,
			   in->nr_extents - e->x.nr_exchanged))
		return -EFAULT;
	done = e->x.nr_exchanged >> e->in_chunk << e->out_chunk;
	if (!memop_list_ok(e->out, done, out->nr_extents - done))
		return -EFAULT;
	return 0;
}

static int store_progress(const struct memop *m, u64 done)
{
	gptr_t p = gptr_add(m->arg,
			    offsetof(struct xen_memory_exchange, nr_exchanged));

	return copy_out(p, &done, sizeof(done));
}

static long exch_run(const struct memop *m, struct exch *e)
{
	u64 c = e->x.nr_exchanged >> e->in_chunk, first = c;
	u64 end = e->x.in.nr_extents >> e->in_chunk;
	int rc = 0;

	for (; c < end && !rc; c++) {
		if (c != first && hypercall_yield()) {
			if (store_progress(m, c << e->in_chunk))
				return -EFAULT;
			return memop_restart(m, 0);
		}
		rc = exchange_chunk(e, c);
	}
	if (rc)
		c--;
	if (store_progress(m, rc ? c << e->in_chunk : e->x.in.nr_extents))
		return -EFAULT;
	return rc;
}

long memop_exchange(const struct memop *m)
{
	struct exch e = {0};
	long rc;

	if (copy_in(&e.x, m->arg, sizeof(e.x)))
		return -EFAULT;
	rc = exch_check(&e);
	if (rc)
		return rc;
	e.d = memop_domain(e.x.in.domid, &rc);
	if (!e.d)
		return rc;
	rc = exch_run(m, &e);
	domain_put(e.d);
	return rc;
}
