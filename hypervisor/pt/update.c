/*
 * pt/update.c: one entry of a live table is replaced
 *
 * New references are taken before the entry is written and old ones dropped
 * after, so whatever is mapped is always held. Hardware sets A and D at any
 * time; nothing else changes an entry while the PT lock is held.
 */
#include "internal.h"

static void write_entry(u64 *p, u64 new, enum pt_how how)
{
	u64 old;

	if (how == PT_PLAIN) {
		WRITE_ONCE(*p, new);
		return;
	}
	old = READ_ONCE(*p);
	while (!__atomic_compare_exchange_n(
		p, &old, new | (old & (PTE_A | PTE_D)), false, __ATOMIC_SEQ_CST,
		__ATOMIC_RELAXED))
		;
}

static bool same_frame(u64 old, u64 new, u64 free_bits)
{
	return (old & new &PTE_P) && !((old ^ new) & ~free_bits);
}

int pt_mod_l1(u64 *p, u64 new, struct domain *d, struct domain *owner,
	      enum pt_how how)
{
	u64 old = READ_ONCE(*p);
	int rc;

	if (!(new &PTE_P)) {
		write_entry(p, new, PT_PLAIN);
		pt_l1e_put(old, d);
		return 0;
	}
	if (same_frame(old, new, L1_FREE_BITS)) {
		write_entry(p, (new | PTE_US) & ~PTE_G, how);
		return 0;
	}
	rc = pt_l1e_get(&new, d, owner);
	if (rc)
		return rc;
	write_entry(p, new, how);
	pt_l1e_put(old, d);
	return 0;
}

int pt_cas_l1(u64 *p, u64 old, u64 new, struct domain *d)
{
	bool counted = !same_frame(old, new, L1_FREE_BITS), done;
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

static int mod_upper(struct page *pg, u64 *p, u64 new, struct domain *d,
		     enum pt_how how)
{
	unsigned int level = pt_level(pg->type);
	u64 old = READ_ONCE(*p);
	int rc;

	if (level == 4 && pt_is_hv_slot(p - pt_table(pg)))
		return -EINVAL;
	if (!(new &PTE_P)) {
		write_entry(p, new, PT_PLAIN);
		pt_te_put(old, d);
		return 0;
	}
	if (same_frame(old, new, TABLE_FREE_BITS)) {
		if (new &TABLE_BAD_BITS)
			return -EINVAL;
		write_entry(p, new | PTE_US, how);
		return 0;
	}
	rc = pt_te_get(&new, d, level);
	if (rc)
		return rc;
	write_entry(p, new, how);
	pt_te_put(old, d);
	return 0;
}

int pt_mod_table(struct page *pg, u64 *p, u64 new, struct domain *d,
		 struct domain *owner, enum pt_how how)
{
	ASSERT(spin_locked(&d->pt_lock));
	if (likely((pg->type & PGT_type_mask) == PGT_l1))
		return pt_mod_l1(p, new, d, owner, how);
	return mod_upper(pg, p, new, d, how);
}
