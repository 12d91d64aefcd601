/*
 * mm/map.c: the hypervisor's own page tables
 *
 * All L3 tables of our slots exist from the start, so every guest L4 that
 * copies slots 257..271 sees later changes below them.
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/pt.h>
#include "internal.h"

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D)
#define SIZE_2M	    (1ull << 21)
#define SIZE_1G	    (1ull << 30)
#define EARLY_LIMIT (SIZE_1G >> PAGE_SHIFT) /* identity-mapped at boot */

bool map_early = true;
u64 hv_l4_table[512] __aligned(PAGE_SIZE);
mfn_t zero_frame;

static u64 *table_virt(u64 e)
{
	u64 pa = e & PTE_ADDR;

	return map_early ? (u64 *)pa : maddr_to_virt(MADDR(pa));
}

/* A new empty table as an entry of its parent; 0 when there is no memory. */
static u64 table_new(u64 extra)
{
	void *t;

	if (map_early) {
		mfn_t m = early_alloc(1, 1, EARLY_LIMIT);

		memset((void *)(m.v << PAGE_SHIFT), 0, PAGE_SIZE);
		return m.v << PAGE_SHIFT | TABLE_FLAGS | extra;
	}
	t = page_alloc_hv();
	return t ? virt_to_maddr(t).v | TABLE_FLAGS | extra : 0;
}

/* Two pcpus may want the same table: the slower one drops its own. */
static u64 *table_next(u64 *entry, u64 extra)
{
	u64 none = 0, e;

	if (!(READ_ONCE(*entry) & PTE_P)) {
		e = table_new(extra);
		if (!e)
			return NULL;
		if (!__atomic_compare_exchange_n(entry, &none, e, false,
						 __ATOMIC_SEQ_CST,
						 __ATOMIC_RELAXED))
			page_free_hv(table_virt(e));
	}
	BUG_ON(*entry & PTE_PSE);
	return table_virt(*entry);
}

#define IDX(va, shift) (((va) >> (shift)) & 511)

static u64 leaf_flags(unsigned int flags)
{
	u64 e = PTE_P | PTE_A | PTE_D;

	if (!(flags & HVM_RO))
		e |= PTE_RW;
	if (!(flags & HVM_X))
		e |= PTE_NX;
	if (flags & HVM_USER)
		e |= PTE_US;
	else if (!(flags & HVM_LOCAL))
		e |= PTE_G;
	if (flags & HVM_UC)
		e |= PTE_PCD | PTE_PWT;
	return e;
}

u64 map_entry(mfn_t m, unsigned int flags)
{
	return m.v << PAGE_SHIFT | leaf_flags(flags);
}

static u64 map_one(u64 va, u64 pa, u64 left, u64 leaf, bool page1g)
{
	u64 extra = leaf & PTE_US, *l3, *l2, *l1;

	l3 = table_next(&hv_l4_table[IDX(va, 39)], extra);
	BUG_ON(!l3);
	l3 += IDX(va, 30);
	if (page1g && !((va | pa) & (SIZE_1G - 1)) && left >= SIZE_1G &&
	    !(*l3 & PTE_P)) {
		*l3 = pa | leaf | PTE_PSE;
		return SIZE_1G;
	}
	l2 = table_next(l3, extra);
	BUG_ON(!l2);
	l2 += IDX(va, 21);
	if (!((va | pa) & (SIZE_2M - 1)) && left >= SIZE_2M && !(*l2 & PTE_P)) {
		*l2 = pa | leaf | PTE_PSE;
		return SIZE_2M;
	}
	l1 = table_next(l2, extra);
	BUG_ON(!l1);
	l1[IDX(va, 12)] = pa | leaf;
	return PAGE_SIZE;
}

void map_pages(u64 va, mfn_t m, u64 n, unsigned int flags)
{
	u64 leaf = leaf_flags(flags), left = n << PAGE_SHIFT,
	    pa = m.v << PAGE_SHIFT;

	while (left) {
		u64 step = map_one(va, pa, left, leaf, cpu_has_page1gb);

		va += step;
		pa += step;
		left -= step;
	}
}

void map_share_hole(u64 va, mfn_t l1)
{
	u64 *l3 = table_next(&hv_l4_table[IDX(va, 39)], 0);
	u64 *l2 = l3 ? table_next(&l3[IDX(va, 30)], 0) : NULL;

	BUG_ON(!l2);
	l2[IDX(va, 21)] = l1.v << PAGE_SHIFT | PTE_P | PTE_A;
}

u64 *map_slot(u64 va)
{
	u64 *l3 = table_next(&hv_l4_table[IDX(va, 39)], 0);
	u64 *l2 = l3 ? table_next(&l3[IDX(va, 30)], 0) : NULL;
	u64 *l1 = l2 ? table_next(&l2[IDX(va, 21)], 0) : NULL;

	return l1 ? &l1[IDX(va, 12)] : NULL;
}

u64 *map_peek_l2(u64 va)
{
	u64 e = hv_l4_table[IDX(va, 39)];

	if (!(e & PTE_P))
		return NULL;
	e = table_virt(e)[IDX(va, 30)];
	if (!(e & PTE_P) || (e & PTE_PSE))
		return NULL;
	return &table_virt(e)[IDX(va, 21)];
}

u64 *map_peek(u64 va)
{
	u64 *l2 = map_peek_l2(va);

	if (!l2 || !(*l2 & PTE_P) || (*l2 & PTE_PSE))
		return NULL;
	return &table_virt(*l2)[IDX(va, 12)];
}

void *map_unhook_l1(u64 va)
{
	u64 *l2 = map_peek_l2(va);
	void *table;

	if (!l2 || !(*l2 & PTE_P))
		return NULL;
	table = table_virt(*l2);
	WRITE_ONCE(*l2, 0);
	return table;
}
