/*
 * lib/page.h: frames and page tables of a test guest
 *
 * Invariants: everything the image owns lies in the initial mapping, where
 *             va = VIRT_BASE + (pfn << 12); tables there are read-only
 */
#ifndef GUEST_PAGE_H
#define GUEST_PAGE_H

#include "lib.h"
#include <xen/xen.h>

#define PAGE_SIZE 4096UL
#define VIRT_BASE 0xffffffff80000000UL

#define PTE_P	  0x001UL
#define PTE_RW	  0x002UL
#define PTE_US	  0x004UL
#define PTE_PWT	  0x008UL
#define PTE_PCD	  0x010UL
#define PTE_A	  0x020UL
#define PTE_D	  0x040UL
#define PTE_PSE	  0x080UL
#define PTE_G	  0x100UL
#define PTE_NX	  (1UL << 63)
#define PTE_MFN	  0x000ffffffffff000UL

#define PTE_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_DATA  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_RO	  (PTE_P | PTE_US | PTE_A)

static inline u64 va_to_pfn(const void *va)
{
	return ((u64)va - VIRT_BASE) >> 12;
}

u64 pfn_to_mfn(u64 pfn);
u64 mfn_to_pfn(u64 mfn); /* reads the M2P */
void *mfn_to_va(u64 mfn);
u64 va_to_mfn(const void *va);
u64 va_to_maddr(const void *va);

/* A zeroed, writable page of the image's pool, never returned to it. */
void *page_alloc(void);
/* Pages left in the pool; tests put back what they took. */
void page_free(void *va);

/* Frame of the kernel root. */
u64 root_mfn(void);
/* The entry for @va at @level 1..4, to read; NULL if tables are missing. */
u64 *pte_walk(const void *va, int level);
/* Its machine address, for mmu_update. */
u64 pte_maddr(const void *va, int level);

/* Each returns what the hypercall did. */
long va_map(const void *va, u64 pte); /* update_va_mapping, INVLPG */
long pte_write(u64 maddr, u64 value); /* mmu_update, kind in bits 1:0 */
long mmuext(u32 cmd, u64 arg1, u64 arg2);
long page_make_ro(void *va);
long page_make_rw(void *va);

/*
 * Links @mfn at @va, making read-only tables from the pool where needed, below
 * the root of frame @root (0: the kernel's).
 */
long map_at(u64 root, u64 va, u64 pte);

#endif
