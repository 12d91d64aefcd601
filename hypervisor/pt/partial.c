/*
 * pt/partial.c: work on tables that goes on in a later hypercall
 *
 * A table that is half done is held by its mark (PGT_partial) and by nobody
 * else: anyone may finish or undo it. Who began to undo one only remembers its
 * frame, so that the guest finds the work done when its call returns. A frame
 * remembered may be anything by the time it is looked at again; it is undone
 * only if it is half done, whosever work that is.
 */
#include "internal.h"

bool pt_yield(const struct domain *d)
{
	return current && (hypercall_yield() || spin_wanted(&d->pt_lock));
}

/* One more than fits stays until the domain names it again, or is gone. */
void pt_remember(const struct page *pg)
{
	mfn_t *left = current->pt.left;
	unsigned int i;

	for (i = 0; i < PT_MAX_LEFT; i++)
		if (mfn_none(left[i])) {
			left[i] = page_to_mfn(pg);
			return;
		}
}

void pt_undo_or_remember(struct page *pg, struct domain *d)
{
	if (pt_undo(pg, d))
		pt_remember(pg);
}

void pt_drop_both(struct page *pg, struct domain *d)
{
	if (pt_put_both(pg, d))
		pt_remember(pg);
}

static int undo_frame(struct page *pg)
{
	struct domain *d = domain_get_by_id(READ_ONCE(pg->owner));
	int rc = 0;

	if (!d)
		return 0;
	spin_lock(&d->pt_lock);
	/* Half done, it is held; so its owner stays the same. */
	if (READ_ONCE(pg->owner) == d->id &&
	    (READ_ONCE(pg->type) & PGT_partial))
		rc = pt_undo(pg, d);
	spin_unlock(&d->pt_lock);
	domain_put(d);
	return rc;
}

/* The newest first: it may lead to an older one. */
int pt_finish(void)
{
	mfn_t *left = current->pt.left;
	unsigned int i;
	int rc;

	for (i = PT_MAX_LEFT; i-- > 0;) {
		if (mfn_none(left[i]))
			continue;
		rc = undo_frame(mfn_to_page(left[i]));
		if (rc)
			return rc;
		left[i] = INVALID_MFN;
	}
	return 0;
}

long pt_restart_to_finish(unsigned int nr, long rc)
{
	return hypercall_restart(nr, 4, (u64[]){0, PT_PREEMPTED, 0, (u64)rc});
}
