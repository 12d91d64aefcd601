/*
 * hv/mm.h: machine frames: who has which, and how we reach them
 *
 * Owns:       the frame table, the buddy allocator, small allocations,
 *             the direct map, the vmap region
 * Invariants: a frame is free, the hypervisor's, or one domain's; only a
 *             frame with an owner has references; a frame
 *             with PGF_allocated holds one reference for that; a frame goes
 *             back to the heap when its last reference goes; a frame is
 *             scrubbed before another domain sees it
 * Lock:       HEAP for free lists and small allocations, PAGELIST (in
 *             struct domain) for page lists and counts
 * ABI:        none; pt/ and memory_op are built on this
 */
#ifndef HV_MM_H
#define HV_MM_H

#include <hv/types.h>
#include <hv/memmap.h>
#include <hv/lib.h>
#include <hv/cpu.h>
#include <xen/xen.h>

struct domain;

/* One machine frame. 32 bytes; frame table index == mfn. */
struct page {
	u64 ref;	/* PGF_* flags and general reference count */
	u64 type;	/* PGT_* type, flags and type count (hv/pt.h) */
	u32 next, prev; /* mfns: the owner's page list, or a free list */
	u16 owner; /* domid; DOMID_XEN ours, DOMID_IO devices', see below */
	union {
		u16 nr_valid;  /* PGT_partial: entries before it are held */
		u16 nr_linear; /* validated table: led to by this many entries
				  of others of its level */
	};
	u32 tlbstamp; /* when last (possibly) in a TLB; free: buddy order */
};

_Static_assert(sizeof(struct page) == 32, "frame table: 32 bytes a frame");

#define PGF_allocated (1ull << 63) /* its owner's list holds a reference */
#define PGF_free      (1ull << 62) /* on a free list */
#define PGF_xenheap                                                     \
	(1ull << 61) /* ours, shared with the owner (shared_info, grant \
			frames): never freed by the guest */
#define PGF_count     ((1ull << 48) - 1)

#define PAGE_LIST_END 0xffffffffu
#define OWNER_NONE    0xffffu /* free, or ours and private */

#ifdef HOST_TEST /* a small machine in host memory: tests/host fakes */
extern struct page *host_frametable;
extern u8 *host_ram;
extern u64 *host_m2p;
#define frametable  host_frametable
#define direct_base ((u64)host_ram)
#define m2p_rw	    host_m2p
#else
#define frametable  ((struct page *)FRAMETABLE_VA)
#define direct_base DIRECTMAP_VA
#define m2p_rw	    ((u64 *)M2P_RW_VA)
#endif

/* first mfn past the last one with a frame-table entry */
extern u64 max_mfn;

static inline struct page *mfn_to_page(mfn_t m)
{
	return &frametable[m.v];
}

/** mfn_lookup() - entry of a frame a guest named, NULL if not RAM. Within the
 * table even where a wrong branch is taken speculatively. */
static inline struct page *mfn_lookup(mfn_t m)
{
	struct page *pg = &frametable[index_nospec(m.v, max_mfn)];

	return m.v < max_mfn && READ_ONCE(pg->owner) != DOMID_IO ? pg : NULL;
}

static inline mfn_t page_to_mfn(const struct page *pg)
{
	return MFN((u64)(pg - frametable));
}

/** mfn_valid() - is @m RAM that the frame table covers? Frames in holes and
 * below 1 MiB are device memory: owner DOMID_IO, read-only entries. */
static inline bool mfn_valid(mfn_t m)
{
	return m.v < max_mfn && READ_ONCE(frametable[m.v].owner) != DOMID_IO;
}

static inline void *mfn_to_virt(mfn_t m)
{
	return (void *)(direct_base + (m.v << PAGE_SHIFT));
}

static inline void *maddr_to_virt(maddr_t a)
{
	return (void *)(direct_base + a.v);
}

static inline void *page_to_virt(const struct page *pg)
{
	return mfn_to_virt(page_to_mfn(pg));
}

/** virt_to_maddr() - for the direct map and the hypervisor image only */
maddr_t virt_to_maddr(const void *p);
static inline mfn_t virt_to_mfn(const void *p)
{
	return maddr_to_mfn(virt_to_maddr(p));
}

/* ---- machine-to-physical ---- */
#define m2p_ro	    ((const u64 *)M2P_VA)
#define INVALID_M2P (~0ull)

static inline void m2p_set(mfn_t m, u64 gpfn)
{
	WRITE_ONCE(m2p_rw[m.v], gpfn);
}

/* ---- frames ---- */
#define MAX_ORDER 20 /* 4 GiB */

/** heap_add() - give [first, last) of RAM to the allocator; at boot */
void heap_add(mfn_t first, mfn_t last);
/**
 * heap_alloc() - 2^@order contiguous, aligned, zeroed frames, owner NONE
 * @max_bits: all of it below 2^max_bits bytes; 0 for no limit
 *
 * Returns:  first frame, NULL when there is none
 */
struct page *heap_alloc(unsigned int order, unsigned int max_bits);
/** heap_alloc_stale() - the same with whatever contents the frames have: for
 * dom0's memory and for work space at boot, where clearing costs time */
struct page *heap_alloc_stale(unsigned int order);
/** heap_free() - back to the free lists; no references may be left */
void heap_free(struct page *pg, unsigned int order);
/** heap_free_pages(), heap_total_pages() - frames free; frames ever given */
u64 heap_free_pages(void);
u64 heap_total_pages(void);

/** page_alloc_hv() - one zeroed frame for the hypervisor's own use, or NULL */
void *page_alloc_hv(void);
void page_free_hv(void *p);

/* Small allocations: zeroed, 16-byte aligned (page-aligned from 2048 bytes). */
void *hv_alloc(size_t bytes);
void hv_free(void *p); /* NULL is fine */
/** hv_size() - bytes that @p really takes; 0 for NULL */
size_t hv_size(const void *p);
#define hv_new(type) ((type *)hv_alloc(sizeof(type)))

/* ---- frames of domains ---- */
/**
 * domain_alloc_pages() - 2^@order frames for @d, on its list, one reference
 * each (PGF_allocated), counted against max_pages
 *
 * Locks:    takes PAGELIST of @d, HEAP
 * Returns:  first frame, or NULL (over max_pages, dying, none left)
 */
struct page *domain_alloc_pages(struct domain *d, unsigned int order,
				unsigned int max_bits);
/**
 * domain_assign_page() - make a heap frame, or a stolen one, @d's
 * Returns:  0, -EINVAL dying, -E2BIG over max_pages
 */
int domain_assign_page(struct domain *d, struct page *pg);
/**
 * page_steal() - take an otherwise unreferenced frame from its owner
 *
 * On success the frame is on no list, has no reference, no type, and is no
 * longer counted: assign it, or heap_free() it. For exchange, transfer and
 * the like.
 * Returns:  0, -EBUSY when others reference it, -EINVAL not @d's
 */
int page_steal(struct domain *d, struct page *pg);
/**
 * domain_share_hv_page() - let @d reference (and map) a hypervisor frame
 * (shared_info, grant frames): owner @d, PGF_xenheap, writable type allowed
 */
void domain_share_hv_page(struct domain *d, void *va);
/**
 * domain_unshare_hv_page() - end of that
 * Returns:  0 the caller may free it now; -EBUSY others still map it: it goes
 *           back to the heap with their last reference, not to be freed
 */
int domain_unshare_hv_page(struct domain *d, void *va);

/**
 * page_get() - one general reference, if @pg belongs to @d
 * Returns:  false when it does not, or is free, or the count would overflow
 */
bool page_get(struct page *pg, struct domain *d) __must_check;
/** page_get_owner() - the same whoever owns it; NULL when nobody does */
struct domain *page_get_owner(struct page *pg);
/** page_put() - drop one; the last frees the frame and uncounts it */
void page_put(struct page *pg);
/** page_put_last() - what page_put() does once the count has become 0 */
void page_put_last(struct page *pg);
/** page_owner() - the owning domain (special domains included), or NULL */
struct domain *page_owner(const struct page *pg);
/** page_drop_allocated() - drop the owner's own reference, once (decrease) */
void page_drop_allocated(struct page *pg);
/**
 * page_free_unused() - frames of a dying domain that only their owner holds,
 * from its relinquish_at on, at most @max: all off the list and free
 *
 * Locks:    takes PAGELIST of @d, HEAP
 * Returns:  how many; fewer than @max when it met a frame in use, or the end
 */
unsigned int page_free_unused(struct domain *d, unsigned int max);

/* ---- stale translations ----
 * tlb_clock counts stamps. A frame is stamped when its last translation of
 * some kind was taken out of the tables; each pcpu notes the clock whenever
 * its TLB loses all that guests put there. So a frame may be used otherwise
 * (retyped, given to another) when every pcpu's time is later than its stamp.
 * Stamps are the clock's low half: a very old one may cost a flush, and none
 * is ever saved wrongly. */
static inline void tlb_stamp(struct page *pg)
{
	u64 now = __atomic_fetch_add(&tlb_clock, 1, __ATOMIC_SEQ_CST);

	WRITE_ONCE(pg->tlbstamp, (u32)now);
}
/** tlb_settle() - flush the pcpus that have not been since the stamp of @pg */
void tlb_settle(const struct page *pg);
/** tlb_may_have() - has some pcpu not been flushed since? */
bool tlb_may_have(const struct page *pg);
/** tlb_newer() - of two stamps the one that asks for the later flush */
u32 tlb_newer(u32 a, u32 b);
/** tlb_old_stamp() - for a frame that was never in a guest's tables */
u32 tlb_old_stamp(void);
/** tlb_flush_everywhere() - guests' translations on all pcpus */
void tlb_flush_everywhere(void);

/* ---- claims (XENMEM_claim_pages) ---- */
/** heap_claim() - set aside @pages in total for @d (0 ends it); -ENOMEM,
 * -EINVAL */
int heap_claim(struct domain *d, u64 pages);

/* ---- our own mappings ---- */
extern u64 hv_root_maddr; /* CR3 of the hypervisor without any guest */
/** hv_l4() - our L4; slots 257..271 of it go into every guest root */
u64 *hv_l4(void);

#define MAP_NX 1u
#define MAP_RO 2u
#define MAP_UC 4u
/** vmap_mmio() - map device or firmware memory, uncached with MAP_UC */
void *vmap_mmio(maddr_t a, size_t bytes, unsigned int flags);
/** vmap_stack() - the stacks of a pcpu: STACK_SIZE bytes, naturally aligned,
 * zeroed, page @hole of them left out; never undone. NULL: no memory */
void *vmap_stack(unsigned int hole);
/** vmap_unmap() - forget a vmap_mmio(); flushes this and other pcpus */
void vmap_unmap(void *va, size_t bytes);
/**
 * vwin_alloc() - a window of VWIN_PAGES pages for a vcpu's GDT and LDT
 * Returns:  its first address, 0 when there is none
 */
u64 vwin_alloc(void);
void vwin_free(u64 va);
/** vwin_set() - page @i of a window is @m (INVALID_MFN: none), RW, NX.
 * The caller flushes: cpu_flush_page() on pcpus where it may be cached. */
void vwin_set(u64 win, unsigned int i, mfn_t m);
/** vwin_get() - what vwin_set() put there */
mfn_t vwin_get(u64 win, unsigned int i);
/** vwin_set_zero() - page @i reads as zeroes (empty descriptors) */
void vwin_set_zero(u64 win, unsigned int i);

/* ---- start-up, in order; boot/main.c ---- */
struct e820entry_hv;
/** mm_init() - direct map, frame table, M2P, heap from the firmware's map */
void mm_init(void);

#endif
