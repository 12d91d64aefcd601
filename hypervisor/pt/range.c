/*
 * pt/range.c: flags of consecutive L1 entries, in one request
 */
#include <paravane/extensions.h>
#include "hot.h"

#define KNOWN_BITS                                                          \
	(PARAVANE_PTE_COUNT | PARAVANE_PTE_CLEAR_RW | PARAVANE_PTE_SET_RW | \
	 PARAVANE_PTE_CLEAR_NX | PARAVANE_PTE_SET_NX)

struct change {
	u64 clear, set; /* disjoint; RW and NX only */
	unsigned int first, count;
};

static bool decode(u64 maddr, u64 what, struct change *c)
{
	*c = (struct change){.first = maddr >> 3 & (PT_ENTRIES - 1),
			     .count = what & PARAVANE_PTE_COUNT};
	if (what & PARAVANE_PTE_CLEAR_RW)
		c->clear |= PTE_RW;
	if (what & PARAVANE_PTE_SET_RW)
		c->set |= PTE_RW;
	if (what & PARAVANE_PTE_CLEAR_NX)
		c->clear |= PTE_NX;
	if (what & PARAVANE_PTE_SET_NX)
		c->set |= PTE_NX;
	return !(what & ~(u64)KNOWN_BITS) && !(maddr & 7) && c->count &&
	       c->first + c->count <= PT_ENTRIES && !(c->clear & c->set);
}

/* Absent entries stay as they are, whatever their bits mean to the guest. */
static int change_entry(u64 *p, const struct change *c, struct domain *d)
{
	u64 old = READ_ONCE(*p), new = (old & ~c->clear) | c->set;

	if (!(old & PTE_P) || new == old)
		return 0;
	if (hot_same_frame(old, new, L1_FREE_BITS)) {
		hot_write(p, new, PT_KEEP_AD);
		return 0;
	}
	return pt_mod_l1_rw(p, new, d, d, PT_KEEP_AD);
}

static int change_table(struct page *pg, const struct change *c,
			struct domain *d)
{
	u64 *p = pt_table(pg) + c->first, *end = p + c->count;
	int rc = 0;

	if (!pt_live_table(pg, d) ||
	    (READ_ONCE(pg->type) & PGT_type_mask) != PGT_l1)
		return -EINVAL;
	for (; !rc && p < end; p++)
		rc = change_entry(p, c, d);
	this_pcpu()->perf[PERF_PTE_WRITE] += c->count;
	return rc;
}

int pt_change_flags(struct domain *d, u64 maddr, u64 what)
{
	struct page *pg = mfn_lookup(MFN(maddr >> PAGE_SHIFT));
	struct change c;
	int rc;

	if (!pg || !decode(maddr, what, &c))
		return -EINVAL;
	spin_lock(&d->pt_lock);
	rc = change_table(pg, &c, d);
	spin_unlock(&d->pt_lock);
	return rc;
}
