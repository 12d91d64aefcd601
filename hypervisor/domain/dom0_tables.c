/*
 * domain/dom0_tables.c: dom0's first page tables
 *
 * They are written as plain data and then pinned as a guest would pin them,
 * so nothing here is trusted more than a guest's own tables.
 */
#include <hv/pt.h>
#include "dom0.h"

#define UPPER (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define LEAF  (PTE_P | PTE_US | PTE_A)

/* Frames to make tables of, taken in order. */
struct pool {
	mfn_t next;
	u64 left;
};

static mfn_t pool_take(struct pool *pool)
{
	mfn_t m = pool->next;

	BUG_ON(pool->left == 0); /* layout.c counts what is needed */
	pool->next.v++;
	pool->left--;
	memset(mfn_to_virt(m), 0, PAGE_SIZE);
	return m;
}

static u64 *next_table(u64 *entry, struct pool *pool)
{
	if (!(*entry & PTE_P))
		*entry = mfn_to_maddr(pool_take(pool)).v | UPPER;
	return mfn_to_virt(pte_mfn(*entry));
}

/* @n pages from @va to the frames from @m. */
static void map_range(u64 *l4, struct pool *pool, u64 va, mfn_t m, u64 n,
		      u64 flags)
{
	u64 end = va + (n << PAGE_SHIFT);

	while (va != end) {
		u64 *l3 = next_table(&l4[va >> 39 & 511], pool);
		u64 *l2 = next_table(&l3[va >> 30 & 511], pool);
		u64 *l1 = next_table(&l2[va >> 21 & 511], pool);

		do {
			l1[va >> 12 & 511] = mfn_to_maddr(m).v | flags;
			m.v++;
			va += PAGE_SIZE;
		} while (va != end && va & ((1ull << 21) - 1));
	}
}

static void map_initial(struct dom0_plan *p, u64 *l4, struct pool *pool)
{
	const struct layout *l = &p->l;
	u64 after = l->tables + l->nr_tables;

	map_range(l4, pool, l->v_start, p->initial, l->tables, LEAF | PTE_RW);
	map_range(l4, pool, l->v_start + (l->tables << PAGE_SHIFT),
		  MFN(p->initial.v + l->tables), l->nr_tables, LEAF);
	map_range(l4, pool, l->v_start + (after << PAGE_SHIFT),
		  MFN(p->initial.v + after), l->nr_initial - after,
		  LEAF | PTE_RW);
}

static void pin(struct domain *d, mfn_t l4)
{
	struct page *pg = mfn_to_page(l4);
	int rc = page_get_and_type(pg, d, PGT_l4);

	if (rc)
		panic("dom0 page tables refused: error %d", -rc);
	__atomic_fetch_or(&pg->type, PGT_pinned, __ATOMIC_SEQ_CST);
}

void dom0_map(struct dom0_plan *p)
{
	const struct layout *l = &p->l;
	mfn_t root = MFN(p->initial.v + l->tables);
	struct pool pool = {root, l->nr_tables};
	u64 *l4 = mfn_to_virt(pool_take(&pool));

	map_initial(p, l4, &pool);
	if (l->p2m >= l->nr_initial) {
		struct pool apart = {MFN(p->p2m.v + l->nr_p2m_list),
				     l->nr_p2m_tables};

		map_range(l4, &apart, l->p2m_va, p->p2m, l->nr_p2m_list,
			  LEAF | PTE_RW);
	}
	pin(p->d, root);
}
