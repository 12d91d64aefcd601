/*
 * dev/mca.c: the mca hypercall: a machine check stops us, so there is never
 * a report to fetch; and xenpmu_op: the counters are not lent out
 *
 * ABI: pvabi/xen/mca.h, pmu.h
 */
#include <hv/domain.h>
#include <xen/mca.h>

static long op_fetch(struct xen_mc_fetch *f)
{
	if (!(f->flags & (XEN_MC_URGENT | XEN_MC_NONURGENT)) ||
	    (f->flags & ~(u32)(XEN_MC_URGENT | XEN_MC_NONURGENT | XEN_MC_ACK)))
		return -EINVAL;
	f->flags = XEN_MC_NODATA;
	f->fetch_id = 0;
	return 0;
}

static void cpu_facts(struct mcinfo_logical_cpu *c, const struct pcpu *p)
{
	u32 r[4];

	memset(c, 0, sizeof(*c));
	c->mc_cpunr = p->id;
	c->mc_chipid = p->id;
	c->mc_apicid = p->apic_id;
	c->mc_ncores = c->mc_ncores_active = c->mc_nthreads = 1;
	cpuid(0, 0, r);
	c->mc_cpuid_level = (s32)r[0];
	memcpy(c->mc_vendorid, &r[1], 4);
	memcpy(c->mc_vendorid + 4, &r[3], 4);
	memcpy(c->mc_vendorid + 8, &r[2], 4);
	cpuid(1, 0, r);
	c->mc_family = r[0] >> 8 & 15;
	c->mc_model = (r[0] >> 4 & 15) | (r[0] >> 12 & 0xf0);
	c->mc_step = r[0] & 15;
	if (c->mc_family == 15)
		c->mc_family += r[0] >> 20 & 0xff;
}

static long op_physcpuinfo(struct xen_mc_physcpuinfo *info)
{
	unsigned int i;

	if (info->info.p) {
		for (i = 0; i < min(nr_pcpus, info->ncpus); i++) {
			struct mcinfo_logical_cpu c;

			cpu_facts(&c, pcpus[i]);
			if (copy_out_at(GPTR_OF(info->info), i, &c))
				return -EFAULT;
		}
	}
	info->ncpus = nr_pcpus;
	return 0;
}

long hc_mca(u64 arg)
{
	struct xen_mc op;
	long rc;

	if (copy_in(&op, GPTR(arg), sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -EACCES;
	switch (op.cmd) {
	case XEN_MC_fetch:
		rc = op_fetch(&op.u.mc_fetch);
		break;
	case XEN_MC_physcpuinfo:
		rc = op_physcpuinfo(&op.u.mc_physcpuinfo);
		break;
	default:
		return -EINVAL;
	}
	if (!rc && copy_out(GPTR(arg), &op, sizeof(op)))
		return -EFAULT;
	return rc;
}

long hc_xenpmu_op(u64 op, u64 arg)
{
	return -EOPNOTSUPP;
}
