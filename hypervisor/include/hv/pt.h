/*
 * hv/pt.h: guest page tables: what makes direct mapping safe
 *
 * Owns:       struct page.type and .nr_valid, struct vcpu_pt
 * Invariants: one type at a time; it changes only at type count 0;
 *             writable and page table (or descriptor) never coexist;
 *             each present entry of a validated table holds one reference
 *             and, where it applies, one type reference on its target;
 *             a pin is one more type reference, at most one per frame;
 *             a loaded root (kernel, user; per vcpu) holds a reference and
 *             an L4 type reference;
 *             a table half validated, or half undone, has no user: its mark
 *             holds one reference and the only type reference, its entries
 *             before nr_valid hold theirs;
 *             a frame becomes writable after having been a table or a
 *             descriptor page, or free, only after every TLB that may hold
 *             an old mapping was flushed
 *             pt_check() recomputes all of it
 * Lock:       PT (struct domain.pt_lock) for structure changes of a domain
 * ABI:        pvabi/xen/mmu.h, ABI-NOTES 5
 */
#ifndef HV_PT_H
#define HV_PT_H

#include <hv/mm.h>

struct vcpu;
struct cpu_user_regs;

#define PGT_none      (0ull << 61)
#define PGT_l1	      (1ull << 61)
#define PGT_l2	      (2ull << 61)
#define PGT_l3	      (3ull << 61)
#define PGT_l4	      (4ull << 61)
#define PGT_seg_desc  (5ull << 61) /* GDT or LDT page */
#define PGT_writable  (7ull << 61)
#define PGT_type_mask (7ull << 61)
#define PGT_pinned    (1ull << 60)
#define PGT_validated (1ull << 59)
#define PGT_partial   (1ull << 58) /* half done, held by this mark alone */
#define PGT_count     ((1ull << 48) - 1)

/* Page-table entries */
#define PTE_P	      (1ull << 0)
#define PTE_RW	      (1ull << 1)
#define PTE_US	      (1ull << 2)
#define PTE_PWT	      (1ull << 3)
#define PTE_PCD	      (1ull << 4)
#define PTE_A	      (1ull << 5)
#define PTE_D	      (1ull << 6)
#define PTE_PSE	      (1ull << 7)
#define PTE_PAT	      (1ull << 7) /* in an L1 entry */
#define PTE_G	      (1ull << 8)
#define PTE_AVAIL     (7ull << 9)
#define PTE_NX	      (1ull << 63)
#define PTE_ADDR      0x000ffffffffff000ull
#define PTE_CACHE     (PTE_PWT | PTE_PCD | PTE_PAT)

static inline mfn_t pte_mfn(u64 e)
{
	return MFN((e & PTE_ADDR) >> PAGE_SHIFT);
}

#define PT_MAX_LEFT 4

/* Embedded in struct vcpu as .pt */
struct vcpu_pt {
	mfn_t kernel_root;    /* guest's L4 for kernel mode; typed, held */
	mfn_t user_root;      /* for user mode; INVALID_MFN: none */
	u64 win;	      /* VA of the GDT/LDT window (vwin_alloc) */
	mfn_t gdt_frames[16]; /* held as PGT_seg_desc; [0, gdt_pages) */
	u32 gdt_pages;
	u32 gdt_ents;
	u64 ldt_base; /* guest VA */
	u32 ldt_ents;
	u32 ldt_mapped; /* bitmap of LDT pages validated so far */
	/* Tables it left half undone; a hint, which holds nothing. From [0]. */
	mfn_t left[PT_MAX_LEFT];
};

/** page_get_type() - one type reference on an already referenced frame.
 * Validates the frame when its type changes, in one go.
 * Locks:    tables and descriptors: takes PT of the owner; PGT_writable: none
 * Returns:  0; PGT_writable: -EBUSY while it has another type; others:
 *           -EINVAL wrong type in use, or why its contents were refused */
int page_get_type(struct page *pg, u64 type) __must_check;
void page_put_type(struct page *pg);
/** page_get_and_type() - general and type reference; owner must be @d, else
 * -EINVAL */
int page_get_and_type(struct page *pg, struct domain *d, u64 type) __must_check;
void page_put_and_type(struct page *pg);

/** pt_vcpu_cr3() - for @v's current mode; at switch and mode change */
maddr_t pt_vcpu_cr3(const struct vcpu *v);
/**
 * pt_finish() - undo tables that earlier requests of the running vcpu left
 * half undone; before each request that may drop some, and restarted like it
 *
 * Locks:    takes DOMLIST, PT; caller holds none
 * Returns:  0, or -ERESTART: call again
 */
int pt_finish(void) __must_check;
/**
 * pt_set_kernel_root() - NEW_BASEPTR. Takes type reference; drops old.
 * Returns:  0, -EINVAL or why its tables were refused, -ERESTART: call again
 */
int pt_set_kernel_root(struct vcpu *v, mfn_t root);
/** pt_set_user_root() - NEW_USER_BASEPTR, the same; INVALID_MFN drops */
int pt_set_user_root(struct vcpu *v, mfn_t root);
/** pt_vcpu_drop() - drop all that a vcpu's struct vcpu_pt holds
 * Returns:  0, or -ERESTART: it holds nothing any more, but tables are half
 *           undone */
int pt_vcpu_drop(struct vcpu *v);
/** pt_vcpu_init() - window and empty state; -ENOMEM */
int pt_vcpu_init(struct vcpu *v);
void pt_vcpu_free(struct vcpu *v);

/** pt_set_gdt() - @nr frames, @ents entries; the old ones are dropped */
int pt_set_gdt(struct vcpu *v, const u64 *frames, unsigned int nr,
	       unsigned int ents);
/** pt_set_ldt() - lazily validated LDT; -EINVAL unaligned or > 8192 */
int pt_set_ldt(struct vcpu *v, u64 base, unsigned int ents);
/** pt_gdt_switch() - reserved GDT pages of @v point to this pcpu's; LGDT,
 * LLDT. Called on context switch, interrupts off. */
void pt_gdt_switch(struct vcpu *v);
/** pt_ldt_fault() - #PF in the LDT window at offset @off: map it lazily.
 * Returns true when it may be retried. */
bool pt_ldt_fault(struct vcpu *v, u64 off);

/**
 * pt_emulate_write() - #PF of the running guest kernel on its own L1 page
 * @va:   faulting address
 * @regs: guest state; advanced past the instruction on success
 *
 * Returns:  true when emulated, false: deliver the fault
 */
bool pt_emulate_write(struct cpu_user_regs *regs, u64 va);

/** pt_check() - recompute every count of every frame and compare; other pcpus
 * stand still, see cpu_hold_others().
 * Returns:  number of inconsistencies; the first of them are printed */
unsigned int pt_check(void);

/**
 * pt_relinquish() - a dying domain: drop roots, pins, and all of its pages
 * Returns:  0 when done, -ERESTART: call again
 */
int pt_relinquish(struct domain *d);

/** pt_flush_domain() - translations of @d's tables, on the pcpus that may have
 * any: where a vcpu of it is loaded */
void pt_flush_domain(struct domain *d);

#endif
