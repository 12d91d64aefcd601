/*
 * mm/internal.h: what the files of mm/ share
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <hv/mm.h>
#include <hv/lock.h>

/* ---- early.c: RAM before the heap exists ---- */
struct frame_range {
	u64 first, last; /* frames, [first, last) */
};
#define EARLY_MAX 160
extern struct frame_range early_ram[EARLY_MAX]; /* RAM, usable or not */
extern unsigned int early_nr_ram;

/** early_init() - ranges from boot_info; sets max_mfn */
void early_init(void);
/**
 * early_alloc() - @n frames aligned to @align, below frame @limit
 * Contents are not cleared. Panics when there are none.
 */
mfn_t early_alloc(u64 n, u64 align, u64 limit);
/** early_finish() - what is left goes to the heap */
void early_finish(void);

/* ---- map.c: our own page tables ---- */
#define HVM_RO	  1u /* not writable */
#define HVM_X	  2u /* executable */
#define HVM_USER  4u /* readable by guests; never global */
#define HVM_UC	  8u
#define HVM_LOCAL 16u /* not global */

/** map_pages() - [va, va + n pages) to @m.. with the largest pages that fit */
void map_pages(u64 va, mfn_t m, u64 n, unsigned int flags);
/** map_slot() - L1 entry of @va, tables made as needed; NULL: no memory */
u64 *map_slot(u64 va);
/** map_peek() - the same, but NULL where tables are missing */
u64 *map_peek(u64 va);
/** map_peek_l2() - L2 entry of @va, or NULL */
u64 *map_peek_l2(u64 va);
/** map_unhook_l1() - take out the L1 table of @va, to be freed after a flush */
void *map_unhook_l1(u64 va);
/** map_entry() - an L1 entry for @m */
u64 map_entry(mfn_t m, unsigned int flags);
/** map_share_hole() - [va, va + 2 MiB) to one L1 table of equal entries */
void map_share_hole(u64 va, mfn_t l1);

extern bool map_early; /* tables come from early_alloc, seen by identity */
extern u64 hv_l4_table[512];
extern mfn_t zero_frame; /* reads as zeroes, mapped read-only */

/* ---- heap.c ---- */
extern spinlock_t heap_lock;
struct page *heap_alloc_locked(unsigned int order, unsigned int max_bits);
void heap_free_locked(struct page *pg, unsigned int order);
/** heap_alloc_claimed() - heap_alloc() that may use up @d's claim */
struct page *heap_alloc_claimed(struct domain *d, unsigned int order,
				unsigned int max_bits);
/** heap_prepare() - flush and clear frames just taken; no lock held */
void heap_prepare(struct page *pg, u64 n);

/* ---- page.c ---- */
void domain_uncount_pages(struct domain *d, u32 n);
/** page_take() - page_steal(), but @d's count still has the frame: as many
 * are given to it in turn, or uncounted */
int page_take(struct domain *d, struct page *pg);
/** page_give() - a frame of nobody becomes @d's, which counts it already
 * Returns:  0, or -EINVAL: dying; the frame is uncounted */
int page_give(struct domain *d, struct page *pg);
void page_list_add(struct domain *d, struct page *pg);
void page_list_del(struct domain *d, struct page *pg);

#endif
