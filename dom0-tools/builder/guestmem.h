/*
 * builder/guestmem.h: give a domain memory and write into it
 *
 * Owns:       the list of its frames, by pfn
 * Invariants: p2m[0..nr_pages) is complete after guestmem_populate()
 */
#ifndef BUILDER_GUESTMEM_H
#define BUILDER_GUESTMEM_H

#include "lib/privcmd.h"

struct guestmem {
	struct hv *hv;
	domid_t domid;
	uint64_t nr_pages;
	uint64_t *p2m; /* mfn of each pfn */
};

/**
 * guestmem_populate() - allocate all frames, in 2 MiB extents where possible
 * @gm:  hv, domid and nr_pages set by the caller; p2m is set here
 *
 * Returns:  0, -ENOMEM with err_set() when the machine has too little
 */
int guestmem_populate(struct guestmem *gm);

/** guestmem_free() - forget the list; the domain keeps its memory */
void guestmem_free(struct guestmem *gm);

/** guestmem_map() - @n pages from @pfn on, writable; NULL with err_set() */
void *guestmem_map(const struct guestmem *gm, uint64_t pfn, uint64_t n);

/**
 * guestmem_write() - copy in, and zero what follows up to a size
 * @pfn:  first page
 * @off:  byte offset of the data in it
 * @data: @len bytes
 * @size: bytes to set in all, at least @len
 *
 * Returns:  0 or a negative errno with err_set()
 */
int guestmem_write(const struct guestmem *gm, uint64_t pfn, uint64_t off,
		   const void *data, uint64_t len, uint64_t size);

#endif /* BUILDER_GUESTMEM_H */
