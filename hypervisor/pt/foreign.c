/*
 * pt/foreign.c: whose frames a hypercall is about
 */
#include "internal.h"

struct domain *pt_frame_owner(u16 domid)
{
	struct domain *curr = current->d, *d;

	switch (domid) {
	case DOMID_SELF:
		d = curr;
		domain_get(d);
		return d;
	case DOMID_IO:
	case DOMID_XEN:
		d = domid == DOMID_IO ? dom_io : dom_xen;
		domain_get(d);
		return d;
	}
	if (domid == curr->id)
		return NULL;
	return domain_get_by_id(domid);
}

int pt_may_touch(struct domain *d)
{
	if (d == current->d || d == dom_io)
		return 0;
	return is_control_domain(current->d) ? 0 : -EPERM;
}
