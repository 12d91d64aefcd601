/*
 * pt/entry.c: what one page-table entry refers to: checked, counted, let go
 */
#include <hv/boot.h>
#include "internal.h"

#define MSI_FIRST                                                  \
	0xfee00ull /* frames of the message window, LAPIC included \
		    */
#define MSI_LAST 0xfeeffull

/* Interrupt controllers are ours, whatever rights a domain was given. */
bool pt_mmio_is_ours(u64 mfn)
{
	unsigned int i;

	if (mfn >= MSI_FIRST && mfn <= MSI_LAST)
		return true;
	if (mfn == acpi.lapic_maddr >> PAGE_SHIFT)
		return true;
	for (i = 0; i < acpi.nr_ioapics; i++)
		if (mfn == acpi.ioapic[i].maddr >> PAGE_SHIFT)
			return true;
	return false;
}

/* Device memory is never cached: WB, WT and WP become UC. */
static u64 mmio_cache_bits(u64 e)
{
	switch (e & PTE_CACHE) {
	case 0:
	case PTE_PWT:
	case PTE_PAT | PTE_PWT:
		return (e & ~PTE_CACHE) | PTE_PCD | PTE_PWT;
	}
	return e;
}

static int mmio_get(u64 *e, struct domain *d, struct domain *owner)
{
	u64 mfn = pte_mfn(*e).v;

	if (mfn >> (cpu_maddr_bits - PAGE_SHIFT))
		return -EPERM; /* nobody has a right to what is not there */
	if (owner == dom_io)
		owner = d;
	if (!rangeset_contains(owner->iomem, mfn, mfn) || pt_mmio_is_ours(mfn))
		return -EPERM;
	*e = mmio_cache_bits(*e);
	return 0;
}

int pt_l1e_get(u64 *e, struct domain *d, struct domain *owner)
{
	struct page *pg = mfn_lookup(pte_mfn(*e));

	if (unlikely(*e & PTE_CACHE) && !d->cache_flush_ok && !d->privileged)
		return -EINVAL;
	*e = (*e | PTE_US) & ~PTE_G;
	if (unlikely(!pg))
		return mmio_get(e, d, owner);
	if (unlikely(!page_get(pg, owner)))
		return -EBUSY;
	if (!(*e & PTE_RW) || likely(!pt_writable_get(pg)))
		return 0;
	page_put(pg);
	return -EBUSY;
}

/* A descriptor page loses a mapping: perhaps to be made writable. */
static void seg_desc_unmapped(struct page *pg, struct domain *d)
{
	u64 x = READ_ONCE(pg->type);

	if ((x & PGT_type_mask) == PGT_seg_desc && (x & PGT_count) &&
	    pg->owner == d->id)
		pt_ldt_unmap_all(d);
}

void pt_l1e_put(u64 e, struct domain *d)
{
	struct page *pg;

	if (!(e & PTE_P) || unlikely(!mfn_valid(pte_mfn(e))))
		return;
	pg = mfn_to_page(pte_mfn(e));
	if (e & PTE_RW)
		pt_writable_put(pg);
	else
		seg_desc_unmapped(pg, d);
	page_put(pg);
}

int pt_te_get(u64 *e, struct page *pg, struct domain *d)
{
	if (*e & TABLE_BAD_BITS)
		return -EINVAL;
	*e |= PTE_US;
	if (unlikely(pt_is_linear(*e, pg)))
		return pt_linear_get(*e, pg, d);
	return pt_get_both(pte_mfn(*e), d,
			   (u64)(pt_level(READ_ONCE(pg->type)) - 1) << 61);
}

int pt_te_put(u64 e, struct page *pg, struct domain *d)
{
	if (!(e & PTE_P))
		return 0;
	if (unlikely(pt_is_linear(e, pg)))
		return pt_linear_put(e, pg, d);
	return pt_put_both(mfn_to_page(pte_mfn(e)), d);
}
