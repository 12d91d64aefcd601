/*
 * grant/table.c: a domain's table: creation, growth, end
 */
#include "internal.h"

int grant_domain_init(struct domain *d, unsigned int max_frames,
		      unsigned int max_maptrack_frames)
{
	struct grant_table *gt;
	int rc;

	if (max_frames < 1 || max_frames > MAX_FRAMES ||
	    max_maptrack_frames > MAX_TRACK_FRAMES)
		return -EINVAL;
	gt = hv_new(struct grant_table);
	if (!gt)
		return -ENOMEM;
	spin_lock_init(&gt->lock, LOCK_GRANT);
	gt->version = 1;
	gt->max_version = 2;
	gt->max_frames = max_frames;
	gt->max_track_frames = max_maptrack_frames;
	d->grant = gt;

	spin_lock(&gt->lock);
	rc = grant_grow(d, 1);
	spin_unlock(&gt->lock);
	if (rc)
		grant_domain_free(d);
	return rc;
}

static int add_frame(struct domain *d)
{
	struct grant_table *gt = d->grant;
	struct active **a = hv_alloc(ACTIVE_CHUNKS * sizeof(struct active *));
	void *frame;

	if (!a)
		return -ENOMEM;
	frame = page_alloc_hv();
	if (!frame) {
		hv_free(a);
		return -ENOMEM;
	}
	domain_share_hv_page(d, frame);
	gt->active[gt->nr_frames] = a;
	gt->shared[gt->nr_frames] = frame;
	gt->nr_frames++;
	return 0;
}

int grant_grow(struct domain *d, unsigned int nr)
{
	struct grant_table *gt = d->grant;
	int rc;

	ASSERT(spin_locked(&gt->lock));
	if (nr > gt->max_frames)
		return -EINVAL;
	/* status first: entries never lack theirs */
	rc = gt->version == 2 ? grant_grow_status(d, nr) : 0;
	if (rc)
		return rc;
	while (gt->nr_frames < nr) {
		rc = add_frame(d);
		if (rc)
			return rc;
	}
	return 0;
}

int grant_frame_mfn(struct domain *d, unsigned int i, u64 *mfn)
{
	struct grant_table *gt = d->grant;
	int rc;

	if (i >= gt->max_frames)
		return -EINVAL;
	i = (unsigned int)index_nospec(i, gt->max_frames);
	spin_lock(&gt->lock);
	rc = grant_grow(d, i + 1);
	if (!rc)
		*mfn = virt_to_mfn(gt->shared[i]).v;
	spin_unlock(&gt->lock);
	return rc;
}

size_t grant_bytes(const struct domain *d)
{
	const struct grant_table *gt = d->grant;
	size_t n = hv_size(gt);
	unsigned int i, k;

	if (!gt)
		return 0;
	n += (gt->nr_frames + gt->nr_status + gt->nr_track_frames) *
	     (size_t)PAGE_SIZE;
	n += hv_size(gt->track);
	for (i = 0; i < gt->nr_frames; i++) {
		n += hv_size(gt->active[i]);
		for (k = 0; k < ACTIVE_CHUNKS; k++)
			n += hv_size(gt->active[i][k]);
	}
	return n;
}

unsigned int grant_nr_frames(struct domain *d)
{
	return d->grant ? READ_ONCE(d->grant->nr_frames) : 0;
}

unsigned int grant_max_frames(struct domain *d)
{
	return d->grant ? d->grant->max_frames : 0;
}

unsigned int grant_nr_maps(struct domain *d)
{
	return d->grant ? READ_ONCE(d->grant->nr_maps) : 0;
}

static void free_active(struct active **chunk)
{
	unsigned int i;

	for (i = 0; i < ACTIVE_CHUNKS; i++)
		hv_free(chunk[i]);
	hv_free(chunk);
}

void grant_domain_free(struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned int i;

	if (!gt)
		return;
	BUG_ON(gt->nr_maps);
	for (i = 0; i < gt->nr_frames; i++) {
		/* who still maps it frees it with the last reference */
		if (domain_unshare_hv_page(d, gt->shared[i]) == 0)
			page_free_hv(gt->shared[i]);
		free_active(gt->active[i]);
	}
	grant_drop_status(d);
	for (i = 0; i < gt->nr_track_frames; i++)
		page_free_hv(gt->track[i]);
	hv_free(gt->track);
	hv_free(gt);
	d->grant = NULL;
}

static void swap_bytes(void *a, void *b, size_t n)
{
	u8 tmp[sizeof(union grant_entry_v2)];

	memcpy(tmp, a, n);
	memcpy(a, b, n);
	memcpy(b, tmp, n);
}

int grant_swap(u32 a, u32 b)
{
	struct grant_table *gt = current->d->grant;
	int rc = -ENOENT;

	spin_lock(&gt->lock);
	if (a >= nr_entries(gt) || b >= nr_entries(gt))
		goto out;
	a = (u32)index_nospec(a, nr_entries(gt));
	b = (u32)index_nospec(b, nr_entries(gt));
	rc = -EAGAIN;
	if (active_at(gt, a)->readers || active_at(gt, a)->writers ||
	    active_at(gt, b)->readers || active_at(gt, b)->writers)
		goto out;
	rc = 0;
	if (a != b)
		swap_bytes(header_at(gt, a), header_at(gt, b),
			   gt->version == 1 ? sizeof(struct grant_entry_v1)
					    : sizeof(union grant_entry_v2));
out:
	spin_unlock(&gt->lock);
	return rc;
}
