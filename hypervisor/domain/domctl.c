/*
 * domain/domctl.c: domctl: which operation, on which domain, by whom
 */
#include <hv/event.h>
#include "internal.h"

static spinlock_t control_lock = SPINLOCK_INIT(CONTROL);

#define CREATE_FLAGS (XEN_DOMCTL_CDF_s3_integrity | XEN_DOMCTL_CDF_xs_domain)

/* ---- life ---- */
static int check_config(const struct xen_domctl_createdomain *c)
{
	u32 version = XEN_DOMCTL_GRANT_version(c->grant_opts);

	/* No HVM guests, no IOMMU, no performance counters. */
	if (c->flags & ~CREATE_FLAGS || c->iommu_opts)
		return -EINVAL;
	if (c->max_vcpus < 1 || c->max_vcpus > MAX_VCPUS)
		return -EINVAL;
	if (version < 1 || version > 2 ||
	    c->grant_opts & ~XEN_DOMCTL_GRANT_version_mask)
		return -EINVAL;
	if (c->vmtrace_size || c->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX)
		return -EINVAL;
	if (c->cpupool_id != 0 && c->cpupool_id != ~0u)
		return -ESRCH;
	if (c->arch.emulation_flags & ~XEN_X86_EMU_PIT)
		return -EOPNOTSUPP;
	return 0;
}

/* The number asked for, or the next free one after the last given. */
static int choose_domid(domid_t asked)
{
	static domid_t rover; /* CONTROL */
	unsigned int i, id = rover;

	if (asked > 0 && asked < DOMID_FIRST_RESERVED)
		return domid_free(asked) ? asked : -EEXIST;
	for (i = 1; i < DOMID_FIRST_RESERVED; i++) {
		if (++id == DOMID_FIRST_RESERVED)
			id = 1;
		if (domid_free((domid_t)id)) {
			rover = (domid_t)id;
			return (int)id;
		}
	}
	return -ENOMEM;
}

static long op_create(struct domain *unused, struct xen_domctl *op)
{
	struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain *d;
	int rc = check_config(c), id;

	if (rc)
		return rc;
	id = choose_domid(op->domain);
	if (id < 0)
		return id;
	d = domain_create((domid_t)id, c, false, &rc);
	if (!d)
		return rc;
	op->domain = d->id;
	return 0;
}

static long op_destroy(struct domain *d, struct xen_domctl *op)
{
	return domain_kill(d);
}

static long op_pause(struct domain *d, struct xen_domctl *op)
{
	return d == current->d ? -EINVAL : domain_ctl_pause(d);
}

static long op_unpause(struct domain *d, struct xen_domctl *op)
{
	return domain_ctl_unpause(d);
}

static long op_resume(struct domain *d, struct xen_domctl *op)
{
	if (d == current->d)
		return -EINVAL;
	domain_resume(d);
	return 0;
}

static long op_info(struct domain *d, struct xen_domctl *op)
{
	domain_info(d, &op->u.getdomaininfo);
	op->domain = d->id;
	return 0;
}

/* ---- settings ---- */
static long op_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	unsigned int max = op->u.max_vcpus.max, i;
	int rc = 0;

	if (d == current->d || max != d->max_vcpus)
		return -EINVAL;
	domain_pause(d);
	for (i = 0; i < max && !rc; i++)
		if (!d->vcpu[i])
			rc = vcpu_create(d, i);
	domain_unpause(d);
	return rc;
}

static long op_max_mem(struct domain *d, struct xen_domctl *op)
{
	u64 pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	spin_lock(&d->page_lock);
	d->max_pages = (u32)min(pages, (u64)~0u - 1);
	spin_unlock(&d->page_lock);
	return 0;
}

static long op_handle(struct domain *d, struct xen_domctl *op)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

static long op_timeoffset(struct domain *d, struct xen_domctl *op)
{
	d->time_offset = op->u.settimeoffset.time_offset_seconds;
	time_update_wallclock(d);
	return 0;
}

static long op_set_address_size(struct domain *d, struct xen_domctl *op)
{
	switch (op->u.address_size.size) {
	case 64:
		return 0;
	case 32:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static long op_get_address_size(struct domain *d, struct xen_domctl *op)
{
	op->u.address_size.size = 64;
	return 0;
}

static long op_scheduler(struct domain *d, struct xen_domctl *op)
{
	return sched_domctl(d, &op->u.scheduler_op);
}

/* RDTSC always runs on the processor. */
static long op_set_tsc(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	if (d == current->d || t->tsc_mode > 3)
		return -EINVAL;
	if (t->tsc_mode != 0 && t->tsc_mode != 2)
		return -EOPNOTSUPP;
	d->tsc_mode = t->tsc_mode;
	d->tsc_incarnation = t->incarnation;
	return 0;
}

static long op_get_tsc(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	if (d == current->d)
		return -EINVAL;
	memset(t, 0, sizeof(*t));
	t->tsc_mode = d->tsc_mode;
	t->incarnation = d->tsc_incarnation;
	if (t->tsc_mode == 0) {
		t->gtsc_khz = (u32)tsc_khz;
		t->elapsed_nsec = now();
	}
	return 0;
}

/* One node. */
static long op_set_nodes(struct domain *d, struct xen_domctl *op)
{
	u64 nodes;
	int rc = copy_bitmap_in(&nodes, &op->u.nodeaffinity.nodemap, 1);

	return rc ? rc : nodes ? 0 : -EINVAL;
}

static long op_get_nodes(struct domain *d, struct xen_domctl *op)
{
	const u64 nodes = 1;

	return copy_bitmap_out(&op->u.nodeaffinity.nodemap, &nodes, 1);
}

static long op_virq_handler(struct domain *d, struct xen_domctl *op)
{
	return event_set_virq_handler(d, op->u.set_virq_handler.virq);
}

/* ---- dispatch ---- */
enum copyback { QUIET, RESULT, ALWAYS }; /* when @op goes back */

static const struct {
	long (*fn)(struct domain *d, struct xen_domctl *op);
	enum copyback back;
} ops[] = {
	[XEN_DOMCTL_createdomain] = {op_create, RESULT},
	[XEN_DOMCTL_destroydomain] = {op_destroy, QUIET},
	[XEN_DOMCTL_pausedomain] = {op_pause, QUIET},
	[XEN_DOMCTL_unpausedomain] = {op_unpause, QUIET},
	[XEN_DOMCTL_getdomaininfo] = {op_info, RESULT},
	[XEN_DOMCTL_setvcpuaffinity] = {domctl_setaffinity, RESULT},
	[XEN_DOMCTL_max_mem] = {op_max_mem, QUIET},
	[XEN_DOMCTL_setvcpucontext] = {domctl_setvcpucontext, QUIET},
	[XEN_DOMCTL_getvcpucontext] = {domctl_getvcpucontext, RESULT},
	[XEN_DOMCTL_getvcpuinfo] = {domctl_getvcpuinfo, RESULT},
	[XEN_DOMCTL_max_vcpus] = {op_max_vcpus, QUIET},
	[XEN_DOMCTL_scheduler_op] = {op_scheduler, RESULT},
	[XEN_DOMCTL_setdomainhandle] = {op_handle, QUIET},
	[XEN_DOMCTL_irq_permission] = {domctl_irq_permission, QUIET},
	[XEN_DOMCTL_iomem_permission] = {domctl_iomem_permission, QUIET},
	[XEN_DOMCTL_ioport_permission] = {domctl_ioport_permission, QUIET},
	[XEN_DOMCTL_hypercall_init] = {domctl_hypercall_init, QUIET},
	[XEN_DOMCTL_settimeoffset] = {op_timeoffset, QUIET},
	[XEN_DOMCTL_getvcpuaffinity] = {domctl_getaffinity, QUIET},
	[XEN_DOMCTL_resumedomain] = {op_resume, QUIET},
	[XEN_DOMCTL_sendtrigger] = {domctl_sendtrigger, QUIET},
	[XEN_DOMCTL_set_address_size] = {op_set_address_size, QUIET},
	[XEN_DOMCTL_get_address_size] = {op_get_address_size, RESULT},
	[XEN_DOMCTL_set_ext_vcpucontext] = {domctl_setextcontext, QUIET},
	[XEN_DOMCTL_get_ext_vcpucontext] = {domctl_getextcontext, RESULT},
	[XEN_DOMCTL_gettscinfo] = {op_get_tsc, RESULT},
	[XEN_DOMCTL_settscinfo] = {op_set_tsc, QUIET},
	[XEN_DOMCTL_getpageframeinfo3] = {domctl_pageframeinfo, QUIET},
	[XEN_DOMCTL_setvcpuextstate] = {domctl_setextstate, QUIET},
	[XEN_DOMCTL_getvcpuextstate] = {domctl_getextstate, RESULT},
	[XEN_DOMCTL_set_virq_handler] = {op_virq_handler, QUIET},
	[XEN_DOMCTL_setnodeaffinity] = {op_set_nodes, QUIET},
	[XEN_DOMCTL_getnodeaffinity] = {op_get_nodes, QUIET},
	[XEN_DOMCTL_get_vcpu_msrs] = {domctl_get_msrs, RESULT},
	[XEN_DOMCTL_set_vcpu_msrs] = {domctl_set_msrs, ALWAYS},
	[XEN_DOMCTL_get_cpu_policy] = {domctl_get_policy, RESULT},
	[XEN_DOMCTL_set_cpu_policy] = {domctl_set_policy, ALWAYS},
};

/* Tools walk the domains by asking for each number's successor. */
static struct domain *find_target(const struct xen_domctl *op, long *rc)
{
	struct domain *d;

	*rc = -ESRCH;
	if (op->cmd != XEN_DOMCTL_getdomaininfo)
		return domain_get_by_id(op->domain);
	d = domain_next(op->domain);
	if (op->domain >= DOMID_FIRST_RESERVED)
		*rc = -EINVAL;
	return d;
}

static long act(struct xen_domctl *op, struct domain *d, bool *back)
{
	u32 cmd = op->cmd;
	long rc;

	if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].fn)
		return -ENOSYS;
	cmd = (u32)index_nospec(cmd, ARRAY_SIZE(ops));
	rc = ops[cmd].fn(d, op);
	*back = ops[cmd].back == ALWAYS || (ops[cmd].back == RESULT && !rc);
	return rc;
}

static long control(struct xen_domctl *op, bool *back)
{
	struct domain *d = NULL;
	long rc;

	if (op->cmd != XEN_DOMCTL_createdomain) {
		d = find_target(op, &rc);
		if (!d)
			return rc;
	}
	rc = -EPERM;
	if (is_control_domain(current->d)) {
		/* Who holds it may wait for this vcpu to stop: do not spin. */
		if (!spin_trylock(&control_lock)) {
			domain_put(d);
			return -ERESTART;
		}
		domain_reap();
		rc = act(op, d, back);
		spin_unlock(&control_lock);
	}
	domain_put(d);
	domain_reap();
	return rc;
}

long hc_domctl(u64 arg)
{
	struct xen_domctl op;
	bool back = false;
	long rc;

	if (copy_in(&op, GPTR(arg), sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	rc = control(&op, &back);
	if (rc == -ERESTART)
		return hypercall_restart(__HYPERVISOR_domctl, 1, &arg);
	if (back && copy_out(GPTR(arg), &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}
