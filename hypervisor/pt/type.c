/*
 * pt/type.c: the type of a frame: taking it on, counting its users
 */
#include "internal.h"

static bool type_cas(struct page *pg, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(&pg->type, old, new, true,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/*
 * A frame that was a table may still be walked as one by a stale translation:
 * nobody may write it before the flush.
 */
int pt_writable_get(struct page *pg)
{
	u64 x = READ_ONCE(pg->type), n;

	do {
		if (likely((x & PGT_type_mask) == PGT_writable)) {
			if (unlikely((x & PGT_count) == PGT_count))
				return -EBUSY;
			n = x + 1;
			continue;
		}
		if (x & PGT_count)
			return -EBUSY;
		if (x & PGT_type_mask)
			tlb_settle(pg);
		n = PGT_writable | PGT_validated | 1;
	} while (!type_cas(pg, &x, n));
	return 0;
}

void pt_writable_put(struct page *pg)
{
	u64 x = READ_ONCE(pg->type);

	do {
		ASSERT((x & PGT_type_mask) == PGT_writable);
		ASSERT(x & PGT_count);
		if ((x & PGT_count) == 1)
			tlb_stamp(pg);
	} while (!type_cas(pg, &x, x - 1));
}

int pt_type_get(struct page *pg, struct domain *d, u64 type)
{
	u64 x = READ_ONCE(pg->type), n;
	int rc;

	ASSERT(spin_locked(&d->pt_lock));
	do {
		n = type | 1;
		if (!(x & PGT_count))
			continue;
		if ((x & PGT_type_mask) != type || (x & PGT_count) == PGT_count)
			return -EINVAL;
		n = x + 1;
	} while (!type_cas(pg, &x, n));
	if (x & PGT_count)
		return 0;
	/* Ours alone now; a stale writable translation must not survive. */
	if (x & PGT_type_mask)
		tlb_settle(pg);
	rc = pt_validate(pg, d, type);
	if (rc) {
		STORE_REL(pg->type, PGT_none);
		return rc;
	}
	if (pt_level(type))
		d->nr_pt_pages++;
	__atomic_fetch_or(&pg->type, PGT_validated, __ATOMIC_SEQ_CST);
	return 0;
}

void pt_type_put(struct page *pg, struct domain *d)
{
	u64 x = READ_ONCE(pg->type);

	ASSERT(spin_locked(&d->pt_lock));
	ASSERT(x & PGT_count);
	if ((x & PGT_count) > 1) {
		__atomic_fetch_sub(&pg->type, 1, __ATOMIC_SEQ_CST);
		return;
	}
	pt_devalidate(pg, d, x & PGT_type_mask);
	if (pt_level(x))
		d->nr_pt_pages--;
	tlb_stamp(pg);
	STORE_REL(pg->type, x & PGT_type_mask);
}

int pt_get_both(mfn_t m, struct domain *d, u64 type)
{
	struct page *pg = mfn_lookup(m);
	int rc;

	if (!pg || !page_get(pg, d))
		return -EINVAL;
	rc = type == PGT_writable ? pt_writable_get(pg)
				  : pt_type_get(pg, d, type);
	if (rc)
		page_put(pg);
	return rc;
}

void pt_put_both(struct page *pg, struct domain *d)
{
	if ((READ_ONCE(pg->type) & PGT_type_mask) == PGT_writable)
		pt_writable_put(pg);
	else
		pt_type_put(pg, d);
	page_put(pg);
}

/* ---- for other folders, which do not hold the lock ---- */

int page_get_type(struct page *pg, u64 type)
{
	struct domain *d;
	int rc;

	if (type == PGT_writable)
		return pt_writable_get(pg);
	d = page_owner(pg);
	if (!d)
		return -EINVAL;
	spin_lock(&d->pt_lock);
	rc = pt_type_get(pg, d, type);
	spin_unlock(&d->pt_lock);
	return rc;
}

void page_put_type(struct page *pg)
{
	struct domain *d;

	if ((READ_ONCE(pg->type) & PGT_type_mask) == PGT_writable) {
		pt_writable_put(pg);
		return;
	}
	d = page_owner(pg);
	BUG_ON(!d);
	spin_lock(&d->pt_lock);
	pt_type_put(pg, d);
	spin_unlock(&d->pt_lock);
}

int page_get_and_type(struct page *pg, struct domain *d, u64 type)
{
	int rc;

	if (!page_get(pg, d))
		return -EINVAL;
	rc = page_get_type(pg, type);
	if (rc)
		page_put(pg);
	return rc;
}

void page_put_and_type(struct page *pg)
{
	page_put_type(pg);
	page_put(pg);
}
