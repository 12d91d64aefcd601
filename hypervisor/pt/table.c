/*
 * pt/table.c: a whole page becomes a table (or descriptors), or stops being
 *
 * Recursion goes one level down per call, so four deep at most. nr_valid
 * counts the entries done, which is also where an interrupted validation
 * would go on.
 */
#include "internal.h"

void pt_fill_hv_slots(u64 *l4, bool m2p)
{
	const u64 *ours = hv_l4();
	unsigned int i;

	for (i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		WRITE_ONCE(l4[i], i == M2P_SLOT && !m2p ? 0 : ours[i]);
}

static int validate_entry(u64 *p, struct domain *d, unsigned int level)
{
	u64 old = *p, e = old;
	int rc;

	if (!(e & PTE_P))
		return 0;
	rc = level == 1 ? pt_l1e_get(&e, d, d) : pt_te_get(&e, d, level);
	if (!rc && e != old)
		WRITE_ONCE(*p, e);
	return rc;
}

static void put_entry(u64 e, struct domain *d, unsigned int level)
{
	if (level == 1)
		pt_l1e_put(e, d);
	else
		pt_te_put(e, d);
}

static void put_entries(struct page *pg, struct domain *d, unsigned int level)
{
	u64 *t = pt_table(pg);
	unsigned int i;

	for (i = pg->nr_valid; i-- > 0;)
		if (level != 4 || !pt_is_hv_slot(i))
			put_entry(t[i], d, level);
	pg->nr_valid = 0;
}

static int validate_table(struct page *pg, struct domain *d, unsigned int level)
{
	u64 *t = pt_table(pg);
	unsigned int i;
	int rc;

	for (i = pg->nr_valid = 0; i < PT_ENTRIES; pg->nr_valid = ++i) {
		if (level == 4 && pt_is_hv_slot(i))
			continue;
		rc = validate_entry(&t[i], d, level);
		if (rc) {
			put_entries(pg, d, level);
			return rc;
		}
	}
	if (level == 4)
		pt_fill_hv_slots(t, false);
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

int pt_validate(struct page *pg, struct domain *d, u64 type)
{
	if (type == PGT_seg_desc)
		return validate_descriptors(pg);
	BUG_ON(!pt_level(type));
	return validate_table(pg, d, pt_level(type));
}

void pt_devalidate(struct page *pg, struct domain *d, u64 type)
{
	if (pt_level(type))
		put_entries(pg, d, pt_level(type));
}
