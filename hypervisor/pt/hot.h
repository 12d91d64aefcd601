/*
 * pt/hot.h: the few steps most page-table updates consist of, inline
 *
 * Only the common case of each is here; the rest is a call. Invariants and
 * locks are those of hv/mm.h, hv/pt.h and internal.h.
 */
#ifndef PT_HOT_H
#define PT_HOT_H

#include "internal.h"

/* As page_get(), the owner known by number. */
static inline bool hot_page_get(struct page *pg, u16 id)
{
	u64 x;

	if (unlikely(READ_ONCE(pg->owner) != id))
		return false;
	x = READ_ONCE(pg->ref);
	do {
		if (unlikely(!(x & PGF_count) || (x & PGF_count) == PGF_count))
			return false;
	} while (unlikely(!__atomic_compare_exchange_n(&pg->ref, &x, x + 1,
						       true, __ATOMIC_SEQ_CST,
						       __ATOMIC_RELAXED)));
	if (likely(READ_ONCE(pg->owner) == id))
		return true;
	page_put(pg);
	return false;
}

static inline void hot_page_put(struct page *pg)
{
	u64 x = __atomic_fetch_sub(&pg->ref, 1, __ATOMIC_SEQ_CST);

	if (unlikely((x & PGF_count) <= 1))
		page_put_last(pg);
}

static inline bool hot_writable_get(struct page *pg)
{
	u64 x = READ_ONCE(pg->type);

	if (likely((x & PGT_type_mask) == PGT_writable &&
		   (x & PGT_count) != PGT_count) &&
	    likely(__atomic_compare_exchange_n(&pg->type, &x, x + 1, false,
					       __ATOMIC_SEQ_CST,
					       __ATOMIC_RELAXED)))
		return true;
	return !pt_writable_get(pg);
}

static inline void hot_writable_put(struct page *pg)
{
	u64 x = READ_ONCE(pg->type);

	if (likely((x & PGT_count) > 1) &&
	    likely(__atomic_compare_exchange_n(&pg->type, &x, x - 1, false,
					       __ATOMIC_SEQ_CST,
					       __ATOMIC_RELAXED)))
		return;
	pt_writable_put(pg);
}

/* pt_l1e_put() for an entry that was replaced. */
static inline void hot_l1e_put(u64 e, struct domain *d)
{
	struct page *pg;

	if (!(e & PTE_P))
		return;
	if (unlikely(!mfn_valid(pte_mfn(e)) || !(e & PTE_RW))) {
		pt_l1e_put(e, d);
		return;
	}
	pg = mfn_to_page(pte_mfn(e));
	hot_writable_put(pg);
	hot_page_put(pg);
}

/* pt_l1e_get() for ordinary memory. */
static inline int hot_l1e_get(u64 *e, struct domain *d, struct domain *owner)
{
	struct page *pg = mfn_lookup(pte_mfn(*e));

	if (unlikely((*e & PTE_CACHE) || !pg))
		return pt_l1e_get(e, d, owner);
	*e = (*e | PTE_US) & ~PTE_G;
	if (unlikely(!hot_page_get(pg, owner->id)))
		return -EBUSY;
	if (!(*e & PTE_RW) || likely(hot_writable_get(pg)))
		return 0;
	page_put(pg);
	return -EBUSY;
}

/* Hardware may set A and D at any moment. */
static inline void hot_write(u64 *p, u64 new, enum pt_how how)
{
	u64 old;

	if (likely(how == PT_PLAIN)) {
		WRITE_ONCE(*p, new);
		return;
	}
	old = READ_ONCE(*p);
	while (!__atomic_compare_exchange_n(
		p, &old, new | (old & (PTE_A | PTE_D)), false, __ATOMIC_SEQ_CST,
		__ATOMIC_RELAXED))
		;
}

static inline bool hot_same_frame(u64 old, u64 new, u64 free_bits)
{
	return (old & new &PTE_P) && !((old ^ new) & ~free_bits);
}

/*
 * Replace L1 entry @p. References of the new entry are taken before it is
 * written and those of the old one dropped after, so whatever is mapped is
 * always held. PT of @d held.
 */
static inline __attribute__((always_inline)) int hot_mod_l1(
	u64 *p, u64 new, struct domain *d, struct domain *owner,
	enum pt_how how)
{
	u64 old = READ_ONCE(*p);
	int rc;

	if (!(new &PTE_P)) {
		WRITE_ONCE(*p, new);
		hot_l1e_put(old, d);
		return 0;
	}
	if (hot_same_frame(old, new, L1_FREE_BITS)) {
		hot_write(p, (new | PTE_US) & ~PTE_G, how);
		return 0;
	}
	if (hot_same_frame(old, new, L1_FREE_BITS | PTE_RW))
		return pt_mod_l1_rw(p, new, d, owner, how);
	rc = hot_l1e_get(&new, d, owner);
	if (unlikely(rc))
		return rc;
	hot_write(p, new, how);
	hot_l1e_put(old, d);
	return 0;
}

#endif
