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
#define BATCH 512

static void drop_pin(struct page *pg, struct domain *d)
{
	spin_lock(&d->pt_lock);
	if (__atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST) &
	    PGT_pinned)
		pt_put_both(pg, d);
	spin_unlock(&d->pt_lock);
}

/*
 * The next frame of the list, with a reference. Removal from the list moves
 * the cursor on; a frame that cannot be had is about to be removed.
 */
static struct page *next_frame(struct domain *d)
{
	struct page *pg = NULL;

	spin_lock(&d->page_lock);
	while (!pg && d->relinquish_at != PAGE_LIST_END) {
		pg = &frametable[d->relinquish_at];
		d->relinquish_at = pg->next;
		if (!page_get(pg, d))
			pg = NULL;
	}
	spin_unlock(&d->page_lock);
	return pg;
}

static bool walk_frames(struct domain *d, void (*fn)(struct page *))
{
	struct page *pg;
	unsigned int n;

	for (n = 0; n < BATCH; n++) {
		pg = next_frame(d);
		if (!pg)
			return true;
		drop_pin(pg, d);
		if (fn)
			fn(pg);
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
			if (walk_frames(d, NULL))
				next_phase(d);
			break;
		case PHASE_FRAMES:
			if (walk_frames(d, page_drop_allocated))
				d->relinquish_phase = PHASE_DONE;
			break;
		default:
			return 0;
		}
		if (d->relinquish_phase != PHASE_DONE && hypercall_yield())
			return -ERESTART;
	}
}
