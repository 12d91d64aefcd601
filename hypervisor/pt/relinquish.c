/*
 * pt/relinquish.c: taking a dying domain's memory apart
 *
 * Nothing of it runs any more. First roots, descriptor tables and pins go,
 * which leaves no validated table: types lead strictly downwards, so there
 * are no circles. Then every frame loses its owner's reference; those that
 * other domains map stay on the list until they let go.
 */
#include "internal.h"

enum { PHASE_ROOTS, PHASE_PINS, PHASE_FRAMES, PHASE_DONE };
#define SCAN  4096 /* frames looked at between yields */
#define BATCH 512  /* frames freed between yields */

static void drop_pin(struct page *pg, struct domain *d)
{
	spin_lock(&d->pt_lock);
	if (__atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST) &
	    PGT_pinned)
		pt_put_both(pg, d);
	spin_unlock(&d->pt_lock);
}

/*
 * The next frame of the list, with a reference; of @scan frames at most, only
 * pinned ones if @pinned. Removal from the list moves the cursor on; a frame
 * that cannot be had is about to be removed.
 */
static struct page *next_frame(struct domain *d, unsigned int *scan,
			       bool pinned)
{
	struct page *pg = NULL;

	spin_lock(&d->page_lock);
	while (!pg && *scan && d->relinquish_at != PAGE_LIST_END) {
		pg = &frametable[d->relinquish_at];
		d->relinquish_at = pg->next;
		--*scan;
		if ((pinned && !(READ_ONCE(pg->type) & PGT_pinned)) ||
		    !page_get(pg, d))
			pg = NULL;
	}
	spin_unlock(&d->page_lock);
	return pg;
}

/* Returns true at the end of the list. Nobody pins in a dying domain. */
static bool drop_pins(struct domain *d)
{
	unsigned int scan = SCAN;
	struct page *pg = next_frame(d, &scan, true);

	if (pg) {
		drop_pin(pg, d);
		page_put(pg);
	}
	return !pg && scan;
}

/* Most frames have no user but their owner; others are let go one by one. */
static bool free_frames(struct domain *d)
{
	unsigned int one = 1;
	struct page *pg;

	if (page_free_unused(d, BATCH) == BATCH)
		return false;
	if (READ_ONCE(d->relinquish_at) == PAGE_LIST_END)
		return true;
	pg = next_frame(d, &one, false);
	if (pg) {
		page_drop_allocated(pg);
		page_put(pg);
	}
	return false;
}

static void next_phase(struct domain *d)
{
	spin_lock(&d->page_lock);
	d->relinquish_phase++;
	d->relinquish_at = d->page_head;
	spin_unlock(&d->page_lock);
}

int pt_relinquish(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	BUG_ON(d->dying == DOM_ALIVE);
	for (;;) {
		switch (d->relinquish_phase) {
		case PHASE_ROOTS:
			for_each_vcpu (d, v, i)
				pt_vcpu_drop(v);
			heap_claim(d, 0);
			next_phase(d);
			break;
		case PHASE_PINS:
			if (drop_pins(d))
				next_phase(d);
			break;
		case PHASE_FRAMES:
			if (free_frames(d))
				d->relinquish_phase = PHASE_DONE;
			break;
		default:
			return 0;
		}
		if (d->relinquish_phase != PHASE_DONE && hypercall_yield())
			return -ERESTART;
	}
}
