/*
 * pt/table.c: a whole page becomes a table (or descriptors), or stops being
 *
 * Recursion goes one level down per call, or once to another table of the same
 * level (linear.c), so six deep at most. L1 tables and
 * descriptor pages are done in one go. For the others nr_valid counts the
 * entries done; where it stands an interrupted validation or undoing goes on,
 * and so does, one level down, what had been begun behind that entry.
 */
#include "internal.h"

static void fill_hv_slots(u64 *l4)
{
	const u64 *ours = hv_l4();
	unsigned int i;

	for (i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		WRITE_ONCE(l4[i], i == M2P_SLOT ? 0 : ours[i]);
}

static int validate_l1e(u64 *p, struct domain *d)
{
	u64 old = *p, e = old;
	int rc;

	if (!(e & PTE_P))
		return 0;
	rc = pt_l1e_get(&e, d, d);
	if (!rc && e != old)
		WRITE_ONCE(*p, e);
	return rc;
}

static void put_l1es(u64 *t, unsigned int n, struct domain *d)
{
	while (n-- > 0)
		pt_l1e_put(t[n], d);
}

static int validate_l1(u64 *t, struct domain *d)
{
	unsigned int i;
	int rc;

	for (i = 0; i < PT_ENTRIES; i++) {
		rc = validate_l1e(&t[i], d);
		if (rc) {
			put_l1es(t, i, d);
			return rc;
		}
	}
	return 0;
}

static int validate_descriptors(struct page *pg)
{
	u64 *t = pt_table(pg), desc;
	unsigned int i;

	for (i = 0; i < PT_ENTRIES; i++) {
		desc = t[i];
		if (!pt_desc_fix(&desc))
			return -EINVAL;
		if (desc != t[i])
			WRITE_ONCE(t[i], desc);
	}
	return 0;
}

int pt_validate_leaf(struct page *pg, struct domain *d, u64 type)
{
	return type == PGT_l1 ? validate_l1(pt_table(pg), d)
			      : validate_descriptors(pg);
}

void pt_devalidate_leaf(struct page *pg, struct domain *d)
{
	if ((READ_ONCE(pg->type) & PGT_type_mask) == PGT_l1)
		put_l1es(pt_table(pg), PT_ENTRIES, d);
}

static int validate_te(u64 *p, struct page *pg, struct domain *d)
{
	u64 old = *p, e = old;
	int rc = pt_te_get(&e, pg, d);

	if (!rc && e != old)
		WRITE_ONCE(*p, e);
	return rc;
}

static bool skipped(const struct page *pg, unsigned int i)
{
	return !(pt_table(pg)[i] & PTE_P) ||
	       (pt_is_hv_slot(i) && pt_level(READ_ONCE(pg->type)) == 4);
}

int pt_validate_more(struct page *pg, struct domain *d)
{
	u64 *t = pt_table(pg);
	unsigned int i;
	int rc;

	for (i = pg->nr_valid; i < PT_ENTRIES; pg->nr_valid = ++i) {
		if (skipped(pg, i))
			continue;
		rc = validate_te(&t[i], pg, d);
		if (rc)
			return rc;
		if (pt_yield(d)) {
			pg->nr_valid = i + 1;
			return -ERESTART;
		}
	}
	if (pt_level(READ_ONCE(pg->type)) == 4)
		fill_hv_slots(t);
	return 0;
}

/*
 * What the entry reached leads to, if that is half done too: nobody else may
 * be about to finish or undo it. At the same level it is a table that this
 * one led to, so it leads to no other.
 */
static int undo_reached(struct page *pg, struct domain *d, bool linear)
{
	unsigned int i = pg->nr_valid;
	unsigned int level = pt_level(READ_ONCE(pg->type));
	struct page *to;
	u64 type;

	if (i == PT_ENTRIES || skipped(pg, i))
		return 0;
	to = mfn_lookup(pte_mfn(pt_table(pg)[i]));
	if (!to || to == pg || READ_ONCE(to->owner) != d->id)
		return 0;
	type = READ_ONCE(to->type);
	if (!(type & PGT_partial))
		return 0;
	if (pt_level(type) == level - 1)
		return pt_undo(to, d);
	if (linear && pt_level(type) == level)
		return pt_undo_one(to, d, false);
	return 0;
}

int pt_devalidate_more(struct page *pg, struct domain *d, bool linear)
{
	u64 *t = pt_table(pg);
	unsigned int i;
	int rc = undo_reached(pg, d, linear);

	for (i = pg->nr_valid; !rc && i > 0;) {
		pg->nr_valid = --i;
		if (skipped(pg, i))
			continue;
		rc = pt_te_put(t[i], pg, d);
		if (!rc && pt_yield(d))
			rc = -ERESTART;
	}
	return rc;
}
