/*
 * grant/entry.c: entries the guest shares with us, and their users
 *
 * The lender may rewrite an entry at any time. Flags and domid are read and
 * changed together, by compare-and-swap of 32 bits; once GTF_reading is set
 * the lender's own compare-and-swap fails, and it knows the frame is in use.
 * In version 2 the bits of use are apart, in the status array: they are set
 * first and the entry looked at again, while a lender clears the entry first
 * and then looks at the status.
 */
#include "internal.h"

#define CLAIM_TRIES 5

union header {
	u32 raw;
	struct {
		u16 flags;
		domid_t domid;
	};
};

static u16 use_flags(bool readonly)
{
	return readonly ? GTF_reading : GTF_reading | GTF_writing;
}

static bool permits(union header h, domid_t user, bool readonly, u16 mask,
		    u16 type)
{
	return (h.flags & mask) == type && h.domid == user &&
	       (readonly || !(h.flags & GTF_readonly));
}

static int claim_v1(u32 *header, domid_t user, bool readonly)
{
	union header old, new;
	unsigned int tries;

	old.raw = READ_ONCE(*header);
	for (tries = 0; tries < CLAIM_TRIES; tries++) {
		if (!permits(old, user, readonly, GTF_type_mask,
			     GTF_permit_access))
			return -EINVAL;
		new = old;
		new.flags |= use_flags(readonly);
		if (__atomic_compare_exchange_n(header, &old.raw, new.raw,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return 0;
	}
	return -EINVAL;
}

/* For mappings the whole page; for copies also part of one, or by proxy. */
static bool permits_v2(union header h, domid_t user, bool readonly, bool copy)
{
	if (!copy)
		return permits(h, user, readonly, GTF_type_mask | GTF_sub_page,
			       GTF_permit_access);
	return permits(h, user, readonly, GTF_type_mask, GTF_permit_access) ||
	       permits(h, user, readonly, GTF_type_mask, GTF_transitive);
}

static int claim_v2(const u32 *header, grant_status_t *status, domid_t user,
		    bool readonly, bool copy)
{
	union header h;
	u16 before;

	h.raw = READ_ONCE(*header);
	if (!permits_v2(h, user, readonly, copy))
		return -EINVAL;
	before = __atomic_fetch_or(status, use_flags(readonly),
				   __ATOMIC_SEQ_CST);
	h.raw = __atomic_load_n(header, __ATOMIC_SEQ_CST);
	if (permits_v2(h, user, readonly, copy))
		return 0;
	__atomic_fetch_and(status, (u16) ~(use_flags(readonly) & ~before),
			   __ATOMIC_SEQ_CST);
	return -EINVAL;
}

int entry_claim(struct grant_table *gt, u32 ref, domid_t user, bool readonly,
		bool copy)
{
	u32 *header = header_at(gt, ref);

	return gt->version == 1 ? claim_v1(header, user, readonly)
				: claim_v2(header, status_at(gt, ref), user,
					   readonly, copy);
}

void entry_clear(struct grant_table *gt, u32 ref, u16 flags)
{
	u16 *use = gt->version == 1 ? &shared_at(gt, ref)->flags
				    : status_at(gt, ref);

	__atomic_fetch_and(use, (u16)~flags, __ATOMIC_SEQ_CST);
}

/* What the entry lends, read once. */
static void read_entry(const struct grant_table *gt, u32 ref, struct lent *lent)
{
	const union grant_entry_v2 *e;
	u16 flags;
	u32 end;

	*lent = (struct lent){.end = PAGE_SIZE};
	if (gt->version == 1) {
		lent->mfn = READ_ONCE(shared_at(gt, ref)->frame);
		return;
	}
	e = v2_at(gt, ref);
	flags = READ_ONCE(e->hdr.flags);
	if ((flags & GTF_type_mask) == GTF_transitive) {
		lent->mfn = NO_FRAME;
		lent->next = READ_ONCE(e->transitive.trans_domid);
		lent->next_ref = READ_ONCE(e->transitive.gref);
		return;
	}
	lent->mfn = READ_ONCE(e->full_page.frame);
	if (lent->mfn == NO_FRAME)
		lent->mfn--; /* is none either */
	if (flags & GTF_sub_page) {
		lent->start = READ_ONCE(e->sub_page.page_off);
		end = (u32)lent->start + READ_ONCE(e->sub_page.length);
		lent->end = (u16)min(end, (u32)PAGE_SIZE);
	}
}

/* The frame of an entry just claimed gets its first reference. */
static int hold_frame(struct domain *lender, struct active *a, u64 frame)
{
	struct page *pg = mfn_lookup(MFN(frame));

	if (frame != NO_FRAME && (!pg || !page_get(pg, lender)))
		return -ENXIO;
	a->mfn = frame;
	return 0;
}

static void drop_frame(struct active *a)
{
	if (a->mfn != NO_FRAME)
		page_put(mfn_to_page(MFN(a->mfn)));
}

static int hold_type(const struct active *a)
{
	if (a->mfn == NO_FRAME)
		return 0;
	return page_get_type(mfn_to_page(MFN(a->mfn)), PGT_writable);
}

static void drop_type(const struct active *a)
{
	if (a->mfn != NO_FRAME)
		page_put_type(mfn_to_page(MFN(a->mfn)));
}

/* Take the flags back that no user stands for. */
static void clear_unused(struct grant_table *gt, u32 ref,
			 const struct active *a)
{
	if (!a->writers)
		entry_clear(gt, ref, GTF_writing);
	if (!a->writers && !a->readers)
		entry_clear(gt, ref, GTF_reading);
}

struct active active_none;

/* Somewhere to count the users of @ref. */
static int active_make(struct grant_table *gt, u32 ref)
{
	struct active **chunk = active_chunk(gt, ref);

	if (!*chunk)
		*chunk = hv_alloc(ACTIVE_CHUNK * sizeof(**chunk));
	return *chunk ? 0 : -ENOMEM;
}

static int pin_locked(struct domain *lender, u32 ref, domid_t user,
		      bool readonly, bool copy, struct lent *lent)
{
	struct grant_table *gt = lender->grant;
	struct active *a = active_at(gt, ref);
	bool unused = !a->readers && !a->writers;
	u16 *count = readonly ? &a->readers : &a->writers;
	int rc;

	if (!unused && (a->user != user || *count == 0xffff))
		return -EINVAL;
	/* in version 2 each user asks anew, for what he gets may differ */
	if (unused || gt->version == 2 || (!readonly && !a->writers)) {
		rc = entry_claim(gt, ref, user, readonly, copy);
		if (rc)
			return rc;
	}
	read_entry(gt, ref, lent);
	rc = -EINVAL;
	if (lent->mfn == NO_FRAME && !copy)
		goto undo; /* the lender made it one since the claim */
	if (unused) {
		rc = hold_frame(lender, a, lent->mfn);
		if (rc)
			goto undo;
	} else if ((a->mfn == NO_FRAME) != (lent->mfn == NO_FRAME)) {
		goto undo; /* the lender turned it into something else */
	}
	if (!readonly && !a->writers && hold_type(a)) {
		rc = -EINVAL;
		if (unused)
			drop_frame(a);
		goto undo;
	}
	lent->mfn = a->mfn;
	a->user = user;
	(*count)++;
	return 0;
undo:
	clear_unused(gt, ref, a);
	return rc;
}

int grant_pin(struct domain *lender, u32 ref, domid_t user, bool readonly,
	      bool copy, struct lent *lent)
{
	struct grant_table *gt = lender->grant;
	int rc = -ENOENT;

	spin_lock(&gt->lock);
	if (ref < nr_entries(gt)) {
		ref = (u32)index_nospec(ref, nr_entries(gt));
		rc = active_make(gt, ref);
		if (!rc)
			rc = pin_locked(lender, ref, user, readonly, copy,
					lent);
	}
	spin_unlock(&gt->lock);
	return rc;
}

void grant_unpin(struct domain *lender, u32 ref, bool readonly)
{
	struct grant_table *gt = lender->grant;
	struct active *a = active_at(gt, ref);
	u16 *count = readonly ? &a->readers : &a->writers;

	spin_lock(&gt->lock);
	BUG_ON(*count == 0);
	(*count)--;
	if (!readonly && !a->writers)
		drop_type(a);
	clear_unused(gt, ref, a);
	if (!a->readers && !a->writers)
		drop_frame(a);
	spin_unlock(&gt->lock);
}
