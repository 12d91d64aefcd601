/*
 * grant/version.c: changing between the two layouts of entries
 *
 * Nothing may be in use but the reserved entries, which the toolstack filled
 * in and others may have mapped: those keep their contents and use.
 */
#include "internal.h"

struct reserved {
	u16 flags;
	domid_t domid;
	u64 frame;
};

/*
 * The bits of use are ours: from what the guest has written there we take
 * nothing over. In an entry for transfers they mean something else.
 */
static u16 rights(u16 flags)
{
	if ((flags & GTF_type_mask) == GTF_accept_transfer)
		return flags;
	return flags & (u16) ~(GTF_reading | GTF_writing);
}

static u16 use_now(const struct grant_table *gt, u32 ref)
{
	const struct active *a = active_at(gt, ref);

	return (u16)((a->readers || a->writers ? GTF_reading : 0) |
		     (a->writers ? GTF_writing : 0));
}

static bool in_use(const struct grant_table *gt)
{
	u32 ref, nr = nr_entries(gt);

	for (ref = GNTTAB_NR_RESERVED_ENTRIES; ref < nr; ref++)
		if (active_at(gt, ref)->readers || active_at(gt, ref)->writers)
			return true;
	return false;
}

static void save_v1(const struct grant_table *gt, struct reserved *r)
{
	u32 i;

	for (i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
		r[i].flags = READ_ONCE(shared_at(gt, i)->flags);
		r[i].domid = READ_ONCE(shared_at(gt, i)->domid);
		r[i].frame = READ_ONCE(shared_at(gt, i)->frame);
	}
}

/* -ERANGE for what only version 2 knows. */
static int save_v2(const struct grant_table *gt, struct reserved *r)
{
	u32 i;

	for (i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
		const union grant_entry_v2 *e = v2_at(gt, i);
		u16 flags = READ_ONCE(e->hdr.flags);

		if ((flags & GTF_type_mask) == GTF_transitive ||
		    ((flags & GTF_type_mask) == GTF_permit_access &&
		     (flags & GTF_sub_page)))
			return -ERANGE;
		r[i].flags = flags;
		r[i].domid = READ_ONCE(e->hdr.domid);
		r[i].frame = READ_ONCE(e->full_page.frame);
	}
	return 0;
}

static void load_v1(const struct grant_table *gt, const struct reserved *r)
{
	u32 i;

	for (i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
		shared_at(gt, i)->frame = (u32)r[i].frame;
		shared_at(gt, i)->domid = r[i].domid;
		STORE_REL(shared_at(gt, i)->flags,
			  rights(r[i].flags) | use_now(gt, i));
	}
}

static void load_v2(const struct grant_table *gt, const struct reserved *r)
{
	u32 i;

	for (i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
		*status_at(gt, i) = use_now(gt, i);
		v2_at(gt, i)->full_page.frame = r[i].frame;
		v2_at(gt, i)->hdr.domid = r[i].domid;
		STORE_REL(v2_at(gt, i)->hdr.flags, rights(r[i].flags));
	}
}

static void clear_entries(const struct grant_table *gt)
{
	unsigned int i;

	for (i = 0; i < gt->nr_frames; i++)
		memset(gt->shared[i], 0, PAGE_SIZE);
}

static int to_v2(struct domain *d)
{
	struct reserved r[GNTTAB_NR_RESERVED_ENTRIES];
	struct grant_table *gt = d->grant;
	int rc;

	rc = grant_grow_status(d, gt->nr_frames);
	if (rc) {
		grant_drop_status(d);
		return rc;
	}
	save_v1(gt, r);
	clear_entries(gt);
	gt->version = 2;
	load_v2(gt, r);
	return 0;
}

/* Status frames that the guest still maps may not go: -EBUSY. */
static int status_mapped(const struct grant_table *gt)
{
	unsigned int i;

	for (i = 0; i < gt->nr_status; i++) {
		const struct page *pg = mfn_to_page(virt_to_mfn(gt->status[i]));

		if ((READ_ONCE(pg->ref) & PGF_count) > 1)
			return -EBUSY;
	}
	return 0;
}

static int to_v1(struct domain *d)
{
	struct reserved r[GNTTAB_NR_RESERVED_ENTRIES];
	struct grant_table *gt = d->grant;
	int rc;

	rc = save_v2(gt, r);
	if (!rc)
		rc = status_mapped(gt);
	if (rc)
		return rc;
	clear_entries(gt);
	gt->version = 1;
	load_v1(gt, r);
	grant_drop_status(d);
	return 0;
}

int grant_set_version(u32 version)
{
	struct domain *d = current->d;
	struct grant_table *gt = d->grant;
	int rc = 0;

	if (version != 1 && version != 2)
		return -EINVAL;
	if (version > gt->max_version)
		return -ENOSYS;
	spin_lock(&gt->lock);
	if (gt->version == version)
		goto out;
	rc = -EBUSY;
	if (!in_use(gt))
		rc = version == 2 ? to_v2(d) : to_v1(d);
out:
	spin_unlock(&gt->lock);
	return rc;
}

void grant_set_max_version(struct domain *d, unsigned int version)
{
	d->grant->max_version = version;
}

unsigned int grant_version(struct domain *d)
{
	return READ_ONCE(d->grant->version);
}

/* ---- status frames ---- */
int grant_grow_status(struct domain *d, unsigned int nr)
{
	struct grant_table *gt = d->grant;
	void *frame;

	while (gt->nr_status < STATUS_FRAMES(nr)) {
		frame = page_alloc_hv();
		if (!frame)
			return -ENOMEM;
		domain_share_hv_page(d, frame);
		gt->status[gt->nr_status++] = frame;
	}
	return 0;
}

void grant_drop_status(struct domain *d)
{
	struct grant_table *gt = d->grant;
	void *frame;

	while (gt->nr_status) {
		frame = gt->status[--gt->nr_status];
		gt->status[gt->nr_status] = NULL;
		/* who still maps it frees it with the last reference */
		if (domain_unshare_hv_page(d, frame) == 0)
			page_free_hv(frame);
	}
}

unsigned int grant_nr_status_frames(struct domain *d)
{
	return READ_ONCE(d->grant->nr_status);
}

unsigned int grant_max_status_frames(struct domain *d)
{
	if (!d->grant || grant_version(d) != 2)
		return 0;
	return (unsigned int)STATUS_FRAMES(d->grant->max_frames);
}

int grant_status_mfn(struct domain *d, unsigned int i, u64 *mfn)
{
	struct grant_table *gt = d->grant;
	int rc = -EINVAL;

	spin_lock(&gt->lock);
	if (gt->version == 2 && i < STATUS_FRAMES(gt->max_frames)) {
		i = (unsigned int)index_nospec(i, STATUS_FRAMES(MAX_FRAMES));
		rc = grant_grow(d, i * GRANTS_PER_STATUS + 1);
	}
	if (!rc)
		*mfn = virt_to_mfn(gt->status[i]).v;
	spin_unlock(&gt->lock);
	return rc;
}
