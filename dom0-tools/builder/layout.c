#include <errno.h>
#include <string.h>

#include "builder/layout.h"
#include "lib/err.h"

#define PADDING	      (512ull << 10) /* mapped beyond the stack, at least */
#define END_ALIGN     (4ull << 20)
#define REGION_PAGES  (LAYOUT_L2_SPAN / LAYOUT_PAGE)

/* L4 slots that belong to the hypervisor. */
#define HV_SLOT_FIRST 256
#define HV_SLOT_LAST  271

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static uint64_t pages(uint64_t bytes)
{
	return round_up(bytes, LAYOUT_PAGE) / LAYOUT_PAGE;
}

static unsigned int l4_slot(uint64_t vaddr)
{
	return vaddr >> 39 & 511;
}

static bool canonical(uint64_t vaddr)
{
	int64_t top = (int64_t)vaddr >> 47;

	return top == 0 || top == -1;
}

static struct area take(uint64_t *pfn, uint64_t n)
{
	struct area a = {*pfn, n};

	*pfn += n;
	return a;
}

/* Last byte of the main region when it ends after @end_pfn and padding. */
static uint64_t region_last(const struct layout *l, uint64_t end_pfn)
{
	uint64_t end = layout_vaddr(l, end_pfn) + PADDING;

	return round_up(end, END_ALIGN) - 1;
}

/* More page tables lengthen the region, which may need more page tables. */
static void place_pgtables(struct layout *l, uint64_t *pfn)
{
	uint64_t n = 1, need = 4, last;

	while (need > n) {
		n = need;
		last = region_last(l, *pfn + n + 1);
		need = 1 + layout_tables(l->virt_base, last, 39) +
		       layout_tables(l->virt_base, last, 30) +
		       layout_tables(l->virt_base, last, 21);
	}
	l->pgtables = take(pfn, n);
	l->stack = take(pfn, 1);
	l->mapped_pages =
		(region_last(l, *pfn) + 1 - l->virt_base) / LAYOUT_PAGE;
}

static int place_p2m_apart(const struct layout_in *in, struct layout *l,
			   uint64_t *pfn)
{
	uint64_t from = in->notes->init_p2m, n = pages(in->nr_pages * 8);
	uint64_t last = from + n * LAYOUT_PAGE - 1;
	unsigned int slot = l4_slot(from);

	if (from % LAYOUT_PAGE || !canonical(from) || last < from ||
	    l4_slot(last) != slot ||
	    (slot >= HV_SLOT_FIRST && slot <= HV_SLOT_LAST) ||
	    slot == l4_slot(l->virt_base))
		return err_set(-EINVAL,
			       "the kernel wants its p2m list at "
			       "0x%llx, where it cannot be",
			       (unsigned long long)from);
	l->p2m = take(pfn, n);
	l->p2m_vaddr = from;
	l->p2m_pgtables = take(pfn, layout_tables(from, last, 39) +
					    layout_tables(from, last, 30) +
					    layout_tables(from, last, 21));
	return 0;
}

/* A base that the arithmetic below can go 2 GiB past without wrapping. */
static int check_base(const struct layout *l)
{
	unsigned int slot = l4_slot(l->virt_base);

	if (canonical(l->virt_base) && l->virt_base % LAYOUT_L2_SPAN == 0 &&
	    l->virt_base <= -2 * LAYOUT_L2_SPAN &&
	    (slot < HV_SLOT_FIRST || slot > HV_SLOT_LAST))
		return 0;
	return err_set(-EINVAL,
		       "the kernel's base address 0x%llx cannot be used",
		       (unsigned long long)l->virt_base);
}

static int too_wide(void)
{
	return err_set(-EINVAL, "kernel, initrd and what must lie beside them "
				"exceed 1 GiB");
}

int layout_compute(const struct layout_in *in, struct layout *l)
{
	uint64_t base = in->notes->paddr_offset, pfn, initrd;
	bool apart = in->notes->init_p2m != NOTE_UNSET;
	int rc;

	memset(l, 0, sizeof(*l));
	l->virt_base = in->notes->virt_base;
	l->nr_pages = in->nr_pages;
	l->initrd_mapped = !in->notes->mod_start_pfn;
	rc = check_base(l);
	if (rc)
		return rc;
	if (in->elf->pend - base > LAYOUT_L2_SPAN)
		return too_wide();
	if (in->initrd_len > in->nr_pages * LAYOUT_PAGE)
		return err_set(-ENOSPC, "the initrd is larger than the "
					"domain; raise memory= or use a "
					"smaller initrd");
	pfn = (in->elf->pstart - base) / LAYOUT_PAGE;
	l->kernel = take(&pfn, pages(in->elf->pend - base) - pfn);
	initrd = pages(in->initrd_len);
	if (l->initrd_mapped)
		l->initrd = take(&pfn, initrd);
	if (!apart) {
		l->p2m = take(&pfn, pages(in->nr_pages * 8));
		l->p2m_vaddr = layout_vaddr(l, l->p2m.pfn);
	}
	l->start_info = take(&pfn, 1);
	l->store = take(&pfn, 1);
	l->console = take(&pfn, 1);
	if (pfn > REGION_PAGES)
		return too_wide();
	place_pgtables(l, &pfn);
	if (l->mapped_pages > REGION_PAGES)
		return too_wide();
	pfn = l->mapped_pages;
	if (!l->initrd_mapped)
		l->initrd = take(&pfn, initrd);
	if (apart)
		rc = place_p2m_apart(in, l, &pfn);
	if (!rc && pfn > in->nr_pages)
		rc = err_set(-ENOSPC,
			     "memory= %llu MiB is too little to "
			     "start: kernel, initrd and page tables "
			     "need %llu MiB",
			     (unsigned long long)(in->nr_pages >> 8),
			     (unsigned long long)((pfn + 255) >> 8));
	return rc;
}
