/*
 * builder/pgtable.h: the page tables a domain starts with
 *
 * Fills buffers; knows nothing of how they reach the domain.
 *
 * Invariants: page-table frames are mapped read-only, all else writable
 * ABI:        ABI-NOTES 1.3
 */
#ifndef BUILDER_PGTABLE_H
#define BUILDER_PGTABLE_H

#include "builder/layout.h"

/**
 * pgtable_fill() - the tables of the main region, and of a p2m list apart
 * @l:    layout
 * @p2m:  mfn of each pfn below @l->nr_pages
 * @main: @l->pgtables.pages zeroed pages, the L4 first
 * @p2mt: @l->p2m_pgtables.pages zeroed pages; NULL when there are none
 */
void pgtable_fill(const struct layout *l, const uint64_t *p2m, void *main,
		  void *p2mt);

#endif /* BUILDER_PGTABLE_H */
