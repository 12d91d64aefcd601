/*
 * grant/copy.c: bytes between frames, each own or lent
 */
#include "internal.h"

struct side {
	struct domain *d;
	bool lent, readonly;
	u32 ref;
	struct domain *next; /* a transitive entry's: who really lends */
	u32 next_ref;
	struct page *pg;
	u32 start, end; /* bytes of it to be used */
};

static int hold_own(struct side *s, u64 gmfn)
{
	struct page *pg = mfn_lookup(MFN(gmfn));

	if (!pg || !page_get(pg, s->d))
		return -ENXIO;
	s->pg = pg;
	if (!s->readonly && page_get_type(s->pg, PGT_writable)) {
		page_put(s->pg);
		return -EINVAL;
	}
	return 0;
}

/* The entry that a transitive one of s->d stands for; one step only. */
static int pin_next(struct side *s, struct lent *lent)
{
	struct lent first = *lent;
	int rc;

	s->next = domain_get_by_id(first.next);
	if (!s->next || !s->next->grant || s->next == s->d) {
		rc = -EINVAL;
		goto fail;
	}
	s->next_ref = first.next_ref;
	rc = grant_pin(s->next, s->next_ref, s->d->id, s->readonly, true, lent);
	if (!rc && lent->mfn == NO_FRAME) {
		grant_unpin(s->next, s->next_ref, s->readonly);
		rc = -EINVAL;
	}
	if (!rc)
		return 0;
fail:
	domain_put(s->next);
	s->next = NULL;
	return rc;
}

static int hold_lent(struct side *s)
{
	struct lent lent;
	int rc;

	rc = grant_pin(s->d, s->ref, current->d->id, s->readonly, true, &lent);
	if (rc)
		return rc;
	if (lent.mfn == NO_FRAME) {
		rc = pin_next(s, &lent);
		if (rc) {
			grant_unpin(s->d, s->ref, s->readonly);
			return rc;
		}
	}
	s->pg = mfn_to_page(MFN(lent.mfn));
	s->start = lent.start;
	s->end = lent.end;
	return 0;
}

static int side_open(struct side *s, const struct gnttab_copy_ptr *p, bool lent,
		     bool readonly)
{
	int rc;

	*s = (struct side){
		.lent = lent, .readonly = readonly, .end = PAGE_SIZE};
	if (p->domid != DOMID_SELF && !lent)
		return -EPERM;
	s->d = domain_resolve(p->domid);
	if (!s->d || !s->d->grant) {
		domain_put(s->d);
		return -ESRCH;
	}
	if (lent) {
		s->ref = p->u.ref;
		rc = hold_lent(s);
	} else {
		rc = hold_own(s, p->u.gmfn);
	}
	if (rc)
		domain_put(s->d);
	return rc;
}

static void side_close(struct side *s)
{
	if (s->next) {
		grant_unpin(s->next, s->next_ref, s->readonly);
		domain_put(s->next);
	}
	if (s->lent) {
		grant_unpin(s->d, s->ref, s->readonly);
	} else {
		if (!s->readonly)
			page_put_type(s->pg);
		page_put(s->pg);
	}
	domain_put(s->d);
}

static bool inside(const struct side *s, u32 offset, u32 len)
{
	return offset >= s->start && offset + len <= s->end;
}

int grant_copy(const struct gnttab_copy *op)
{
	struct side src, dst;
	int rc;

	rc = side_open(&src, &op->source, op->flags & GNTCOPY_source_gref,
		       true);
	if (rc)
		return rc;
	rc = side_open(&dst, &op->dest, op->flags & GNTCOPY_dest_gref, false);
	if (rc)
		goto out;
	if (op->source.offset + op->len > PAGE_SIZE ||
	    op->dest.offset + op->len > PAGE_SIZE)
		rc = -E2BIG;
	else if (!inside(&src, op->source.offset, op->len) ||
		 !inside(&dst, op->dest.offset, op->len))
		rc = -EINVAL;
	else
		memmove((u8 *)page_to_virt(dst.pg) + op->dest.offset,
			(u8 *)page_to_virt(src.pg) + op->source.offset,
			op->len);
	side_close(&dst);
out:
	side_close(&src);
	return rc;
}
