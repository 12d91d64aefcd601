/*
 * domain/sysctl.c: sysctl: decode and dispatch
 */
#include <hv/dev.h>
#include <hv/mm.h>
#include "internal.h"

#define CONSOLE_MAX (64u << 10)
#define KEYS_MAX    64u

static long op_readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	size_t room = min(r->count, CONSOLE_MAX), n;
	char *buf = hv_alloc(max(room, (size_t)1));
	long rc;

	if (!buf)
		return -ENOMEM;
	n = console_ring_read(buf, room, r->clear, r->incremental, &r->index);
	rc = copy_out(GPTR_OF(r->buffer), buf, n);
	r->count = (u32)n;
	hv_free(buf);
	return rc;
}

static long op_physinfo(struct xen_sysctl *op)
{
	return sysctl_physinfo(&op->u.physinfo);
}

static long op_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = sched_id;
	return 0;
}

static long op_domain_list(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	struct domain *d;
	unsigned int next = l->first_domain;
	u32 n;

	for (n = 0; n < l->max_domains; n++) {
		int rc;

		d = domain_next(next);
		if (!d)
			break;
		domain_info(d, &info);
		next = d->id + 1u;
		domain_put(d);
		rc = copy_out_at(GPTR_OF(l->buffer), n, &info);
		if (rc)
			return rc;
	}
	l->num_domains = n;
	return 0;
}

static long op_debug_keys(struct xen_sysctl *op)
{
	const struct xen_sysctl_debug_keys *k = &op->u.debug_keys;
	char c;
	u32 i;

	if (k->nr_keys > KEYS_MAX)
		return -E2BIG;
	for (i = 0; i < k->nr_keys; i++) {
		if (copy_in(&c, gptr_add(GPTR_OF(k->keys), i), 1))
			return -EFAULT;
		console_handle_key(c);
	}
	return 0;
}

static long op_cpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	u32 i, n = min(g->max_cpus, nr_pcpus);

	for (i = 0; i < n; i++) {
		struct xen_sysctl_cpuinfo c = {
			.idletime = sched_idle_time(pcpus[i]),
		};
		if (copy_out_at(GPTR_OF(g->info), i, &c))
			return -EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

/* The heap is not searched by address width. */
static long op_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *a = &op->u.availheap;

	if (a->node > 0)
		return -EINVAL;
	if (a->min_bitwidth || a->max_bitwidth)
		return -EOPNOTSUPP;
	a->avail_bytes = heap_free_pages() << PAGE_SHIFT;
	return 0;
}

static long op_cputopo(struct xen_sysctl *op)
{
	return sysctl_cputopo(&op->u.cputopoinfo);
}

static long op_numa(struct xen_sysctl *op)
{
	return sysctl_numa(&op->u.numainfo);
}

static long op_cpupool(struct xen_sysctl *op)
{
	return sysctl_cpupool(&op->u.cpupool_op);
}

static long op_scheduler(struct xen_sysctl *op)
{
	return sched_sysctl(&op->u.scheduler_op);
}

static long op_pcitopo(struct xen_sysctl *op)
{
	return sysctl_pcitopo(&op->u.pcitopoinfo);
}

/* CPUID cannot be masked behind a guest's back on this processor. */
static long op_levelling(struct xen_sysctl *op)
{
	op->u.cpu_levelling_caps.caps = 0;
	return 0;
}

static long op_featureset(struct xen_sysctl *op)
{
	return sysctl_featureset(&op->u.cpu_featureset);
}

static long op_policy(struct xen_sysctl *op)
{
	return sysctl_cpu_policy(&op->u.cpu_policy);
}

static long op_perfc(struct xen_sysctl *op)
{
	return sysctl_perfc(&op->u.perfc_op);
}

static long (*const ops[])(struct xen_sysctl *op) = {
	[XEN_SYSCTL_readconsole] = op_readconsole,
	[XEN_SYSCTL_physinfo] = op_physinfo,
	[XEN_SYSCTL_sched_id] = op_sched_id,
	[XEN_SYSCTL_perfc_op] = op_perfc,
	[XEN_SYSCTL_getdomaininfolist] = op_domain_list,
	[XEN_SYSCTL_debug_keys] = op_debug_keys,
	[XEN_SYSCTL_getcpuinfo] = op_cpuinfo,
	[XEN_SYSCTL_availheap] = op_availheap,
	[XEN_SYSCTL_cputopoinfo] = op_cputopo,
	[XEN_SYSCTL_numainfo] = op_numa,
	[XEN_SYSCTL_cpupool_op] = op_cpupool,
	[XEN_SYSCTL_scheduler_op] = op_scheduler,
	[XEN_SYSCTL_pcitopoinfo] = op_pcitopo,
	[XEN_SYSCTL_get_cpu_levelling_caps] = op_levelling,
	[XEN_SYSCTL_get_cpu_featureset] = op_featureset,
	[XEN_SYSCTL_get_cpu_policy] = op_policy,
};

long hc_sysctl(u64 arg)
{
	struct xen_sysctl op;
	u32 cmd;
	long rc;

	if (copy_in(&op, GPTR(arg), sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (!is_control_domain(current->d))
		return -EPERM;
	cmd = op.cmd;
	if (cmd >= ARRAY_SIZE(ops) || !ops[cmd])
		return -ENOSYS;
	domain_reap();
	rc = ops[index_nospec(cmd, ARRAY_SIZE(ops))](&op);
	/* A short buffer is told how large it should have been. */
	if ((!rc || rc == -ENOBUFS) && copy_out(GPTR(arg), &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}
