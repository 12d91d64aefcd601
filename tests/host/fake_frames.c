/*
 * fake_frames.c: frames with the reference counts of hv/mm.h and hv/pt.h
 */
#include <stdlib.h>
#include "fake.h"

struct page *host_frametable;
u8 *host_ram;
u64 *host_m2p;
u64 max_mfn;
static u64 next_free;

void fake_frames_init(void)
{
	host_frametable = calloc(FAKE_FRAMES, sizeof(struct page));
	host_ram = aligned_alloc(PAGE_SIZE, (size_t)FAKE_FRAMES * PAGE_SIZE);
	host_m2p = calloc(FAKE_FRAMES, sizeof(u64));
	memset(host_ram, 0, (size_t)FAKE_FRAMES * PAGE_SIZE);
	max_mfn = FAKE_FRAMES;
	next_free = 1;
	for (u64 i = 0; i < FAKE_FRAMES; i++)
		host_frametable[i].owner = OWNER_NONE;
}

void fake_frames_again(void)
{
	u64 i;

	memset(host_ram, 0, (size_t)next_free * PAGE_SIZE);
	for (i = 0; i < next_free; i++)
		host_frametable[i] = (struct page){.owner = OWNER_NONE};
	next_free = 1;
}

void fake_frames_done(void)
{
	free(host_frametable);
	free(host_ram);
	free(host_m2p);
}

struct page *fake_frame(struct domain *d)
{
	struct page *pg;

	ck_assert(next_free < FAKE_FRAMES);
	pg = &host_frametable[next_free++];
	pg->owner = d->id;
	pg->ref = PGF_allocated | 1;
	return pg;
}

u64 fake_frames_held(void)
{
	u64 i, n = 0;

	for (i = 0; i < FAKE_FRAMES; i++)
		n += (host_frametable[i].ref & PGF_count) +
		     (host_frametable[i].type & PGT_count);
	return n;
}

void *page_alloc_hv(void)
{
	void *probe = hv_alloc(1);
	struct page *pg;

	if (!probe)
		return NULL;
	hv_free(probe);
	ck_assert(next_free < FAKE_FRAMES);
	pg = &host_frametable[next_free++];
	return page_to_virt(pg);
}

void page_free_hv(void *p)
{
}

maddr_t virt_to_maddr(const void *p)
{
	return MADDR((u64)((const u8 *)p - host_ram));
}

void domain_share_hv_page(struct domain *d, void *va)
{
	struct page *pg = mfn_to_page(virt_to_mfn(va));

	pg->owner = d->id;
	pg->ref = PGF_xenheap | 1;
}

int domain_unshare_hv_page(struct domain *d, void *va)
{
	struct page *pg = mfn_to_page(virt_to_mfn(va));

	ck_assert_uint_eq(pg->owner, d->id);
	pg->owner = OWNER_NONE;
	pg->ref = 0;
	return 0;
}

bool page_get(struct page *pg, struct domain *d)
{
	if (pg->owner != d->id || !(pg->ref & PGF_count))
		return false;
	pg->ref++;
	return true;
}

struct domain *page_get_owner(struct page *pg)
{
	struct domain *d = page_owner(pg);

	if (d)
		pg->ref++;
	return d;
}

struct domain *page_owner(const struct page *pg)
{
	return pg->owner == OWNER_NONE ? NULL : domain_lookup(pg->owner);
}

void page_put(struct page *pg)
{
	ck_assert(pg->ref & PGF_count);
	pg->ref--;
	if (!(pg->ref & PGF_count))
		pg->owner = OWNER_NONE;
}

int page_get_type(struct page *pg, u64 type)
{
	if ((pg->type & PGT_count) && (pg->type & PGT_type_mask) != type)
		return -EBUSY;
	pg->type = type | ((pg->type & PGT_count) + 1);
	return 0;
}

void page_put_type(struct page *pg)
{
	ck_assert(pg->type & PGT_count);
	pg->type--;
}

int page_get_and_type(struct page *pg, struct domain *d, u64 type)
{
	int rc = page_get(pg, d) ? page_get_type(pg, type) : -EINVAL;

	if (rc == -EBUSY)
		page_put(pg);
	return rc;
}

void page_put_and_type(struct page *pg)
{
	page_put_type(pg);
	page_put(pg);
}

int page_steal(struct domain *d, struct page *pg)
{
	if (pg->owner != d->id || (pg->ref & PGF_xenheap))
		return -EINVAL;
	if ((pg->ref & PGF_count) != 1 || (pg->type & PGT_count))
		return -EBUSY;
	pg->owner = OWNER_NONE;
	pg->ref = 0;
	return 0;
}

int domain_assign_page(struct domain *d, struct page *pg)
{
	if (d->dying)
		return -EINVAL;
	if (d->max_pages && d->tot_pages >= d->max_pages)
		return -E2BIG;
	pg->owner = d->id;
	pg->ref = PGF_allocated | 1;
	return 0;
}

void heap_free(struct page *pg, unsigned int order)
{
	ck_assert_uint_eq(pg->owner, OWNER_NONE);
	ck_assert_uint_eq(pg->ref, 0);
}

void tlb_settle(const struct page *pg)
{
}
