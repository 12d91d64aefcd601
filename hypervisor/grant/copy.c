/*
 * grant/copy.c: bytes between frames, each own or lent
 */
#include "internal.h"

struct side {
	struct domain *d;
	bool lent, readonly;
	u32 ref;
	struct page *pg;
};

static int hold_own(struct side *s, u64 gmfn)
{
	mfn_t m = MFN(gmfn);

	if (!mfn_valid(m) || !page_get(mfn_to_page(m), s->d))
		return -ENXIO;
	s->pg = mfn_to_page(m);
	if (!s->readonly && page_get_type(s->pg, PGT_writable)) {
		page_put(s->pg);
		return -EINVAL;
	}
	return 0;
}

static int side_open(struct side *s, const struct gnttab_copy_ptr *p, bool lent,
		     bool readonly)
{
	u64 mfn = 0;
	int rc;

	*s = (struct side){.lent = lent, .readonly = readonly};
	if (p->domid != DOMID_SELF && !lent)
		return -EPERM;
	s->d = domain_resolve(p->domid);
	if (!s->d || !s->d->grant) {
		domain_put(s->d);
		return -ESRCH;
	}
	if (lent) {
		s->ref = p->u.ref;
		rc = grant_pin(s->d, s->ref, current->d->id, readonly, &mfn);
		if (!rc)
			s->pg = mfn_to_page(MFN(mfn));
	} else {
		rc = hold_own(s, p->u.gmfn);
	}
	if (rc)
		domain_put(s->d);
	return rc;
}

static void side_close(struct side *s)
{
	if (s->lent) {
		grant_unpin(s->d, s->ref, s->readonly);
	} else {
		if (!s->readonly)
			page_put_type(s->pg);
		page_put(s->pg);
	}
	domain_put(s->d);
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
	else
		memmove((u8 *)page_to_virt(dst.pg) + op->dest.offset,
			(u8 *)page_to_virt(src.pg) + op->source.offset,
			op->len);
	side_close(&dst);
out:
	side_close(&src);
	return rc;
}
