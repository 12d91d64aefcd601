/*
 * pt/linear.c: tables that lead to tables of their own level
 *
 * A guest that enters a table into itself sees its tables at consecutive
 * addresses (linear, or recursive, page tables). Such an entry is read-only,
 * so no walk through it ends in a page that may be written; no entry above L1
 * is large, global or uncached, so each of them is harmless as a leaf, too.
 *
 * An entry that leads to the table it is in holds nothing. One that leads to
 * another table of the same domain holds it like a table of the next level
 * down, and is counted there (nr_linear). To keep references free of circles
 * and undoing from going deep, a table led to so leads to no other.
 */
#include <hv/boot.h>
#include "internal.h"

static bool opt_linear = true;
OPTION_BOOL("pv-linear-pt", opt_linear);

bool pt_is_linear(u64 e, const struct page *pg)
{
	const struct page *to = mfn_lookup(pte_mfn(e));
	u64 type = to ? READ_ONCE(to->type) : 0;

	return (type & PGT_count) && pt_level(type) > 1 &&
	       !((type ^ READ_ONCE(pg->type)) & PGT_type_mask) &&
	       READ_ONCE(to->owner) == pg->owner;
}

/* Does a validated table lead to another of its own level? */
static bool leads_on(const struct page *pg)
{
	const u64 *t = pt_table(pg);
	unsigned int i;

	for (i = 0; i < PT_ENTRIES; i++) {
		if (!(t[i] & PTE_P) ||
		    (pt_level(READ_ONCE(pg->type)) == 4 && pt_is_hv_slot(i)))
			continue;
		if (pt_is_linear(t[i], pg) &&
		    !mfn_eq(pte_mfn(t[i]), page_to_mfn(pg)))
			return true;
	}
	return false;
}

int pt_linear_get(u64 e, struct page *pg, struct domain *d)
{
	struct page *to = mfn_to_page(pte_mfn(e));
	int rc;

	if (!opt_linear || (e & PTE_RW))
		return -EINVAL;
	if (to == pg)
		return 0;
	if ((READ_ONCE(pg->type) & PGT_validated) && pg->nr_linear)
		return -EINVAL;
	if (!(READ_ONCE(to->type) & PGT_validated) || to->nr_linear == 0xffff ||
	    leads_on(to))
		return -EINVAL;
	rc = pt_get_both(pte_mfn(e), d, READ_ONCE(pg->type) & PGT_type_mask);
	if (!rc)
		to->nr_linear++;
	return rc;
}

int pt_linear_put(u64 e, struct page *pg, struct domain *d)
{
	struct page *to = mfn_to_page(pte_mfn(e));

	if (to == pg)
		return 0;
	ASSERT(to->nr_linear);
	to->nr_linear--;
	return pt_put_both(to, d);
}
