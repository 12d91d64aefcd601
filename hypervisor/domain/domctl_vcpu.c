/*
 * domain/domctl_vcpu.c: domctl on single vcpus: contexts, affinity, state
 */
#include <hv/mm.h>
#include <xen/vcpu.h>
#include "internal.h"

/* @id of @d, or NULL with the errno 4.17 gives. */
static struct vcpu *target(struct domain *d, u32 id, long *rc)
{
	struct vcpu *v = domain_vcpu(d, id);

	*rc = id >= d->max_vcpus ? -EINVAL : -ESRCH;
	return v;
}

long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
	gptr_t from = GPTR_OF(op->u.vcpucontext.ctxt);
	struct vcpu_guest_context *c;
	long rc;

	if (d == current->d || !v)
		return -EINVAL;
	if (gptr_null(from))
		return -EOPNOTSUPP; /* a reset, which only HVM restore uses */
	rc = pt_finish();
	if (rc)
		return rc;
	c = hv_alloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	rc = copy_in(c, from, sizeof(*c));
	if (!rc) {
		domain_pause(d);
		rc = vcpu_set_context(v, c);
		domain_unpause(d);
	}
	hv_free(c);
	return rc;
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	long rc;

	if (!v || v == current)
		return -EINVAL;
	if (!v->initialised)
		return -ENODATA;
	c = hv_alloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	vcpu_pause(v);
	vcpu_get_context(v, c);
	vcpu_unpause(v);
	rc = copy_out(GPTR_OF(op->u.vcpucontext.ctxt), c, sizeof(*c));
	hv_free(c);
	return rc;
}

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *i = &op->u.getvcpuinfo;
	struct vcpu_runstate_info rs;
	long rc;
	struct vcpu *v = target(d, i->vcpu, &rc);

	if (!v)
		return rc;
	sched_runstate(v, &rs);
	i->online = v->sched.online;
	i->blocked = v->sched.blocked;
	i->running = v->sched.running;
	i->cpu_time = rs.time[RUNSTATE_running];
	i->cpu = v->sched.pcpu ? v->sched.pcpu->id : 0;
	return 0;
}

/* ---- affinity: hard is kept and obeyed, soft is a hint nobody needs ---- */
static void online_mask(u64 *map)
{
	unsigned int i;

	memset(map, 0, BITS_TO_LONGS(NR_PCPUS) * sizeof(*map));
	for (i = 0; i < nr_pcpus; i++)
		bit_set(map, i);
}

static int take_hard(struct vcpu *v, const struct xenctl_bitmap *from)
{
	DECLARE_BITMAP(map, NR_PCPUS);
	DECLARE_BITMAP(online, NR_PCPUS);
	unsigned int i;
	u64 any = 0;

	if (copy_bitmap_in(map, from, NR_PCPUS))
		return -EFAULT;
	online_mask(online);
	for (i = 0; i < ARRAY_SIZE(map); i++)
		any |= map[i] & online[i];
	if (!any)
		return -EINVAL;
	memcpy(v->sched.affinity, map, sizeof(map));
	sched_affinity_changed(v);
	return 0;
}

long domctl_setaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	DECLARE_BITMAP(online, NR_PCPUS);
	long rc;
	struct vcpu *v = target(d, a->vcpu, &rc);

	if (!v)
		return rc;
	if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
		return -EINVAL;
	online_mask(online);
	if (a->flags & XEN_VCPUAFFINITY_HARD) {
		rc = take_hard(v, &a->cpumap_hard);
		if (!rc)
			rc = copy_bitmap_out(&a->cpumap_hard, v->sched.affinity,
					     NR_PCPUS);
		if (rc)
			return rc;
	}
	if (a->flags & XEN_VCPUAFFINITY_SOFT)
		return copy_bitmap_out(&a->cpumap_soft, online, NR_PCPUS);
	return 0;
}

long domctl_getaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	DECLARE_BITMAP(all, NR_PCPUS);
	long rc;
	struct vcpu *v = target(d, a->vcpu, &rc);

	if (!v)
		return rc;
	rc = 0;
	memset(all, 0xff, sizeof(all));
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = copy_bitmap_out(&a->cpumap_hard, v->sched.affinity,
				     NR_PCPUS);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
		rc = copy_bitmap_out(&a->cpumap_soft, all, NR_PCPUS);
	return rc;
}

long domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

	if (!v)
		return -ESRCH;
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -ENOSYS;
	WRITE_ONCE(v->gate.nmi_pending, true);
	sched_kick(v);
	return 0;
}
