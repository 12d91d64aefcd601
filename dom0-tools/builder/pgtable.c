#include "builder/pgtable.h"

#define PTE_P	    0x01ull
#define PTE_RW	    0x02ull
#define PTE_US	    0x04ull
#define PTE_A	    0x20ull
#define PTE_D	    0x40ull

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define LEAF_FLAGS  (PTE_P | PTE_RW | PTE_A)

#define ENTRIES	    512

typedef uint64_t table[ENTRIES];

/* One level of the tables that map a range: consecutive pfns, in order. */
struct level {
	table *page;
	uint64_t pfn;	    /* of page[0] */
	uint64_t number;    /* of page[0] among all tables of its level */
	unsigned int shift; /* address bits one entry covers */
};

static struct level level_init(table *pages, uint64_t pfn0, uint64_t skip,
			       uint64_t from, unsigned int shift)
{
	return (struct level){pages + skip, pfn0 + skip, from >> (shift + 9),
			      shift};
}

static uint64_t *entry_of(const struct level *lv, uint64_t vaddr)
{
	uint64_t n = vaddr >> lv->shift;

	return &lv->page[n / ENTRIES - lv->number][n % ENTRIES];
}

/* Link every table of @lower that [from, last] uses into @upper. */
static void link_level(const struct level *upper, const struct level *lower,
		       uint64_t from, uint64_t last, const uint64_t *p2m)
{
	uint64_t n, first = from >> upper->shift, end = last >> upper->shift;

	for (n = first; n <= end; n++)
		*entry_of(upper, n << upper->shift) =
			p2m[lower->pfn + (n - lower->number)] << 12 |
			TABLE_FLAGS;
}

static bool is_table(const struct layout *l, uint64_t pfn)
{
	return pfn - l->pgtables.pfn < l->pgtables.pages;
}

static void map_leaves(const struct level *l1, const struct layout *l,
		       uint64_t vaddr, uint64_t pfn, uint64_t n,
		       const uint64_t *p2m)
{
	uint64_t i;

	for (i = 0; i < n; i++, pfn++, vaddr += LAYOUT_PAGE)
		*entry_of(l1, vaddr) =
			p2m[pfn] << 12 |
			(is_table(l, pfn) ? LEAF_FLAGS & ~PTE_RW : LEAF_FLAGS);
}

/* L4 at @root, then from @pages on, @from..@last: L3s, L2s, L1s. */
static void build(const struct layout *l, const uint64_t *p2m, table *root,
		  table *pages, uint64_t pages_pfn, uint64_t from, uint64_t nr,
		  uint64_t pfn)
{
	uint64_t last = from + nr * LAYOUT_PAGE - 1;
	uint64_t n3 = layout_tables(from, last, 39);
	uint64_t n2 = layout_tables(from, last, 30);
	struct level l4 = {root, 0, from >> 48, 39};
	struct level l3 = level_init(pages, pages_pfn, 0, from, 30);
	struct level l2 = level_init(pages, pages_pfn, n3, from, 21);
	struct level l1 = level_init(pages, pages_pfn, n3 + n2, from, 12);

	link_level(&l4, &l3, from, last, p2m);
	link_level(&l3, &l2, from, last, p2m);
	link_level(&l2, &l1, from, last, p2m);
	map_leaves(&l1, l, from, pfn, nr, p2m);
}

void pgtable_fill(const struct layout *l, const uint64_t *p2m, void *main,
		  void *p2mt)
{
	table *root = main;

	build(l, p2m, root, root + 1, l->pgtables.pfn + 1, l->virt_base,
	      l->mapped_pages, 0);
	if (l->p2m_pgtables.pages)
		build(l, p2m, root, p2mt, l->p2m_pgtables.pfn, l->p2m_vaddr,
		      l->p2m.pages, l->p2m.pfn);
}
