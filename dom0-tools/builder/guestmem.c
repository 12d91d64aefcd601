#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "builder/guestmem.h"
#include "lib/err.h"
#include "lib/memory.h"

#define BIG_ORDER 9u
#define BATCH	  1024u /* extents per call: two pages of arguments */
#define WINDOW	  2048u /* pages mapped at once while copying */

/* Frames of one populated extent become entries of the list. */
static void note_extent(struct guestmem *gm, uint64_t pfn, uint64_t mfn,
			unsigned int order)
{
	uint64_t i;

	for (i = 0; i < 1ull << order; i++)
		gm->p2m[pfn + i] = mfn + i;
}

/*
 * Populate [*pfn, end) with extents of @order as far as there are any; @buf is
 * an hv buffer of BATCH entries. *pfn ends behind the last extent got.
 */
static int populate_order(struct guestmem *gm, unsigned int order,
			  uint64_t *pfn, uint64_t end, xen_pfn_t *buf)
{
	uint64_t i, n, size = 1ull << order;
	long done;

	while (*pfn + size <= end) {
		n = (end - *pfn) / size;
		if (n > BATCH)
			n = BATCH;
		for (i = 0; i < n; i++)
			buf[i] = *pfn + i * size;
		done = mem_populate(gm->hv, gm->domid, order, buf, n);
		if (done < 0)
			return done;
		for (i = 0; i < (uint64_t)done; i++)
			note_extent(gm, *pfn + i * size, buf[i], order);
		*pfn += done * size;
		if ((uint64_t)done < n)
			break;
	}
	return 0;
}

int guestmem_populate(struct guestmem *gm)
{
	size_t bytes = BATCH * sizeof(xen_pfn_t);
	xen_pfn_t *buf = hv_buf_alloc(gm->hv, bytes);
	uint64_t pfn = 0;
	int rc;

	if (!buf)
		return -ENOMEM;
	gm->p2m = malloc(gm->nr_pages * sizeof(*gm->p2m));
	rc = err_set(-ENOMEM, "not enough memory in dom0");
	if (!gm->p2m)
		goto out;
	rc = populate_order(gm, BIG_ORDER, &pfn, gm->nr_pages, buf);
	if (!rc)
		rc = populate_order(gm, 0, &pfn, gm->nr_pages, buf);
	if (rc)
		err_set(rc,
			"the hypervisor refused to give the domain memory: "
			"%s",
			err_str(rc));
	else if (pfn < gm->nr_pages)
		rc = err_set(-ENOMEM,
			     "the machine has no %llu MiB left for the domain "
			     "(%llu MiB were given): lower memory= or destroy "
			     "another domain",
			     (unsigned long long)gm->nr_pages >> 8,
			     (unsigned long long)pfn >> 8);
out:
	hv_buf_free(gm->hv, buf, bytes);
	return rc;
}

void guestmem_free(struct guestmem *gm)
{
	free(gm->p2m);
	gm->p2m = NULL;
}

void *guestmem_map(const struct guestmem *gm, uint64_t pfn, uint64_t n)
{
	return hv_map_foreign(gm->hv, gm->domid, gm->p2m + pfn, n,
			      PROT_READ | PROT_WRITE);
}

/*
 * Images are copied word by word, because processors (and emulators more so)
 * may run string instructions, which memcpy() chooses for large sizes, far
 * slower on freshly mapped pages. Pages are aligned; the source need not be.
 */
static void copy_words(uint8_t *to, const uint8_t *from, uint64_t n)
{
	uint64_t w[4];

	for (; n >= sizeof(w); n -= sizeof(w)) {
		memcpy(w, from, sizeof(w));
		memcpy(to, w, sizeof(w));
		to += sizeof(w);
		from += sizeof(w);
		__asm__ volatile("" : : : "memory");
	}
	memcpy(to, from, n);
}

static void zero_words(uint8_t *to, uint64_t n)
{
	static const uint64_t w[4];

	for (; n >= sizeof(w); n -= sizeof(w)) {
		memcpy(to, w, sizeof(w));
		to += sizeof(w);
		__asm__ volatile("" : : : "memory");
	}
	memset(to, 0, n);
}

/* The part [at, at + n) of data that is zero from @len on. */
static void fill(uint8_t *to, const uint8_t *data, uint64_t len, uint64_t at,
		 uint64_t n)
{
	uint64_t copy = at < len ? len - at : 0;

	if (copy > n)
		copy = n;
	if (copy)
		copy_words(to, data + at, copy);
	zero_words(to + copy, n - copy);
}

int guestmem_write(const struct guestmem *gm, uint64_t pfn, uint64_t off,
		   const void *data, uint64_t len, uint64_t size)
{
	uint64_t at = 0, n, pages;
	uint8_t *win;

	while (at < size) {
		n = WINDOW * HV_PAGE_SIZE - off;
		if (n > size - at)
			n = size - at;
		pages = (off + n + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;
		win = guestmem_map(gm, pfn, pages);
		if (!win)
			return -EFAULT;
		fill(win + off, data, len, at, n);
		hv_unmap(win, pages);
		at += n;
		pfn += pages;
		off = 0;
	}
	return 0;
}
