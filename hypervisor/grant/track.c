/*
 * grant/track.c: handles: which mappings a domain has made
 */
#include "internal.h"

static struct track *track_at(const struct grant_table *gt, u32 handle)
{
	u32 nr = gt->nr_track_frames * (u32)TRACKS_PER_FRAME;
	u64 i;

	if (handle >= nr)
		return NULL;
	i = index_nospec(handle, nr);
	return &gt->track[i / TRACKS_PER_FRAME][i % TRACKS_PER_FRAME];
}

static void push_free(struct grant_table *gt, u32 handle)
{
	struct track *t = track_at(gt, handle);

	*t = (struct track){.next_free = gt->free_track};
	gt->free_track = handle + 1;
}

static int add_frame(struct grant_table *gt)
{
	struct track *frame;
	u32 first = gt->nr_track_frames * (u32)TRACKS_PER_FRAME, i;

	if (gt->nr_track_frames == gt->max_track_frames)
		return -ENOSPC;
	if (!gt->track)
		gt->track = hv_alloc(gt->max_track_frames * sizeof(*gt->track));
	if (!gt->track)
		return -ENOSPC;
	frame = page_alloc_hv();
	if (!frame)
		return -ENOSPC;
	gt->track[gt->nr_track_frames++] = frame;
	for (i = TRACKS_PER_FRAME; i-- > 0;)
		push_free(gt, first + i);
	return 0;
}

s64 track_new(struct domain *d)
{
	struct grant_table *gt = d->grant;
	struct track *t;
	s64 handle;

	spin_lock(&gt->lock);
	handle = gt->free_track ? 0 : add_frame(gt);
	if (!handle) {
		handle = gt->free_track - 1;
		t = track_at(gt, (u32)handle);
		gt->free_track = t->next_free;
		*t = (struct track){.busy = 1};
		gt->nr_maps++;
	}
	spin_unlock(&gt->lock);
	return handle;
}

void track_publish(struct domain *d, u32 handle, struct domain *lender, u32 ref,
		   u16 flags)
{
	struct grant_table *gt = d->grant;

	spin_lock(&gt->lock);
	*track_at(gt, handle) = (struct track){
		.lender = lender,
		.ref = ref,
		.flags = flags,
	};
	spin_unlock(&gt->lock);
}

void track_cancel(struct domain *d, u32 handle)
{
	struct grant_table *gt = d->grant;

	spin_lock(&gt->lock);
	push_free(gt, handle);
	gt->nr_maps--;
	spin_unlock(&gt->lock);
}

int track_claim(struct domain *d, u32 handle, struct track *t)
{
	struct grant_table *gt = d->grant;
	struct track *found;
	int rc = -EBADF;

	spin_lock(&gt->lock);
	found = track_at(gt, handle);
	if (found && found->lender && !found->busy) {
		found->busy = 1;
		*t = *found;
		rc = 0;
	}
	spin_unlock(&gt->lock);
	return rc;
}

void track_release(struct domain *d, u32 handle, u16 gone)
{
	struct grant_table *gt = d->grant;
	struct track *t = track_at(gt, handle);
	struct domain *lender = NULL;

	spin_lock(&gt->lock);
	t->busy = 0;
	t->flags &= ~gone;
	if (!(t->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
		lender = t->lender;
		push_free(gt, handle);
		gt->nr_maps--;
	}
	spin_unlock(&gt->lock);
	domain_put(lender);
}

/* The page tables that still name the frames go later, with pt/. */
int grant_domain_release(struct domain *d)
{
	struct grant_table *gt = d->grant;
	u32 h, nr, done = 0;
	struct track t;

	if (!gt)
		return 0;
	nr = gt->nr_track_frames * (u32)TRACKS_PER_FRAME;
	/* a dying domain makes no new ones: below release_at all are free */
	for (h = gt->release_at; h < nr && READ_ONCE(gt->nr_maps); h++) {
		if (track_claim(d, h, &t))
			continue;
		if (done++ && hypercall_yield()) {
			track_release(d, h, 0);
			gt->release_at = h;
			return -ERESTART;
		}
		if (t.flags & GNTMAP_host_map)
			grant_unpin(t.lender, t.ref, t.flags & GNTMAP_readonly);
		if (t.flags & GNTMAP_device_map)
			grant_unpin(t.lender, t.ref, t.flags & GNTMAP_readonly);
		track_release(d, h, GNTMAP_host_map | GNTMAP_device_map);
	}
	gt->release_at = 0;
	return 0;
}

/* ---- the invariants as code ---- */
void grant_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable))
{
	struct grant_table *gt = d->grant;
	const struct active *a;
	u32 ref;

	for (ref = 0; gt && ref < nr_entries(gt); ref++) {
		a = active_at(gt, ref);
		if ((a->readers || a->writers) && a->mfn != NO_FRAME)
			held(a->mfn, a->writers);
	}
}

static void count_users(struct domain *lender, u32 *users)
{
	struct domain *d;
	struct track *t;
	unsigned int id = 0;
	u32 h;

	while ((d = domain_next(id)) != NULL) {
		id = d->id + 1u;
		for (h = 0; d->grant && (t = track_at(d->grant, h)); h++) {
			if (t->lender != lender)
				continue;
			users[t->ref] += !!(t->flags & GNTMAP_host_map);
			users[t->ref] += !!(t->flags & GNTMAP_device_map);
		}
		domain_put(d);
	}
}

unsigned int grant_check(struct domain *d)
{
	struct grant_table *gt = d->grant;
	unsigned int bad = 0, nr = gt ? nr_entries(gt) : 0;
	u32 *users = nr ? hv_alloc(nr * sizeof(*users)) : NULL;
	const struct active *a;
	const struct page *pg;
	u32 ref;

	if (!users) {
		if (nr)
			printk(LOG_ERR, "grant_check: no memory\n");
		return nr ? 1 : 0;
	}
	count_users(d, users);
	for (ref = 0; ref < nr; ref++) {
		a = active_at(gt, ref);
		if (users[ref] != (u32)a->readers + a->writers) {
			printk(LOG_ERR, "d%u gref %u: %u users, %u maps\n",
			       d->id, ref, a->readers + a->writers, users[ref]);
			bad++;
		}
		if ((!a->readers && !a->writers) || a->mfn == NO_FRAME)
			continue;
		pg = mfn_to_page(MFN(a->mfn));
		if (pg->owner != d->id || !(pg->ref & PGF_count)) {
			printk(LOG_ERR, "d%u gref %u: frame %#lx not held\n",
			       d->id, ref, a->mfn);
			bad++;
		}
	}
	hv_free(users);
	return bad;
}
