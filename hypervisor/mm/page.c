/*
 * mm/page.c: frames of domains: references, lists, accounting
 */
#include <hv/domain.h>
#include "internal.h"

struct domain *page_owner(const struct page *pg)
{
	u16 id = READ_ONCE(pg->owner);

	return id == OWNER_NONE ? NULL : domain_lookup(id);
}

/* A reference whoever the owner is; frames with none have no user. */
static bool page_try_ref(struct page *pg)
{
	u64 x = READ_ONCE(pg->ref);

	do {
		u64 n = x & PGF_count;

		if (unlikely(!n || n == PGF_count))
			return false;
	} while (!__atomic_compare_exchange_n(
		&pg->ref, &x, x + 1, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return true;
}

bool page_get(struct page *pg, struct domain *d)
{
	if (unlikely(READ_ONCE(pg->owner) != d->id) || !page_try_ref(pg))
		return false;
	if (likely(READ_ONCE(pg->owner) == d->id))
		return true;
	page_put(pg);
	return false;
}

struct domain *page_get_owner(struct page *pg)
{
	struct domain *d;

	if (READ_ONCE(pg->owner) == OWNER_NONE || !page_try_ref(pg))
		return NULL;
	d = page_owner(pg);
	if (!d)
		page_put(pg);
	return d;
}

void page_list_add(struct domain *d, struct page *pg)
{
	u32 mfn = page_to_mfn(pg).v;

	pg->prev = PAGE_LIST_END;
	pg->next = d->page_head;
	if (pg->next != PAGE_LIST_END)
		frametable[pg->next].prev = mfn;
	d->page_head = mfn;
}

void page_list_del(struct domain *d, struct page *pg)
{
	if (pg->next != PAGE_LIST_END)
		frametable[pg->next].prev = pg->prev;
	if (pg->prev != PAGE_LIST_END)
		frametable[pg->prev].next = pg->next;
	else
		d->page_head = pg->next;
	if (d->relinquish_at == page_to_mfn(pg).v)
		d->relinquish_at = pg->next;
	pg->next = pg->prev = PAGE_LIST_END;
}

/* The last reference to the domain may go with its last frame. */
void domain_uncount_pages(struct domain *d, u32 n)
{
	bool last;

	spin_lock(&d->page_lock);
	ASSERT(d->tot_pages >= n);
	d->tot_pages -= n;
	last = !d->tot_pages;
	spin_unlock(&d->page_lock);
	if (last)
		domain_put(d);
}

/* Room for @n more: counted first, so that two callers cannot both fit. */
static int domain_count_pages(struct domain *d, u64 n)
{
	int rc = 0;
	bool first = false;

	spin_lock(&d->page_lock);
	if (READ_ONCE(d->dying) != DOM_ALIVE) {
		rc = -EINVAL;
	} else if (d->tot_pages + n > d->max_pages) {
		rc = -E2BIG;
	} else {
		first = !d->tot_pages;
		d->tot_pages += n;
	}
	spin_unlock(&d->page_lock);
	if (first)
		domain_get(d);
	return rc;
}

static void page_make_owned(struct domain *d, struct page *pg)
{
	page_list_add(d, pg);
	WRITE_ONCE(pg->owner, d->id);
	pg->type = 0;
	pg->nr_valid = 0;
	STORE_REL(pg->ref, PGF_allocated | 1);
}

/*
 * Frames counted become @d's. They have no references, so nobody looks at one
 * before its last line here. A domain that began to die meanwhile gets none:
 * its list may have been walked for the last time.
 */
static bool give_frames(struct domain *d, struct page *pg, u64 n)
{
	bool alive;
	u64 i;

	spin_lock(&d->page_lock);
	alive = READ_ONCE(d->dying) == DOM_ALIVE;
	for (i = n; alive && i-- > 0;)
		page_make_owned(d, pg + i);
	spin_unlock(&d->page_lock);
	if (!alive)
		domain_uncount_pages(d, n);
	return alive;
}

struct page *domain_alloc_pages(struct domain *d, unsigned int order,
				unsigned int max_bits)
{
	struct page *pg;

	if (order > MAX_ORDER || domain_count_pages(d, 1ull << order))
		return NULL;
	pg = heap_alloc_claimed(d, order, max_bits);
	if (!pg) {
		domain_uncount_pages(d, 1u << order);
		return NULL;
	}
	if (give_frames(d, pg, 1ull << order))
		return pg;
	heap_free(pg, order);
	return NULL;
}

int page_give(struct domain *d, struct page *pg)
{
	BUG_ON(pg->owner != OWNER_NONE || READ_ONCE(pg->ref));
	tlb_settle(pg); /* stolen: its former owner may still reach it */
	return give_frames(d, pg, 1) ? 0 : -EINVAL;
}

int domain_assign_page(struct domain *d, struct page *pg)
{
	int rc = domain_count_pages(d, 1);

	return rc ? rc : page_give(d, pg);
}

int page_take(struct domain *d, struct page *pg)
{
	u64 want = PGF_allocated | 2; /* the owner's, and the one taken here */

	if (!page_get(pg, d))
		return -EINVAL;
	if (READ_ONCE(pg->ref) & PGF_xenheap) {
		page_put(pg);
		return -EINVAL;
	}
	spin_lock(&d->page_lock);
	if ((READ_ONCE(pg->type) & PGT_count) ||
	    !__atomic_compare_exchange_n(&pg->ref, &want, 0, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		spin_unlock(&d->page_lock);
		page_put(pg);
		return -EBUSY;
	}
	/* At count 0 nobody gets a reference, and so it stays. */
	page_list_del(d, pg);
	WRITE_ONCE(pg->owner, OWNER_NONE);
	pg->type = 0;
	tlb_stamp(pg);
	spin_unlock(&d->page_lock);
	return 0;
}

int page_steal(struct domain *d, struct page *pg)
{
	int rc = page_take(d, pg);

	if (!rc)
		domain_uncount_pages(d, 1);
	return rc;
}

void page_put_last(struct page *pg)
{
	u16 id = pg->owner;
	struct domain *d;

	BUG_ON(READ_ONCE(pg->ref) & PGF_count || pg->type & PGT_count);
	tlb_stamp(pg);
	if (READ_ONCE(pg->ref) & PGF_xenheap || id == OWNER_NONE) {
		WRITE_ONCE(pg->owner, OWNER_NONE);
		WRITE_ONCE(pg->ref, 0);
		heap_free(pg, 0);
		return;
	}
	d = domain_lookup(id);
	BUG_ON(!d);
	spin_lock(&d->page_lock);
	page_list_del(d, pg);
	spin_unlock(&d->page_lock);
	WRITE_ONCE(pg->ref, 0);
	m2p_set(page_to_mfn(pg), INVALID_M2P);
	heap_free(pg, 0);
	domain_uncount_pages(d, 1);
}

void page_put(struct page *pg)
{
	u64 x = __atomic_sub_fetch(&pg->ref, 1, __ATOMIC_SEQ_CST);

	BUG_ON((x & PGF_count) == PGF_count);
	if (unlikely(!(x & PGF_count)))
		page_put_last(pg);
}

void page_drop_allocated(struct page *pg)
{
	u64 x = __atomic_fetch_and(&pg->ref, ~PGF_allocated, __ATOMIC_SEQ_CST);

	if (x & PGF_allocated)
		page_put(pg);
}

/* Take unused frames off the list, as a chain that starts at *@chain. */
static unsigned int detach_unused(struct domain *d, unsigned int max,
				  u32 *chain)
{
	unsigned int n = 0;

	spin_lock(&d->page_lock);
	while (n < max && d->relinquish_at != PAGE_LIST_END) {
		u32 mfn = d->relinquish_at;
		struct page *pg = &frametable[mfn];
		u64 only = PGF_allocated | 1;

		if ((READ_ONCE(pg->type) & PGT_count) ||
		    !__atomic_compare_exchange_n(&pg->ref, &only, 0, false,
						 __ATOMIC_SEQ_CST,
						 __ATOMIC_RELAXED))
			break;
		page_list_del(d, pg); /* moves the cursor on */
		pg->next = *chain;
		*chain = mfn;
		n++;
	}
	spin_unlock(&d->page_lock);
	return n;
}

unsigned int page_free_unused(struct domain *d, unsigned int max)
{
	u32 chain = PAGE_LIST_END, mfn;
	unsigned int n = detach_unused(d, max, &chain);

	for (mfn = chain; mfn != PAGE_LIST_END; mfn = frametable[mfn].next) {
		tlb_stamp(&frametable[mfn]);
		m2p_set(MFN(mfn), INVALID_M2P);
	}
	spin_lock(&heap_lock);
	while (chain != PAGE_LIST_END) {
		struct page *pg = &frametable[chain];

		chain = pg->next;
		heap_free_locked(pg, 0);
	}
	spin_unlock(&heap_lock);
	if (n)
		domain_uncount_pages(d, n);
	return n;
}

/* One reference and one writable type reference are ours while shared. */
void domain_share_hv_page(struct domain *d, void *va)
{
	struct page *pg = mfn_to_page(virt_to_mfn(va));

	BUG_ON(pg->owner != OWNER_NONE || READ_ONCE(pg->ref));
	m2p_set(page_to_mfn(pg), INVALID_M2P);
	spin_lock(&d->page_lock);
	d->xenheap_pages++;
	spin_unlock(&d->page_lock);
	pg->type = PGT_writable | PGT_validated | 1;
	WRITE_ONCE(pg->owner, d->id);
	STORE_REL(pg->ref, PGF_xenheap | 1);
}

int domain_unshare_hv_page(struct domain *d, void *va)
{
	struct page *pg = mfn_to_page(virt_to_mfn(va));
	u64 mine = PGF_xenheap | 1;

	BUG_ON(pg->owner != d->id || !(READ_ONCE(pg->ref) & PGF_xenheap));
	spin_lock(&d->page_lock);
	d->xenheap_pages--;
	spin_unlock(&d->page_lock);
	if (__atomic_compare_exchange_n(&pg->ref, &mine, 0, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		WRITE_ONCE(pg->owner, OWNER_NONE);
		pg->type = 0;
		tlb_stamp(pg);
		return 0;
	}
	/* Not its former owner's any more before another type can be had. */
	WRITE_ONCE(pg->owner, DOMID_XEN);
	page_put_type(pg);
	page_put(pg);
	return -EBUSY;
}
