/*
 * pt/relinquish.c: taking a dying domain's memory apart
 *
 * Nothing of it runs any more. First roots, descriptor tables and pins go, and
 * tables that are half done are undone, which leaves no validated table: there
 * are no circles of references. Then every frame loses its
 * owner's reference; those that other domains map stay on the list until they
 * let go.
 */
#include "internal.h"

enum { PHASE_ROOTS, PHASE_MARKS, PHASE_FRAMES, PHASE_DONE };
/* What a piece of a phase returns, beside -ERESTART: stop now, then more. */
enum { MORE, FINISHED };
#define SCAN  4096 /* frames looked at between yields */
#define BATCH 512  /* frames freed between yields */

static int drop_mark(struct page *pg, struct domain *d)
{
	u64 old;
	int rc = 0;

	spin_lock(&d->pt_lock);
	old = __atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST);
	if (old & PGT_pinned)
		rc = pt_put_both(pg, d);
	else if (old & PGT_partial)
		rc = pt_undo(pg, d);
	spin_unlock(&d->pt_lock);
	return rc;
}

/*
 * The next frame of the list, with a reference; of @scan frames at most, only
 * those with one of @marks unless that is 0. Removal from the list moves the
 * cursor on; a frame that cannot be had is about to be removed.
 */
static struct page *next_frame(struct domain *d, unsigned int *scan, u64 marks)
{
	struct page *pg = NULL;

	spin_lock(&d->page_lock);
	while (!pg && *scan && d->relinquish_at != PAGE_LIST_END) {
		pg = &frametable[d->relinquish_at];
		d->relinquish_at = pg->next;
		--*scan;
		if ((marks && !(READ_ONCE(pg->type) & marks)) ||
		    !page_get(pg, d))
			pg = NULL;
	}
	spin_unlock(&d->page_lock);
	return pg;
}

/* @pg is held, hence still on the list. */
static void look_again(struct domain *d, const struct page *pg)
{
	spin_lock(&d->page_lock);
	d->relinquish_at = page_to_mfn(pg).v;
	spin_unlock(&d->page_lock);
}

/*
 * In a dying domain nobody pins or begins to validate; half done are only what
 * was so before, what this walk left, and what is reached from those.
 */
static int drop_marks(struct domain *d)
{
	unsigned int scan = SCAN;
	struct page *pg = next_frame(d, &scan, PGT_pinned | PGT_partial);
	int rc;

	if (!pg)
		return scan ? FINISHED : MORE;
	rc = drop_mark(pg, d);
	if (rc)
		look_again(d, pg);
	page_put(pg);
	return rc;
}

/* Most frames have no user but their owner; others are let go one by one. */
static int free_frames(struct domain *d)
{
	unsigned int one = 1;
	struct page *pg;

	if (page_free_unused(d, BATCH) == BATCH)
		return MORE;
	if (READ_ONCE(d->relinquish_at) == PAGE_LIST_END)
		return FINISHED;
	pg = next_frame(d, &one, 0);
	if (pg) {
		page_drop_allocated(pg);
		page_put(pg);
	}
	return MORE;
}

static void next_phase(struct domain *d)
{
	spin_lock(&d->page_lock);
	d->relinquish_phase++;
	d->relinquish_at = d->page_head;
	spin_unlock(&d->page_lock);
}

static int drop_roots(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	/* Who holds PT now may not have seen that the domain is dying. */
	spin_lock(&d->pt_lock);
	spin_unlock(&d->pt_lock);
	for_each_vcpu (d, v, i)
		if (pt_vcpu_drop(v))
			return -ERESTART;
	heap_claim(d, 0);
	return FINISHED;
}

static int (*const phases[])(struct domain *d) = {
	[PHASE_ROOTS] = drop_roots,
	[PHASE_MARKS] = drop_marks,
	[PHASE_FRAMES] = free_frames,
};

int pt_relinquish(struct domain *d)
{
	int rc;

	BUG_ON(READ_ONCE(d->dying) == DOM_ALIVE);
	while (d->relinquish_phase != PHASE_DONE) {
		rc = phases[d->relinquish_phase](d);
		if (rc == -ERESTART)
			return rc;
		if (rc == FINISHED)
			next_phase(d);
		if (d->relinquish_phase != PHASE_DONE && hypercall_yield())
			return -ERESTART;
	}
	return 0;
}
