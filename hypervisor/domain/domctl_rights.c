/*
 * domain/domctl_rights.c: domctl: who may touch which hardware, and frames
 *
 * A right can be given only by a domain that has it.
 */
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/pt.h>
#include "internal.h"

#define NR_PORTS     0x10000u
#define PAGEINFO_MAX 1024

static int change(struct rangeset *mine, struct rangeset *theirs, u64 first,
		  u64 last, bool allow)
{
	if (!rangeset_contains(mine, first, last))
		return -EPERM;
	return allow ? rangeset_add(theirs, first, last)
		     : rangeset_remove(theirs, first, last);
}

/* Drivers of real devices need uncached mappings and wbinvd. */
static void device_rights_changed(struct domain *d, bool allow)
{
	if (allow)
		d->cache_flush_ok = true;
}

long domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_irq_permission *p = &op->u.irq_permission;
	long rc;

	if (p->pirq >= pirq_count(current->d))
		return -EINVAL;
	spin_lock(&d->lock);
	rc = change(current->d->irqs, d->irqs, p->pirq, p->pirq,
		    p->allow_access);
	spin_unlock(&d->lock);
	return rc;
}

long domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;
	u64 last = p->first_mfn + p->nr_mfns - 1;
	long rc;

	if (last < p->first_mfn)
		return -EINVAL;
	spin_lock(&d->lock);
	rc = change(current->d->iomem, d->iomem, p->first_mfn, last,
		    p->allow_access);
	device_rights_changed(d, !rc && p->allow_access);
	spin_unlock(&d->lock);
	return rc;
}

long domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;
	long rc;

	if (!p->nr_ports || p->first_port >= NR_PORTS ||
	    p->nr_ports > NR_PORTS - p->first_port)
		return -EINVAL;
	spin_lock(&d->lock);
	rc = change(current->d->ioports, d->ioports, p->first_port,
		    p->first_port + p->nr_ports - 1, p->allow_access);
	device_rights_changed(d, !rc && p->allow_access);
	spin_unlock(&d->lock);
	return rc;
}

/* ---- frames ---- */
static u64 type_of(struct domain *d, u64 mfn)
{
	struct page *pg;
	u64 t, type = XEN_DOMCTL_PFINFO_NOTAB;

	if (!mfn_valid(MFN(mfn)))
		return XEN_DOMCTL_PFINFO_XTAB;
	pg = mfn_to_page(MFN(mfn));
	if (!page_get(pg, d))
		return XEN_DOMCTL_PFINFO_XTAB;
	t = READ_ONCE(pg->type);
	switch (t & PGT_type_mask) {
	case PGT_l1:
		type = XEN_DOMCTL_PFINFO_L1TAB;
		break;
	case PGT_l2:
		type = XEN_DOMCTL_PFINFO_L2TAB;
		break;
	case PGT_l3:
		type = XEN_DOMCTL_PFINFO_L3TAB;
		break;
	case PGT_l4:
		type = XEN_DOMCTL_PFINFO_L4TAB;
		break;
	}
	if (t & PGT_pinned)
		type |= XEN_DOMCTL_PFINFO_LPINTAB;
	if (pg->ref & PGF_xenheap)
		type = XEN_DOMCTL_PFINFO_XTAB;
	page_put(pg);
	return type;
}

long domctl_pageframeinfo(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_getpageframeinfo3 *p = &op->u.getpageframeinfo3;
	gptr_t array = GPTR_OF(p->array);
	u64 i, x;

	if (p->num > PAGEINFO_MAX)
		return -E2BIG;
	for (i = 0; i < p->num; i++) {
		if (copy_in_at(&x, array, i))
			return -EFAULT;
		x = type_of(d, x);
		if (copy_out_at(array, i, &x))
			return -EFAULT;
	}
	return 0;
}

long domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
	mfn_t m = MFN(op->u.hypercall_init.gmfn);
	struct page *pg;

	if (!mfn_valid(m))
		return -EINVAL;
	pg = mfn_to_page(m);
	if (page_get_and_type(pg, d, PGT_writable))
		return -EINVAL;
	fill_hypercall_page(page_to_virt(pg));
	page_put_and_type(pg);
	return 0;
}
