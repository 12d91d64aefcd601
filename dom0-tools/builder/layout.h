/*
 * builder/layout.h: what lies where when a domain starts
 *
 * Pure arithmetic: from the kernel's wishes and the sizes of things to pfns
 * and vaddrs. Main region, in order: kernel, initrd unless it stays unmapped,
 * p2m list unless it has its own place, start_info, store page, console page,
 * page tables, stack, padding. Behind it: unmapped initrd, then a p2m list
 * with its own place followed by the page tables that only it needs.
 *
 * Invariants: within the main region vaddr - virt_base == pfn << 12;
 *             areas do not overlap; all pfns are below nr_pages
 * ABI:        ABI-NOTES 1.3
 */
#ifndef BUILDER_LAYOUT_H
#define BUILDER_LAYOUT_H

#include "builder/notes.h"

#define LAYOUT_PAGE    4096ull
#define LAYOUT_L2_SPAN (1ull << 30) /* what one L2 maps: the region's limit */

struct area {
	uint64_t pfn;
	uint64_t pages;
};

struct layout_in {
	const struct elf *elf;
	const struct notes *notes;
	uint64_t initrd_len; /* bytes, 0 = none */
	uint64_t nr_pages;   /* initial memory */
};

struct layout {
	uint64_t virt_base;
	uint64_t mapped_pages; /* main region: pfn 0 up to here is mapped */
	uint64_t nr_pages;
	struct area kernel;
	struct area initrd; /* pages 0 = none */
	struct area p2m;
	struct area start_info, store, console, pgtables, stack;
	struct area p2m_pgtables; /* pages 0 = list is in the main region */
	uint64_t p2m_vaddr;
	bool initrd_mapped;
};

/**
 * layout_compute() - place everything
 *
 * Returns:  0; -EINVAL when the kernel asks for the impossible, -ENOSPC when
 *           @in->nr_pages is too little; both with err_set()
 */
int layout_compute(const struct layout_in *in, struct layout *l);

/** layout_vaddr() - address of a pfn of the main region */
static inline uint64_t layout_vaddr(const struct layout *l, uint64_t pfn)
{
	return l->virt_base + pfn * LAYOUT_PAGE;
}

/** layout_tables() - tables of one level that [from, to] needs
 * @shift: address bits one table of that level covers: 21, 30, 39
 * @to:    last byte, inclusive
 */
static inline uint64_t layout_tables(uint64_t from, uint64_t to,
				     unsigned int shift)
{
	return (to >> shift) - (from >> shift) + 1;
}

#endif /* BUILDER_LAYOUT_H */
