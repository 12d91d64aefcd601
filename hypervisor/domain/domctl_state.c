/*
 * domain/domctl_state.c: what of a vcpu does not fit vcpu_guest_context:
 * further entry points, extended registers, MSRs. For save and restore.
 */
#include <hv/mm.h>
#include "internal.h"

#define XSAVE_HEADER 512
#define XSAVE_MIN    (512 + 64)
#define MXCSR_SANE   0xffffu

static struct vcpu *target(struct domain *d, u32 id, long *rc)
{
	struct vcpu *v = domain_vcpu(d, id);

	*rc = id >= d->max_vcpus ? -EINVAL : -ESRCH;
	if (v == current) {
		*rc = -EINVAL;
		return NULL;
	}
	return v;
}

static bool canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}

long domctl_setextcontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	long rc;
	struct vcpu *v = target(d, e->vcpu, &rc);

	if (d == current->d)
		return -EINVAL;
	if (!v)
		return rc;
	if (e->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap) ||
	    !canonical(e->sysenter_callback_eip) ||
	    !canonical(e->syscall32_callback_eip))
		return -EINVAL;
	vcpu_pause(v);
	v->gate.cb_sysenter = e->sysenter_callback_eip;
	v->gate.cb_sysenter_mask = e->sysenter_disables_events;
	v->gate.cb_syscall32 = e->syscall32_callback_eip;
	v->gate.cb_syscall32_mask = e->syscall32_disables_events;
	vcpu_unpause(v);
	return 0;
}

long domctl_getextcontext(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	u32 id = e->vcpu;
	long rc;
	struct vcpu *v = target(d, id, &rc);

	if (!v)
		return rc;
	memset(e, 0, sizeof(*e));
	e->vcpu = id;
	e->size = sizeof(*e);
	vcpu_pause(v);
	e->sysenter_callback_eip = v->gate.cb_sysenter;
	e->sysenter_disables_events = v->gate.cb_sysenter_mask;
	e->syscall32_callback_eip = v->gate.cb_syscall32;
	e->syscall32_disables_events = v->gate.cb_syscall32_mask;
	vcpu_unpause(v);
	return 0;
}

/* ---- extended registers: XCR0 twice, then an XSAVE area ---- */
struct xstate_head {
	u64 xcr0, xcr0_accum;
};

long domctl_getextstate(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	gptr_t to = GPTR_OF(e->buffer);
	struct xstate_head head;
	u64 size = sizeof(head) + xsave_size;
	long rc;
	struct vcpu *v = target(d, e->vcpu, &rc);

	if (!v)
		return rc;
	if (!cpu_has_xsave)
		size = 0;
	if (gptr_null(to) || !size) {
		e->size = size;
		e->xfeature_mask = xcr0_guest_mask;
		return 0;
	}
	if (e->size != size)
		return -EINVAL;
	vcpu_pause(v);
	head.xcr0 = v->xcr0;
	head.xcr0_accum = xcr0_guest_mask;
	rc = copy_out(to, &head, sizeof(head));
	if (!rc)
		rc = copy_out(gptr_add(to, sizeof(head)), v->xsave, xsave_size);
	vcpu_unpause(v);
	return rc;
}

/* Would XRSTOR take it? Standard format, known features, legal MXCSR. */
static bool area_ok(const u8 *area)
{
	u64 header[8];
	u32 mxcsr;

	memcpy(header, area + XSAVE_HEADER, sizeof(header));
	memcpy(&mxcsr, area + 24, sizeof(mxcsr));
	return !(header[0] & ~xcr0_guest_mask) &&
	       !(header[1] | header[2] | header[3] | header[4] | header[5] |
		 header[6] | header[7]) &&
	       !(mxcsr & ~MXCSR_SANE);
}

static int take_state(struct vcpu *v, gptr_t from, u64 size)
{
	struct xstate_head head;
	u8 *area = hv_alloc(xsave_size);
	int rc = -ENOMEM;

	if (!area)
		return rc;
	rc = -EFAULT;
	if (copy_in(&head, from, sizeof(head)) ||
	    copy_in(area, gptr_add(from, sizeof(head)), size - sizeof(head)))
		goto out;
	rc = -EINVAL;
	if (!fpu_xcr0_ok(head.xcr0) || head.xcr0_accum & ~xcr0_guest_mask ||
	    !area_ok(area))
		goto out;
	vcpu_pause(v);
	v->xcr0 = head.xcr0;
	memcpy(v->xsave, area, xsave_size);
	v->fpu_used = true;
	vcpu_unpause(v);
	rc = 0;
out:
	hv_free(area);
	return rc;
}

long domctl_setextstate(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	long rc;
	struct vcpu *v = target(d, e->vcpu, &rc);

	if (d == current->d)
		return -EINVAL;
	if (!v)
		return rc;
	if (!cpu_has_xsave)
		return -EOPNOTSUPP;
	if (e->size < sizeof(struct xstate_head) + XSAVE_MIN ||
	    e->size > sizeof(struct xstate_head) + xsave_size)
		return -EINVAL;
	return take_state(v, GPTR_OF(e->buffer), e->size);
}

/* ---- MSRs: PV guests have none that must travel ---- */
long domctl_get_msrs(struct domain *d, struct xen_domctl *op)
{
	long rc;
	struct vcpu *v = target(d, op->u.vcpu_msrs.vcpu, &rc);

	if (!v)
		return rc;
	op->u.vcpu_msrs.msr_count = 0;
	return 0;
}

long domctl_set_msrs(struct domain *d, struct xen_domctl *op)
{
	long rc;
	struct vcpu *v = target(d, op->u.vcpu_msrs.vcpu, &rc);

	if (d == current->d)
		return -EINVAL;
	if (!v)
		return rc;
	return op->u.vcpu_msrs.msr_count ? -EINVAL : 0;
}
