/*
 * mm/slab.c: small allocations
 *
 * A page holds objects of one class and is given back when the last of them
 * goes, so what a domain used is free again once the domain is gone. In a
 * page's frame-table entry: nr_valid is the class + 1, or BIG for whole pages
 * (next then counts them); type is free objects << 16 | offset of the first.
 * A free object begins with the offset of the next one.
 */
#include "internal.h"

#define MIN_SHIFT  5
#define NR_CLASSES 7 /* 32 .. 2048 bytes */
#define BIG	   0x100
#define NO_OBJ	   0xffff

static u32 partial[NR_CLASSES] = {PAGE_LIST_END, PAGE_LIST_END, PAGE_LIST_END,
				  PAGE_LIST_END, PAGE_LIST_END, PAGE_LIST_END,
				  PAGE_LIST_END};

static void partial_add(struct page *pg, unsigned int c)
{
	pg->prev = PAGE_LIST_END;
	pg->next = partial[c];
	if (pg->next != PAGE_LIST_END)
		frametable[pg->next].prev = page_to_mfn(pg).v;
	partial[c] = page_to_mfn(pg).v;
}

static void partial_del(struct page *pg, unsigned int c)
{
	if (pg->next != PAGE_LIST_END)
		frametable[pg->next].prev = pg->prev;
	if (pg->prev != PAGE_LIST_END)
		frametable[pg->prev].next = pg->next;
	else
		partial[c] = pg->next;
}

static unsigned int nr_free_objs(const struct page *pg)
{
	return pg->type >> 16;
}

static unsigned int objs_per_page(unsigned int c)
{
	return PAGE_SIZE >> (MIN_SHIFT + c);
}

static void slab_format(struct page *pg, unsigned int c)
{
	unsigned int size = 1u << (MIN_SHIFT + c), off;
	u8 *base = page_to_virt(pg);

	for (off = 0; off < PAGE_SIZE; off += size)
		*(u16 *)(base + off) =
			off + size < PAGE_SIZE ? off + size : NO_OBJ;
	pg->nr_valid = c + 1;
	pg->type = (u64)objs_per_page(c) << 16;
}

static void *slab_take(unsigned int c)
{
	struct page *pg = &frametable[partial[c]];
	u32 off = pg->type & 0xffff;
	u8 *obj = (u8 *)page_to_virt(pg) + off;

	pg->type = (u64)(nr_free_objs(pg) - 1) << 16 | *(u16 *)obj;
	if (!nr_free_objs(pg))
		partial_del(pg, c);
	return obj;
}

static void *small_alloc(unsigned int c)
{
	void *obj = NULL;

	spin_lock(&heap_lock);
	if (partial[c] == PAGE_LIST_END) {
		struct page *pg;

		spin_unlock(&heap_lock);
		pg = heap_alloc(0, 0);
		if (!pg)
			return NULL;
		slab_format(pg, c);
		spin_lock(&heap_lock);
		partial_add(pg, c);
	}
	obj = slab_take(c);
	spin_unlock(&heap_lock);
	memset(obj, 0, 1ul << (MIN_SHIFT + c));
	return obj;
}

/* Whole pages; what the order rounds up goes straight back. */
static void *big_alloc(size_t bytes)
{
	u64 n = DIV_UP(bytes, PAGE_SIZE), i;
	unsigned int order = 0;
	struct page *pg;

	while (1ull << order < n)
		order++;
	pg = heap_alloc(order, 0);
	if (!pg)
		return NULL;
	for (i = n; i < 1ull << order; i++)
		heap_free(pg + i, 0);
	pg->nr_valid = BIG;
	pg->next = n;
	return page_to_virt(pg);
}

void *hv_alloc(size_t bytes)
{
	unsigned int c = 0;

	if (bytes > 1u << (MIN_SHIFT + NR_CLASSES - 1))
		return big_alloc(bytes);
	while (1ul << (MIN_SHIFT + c) < bytes)
		c++;
	return small_alloc(c);
}

static void small_free(struct page *pg, void *p)
{
	unsigned int c = pg->nr_valid - 1;
	unsigned int off = (u64)p & (PAGE_SIZE - 1);

	BUG_ON(off & ((1u << (MIN_SHIFT + c)) - 1));
	spin_lock(&heap_lock);
	if (!nr_free_objs(pg))
		partial_add(pg, c);
	*(u16 *)p = pg->type & 0xffff;
	pg->type = (u64)(nr_free_objs(pg) + 1) << 16 | off;
	BUG_ON(nr_free_objs(pg) > objs_per_page(c));
	if (nr_free_objs(pg) == objs_per_page(c)) {
		partial_del(pg, c);
		heap_free_locked(pg, 0);
	}
	spin_unlock(&heap_lock);
}

void hv_free(void *p)
{
	struct page *pg;
	u64 i, n;

	if (!p)
		return;
	pg = mfn_to_page(virt_to_mfn(p));
	BUG_ON(!pg->nr_valid || pg->owner != OWNER_NONE);
	if (pg->nr_valid != BIG) {
		small_free(pg, p);
		return;
	}
	BUG_ON((u64)p & (PAGE_SIZE - 1));
	n = pg->next;
	for (i = 0; i < n; i++)
		heap_free(pg + i, 0);
}

size_t hv_size(const void *p)
{
	const struct page *pg;

	if (!p)
		return 0;
	pg = mfn_to_page(virt_to_mfn(p));
	return pg->nr_valid == BIG ? (size_t)pg->next << PAGE_SHIFT
				   : 1ul << (MIN_SHIFT + pg->nr_valid - 1);
}

void *page_alloc_hv(void)
{
	struct page *pg = heap_alloc(0, 0);

	return pg ? page_to_virt(pg) : NULL;
}

void page_free_hv(void *p)
{
	struct page *pg = mfn_to_page(virt_to_mfn(p));

	BUG_ON(pg->owner != OWNER_NONE || READ_ONCE(pg->ref));
	heap_free(pg, 0);
}
