/*
 * domain/dom0.h: dom0 while it is being built
 */
#ifndef DOMAIN_DOM0_H
#define DOMAIN_DOM0_H

#include <hv/domain.h>
#include <hv/mm.h>
#include "image.h"

struct dom0_plan {
	const struct dom0_image *img;
	struct domain *d;
	struct kernel_elf elf;
	struct layout l;
	u64 initrd_pages;
	bool initrd_in_place;  /* its frames become dom0's as they are */
	struct page *unpacked; /* ELF file, when it was packed */
	unsigned int unpacked_order;
	mfn_t initial; /* of pfn 0; nr_initial frames */
	mfn_t initrd;  /* of l.initrd */
	mfn_t p2m;     /* of l.p2m, when apart */
	u64 *p2m_list; /* being filled */
};

/* ---- dom0_memory.c ---- */
/** dom0_nr_pages() - from dom0_mem=, or most of what is free or soon will be */
u64 dom0_nr_pages(const struct dom0_plan *p);
/** dom0_alloc_fixed() - the frames the layout names; fills .initial, .p2m */
void dom0_alloc_fixed(struct dom0_plan *p);
/** dom0_alloc_rest() - everything else, and the p2m list and M2P for all */
void dom0_alloc_rest(struct dom0_plan *p);

/* ---- dom0_tables.c ---- */
/** dom0_map() - page tables for the layout; then type and pin them */
void dom0_map(struct dom0_plan *p);

/* ---- dom0_rights.c ---- */
void dom0_grant_rights(struct domain *d);

#endif
