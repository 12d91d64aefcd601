/*
 * pt/update.c: one entry of a live table is replaced
 */
#include "hot.h"

/* The general reference stays with the entry. */
int pt_mod_l1_rw(u64 *p, u64 new, struct domain *d, struct domain *owner,
		 enum pt_how how)
{
	struct page *pg = mfn_to_page(pte_mfn(new));

	new = (new | PTE_US) & ~PTE_G;
	if (!mfn_valid(pte_mfn(new))) {
		int rc = pt_l1e_get(&new, d, owner);

		if (!rc)
			hot_write(p, new, how);
		return rc;
	}
	if (pg->owner != owner->id)
		return -EBUSY;
	if ((new &PTE_RW) && !hot_writable_get(pg))
		return -EBUSY;
	hot_write(p, new, how);
	if (!(new &PTE_RW))
		hot_writable_put(pg);
	return 0;
}

int pt_cas_l1(u64 *p, u64 old, u64 new, struct domain *d)
{
	bool counted = !hot_same_frame(old, new, L1_FREE_BITS), done;
	int rc;

	if (!counted) {
		new = (new | PTE_US) & ~PTE_G;
	} else if (new &PTE_P) {
		rc = pt_l1e_get(&new, d, d);
		if (rc)
			return rc;
	}
	done = __atomic_compare_exchange_n(p, &old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	if (counted)
		pt_l1e_put(done ? old : new, d);
	return done ? 0 : -EAGAIN;
}

/* The entry that led there was replaced. */
static int drop_te(u64 old, struct page *pg, struct domain *d)
{
	if (!pt_te_put(old, pg, d))
		return 0;
	pt_remember(mfn_to_page(pte_mfn(old)));
	return PT_LEFT;
}

/*
 * What a dying domain's tables lead to is taken apart: nothing may be begun
 * that nobody would undo.
 */
static int mod_upper(struct page *pg, u64 *p, u64 new, struct domain *d,
		     enum pt_how how)
{
	u64 old = READ_ONCE(*p);
	int rc;

	if (READ_ONCE(d->dying) != DOM_ALIVE)
		return -EINVAL;
	if (pt_level(pg->type) == 4 && pt_is_hv_slot(p - pt_table(pg)))
		return -EINVAL;
	if (!(new &PTE_P)) {
		hot_write(p, new, PT_PLAIN);
		return drop_te(old, pg, d);
	}
	if (hot_same_frame(old, new, TABLE_FREE_BITS)) {
		if ((new &TABLE_BAD_BITS) ||
		    ((new &PTE_RW) && pt_is_linear(new, pg)))
			return -EINVAL;
		hot_write(p, new | PTE_US, how);
		return 0;
	}
	rc = pt_te_get(&new, pg, d);
	if (rc)
		return rc;
	hot_write(p, new, how);
	return drop_te(old, pg, d);
}

int pt_mod_table(struct page *pg, u64 *p, u64 new, struct domain *d,
		 struct domain *owner, enum pt_how how)
{
	ASSERT(spin_locked(&d->pt_lock));
	if ((pg->type & PGT_type_mask) == PGT_l1)
		return hot_mod_l1(p, new, d, owner, how);
	return mod_upper(pg, p, new, d, how);
}
