/*
 * mm/memory_op.c: memory_op: dispatch and the short sub-operations
 */
#include "memop.h"

/*
 * Largest extents, as orders: for ordinary domains, and for control. An extent
 * is cleared, given or taken without a look around, so at most 1,000,000
 * instructions, some 700 a frame.
 */
#define ORDER_DOMU    9
#define ORDER_CONTROL 10

struct domain *memop_domain(u16 id, long *rc)
{
	struct domain *d = domain_resolve(id);

	if (!d) {
		*rc = -ESRCH;
		return NULL;
	}
	if (d != current->d && !is_control_domain(current->d)) {
		domain_put(d);
		*rc = -EPERM;
		return NULL;
	}
	*rc = 0;
	return d;
}

long memop_restart(const struct memop *m, u64 done)
{
	return hypercall_restart(
		__HYPERVISOR_memory_op, 2,
		(u64[]){m->cmd | done << MEMOP_EXTENT_SHIFT, m->arg.va});
}

unsigned int memop_max_order(void)
{
	return is_control_domain(current->d) ? ORDER_CONTROL : ORDER_DOMU;
}

static long memop_max_ram(const struct memop *m)
{
	return max_mfn;
}

static long max_gpfn(const struct domain *d)
{
	return d->shared_info ? (long)d->shared_info->arch.max_pfn - 1 : 0;
}

static long memop_numbers(const struct memop *m)
{
	struct xen_memory_domain arg;
	struct domain *d;
	long rc;

	if (copy_in(&arg, m->arg, sizeof(arg)))
		return -EFAULT;
	d = memop_domain(arg.domid, &rc);
	if (!d)
		return rc;
	if (m->cmd == XENMEM_current_reservation)
		rc = d->tot_pages;
	else if (m->cmd == XENMEM_maximum_reservation)
		rc = d->max_pages;
	else
		rc = max_gpfn(d);
	domain_put(d);
	return rc;
}

static long memop_claim(const struct memop *m)
{
	struct xen_memory_reservation r;
	struct domain *d;
	long rc;

	if (copy_in(&r, m->arg, sizeof(r)))
		return -EFAULT;
	if (r.extent_order || r.mem_flags)
		return -EINVAL;
	d = domain_get_by_id(r.domid);
	if (!d)
		return -EINVAL;
	rc = is_control_domain(current->d) ? heap_claim(d, r.nr_extents)
					   : -EPERM;
	domain_put(d);
	return rc;
}

/* For translated guests; a PV domain has no physmap of ours. */
static long memop_add_to_physmap(const struct memop *m)
{
	struct xen_add_to_physmap x;
	struct domain *d;
	long rc;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	if (x.space == XENMAPSPACE_gmfn_foreign)
		return -ENOSYS;
	d = memop_domain(x.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return -EACCES;
}

static long memop_add_to_physmap_batch(const struct memop *m)
{
	struct xen_add_to_physmap_batch x;
	struct domain *d;
	long rc;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	d = memop_domain(x.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return -EACCES;
}

static long memop_remove_from_physmap(const struct memop *m)
{
	struct xen_remove_from_physmap x;
	struct domain *d;
	long rc;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	d = memop_domain(x.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return -EACCES;
}

static long memop_pod(const struct memop *m)
{
	struct xen_pod_target x;
	struct domain *d;
	long rc;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	d = memop_domain(x.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return -EINVAL;
}

static long memop_none_shared(const struct memop *m)
{
	return 0;
}

static long memop_no_compat(const struct memop *m)
{
	return -EOPNOTSUPP; /* 32-bit guests would have an M2P of their own */
}

static long memop_vnuma(const struct memop *m)
{
	struct xen_vnuma_topology_info x;
	struct domain *d;
	long rc;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	if (x.pad)
		return -EINVAL;
	d = memop_domain(x.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return -EOPNOTSUPP;
}

static const struct {
	long (*fn)(const struct memop *m);
	bool extents; /* may be continued */
} memops[] = {
	[XENMEM_increase_reservation] = {memop_increase, true},
	[XENMEM_decrease_reservation] = {memop_decrease, true},
	[XENMEM_populate_physmap] = {memop_populate, true},
	[XENMEM_exchange] = {memop_exchange, true},
	[XENMEM_maximum_ram_page] = {memop_max_ram, false},
	[XENMEM_current_reservation] = {memop_numbers, false},
	[XENMEM_maximum_reservation] = {memop_numbers, false},
	[XENMEM_maximum_gpfn] = {memop_numbers, false},
	[XENMEM_machphys_mfn_list] = {memop_machphys_list, false},
	[XENMEM_machphys_compat_mfn_list] = {memop_no_compat, false},
	[XENMEM_machphys_mapping] = {memop_machphys_mapping, false},
	[XENMEM_memory_map] = {memop_memory_map, false},
	[XENMEM_machine_memory_map] = {memop_machine_map, false},
	[XENMEM_set_memory_map] = {memop_set_memory_map, false},
	[XENMEM_add_to_physmap] = {memop_add_to_physmap, false},
	[XENMEM_add_to_physmap_batch] = {memop_add_to_physmap_batch, false},
	[XENMEM_remove_from_physmap] = {memop_remove_from_physmap, false},
	[XENMEM_set_pod_target] = {memop_pod, false},
	[XENMEM_get_pod_target] = {memop_pod, false},
	[XENMEM_get_sharing_freed_pages] = {memop_none_shared, false},
	[XENMEM_get_sharing_shared_pages] = {memop_none_shared, false},
	[XENMEM_claim_pages] = {memop_claim, false},
	[XENMEM_get_vnumainfo] = {memop_vnuma, false},
	[XENMEM_reserved_device_memory_map] = {memop_rdm, false},
	[XENMEM_acquire_resource] = {memop_acquire_resource, true},
};

long hc_memory_op(u64 cmd, u64 arg)
{
	struct memop m = {
		.cmd = cmd & MEMOP_CMD_MASK,
		.start = cmd >> MEMOP_EXTENT_SHIFT,
		.arg = GPTR(arg),
	};
	u64 i = m.cmd;

	if (i >= ARRAY_SIZE(memops))
		return -ENOSYS;
	i = index_nospec(i, ARRAY_SIZE(memops));
	if (!memops[i].fn)
		return -ENOSYS;
	if (m.start && !memops[i].extents)
		return -EINVAL;
	return memops[i].fn(&m);
}
