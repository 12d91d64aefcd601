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

/*
 * A table half done is held by its mark alone. Whoever gets it validated
 * takes over the mark's type reference.
 */
static int complete(struct page *pg, struct domain *d)
{
	int rc = pt_validate_more(pg, d);

	if (rc == -ERESTART)
		return rc;
	if (rc) {
		pt_undo_or_remember(pg, d);
		return rc;
	}
	pg->nr_valid = 0;
	__atomic_fetch_xor(&pg->type, PGT_partial | PGT_validated,
			   __ATOMIC_SEQ_CST);
	page_put(pg);
	return 0;
}

static int begin_upper(struct page *pg, struct domain *d)
{
	bool held = page_get(pg, d);

	BUG_ON(!held); /* the caller has a reference */
	d->nr_pt_pages++;
	return complete(pg, d);
}

static int begin_leaf(struct page *pg, struct domain *d, u64 type)
{
	int rc = pt_validate_leaf(pg, d, type);

	if (rc) {
		STORE_REL(pg->type, PGT_none);
		return rc;
	}
	if (type == PGT_l1)
		d->nr_pt_pages++;
	__atomic_fetch_or(&pg->type, PGT_validated, __ATOMIC_SEQ_CST);
	return 0;
}

int pt_type_get(struct page *pg, struct domain *d, u64 type)
{
	bool upper = pt_level(type) > 1;
	u64 x = READ_ONCE(pg->type), n;

	ASSERT(spin_locked(&d->pt_lock));
	do {
		n = type | (upper ? PGT_partial : 0) | 1;
		if (!(x & PGT_count))
			continue;
		if ((x & PGT_type_mask) != type || (x & PGT_count) == PGT_count)
			return -EINVAL;
		if (x & PGT_partial)
			return complete(pg, d);
		n = x + 1;
	} while (!type_cas(pg, &x, n));
	if (x & PGT_count)
		return 0;
	/* Ours alone now; a stale writable translation must not survive. */
	if (x & PGT_type_mask)
		tlb_settle(pg);
	pg->nr_valid = 0;
	return upper ? begin_upper(pg, d) : begin_leaf(pg, d, type);
}

static void end_type(struct page *pg, struct domain *d)
{
	u64 type = READ_ONCE(pg->type) & PGT_type_mask;

	if (pt_level(type))
		d->nr_pt_pages--;
	pg->nr_valid = 0;
	tlb_stamp(pg);
	STORE_REL(pg->type, type);
	page_put(pg);
}

int pt_undo_one(struct page *pg, struct domain *d, bool linear)
{
	int rc = pt_devalidate_more(pg, d, linear);

	if (!rc)
		end_type(pg, d);
	return rc;
}

int pt_undo(struct page *pg, struct domain *d)
{
	return pt_undo_one(pg, d, true);
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

int pt_put_both(struct page *pg, struct domain *d)
{
	u64 x = READ_ONCE(pg->type);

	if ((x & PGT_type_mask) == PGT_writable) {
		pt_writable_put(pg);
		page_put(pg);
		return 0;
	}
	ASSERT(spin_locked(&d->pt_lock));
	ASSERT((x & PGT_count) && (x & PGT_validated));
	if ((x & PGT_count) > 1) {
		__atomic_fetch_sub(&pg->type, 1, __ATOMIC_SEQ_CST);
		page_put(pg);
		return 0;
	}
	if (pt_level(x) <= 1) {
		pt_devalidate_leaf(pg, d);
		end_type(pg, d);
		return 0;
	}
	/* The last user's references are the mark's from here on. */
	ASSERT(!pg->nr_linear);
	pg->nr_valid = PT_ENTRIES;
	__atomic_fetch_xor(&pg->type, PGT_partial | PGT_validated,
			   __ATOMIC_SEQ_CST);
	return pt_undo(pg, d);
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
	do {
		rc = pt_type_get(pg, d, type);
	} while (rc == -ERESTART);
	spin_unlock(&d->pt_lock);
	return rc;
}

void page_put_type(struct page *pg)
{
	struct domain *d;
	bool held;

	if ((READ_ONCE(pg->type) & PGT_type_mask) == PGT_writable) {
		pt_writable_put(pg);
		return;
	}
	d = page_owner(pg);
	BUG_ON(!d);
	spin_lock(&d->pt_lock);
	held = page_get(pg, d);
	BUG_ON(!held);
	pt_drop_both(pg, d);
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
