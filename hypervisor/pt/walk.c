/*
 * pt/walk.c: looking a guest address up in its own tables
 */
#include "internal.h"

static u64 *walk_next(u64 *table, u64 va, unsigned int shift)
{
	u64 e = READ_ONCE(table[va >> shift & 511]);

	if (unlikely((e & (PTE_P | PTE_PSE)) != PTE_P))
		return NULL;
	return mfn_to_virt(pte_mfn(e));
}

u64 *pt_l1_slot(mfn_t root, u64 va)
{
	u64 *t;

	if (unlikely(mfn_none(root) || pt_is_hv_slot(va >> 39 & 511) ||
		     (u64)((s64)(va << 16) >> 16) != va))
		return NULL;
	t = walk_next(mfn_to_virt(root), va, 39);
	if (t)
		t = walk_next(t, va, 30);
	if (t)
		t = walk_next(t, va, 21);
	return t ? &t[va >> 12 & 511] : NULL;
}
