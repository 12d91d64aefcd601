/*
 * domain/sysctl_info.c: what tools ask about the machine
 */
#include <hv/boot.h>
#include <hv/mm.h>
#include "internal.h"

#define LOCAL_DISTANCE 10u
#define PCI_DEVS_MAX   65536u
#define POOL_ID	       0u /* the one pool there is */

long sysctl_physinfo(struct xen_sysctl_physinfo *p)
{
	static const struct {
		u32 leaf, reg;
	} caps[8] = {{1, 3},   {1, 2}, {0x80000001, 3}, {0x80000001, 2},
		     {0xd, 0}, {7, 1}, {7, 2},		{0x80000007, 3}};
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->threads_per_core = 1;
	p->cores_per_socket = nr_pcpus;
	p->nr_cpus = nr_pcpus;
	p->max_cpu_id = nr_pcpus - 1;
	p->nr_nodes = 1;
	p->cpu_khz = (u32)tsc_khz;
	p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1 |
			  XEN_SYSCTL_PHYSCAP_gnttab_v2;
	p->total_pages = e820_ram_bytes(&boot_info.e820) >> PAGE_SHIFT;
	p->free_pages = heap_free_pages();
	p->max_mfn = max_mfn - 1;
	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		u32 r[4];

		cpuid(caps[i].leaf, caps[i].leaf == 0xd, r);
		p->hw_cap[i] = r[caps[i].reg];
	}
	return 0;
}

/* One socket of single-threaded cores. */
long sysctl_cputopo(struct xen_sysctl_cputopoinfo *t)
{
	gptr_t to = GPTR_OF(t->cputopo);
	u32 i, n = gptr_null(to) ? 0 : min(t->num_cpus, nr_pcpus);

	for (i = 0; i < n; i++) {
		struct xen_sysctl_cputopo c = {.core = i};

		if (copy_out_at(to, i, &c))
			return -EFAULT;
	}
	t->num_cpus = gptr_null(to) ? nr_pcpus : n;
	return 0;
}

long sysctl_numa(struct xen_sysctl_numainfo *n)
{
	gptr_t mem = GPTR_OF(n->meminfo), dist = GPTR_OF(n->distance);
	struct xen_sysctl_meminfo m = {
		.memsize = e820_ram_bytes(&boot_info.e820),
		.memfree = heap_free_pages() << PAGE_SHIFT,
	};
	const u32 local = LOCAL_DISTANCE;

	if (gptr_null(mem) && gptr_null(dist)) {
		n->num_nodes = 1;
		return 0;
	}
	n->num_nodes = min(n->num_nodes, 1u);
	if (!n->num_nodes)
		return 0;
	if (!gptr_null(mem) && copy_out(mem, &m, sizeof(m)))
		return -EFAULT;
	if (!gptr_null(dist) && copy_out(dist, &local, sizeof(local)))
		return -EFAULT;
	return 0;
}

/* One node: no device is nearer to it than another. */
long sysctl_pcitopo(struct xen_sysctl_pcitopoinfo *t)
{
	const u32 none = XEN_INVALID_NODE_ID;
	struct physdev_pci_device dev;
	gptr_t devs = GPTR_OF(t->devs), nodes = GPTR_OF(t->nodes);
	u32 i;

	if (gptr_null(devs) || gptr_null(nodes) || t->num_devs > PCI_DEVS_MAX)
		return -EINVAL;
	for (i = 0; i < t->num_devs; i++) {
		if (copy_in_at(&dev, devs, i) || copy_out_at(nodes, i, &none))
			return -EFAULT;
	}
	return 0;
}

static u32 count_domains(void)
{
	struct domain *d;
	unsigned int next = 0;
	u32 n = 0;

	while ((d = domain_next(next)) != NULL) {
		next = d->id + 1u;
		domain_put(d);
		n++;
	}
	return n;
}

static long pool_info(struct xen_sysctl_cpupool_op *op)
{
	DECLARE_BITMAP(cpus, NR_PCPUS) = {0};
	unsigned int i;

	if (op->cpupool_id != POOL_ID &&
	    op->cpupool_id != XEN_SYSCTL_CPUPOOL_PAR_ANY)
		return -ENOENT;
	for (i = 0; i < nr_pcpus; i++)
		bit_set(cpus, i);
	op->cpupool_id = POOL_ID;
	op->sched_id = sched_id;
	op->n_dom = count_domains();
	return copy_bitmap_out(&op->cpumap, cpus, NR_PCPUS);
}

static long pool_move(const struct xen_sysctl_cpupool_op *op)
{
	struct domain *d = domain_get_by_id((domid_t)op->domid);

	if (!d)
		return -ESRCH;
	domain_put(d);
	return op->cpupool_id == POOL_ID ? 0 : -ENOENT;
}

long sysctl_cpupool(struct xen_sysctl_cpupool_op *op)
{
	static const u64 none[BITS_TO_LONGS(NR_PCPUS)];

	switch (op->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_info(op);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return copy_bitmap_out(&op->cpumap, none, NR_PCPUS);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return pool_move(op);
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return -EOPNOTSUPP;
	default:
		return -ENOSYS;
	}
}
