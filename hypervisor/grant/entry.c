/*
 * grant/entry.c: entries the guest shares with us, and their users
 *
 * The lender may rewrite an entry at any time. Flags and domid are read and
 * changed together, by compare-and-swap of 32 bits; once GTF_reading is set
 * the lender's own compare-and-swap fails, and it knows the frame is in use.
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

static bool header_swap(struct grant_entry_v1 *e, union header *old,
			union header new)
{
	return __atomic_compare_exchange_n((u32 *)(void *)e, &old->raw, new.raw,
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

int entry_claim(struct grant_entry_v1 *e, domid_t user, bool readonly)
{
	union header old, new;
	unsigned int tries;

	old.raw = READ_ONCE(*(u32 *)(void *)e);
	for (tries = 0; tries < CLAIM_TRIES; tries++) {
		if ((old.flags & GTF_type_mask) != GTF_permit_access ||
		    old.domid != user)
			return -EINVAL;
		if (!readonly && (old.flags & GTF_readonly))
			return -EINVAL;
		new = old;
		new.flags |= GTF_reading;
		if (!readonly)
			new.flags |= GTF_writing;
		if (header_swap(e, &old, new))
			return 0;
	}
	return -EINVAL;
}

void entry_clear(struct grant_entry_v1 *e, u16 flags)
{
	__atomic_fetch_and(&e->flags, (u16)~flags, __ATOMIC_SEQ_CST);
}

/* The frame of an entry just claimed gets its first reference. */
static int hold_frame(struct domain *lender, struct active *a, u32 frame)
{
	mfn_t m = MFN(frame);

	if (!mfn_valid(m) || !page_get(mfn_to_page(m), lender))
		return -ENXIO;
	a->mfn = m.v;
	return 0;
}

static void drop_frame(struct active *a)
{
	page_put(mfn_to_page(MFN(a->mfn)));
}

/* Take the flags back that no user stands for. */
static void clear_unused(struct grant_entry_v1 *e, const struct active *a)
{
	if (!a->writers)
		entry_clear(e, GTF_writing);
	if (!a->writers && !a->readers)
		entry_clear(e, GTF_reading);
}

static int pin_locked(struct domain *lender, u32 ref, domid_t user,
		      bool readonly)
{
	struct active *a = active_at(lender->grant, ref);
	struct grant_entry_v1 *e = shared_at(lender->grant, ref);
	bool unused = !a->readers && !a->writers;
	u16 *count = readonly ? &a->readers : &a->writers;
	int rc = 0;

	if (!unused && (a->user != user || *count == 0xffff))
		return -EINVAL;
	if (unused || (!readonly && !a->writers)) {
		rc = entry_claim(e, user, readonly);
		if (rc)
			return rc;
	}
	if (unused) {
		rc = hold_frame(lender, a, READ_ONCE(e->frame));
		if (rc)
			goto undo;
	}
	if (!readonly && !a->writers &&
	    page_get_type(mfn_to_page(MFN(a->mfn)), PGT_writable)) {
		rc = -EINVAL;
		if (unused)
			drop_frame(a);
		goto undo;
	}
	a->user = user;
	(*count)++;
	return 0;
undo:
	clear_unused(e, a);
	return rc;
}

int grant_pin(struct domain *lender, u32 ref, domid_t user, bool readonly,
	      u64 *mfn)
{
	struct grant_table *gt = lender->grant;
	int rc = -ENOENT;

	spin_lock(&gt->lock);
	if (ref < nr_entries(gt)) {
		ref = (u32)index_nospec(ref, nr_entries(gt));
		rc = pin_locked(lender, ref, user, readonly);
		if (!rc)
			*mfn = active_at(gt, ref)->mfn;
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
		page_put_type(mfn_to_page(MFN(a->mfn)));
	clear_unused(shared_at(gt, ref), a);
	if (!a->readers && !a->writers)
		drop_frame(a);
	spin_unlock(&gt->lock);
}
