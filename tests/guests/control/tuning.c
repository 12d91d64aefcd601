/*
 * guests/control: properties of a domain that tools set and read
 *
 * ABI: domctl sub-operations on an empty or stopped domain.
 */
#include "neighbour.h"

static struct neighbour n;

PROMISE(handle_can_be_changed, "setdomainhandle shows in getdomaininfo")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	memset(op.u.setdomainhandle.handle, 0xaa, 16);
	expect_eq(control(&op, XEN_DOMCTL_setdomainhandle, n.id), 0);
	expect_eq(neighbour_info(&n).handle[7], 0xaa);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(address_size_is_64, "set and get address_size: 64")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	op.u.address_size.size = 64;
	expect_eq(control(&op, XEN_DOMCTL_set_address_size, n.id), 0);
	op.u.address_size.size = 0;
	expect_eq(control(&op, XEN_DOMCTL_get_address_size, n.id), 0);
	expect_eq(op.u.address_size.size, 64);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(affinity_reads_back, "vcpu affinity: pcpu 0 allowed, empty set refused")
{
	struct xen_domctl op = {0};
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	u8 bits[16] = {1};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	a->flags = XEN_VCPUAFFINITY_HARD;
	a->cpumap_hard.bitmap.p = bits;
	a->cpumap_hard.nr_bits = 128;
	expect_eq(control(&op, XEN_DOMCTL_setvcpuaffinity, n.id), 0);
	memset(bits, 0, sizeof(bits));
	expect_eq(control(&op, XEN_DOMCTL_getvcpuaffinity, n.id), 0);
	expect_eq(bits[0], 1);
	expect_eq(bits[1], 0);
	memset(bits, 0, sizeof(bits));
	expect_eq(control(&op, XEN_DOMCTL_setvcpuaffinity, n.id), -XEN_EINVAL);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(soft_affinity_reads_back,
	"soft affinity keeps what was set, returns what counts, never empty hard")
{
	struct xen_domctl op = {0};
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	u8 hard[16] = {1}, soft[16] = {3};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	a->cpumap_hard.bitmap.p = hard;
	a->cpumap_soft.bitmap.p = soft;
	a->cpumap_hard.nr_bits = a->cpumap_soft.nr_bits = 128;
	expect_eq(control(&op, XEN_DOMCTL_setvcpuaffinity, n.id), -XEN_EINVAL);
	a->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	expect_eq(control(&op, XEN_DOMCTL_setvcpuaffinity, n.id), 0);
	expect_eq(soft[0], 1);
	a->flags = XEN_VCPUAFFINITY_SOFT;
	expect_eq(control(&op, XEN_DOMCTL_getvcpuaffinity, n.id), 0);
	expect_eq(soft[0], 3);
	a->flags = 0;
	expect_eq(control(&op, XEN_DOMCTL_getvcpuaffinity, n.id), -XEN_EINVAL);
	a->flags = XEN_VCPUAFFINITY_SOFT;
	a->vcpu = 7;
	expect_eq(control(&op, XEN_DOMCTL_setvcpuaffinity, n.id), -XEN_EINVAL);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(scheduler_parameters,
	"credit2's rate limit: set, read, bounds, wrong pool and scheduler")
{
	struct xen_sysctl sys = {.cmd = XEN_SYSCTL_scheduler_op,
				 .interface_version =
					 XEN_SYSCTL_INTERFACE_VERSION};
	struct xen_sysctl_scheduler_op *s = &sys.u.scheduler_op;
	u32 before;

	DOM0_ONLY();
	s->cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	s->sched_id = XEN_SCHEDULER_CREDIT2;
	expect_eq(hypercall(sysctl, &sys), 0);
	before = s->u.sched_credit2.ratelimit_us;
	s->cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	s->u.sched_credit2.ratelimit_us = XEN_SYSCTL_SCHED_RATELIMIT_MIN - 1;
	expect_eq(hypercall(sysctl, &sys), -XEN_EINVAL);
	s->u.sched_credit2.ratelimit_us = XEN_SYSCTL_SCHED_RATELIMIT_MAX + 1;
	expect_eq(hypercall(sysctl, &sys), -XEN_EINVAL);
	s->u.sched_credit2.ratelimit_us = 3000;
	expect_eq(hypercall(sysctl, &sys), 0);
	s->cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	s->u.sched_credit2.ratelimit_us = 0;
	expect_eq(hypercall(sysctl, &sys), 0);
	expect_eq(s->u.sched_credit2.ratelimit_us, 3000);
	s->sched_id = XEN_SCHEDULER_CREDIT;
	expect_eq(hypercall(sysctl, &sys), -XEN_EINVAL);
	s->cpupool_id = 9;
	expect_eq(hypercall(sysctl, &sys), -XEN_ESRCH);
	s->cmd = 7;
	expect_eq(hypercall(sysctl, &sys), -XEN_EINVAL);
	s->cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	s->sched_id = XEN_SCHEDULER_CREDIT2;
	s->cpupool_id = 0;
	s->u.sched_credit2.ratelimit_us = before;
	expect_eq(hypercall(sysctl, &sys), 0);
}

PROMISE(vcpuinfo_answers,
	"getvcpuinfo: offline before its context, -EINVAL past")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	expect_eq(control(&op, XEN_DOMCTL_getvcpuinfo, n.id), 0);
	expect_eq(op.u.getvcpuinfo.online, 0);
	op.u.getvcpuinfo.vcpu = 7;
	expect_eq(control(&op, XEN_DOMCTL_getvcpuinfo, n.id), -XEN_EINVAL);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(no_context_yet, "getvcpucontext of a vcpu without context: -ENODATA")
{
	static struct vcpu_guest_context c;
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	op.u.vcpucontext.ctxt.p = &c;
	expect_eq(control(&op, XEN_DOMCTL_getvcpucontext, n.id), -XEN_ENODATA);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(bad_context_is_refused, "a context whose root is no table is refused")
{
	DOM0_ONLY();
	require(!neighbour_create(&n, 1024) && !neighbour_populate(&n));
	n.mfn[L4] = 0xffffff;
	expect_refused(neighbour_context(&n, 0));
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(tsc_info_answers, "settscinfo and gettscinfo of a paused domain")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	expect_eq(control(&op, XEN_DOMCTL_settscinfo, n.id), 0);
	expect_eq(control(&op, XEN_DOMCTL_gettscinfo, n.id), 0);
	expect_eq(op.u.tsc_info.tsc_mode, 0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(rights_can_be_given,
	"iomem, ioport and irq rights: 0, bad ranges -EINVAL")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024));
	op.u.iomem_permission = (struct xen_domctl_iomem_permission){
		.first_mfn = 0xb8, .nr_mfns = 1, .allow_access = 1};
	expect_eq(control(&op, XEN_DOMCTL_iomem_permission, n.id), 0);
	op.u.iomem_permission.first_mfn = ~0UL;
	op.u.iomem_permission.nr_mfns = 2;
	expect_eq(control(&op, XEN_DOMCTL_iomem_permission, n.id), -XEN_EINVAL);
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){
		.first_port = 0x80, .nr_ports = 1, .allow_access = 1};
	expect_eq(control(&op, XEN_DOMCTL_ioport_permission, n.id), 0);
	op.u.ioport_permission.first_port = 0xffff;
	op.u.ioport_permission.nr_ports = 2;
	expect_eq(control(&op, XEN_DOMCTL_ioport_permission, n.id),
		  -XEN_EINVAL);
	op.u.irq_permission = (struct xen_domctl_irq_permission){
		.pirq = ~0U, .allow_access = 1};
	expect_eq(control(&op, XEN_DOMCTL_irq_permission, n.id), -XEN_EINVAL);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(no_self_control, "a domain cannot pause or destroy itself")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	expect_eq(control(&op, XEN_DOMCTL_pausedomain, 0), -XEN_EINVAL);
	expect_eq(control(&op, XEN_DOMCTL_destroydomain, 0), -XEN_EINVAL);
}

PROMISE(unknown_control, "unknown domctl and sysctl commands: -ENOSYS")
{
	struct xen_domctl op = {0};
	struct xen_sysctl sys = {
		.cmd = 999, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

	DOM0_ONLY();
	expect_eq(control(&op, 999, 0), -XEN_ENOSYS);
	expect_eq(hypercall(sysctl, &sys), -XEN_ENOSYS);
}

PROMISE(scheduler_has_an_id, "sched_id names a scheduler; its getinfo answers")
{
	struct xen_sysctl sys = {.cmd = XEN_SYSCTL_sched_id,
				 .interface_version =
					 XEN_SYSCTL_INTERFACE_VERSION};
	struct xen_domctl op = {0};

	DOM0_ONLY();
	expect_eq(hypercall(sysctl, &sys), 0);
	expect(sys.u.sched_id.sched_id >= XEN_SCHEDULER_CREDIT &&
	       sys.u.sched_id.sched_id <= XEN_SCHEDULER_NULL);
	require(!neighbour_create(&n, 1024));
	op.u.scheduler_op.sched_id = sys.u.sched_id.sched_id;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	expect_eq(control(&op, XEN_DOMCTL_scheduler_op, n.id), 0);
	expect_eq(op.u.scheduler_op.u.credit.weight, 256);
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.credit.weight = 512;
	expect_eq(control(&op, XEN_DOMCTL_scheduler_op, n.id), 0);
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	op.u.scheduler_op.u.credit.weight = 0;
	expect_eq(control(&op, XEN_DOMCTL_scheduler_op, n.id), 0);
	expect_eq(op.u.scheduler_op.u.credit.weight, 512);
	expect_eq(neighbour_destroy(&n), 0);
}
