/*
 * pt/walk.c: looking a guest address up in its own tables
 */
#include "internal.h"

static bool walk_next(mfn_t *table, u64 va, unsigned int shift)
{
	const u64 *t = mfn_to_virt(*table);
	u64 e = READ_ONCE(t[va >> shift & 511]);

	*table = pte_mfn(e);
	return likely((e & (PTE_P | PTE_PSE)) == PTE_P);
}

/* The table of @va's last entry, if there is one. */
static bool walk(mfn_t *table, u64 va)
{
	if (unlikely(mfn_none(*table) || pt_is_hv_slot(va >> 39 & 511) ||
		     (u64)((s64)(va << 16) >> 16) != va))
		return false;
	return walk_next(table, va, 39) && walk_next(table, va, 30) &&
	       walk_next(table, va, 21);
}

const u64 *pt_leaf(mfn_t root, u64 va)
{
	if (!walk(&root, va))
		return NULL;
	return (const u64 *)mfn_to_virt(root) + (va >> 12 & 511);
}

u64 *pt_l1_slot(mfn_t root, u64 va)
{
	if (!walk(&root, va))
		return NULL;
	if (unlikely((mfn_to_page(root)->type & PGT_type_mask) != PGT_l1))
		return NULL;
	return (u64 *)mfn_to_virt(root) + (va >> 12 & 511);
}
