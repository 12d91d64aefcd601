/*
 * guests/machine: sysctl
 *
 * ABI: interface 0x15; the calls stock tools make.
 */
#include <guest.h>
#include <xen/sysctl.h>

#define DOM0_ONLY()                                       \
	do {                                              \
		if (!is_dom0())                           \
			skip("needs the rights of dom0"); \
	} while (0)

static long control(struct xen_sysctl *op, u32 cmd)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall(sysctl, op);
}

PROMISE(log_can_be_read, "readconsole returns text, incrementally")
{
	static char text[4096];
	struct xen_sysctl op = {0};
	u32 first;

	DOM0_ONLY();
	op.u.readconsole.buffer.p = text;
	op.u.readconsole.count = sizeof(text);
	expect_eq(control(&op, XEN_SYSCTL_readconsole), 0);
	expect(op.u.readconsole.count > 100);
	first = op.u.readconsole.index;
	op.u.readconsole.incremental = 1;
	op.u.readconsole.count = sizeof(text);
	expect_eq(control(&op, XEN_SYSCTL_readconsole), 0);
	expect(op.u.readconsole.index >= first);
}

PROMISE(topology_is_told, "cputopoinfo: count first, then each pcpu")
{
	static struct xen_sysctl_cputopo topo[8];
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	topo[0].node = 77;
	expect_eq(control(&op, XEN_SYSCTL_cputopoinfo), 0);
	expect(op.u.cputopoinfo.num_cpus >= 1);
	op.u.cputopoinfo.num_cpus = 1;
	op.u.cputopoinfo.cputopo.p = topo;
	expect_eq(control(&op, XEN_SYSCTL_cputopoinfo), 0);
	expect_eq(topo[0].node, 0);
}

PROMISE(numa_is_told, "numainfo: one node with memory")
{
	static struct xen_sysctl_meminfo mem[4];
	static u32 distance[16];
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	expect_eq(control(&op, XEN_SYSCTL_numainfo), 0);
	expect(op.u.numainfo.num_nodes >= 1);
	op.u.numainfo.num_nodes = 1;
	op.u.numainfo.meminfo.p = mem;
	op.u.numainfo.distance.p = distance;
	expect_eq(control(&op, XEN_SYSCTL_numainfo), 0);
	expect(mem[0].memsize > 0);
	expect_eq(distance[0], 10);
}

PROMISE(free_heap_is_told, "availheap agrees with physinfo")
{
	struct xen_sysctl heap = {0}, phys = {0};
	s64 off;

	DOM0_ONLY();
	heap.u.availheap.node = -1;
	expect_eq(control(&heap, XEN_SYSCTL_availheap), 0);
	expect_eq(control(&phys, XEN_SYSCTL_physinfo), 0);
	off = (s64)(heap.u.availheap.avail_bytes >> 12) -
	      (s64)phys.u.physinfo.free_pages;
	expect(off > -4096 && off < 4096);
}

PROMISE(idle_time_is_told, "getcpuinfo gives idle time per pcpu")
{
	static struct xen_sysctl_cpuinfo info[8];
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	op.u.getcpuinfo.max_cpus = 8;
	op.u.getcpuinfo.info.p = info;
	sleep_ns(20 * MS);
	expect_eq(control(&op, XEN_SYSCTL_getcpuinfo), 0);
	expect(op.u.getcpuinfo.nr_cpus >= 1);
	expect(info[0].idletime > 0);
}

PROMISE(pool_0_is_told, "cpupool_op info: pool 0 with dom0 in it")
{
	static u8 bits[128];
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	op.u.cpupool_op.cpumap.bitmap.p = bits;
	op.u.cpupool_op.cpumap.nr_bits = 1024;
	expect_eq(control(&op, XEN_SYSCTL_cpupool_op), 0);
	expect_eq(op.u.cpupool_op.cpupool_id, 0);
	expect(op.u.cpupool_op.n_dom >= 1);
	expect_eq(bits[0] & 1, 1);
}

PROMISE(feature_words_are_told,
	"get_cpu_featureset pv: words with SSE2 in the first")
{
	static u32 words[32];
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	op.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_pv;
	op.u.cpu_featureset.nr_features = 32;
	op.u.cpu_featureset.features.p = words;
	expect_eq(control(&op, XEN_SYSCTL_get_cpu_featureset), 0);
	expect(op.u.cpu_featureset.nr_features >= 9);
	expect(words[0] & 1U << 26);
}

PROMISE(cpu_policy_is_told,
	"get_cpu_policy pv_default: leaves that begin with 0")
{
	static struct xen_cpuid_leaf leaves[256];
	static struct xen_msr_entry msrs[32];
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	op.u.cpu_policy.index = XEN_SYSCTL_cpu_policy_pv_default;
	op.u.cpu_policy.nr_leaves = 256;
	op.u.cpu_policy.nr_msrs = 32;
	op.u.cpu_policy.leaves.p = leaves;
	op.u.cpu_policy.msrs.p = msrs;
	expect_eq(control(&op, XEN_SYSCTL_get_cpu_policy), 0);
	expect(op.u.cpu_policy.nr_leaves > 4);
	expect_eq(leaves[0].leaf, 0);
	expect(leaves[0].a >= 1);
}

PROMISE(levelling_is_told, "get_cpu_levelling_caps returns 0")
{
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	expect_eq(control(&op, XEN_SYSCTL_get_cpu_levelling_caps), 0);
}

PROMISE(debug_keys_can_be_pressed, "debug_keys with no key returns 0")
{
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	op.u.debug_keys.keys.p = "";
	expect_eq(control(&op, XEN_SYSCTL_debug_keys), 0);
	op.u.debug_keys.keys.p = BAD_UNMAPPED;
	op.u.debug_keys.nr_keys = 1;
	expect_eq(control(&op, XEN_SYSCTL_debug_keys), -XEN_EFAULT);
}

PROMISE(scheduler_tunables, "sysctl scheduler_op getinfo of the one in use")
{
	struct xen_sysctl id = {0}, op = {0};

	DOM0_ONLY();
	expect_eq(control(&id, XEN_SYSCTL_sched_id), 0);
	op.u.scheduler_op.sched_id = id.u.sched_id.sched_id;
	op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	expect_eq(control(&op, XEN_SYSCTL_scheduler_op), 0);
	op.u.scheduler_op.sched_id = 77;
	expect_eq(control(&op, XEN_SYSCTL_scheduler_op), -XEN_EINVAL);
}

PROMISE(absent_features, "coverage, lock profiles: an error, not silence")
{
	struct xen_sysctl op = {0};

	DOM0_ONLY();
	op.u.coverage_op.cmd = 99;
	expect_refused(control(&op, XEN_SYSCTL_coverage_op));
}
