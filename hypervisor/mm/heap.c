/*
 * mm/heap.c: free frames: a buddy allocator
 *
 * Zones are powers of two of the frame number, so "below 2^n" is a range of
 * zones and buddies never straddle one. A free block is described by its
 * first frame: tlbstamp holds the order, type the newest TLB stamp of the
 * block. The other frames of the block only carry PGF_free.
 */
#include <hv/domain.h>
#include "internal.h"

#define NR_ZONES 33 /* frame numbers fit 32 bits */

spinlock_t heap_lock = SPINLOCK_INIT(HEAP);
static u32 free_head[NR_ZONES][MAX_ORDER + 1];
static u32 free_orders[NR_ZONES]; /* bit per order with a block */
static u64 nr_free, nr_total;
static u64 nr_claimed; /* promised to domains, not yet allocated */

static unsigned int zone_of(u64 mfn)
{
	return 64 - __builtin_clzll(mfn);
}

static void block_add(struct page *pg, unsigned int order)
{
	u32 mfn = page_to_mfn(pg).v;
	unsigned int z = zone_of(mfn);
	bool any = free_orders[z] >> order & 1;

	WRITE_ONCE(pg->ref, PGF_free);
	pg->tlbstamp = order;
	pg->prev = PAGE_LIST_END;
	pg->next = any ? free_head[z][order] : PAGE_LIST_END;
	if (any)
		frametable[pg->next].prev = mfn;
	free_head[z][order] = mfn;
	free_orders[z] |= 1u << order;
}

static void block_del(struct page *pg, unsigned int order)
{
	unsigned int z = zone_of(page_to_mfn(pg).v);

	if (pg->next != PAGE_LIST_END)
		frametable[pg->next].prev = pg->prev;
	if (pg->prev != PAGE_LIST_END)
		frametable[pg->prev].next = pg->next;
	else if (pg->next != PAGE_LIST_END)
		free_head[z][order] = pg->next;
	else
		free_orders[z] &= ~(1u << order);
	pg->tlbstamp = MAX_ORDER + 1; /* not the first of a block */
}

/* Is the frame at @mfn the first of a free block of exactly @order? */
static struct page *buddy_free(u64 mfn, unsigned int order)
{
	struct page *pg;

	if (mfn + (1ull << order) > max_mfn || !mfn_valid(MFN(mfn)))
		return NULL;
	pg = mfn_to_page(MFN(mfn));
	if (!(READ_ONCE(pg->ref) & PGF_free) || pg->tlbstamp != order)
		return NULL;
	return pg;
}

static void block_free(struct page *pg, unsigned int order)
{
	u64 mfn = page_to_mfn(pg).v;

	while (order < MAX_ORDER) {
		u64 other = mfn ^ (1ull << order);
		struct page *b;

		if (!other || zone_of(other) != zone_of(mfn))
			break;
		b = buddy_free(other, order);
		if (!b)
			break;
		block_del(b, order);
		if (other < mfn) {
			b->type = tlb_newer(b->type, pg->type);
			pg = b;
			mfn = other;
		} else {
			pg->type = tlb_newer(b->type, pg->type);
		}
		order++;
	}
	block_add(pg, order);
}

void heap_free_locked(struct page *pg, unsigned int order)
{
	u64 i, n = 1ull << order;
	u32 stamp = pg->tlbstamp;

	ASSERT(spin_locked(&heap_lock));
	for (i = 0; i < n; i++) {
		BUG_ON(READ_ONCE(pg[i].ref) & (PGF_free | PGF_count));
		stamp = tlb_newer(pg[i].tlbstamp, stamp);
		WRITE_ONCE(pg[i].ref, PGF_free);
		pg[i].type = 0;
		WRITE_ONCE(pg[i].owner, OWNER_NONE);
		pg[i].nr_valid = 0;
		pg[i].tlbstamp = MAX_ORDER + 1;
	}
	pg->type = stamp;
	block_free(pg, order);
	nr_free += n;
}

void heap_free(struct page *pg, unsigned int order)
{
	spin_lock(&heap_lock);
	heap_free_locked(pg, order);
	spin_unlock(&heap_lock);
}

static struct page *block_take(unsigned int z, unsigned int order)
{
	u32 orders = free_orders[z] >> order << order;
	unsigned int o;
	struct page *pg;

	if (!orders)
		return NULL;
	o = __builtin_ctz(orders);
	pg = &frametable[free_head[z][o]];
	block_del(pg, o);
	while (o > order) {
		struct page *upper;

		o--;
		upper = pg + (1ull << o);
		upper->type = pg->type;
		block_add(upper, o);
	}
	return pg;
}

/* Frames come out with no references; their stamp is the block's. */
struct page *heap_alloc_locked(unsigned int order, unsigned int max_bits)
{
	unsigned int z = NR_ZONES - 1;
	struct page *pg = NULL;
	u64 i;
	u32 stamp;

	ASSERT(spin_locked(&heap_lock));
	if (order > MAX_ORDER || (max_bits && max_bits <= PAGE_SHIFT))
		return NULL;
	if (max_bits && max_bits - PAGE_SHIFT < z)
		z = max_bits - PAGE_SHIFT;
	for (; z > 0 && !pg; z--)
		pg = block_take(z, order);
	if (!pg)
		return NULL;
	nr_free -= 1ull << order;
	stamp = pg->type;
	for (i = 0; i < 1ull << order; i++) {
		WRITE_ONCE(pg[i].ref, 0);
		pg[i].type = 0;
		pg[i].next = pg[i].prev = PAGE_LIST_END;
		pg[i].tlbstamp = stamp;
	}
	return pg;
}

static void settle(struct page *pg, u64 n)
{
	u64 i;
	u32 old;

	tlb_settle(pg);
	old = tlb_old_stamp();
	for (i = 0; i < n; i++)
		pg[i].tlbstamp = old;
}

void heap_prepare(struct page *pg, u64 n)
{
	settle(pg, n);
	memset(page_to_virt(pg), 0, n << PAGE_SHIFT);
}

struct page *heap_alloc_stale(unsigned int order)
{
	struct page *pg;

	spin_lock(&heap_lock);
	pg = heap_alloc_locked(order, 0);
	spin_unlock(&heap_lock);
	if (pg)
		settle(pg, 1ull << order);
	return pg;
}

/* Claimed frames are left to those who claimed them. */
static bool claims_allow(struct domain *d, u64 n)
{
	u64 mine = d ? d->outstanding_pages : 0;

	return n + nr_claimed - min(mine, nr_claimed) <= nr_free;
}

struct page *heap_alloc_claimed(struct domain *d, unsigned int order,
				unsigned int max_bits)
{
	struct page *pg = NULL;
	u64 n = 1ull << order;

	spin_lock(&heap_lock);
	if (order <= MAX_ORDER && claims_allow(d, n))
		pg = heap_alloc_locked(order, max_bits);
	if (pg && d && d->outstanding_pages) {
		u64 used = min(n, (u64)d->outstanding_pages);

		d->outstanding_pages -= used;
		nr_claimed -= used;
	}
	spin_unlock(&heap_lock);
	if (pg)
		heap_prepare(pg, n);
	return pg;
}

struct page *heap_alloc(unsigned int order, unsigned int max_bits)
{
	return heap_alloc_claimed(NULL, order, max_bits);
}

int heap_claim(struct domain *d, u64 pages)
{
	u64 want;
	int rc = 0;

	spin_lock(&heap_lock);
	if (!pages) {
		nr_claimed -= d->outstanding_pages;
		d->outstanding_pages = 0;
		goto out;
	}
	rc = -EINVAL;
	if (READ_ONCE(d->dying) != DOM_ALIVE || d->outstanding_pages ||
	    pages > d->max_pages || pages <= d->tot_pages)
		goto out;
	want = pages - d->tot_pages;
	rc = -ENOMEM;
	if (want > nr_free - min(nr_claimed, nr_free))
		goto out;
	d->outstanding_pages = want;
	nr_claimed += want;
	rc = 0;
out:
	spin_unlock(&heap_lock);
	return rc;
}

void heap_add(mfn_t first, mfn_t last)
{
	u64 f = first.v, n, i;

	spin_lock(&heap_lock);
	while (f < last.v) {
		unsigned int order = min(__builtin_ctzll(f), MAX_ORDER);

		while (f + (1ull << order) > last.v)
			order--;
		n = 1ull << order;
		for (i = f; i < f + n; i++) {
			WRITE_ONCE(frametable[i].ref, 0);
			frametable[i].tlbstamp = tlb_old_stamp();
		}
		heap_free_locked(&frametable[f], order);
		nr_total += n;
		f += n;
	}
	spin_unlock(&heap_lock);
}

u64 heap_free_pages(void)
{
	return READ_ONCE(nr_free);
}

u64 heap_total_pages(void)
{
	return READ_ONCE(nr_total);
}
