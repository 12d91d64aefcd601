/*
 * grant/transfer.c: giving a frame away; writing caches back
 */
#include "internal.h"

/* May the running domain fill entry @ref of @to? Marks it as taken. */
static int commit(struct domain *to, u32 ref)
{
	struct grant_table *gt = to->grant;
	u32 want, *header;
	int rc = -EINVAL;

	spin_lock(&gt->lock);
	if (ref < nr_entries(gt)) {
		ref = (u32)index_nospec(ref, nr_entries(gt));
		header = header_at(gt, ref);
		want = GTF_accept_transfer | (u32)current->d->id << 16;
		if (__atomic_compare_exchange_n(
			    header, &want, want | GTF_transfer_committed, false,
			    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			rc = 0;
	}
	spin_unlock(&gt->lock);
	return rc;
}

/*
 * The two below find nothing to do when the owner has changed its table's
 * version since commit(): its entries are gone.
 */
static void complete(struct domain *to, u32 ref, u64 mfn)
{
	struct grant_table *gt = to->grant;

	spin_lock(&gt->lock);
	if (ref < nr_entries(gt)) {
		if (gt->version == 1)
			WRITE_ONCE(shared_at(gt, ref)->frame, (u32)mfn);
		else
			WRITE_ONCE(v2_at(gt, ref)->full_page.frame, mfn);
		__atomic_fetch_or(header_at(gt, ref), GTF_transfer_completed,
				  __ATOMIC_SEQ_CST);
	}
	spin_unlock(&gt->lock);
}

/* Undo commit(): the entry may be filled by a later transfer. */
static void uncommit(struct domain *to, u32 ref)
{
	struct grant_table *gt = to->grant;

	spin_lock(&gt->lock);
	if (ref < nr_entries(gt))
		__atomic_fetch_and(header_at(gt, ref),
				   ~(u32)GTF_transfer_committed,
				   __ATOMIC_SEQ_CST);
	spin_unlock(&gt->lock);
}

static int give(struct domain *to, u32 ref, struct page *pg)
{
	struct domain *d = current->d;
	int rc;

	rc = commit(to, ref);
	if (rc)
		return rc;
	rc = page_steal(d, pg);
	if (rc) {
		uncommit(to, ref);
		return -ENXIO;
	}
	/* the old owner's translations must not outlive its ownership */
	tlb_settle(pg);
	m2p_set(page_to_mfn(pg), INVALID_M2P);
	rc = domain_assign_page(to, pg);
	if (rc) {
		uncommit(to, ref);
		/* it was just uncounted, so only a dying domain has no room */
		if (domain_assign_page(d, pg))
			heap_free(pg, 0);
		return -EINVAL;
	}
	complete(to, ref, page_to_mfn(pg).v);
	return 0;
}

int grant_transfer(const struct gnttab_transfer *op)
{
	struct page *pg = mfn_lookup(MFN(op->mfn));
	struct domain *to;
	int rc;

	if (!pg || !page_get(pg, current->d))
		return -ENXIO;
	page_put(pg);
	to = domain_get_by_id(op->domid);
	if (!to || !to->grant) {
		domain_put(to);
		return -ESRCH;
	}
	rc = give(to, op->ref, pg);
	domain_put(to);
	return rc;
}

/* Does the running domain have @pg, its own or lent to it? */
static bool reaches(const struct page *pg)
{
	struct domain *d = current->d, *owner = page_owner(pg);
	const struct grant_table *gt;
	u32 ref;

	/* frames of ours that it shares do not keep their owner alive */
	if (!owner || owner == d || (READ_ONCE(pg->ref) & PGF_xenheap))
		return owner == d;
	gt = owner->grant;
	for (ref = 0; gt && ref < nr_entries(gt); ref++) {
		const struct active *a = active_at(gt, ref);

		if ((a->readers || a->writers) && a->user == d->id &&
		    a->mfn == page_to_mfn(pg).v)
			return true;
	}
	return false;
}

#define CACHE_LINE 64 /* clflush of every x86-64 processor so far */

int grant_cache_flush(const struct gnttab_cache_flush *op)
{
	mfn_t m = maddr_to_mfn(MADDR(op->a.dev_bus_addr));
	struct page *pg;
	u8 *va;
	u32 i;
	int rc;

	if (op->offset >= PAGE_SIZE || op->length > PAGE_SIZE ||
	    op->offset + op->length > PAGE_SIZE ||
	    (op->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL)))
		return -EINVAL;
	if (op->length == 0 || op->op == 0)
		return 0;
	pg = mfn_lookup(m);
	if (!pg)
		return -EINVAL;
	if (!page_get_owner(pg))
		return -EPERM;
	rc = reaches(pg) ? 0 : -EPERM;
	/* to drop lines without writing them back would show old data */
	if (!rc && !(op->op & GNTTAB_CACHE_CLEAN))
		rc = -EOPNOTSUPP;
	if (!rc) {
		va = (u8 *)page_to_virt(pg) + op->offset;
		for (i = 0; i < op->length; i += CACHE_LINE)
			__asm__ volatile("clflush %0" : "+m"(va[i]));
		__asm__ volatile("clflush %0" : "+m"(va[op->length - 1]));
	}
	page_put(pg);
	return rc;
}
