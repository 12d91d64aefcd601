/*
 * pt/grantmap.c: L1 entries for frames other domains granted
 *
 * Such an entry holds references of its own, like any other, beside those of
 * the grant handle. A guest that overwrites it instead of unmapping just
 * drops the entry's references.
 */
#include <hv/grant.h>
#include "internal.h"

static u64 *slot_by_maddr(struct domain *d, u64 maddr)
{
	struct page *pg = mfn_lookup(MFN(maddr >> PAGE_SHIFT));

	if (!pg || (maddr & 7))
		return NULL;
	if (!pt_live_table(pg, d) || pt_level(READ_ONCE(pg->type)) != 1)
		return NULL;
	return pt_table(pg) + (maddr >> 3 & 511);
}

static u64 *find_slot(struct vcpu *v, u64 dst, bool contains_pte)
{
	ASSERT(spin_locked(&v->d->pt_lock));
	return contains_pte ? slot_by_maddr(v->d, dst)
			    : pt_l1_slot(v->pt.kernel_root, dst);
}

static int hold_granted(u64 e)
{
	struct page *pg = mfn_to_page(pte_mfn(e));

	if (!page_get_owner(pg))
		return -EINVAL;
	if (!(e & PTE_RW) || !pt_writable_get(pg))
		return 0;
	page_put(pg);
	return -EBUSY;
}

int pt_grant_map(u64 dst, bool contains_pte, u64 mfn, u64 pte_flags)
{
	struct vcpu *v = current;
	struct domain *d = v->d;
	u64 new = mfn << PAGE_SHIFT | pte_flags | PTE_P | PTE_US, *p, old;
	int rc = -EINVAL;

	if (!mfn_valid(MFN(mfn)) || (pte_flags & (PTE_ADDR | PTE_CACHE)))
		return -EINVAL;
	new &= ~PTE_G;
	spin_lock(&d->pt_lock);
	p = find_slot(v, dst, contains_pte);
	if (p)
		rc = hold_granted(new);
	if (!rc) {
		old = READ_ONCE(*p);
		WRITE_ONCE(*p, new);
		pt_l1e_put(old, d);
	}
	spin_unlock(&d->pt_lock);
	return rc;
}

int pt_grant_unmap(u64 dst, bool contains_pte, u64 mfn, bool readonly,
		   u64 new_va)
{
	struct vcpu *v = current;
	struct domain *d = v->d;
	u64 *p, *from = NULL, old, new = 0;
	int rc = -EINVAL;

	spin_lock(&d->pt_lock);
	p = find_slot(v, dst, contains_pte);
	if (!p)
		goto out;
	old = READ_ONCE(*p);
	if (!(old & PTE_P) || pte_mfn(old).v != mfn)
		goto out;
	if (new_va) {
		if (contains_pte)
			goto out;
		from = pt_l1_slot(v->pt.kernel_root, new_va);
		if (!from || from == p)
			goto out;
		new = READ_ONCE(*from);
		WRITE_ONCE(*from, 0);
	}
	WRITE_ONCE(*p, new);
	pt_l1e_put(old, d);
	rc = 0;
out:
	spin_unlock(&d->pt_lock);
	return rc;
}
