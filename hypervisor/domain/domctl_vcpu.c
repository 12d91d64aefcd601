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

/* ---- affinity: what is set comes back as far as it counts ---- */
static void online_mask(u64 *map)
{
	unsigned int i;

	memset(map, 0, BITS_TO_LONGS(NR_PCPUS) * sizeof(*map));
	for (i = 0; i < nr_pcpus; i++)
		bit_set(map, i);
}

static void mask_and(u64 *map, const u64 *with)
{
	unsigned int i;

	for (i = 0; i < BITS_TO_LONGS(NR_PCPUS); i++)
		map[i] &= with[i];
}

/* Pcpus that are not there are forgotten, as 4.17 does. */
static int fetch_map(u64 *map, const struct xenctl_bitmap *b)
{
	DECLARE_BITMAP(online, NR_PCPUS);

	if (copy_bitmap_in(map, b, NR_PCPUS))
		return -EFAULT;
	online_mask(online);
	mask_and(map, online);
	return 0;
}

static long set_hard(struct vcpu *v, const struct xenctl_bitmap *b)
{
	DECLARE_BITMAP(map, NR_PCPUS);
	long rc = fetch_map(map, b);

	if (!rc)
		rc = sched_set_hard_affinity(v, map);
	return rc ? rc : copy_bitmap_out(b, map, NR_PCPUS);
}

static long set_soft(struct vcpu *v, const struct xenctl_bitmap *b)
{
	DECLARE_BITMAP(map, NR_PCPUS);
	long rc = fetch_map(map, b);

	if (!rc)
		rc = sched_set_soft_affinity(v, map);
	if (rc)
		return rc;
	mask_and(map, v->sched.affinity);
	return copy_bitmap_out(b, map, NR_PCPUS);
}

#define WHICH (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)

long domctl_setaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	DECLARE_BITMAP(before, NR_PCPUS);
	long rc;
	struct vcpu *v = target(d, a->vcpu, &rc);

	if (!v)
		return rc;
	if (!(a->flags & WHICH))
		return -EINVAL;
	if (a->flags & XEN_VCPUAFFINITY_FORCE)
		sched_end_pin(v);
	rc = 0;
	memcpy(before, v->sched.affinity, sizeof(before));
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = set_hard(v, &a->cpumap_hard);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT) {
		rc = set_soft(v, &a->cpumap_soft);
		if (rc && a->flags & XEN_VCPUAFFINITY_HARD)
			sched_set_hard_affinity(v, before);
	}
	return rc;
}

long domctl_getaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	long rc;
	struct vcpu *v = target(d, a->vcpu, &rc);

	if (!v)
		return rc;
	if (!(a->flags & WHICH))
		return -EINVAL;
	rc = 0;
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = copy_bitmap_out(&a->cpumap_hard, v->sched.affinity,
				     NR_PCPUS);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
		rc = copy_bitmap_out(&a->cpumap_soft, v->sched.soft, NR_PCPUS);
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
