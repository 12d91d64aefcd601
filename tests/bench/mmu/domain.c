/*
 * bench/mmu: ending a domain of 256 MiB, as dom0's tools do
 */
#include <guest.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include "rows.h"

#define DOMAIN_MIB   256
#define DOMAIN_ID    77
#define EXTENT_ORDER 9

static struct xen_domctl op;

static long domctl(u32 cmd)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = DOMAIN_ID;
	return hypercall(domctl, &op);
}

static long create(void)
{
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	memset(&op, 0, sizeof(op));
	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 4;
	c->max_maptrack_frames = 4;
	c->grant_opts = 1;
	if (domctl(XEN_DOMCTL_createdomain))
		return -1;
	memset(&op, 0, sizeof(op));
	op.u.max_mem.max_memkb = (DOMAIN_MIB + 1) * 1024;
	return domctl(XEN_DOMCTL_max_mem);
}

static long populate(void)
{
	static u64 extents[DOMAIN_MIB / 2];
	struct xen_memory_reservation r = {
		.nr_extents = ARRAY_SIZE(extents),
		.extent_order = EXTENT_ORDER,
		.domid = DOMAIN_ID,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extents); i++)
		extents[i] = (u64)i << EXTENT_ORDER;
	r.extent_start.p = extents;
	return hypercall(memory_op, XENMEM_populate_physmap, &r);
}

PROMISE(destroy, "a domain of 256 MiB is destroyed")
{
	u64 start, ticks;
	long rc;

	if (create())
		skip("no domain can be created");
	require(populate() == DOMAIN_MIB / 2);
	start = rdtsc();
	do {
		memset(&op, 0, sizeof(op));
		rc = domctl(XEN_DOMCTL_destroydomain);
	} while (rc == -XEN_EAGAIN || rc == -XEN_ERESTART);
	ticks = rdtsc() - start;
	expect_eq(rc, 0);
	bench_report("destroy_256m", 1, ticks);
}
