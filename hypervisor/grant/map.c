/*
 * grant/map.c: mapping lent frames into the running domain, and undoing it
 */
#include "internal.h"

#define PTE_AVAIL_SHIFT 9

static u64 pte_flags(u32 flags)
{
	u64 pte = PTE_P | PTE_US | PTE_A | PTE_D;

	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW;
	pte |= ((u64)flags >> _GNTMAP_guest_avail0 << PTE_AVAIL_SHIFT) &
	       PTE_AVAIL;
	return pte;
}

/* One user for each kind of mapping. */
static int pin_all(struct domain *lender, const struct gnttab_map_grant_ref *op,
		   u64 *mfn)
{
	domid_t user = current->d->id;
	bool ro = op->flags & GNTMAP_readonly;
	struct lent lent;
	int rc;

	rc = grant_pin(lender, op->ref, user, ro, false, &lent);
	if (!rc)
		*mfn = lent.mfn;
	if (!rc && (op->flags & GNTMAP_device_map) &&
	    (op->flags & GNTMAP_host_map)) {
		rc = grant_pin(lender, op->ref, user, ro, false, &lent);
		if (rc)
			grant_unpin(lender, op->ref, ro);
	}
	return rc;
}

static void unpin_all(struct domain *lender, u32 ref, u32 flags)
{
	if (flags & GNTMAP_device_map)
		grant_unpin(lender, ref, flags & GNTMAP_readonly);
	if (flags & GNTMAP_host_map)
		grant_unpin(lender, ref, flags & GNTMAP_readonly);
}

int grant_map(struct gnttab_map_grant_ref *op)
{
	struct domain *d = current->d, *lender;
	s64 handle;
	u64 mfn;
	int rc;

	if (!(op->flags & (GNTMAP_host_map | GNTMAP_device_map)))
		return -ENOENT;
	lender = domain_get_by_id(op->dom);
	if (!lender || !lender->grant) {
		domain_put(lender);
		return -ESRCH;
	}
	handle = track_new(d);
	if (handle < 0) {
		rc = (int)handle;
		goto out_put;
	}
	rc = pin_all(lender, op, &mfn);
	if (rc)
		goto out_track;
	if (op->flags & GNTMAP_host_map) {
		if (pt_grant_map(op->host_addr, op->flags & GNTMAP_contains_pte,
				 mfn, pte_flags(op->flags))) {
			rc = -EINVAL;
			goto out_unpin;
		}
	}
	track_publish(d, (u32)handle, lender, op->ref, (u16)op->flags);
	op->handle = (u32)handle;
	op->dev_bus_addr = mfn << PAGE_SHIFT;
	return 0; /* the reference on the lender is the handle's now */

out_unpin:
	unpin_all(lender, op->ref, op->flags);
out_track:
	track_cancel(d, (u32)handle);
out_put:
	domain_put(lender);
	return rc;
}

int grant_unmap_start(struct unmap *u)
{
	struct domain *d = current->d;
	struct track t;
	u64 mfn;
	int rc;

	u->undone = 0;
	rc = track_claim(d, u->handle, &t);
	if (rc)
		return rc;
	/* a pinned entry keeps its frame */
	mfn = active_at(t.lender->grant, t.ref)->mfn;
	if (u->dev_addr && (t.flags & GNTMAP_device_map)) {
		if (u->dev_addr >> PAGE_SHIFT != mfn) {
			rc = -EINVAL;
			goto fail;
		}
	}
	if (u->host_addr && (t.flags & GNTMAP_host_map)) {
		if (pt_grant_unmap(u->host_addr, t.flags & GNTMAP_contains_pte,
				   mfn, t.flags & GNTMAP_readonly,
				   u->new_addr)) {
			rc = -EINVAL;
			goto fail;
		}
		u->undone |= GNTMAP_host_map;
	}
	if (u->dev_addr && (t.flags & GNTMAP_device_map))
		u->undone |= GNTMAP_device_map;
	return 0;
fail:
	track_release(d, u->handle, 0);
	return rc;
}

void grant_unmap_finish(const struct unmap *u)
{
	struct domain *d = current->d;
	const struct track *t = &d->grant->track[u->handle / TRACKS_PER_FRAME]
						[u->handle % TRACKS_PER_FRAME];

	/* claimed by grant_unmap_start(): nobody else changes it */
	unpin_all(t->lender, t->ref, u->undone | (t->flags & GNTMAP_readonly));
	track_release(d, u->handle, u->undone);
}
