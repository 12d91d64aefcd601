#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <xen/physdev.h>

#include "lib/domctl.h"
#include "lib/sysctl.h"

/* The hypervisor serialises domctls and asks losers to come again. */
#define BUSY_DELAY_US 1000

static int domctl(struct hv *hv, struct xen_domctl *op)
{
	long rc;

	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	for (;;) {
		rc = hv_call_op(hv, __HYPERVISOR_domctl, op, sizeof(*op));
		if (rc != -EAGAIN && rc != -ERESTART)
			return rc < 0 ? rc : 0;
		usleep(BUSY_DELAY_US);
	}
}

static int simple(struct hv *hv, domid_t domid, uint32_t cmd)
{
	struct xen_domctl op = {.cmd = cmd, .domain = domid};

	return domctl(hv, &op);
}

int dom_create(struct hv *hv, const struct xen_domctl_createdomain *cfg,
	       domid_t *domid)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_createdomain};
	int rc;

	op.u.createdomain = *cfg;
	rc = domctl(hv, &op);
	if (!rc)
		*domid = op.domain;
	return rc;
}

int dom_destroy(struct hv *hv, domid_t domid)
{
	return simple(hv, domid, XEN_DOMCTL_destroydomain);
}

int dom_pause(struct hv *hv, domid_t domid)
{
	return simple(hv, domid, XEN_DOMCTL_pausedomain);
}

int dom_unpause(struct hv *hv, domid_t domid)
{
	return simple(hv, domid, XEN_DOMCTL_unpausedomain);
}

int dom_set_max_vcpus(struct hv *hv, domid_t domid, unsigned int n)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_max_vcpus, .domain = domid};

	op.u.max_vcpus.max = n;
	return domctl(hv, &op);
}

int dom_set_max_mem(struct hv *hv, domid_t domid, uint64_t kib)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_max_mem, .domain = domid};

	op.u.max_mem.max_memkb = kib;
	return domctl(hv, &op);
}

int dom_set_address_size(struct hv *hv, domid_t domid, unsigned int bits)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_set_address_size,
				.domain = domid};

	op.u.address_size.size = bits;
	return domctl(hv, &op);
}

int dom_set_tsc(struct hv *hv, domid_t domid, unsigned int mode)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_settscinfo, .domain = domid};

	op.u.tsc_info.tsc_mode = mode;
	return domctl(hv, &op);
}

int dom_set_handle(struct hv *hv, domid_t domid, const uint8_t uuid[16])
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_setdomainhandle,
				.domain = domid};

	memcpy(op.u.setdomainhandle.handle, uuid, 16);
	return domctl(hv, &op);
}

int dom_hypercall_init(struct hv *hv, domid_t domid, uint64_t gmfn)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_hypercall_init,
				.domain = domid};

	op.u.hypercall_init.gmfn = gmfn;
	return domctl(hv, &op);
}

int dom_set_context(struct hv *hv, domid_t domid, unsigned int vcpu,
		    const struct vcpu_guest_context *ctx)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_setvcpucontext,
				.domain = domid};
	void *buf = hv_buf_alloc(hv, sizeof(*ctx));
	int rc;

	if (!buf)
		return -ENOMEM;
	memcpy(buf, ctx, sizeof(*ctx));
	op.u.vcpucontext.vcpu = vcpu;
	op.u.vcpucontext.ctxt.p = buf;
	rc = domctl(hv, &op);
	hv_buf_free(hv, buf, sizeof(*ctx));
	return rc;
}

int dom_info(struct hv *hv, domid_t domid,
	     struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_getdomaininfo,
				.domain = domid};
	int rc = domctl(hv, &op);

	if (rc)
		return rc;
	if (op.domain != domid)
		return -ESRCH;
	*info = op.u.getdomaininfo;
	return 0;
}

int dom_vcpu_info(struct hv *hv, domid_t domid, unsigned int vcpu,
		  struct xen_domctl_getvcpuinfo *info)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_getvcpuinfo, .domain = domid};
	int rc;

	op.u.getvcpuinfo.vcpu = vcpu;
	rc = domctl(hv, &op);
	if (!rc)
		*info = op.u.getvcpuinfo;
	return rc;
}

int dom_vcpu_affinity(struct hv *hv, domid_t domid, unsigned int vcpu,
		      enum dom_affinity which, uint8_t *map, size_t bytes)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_getvcpuaffinity,
				.domain = domid};
	struct xenctl_bitmap *out;
	uint8_t *buf = hv_buf_alloc(hv, bytes);
	int rc;

	if (!buf)
		return -ENOMEM;
	op.u.vcpuaffinity.vcpu = vcpu;
	if (which == DOM_AFFINITY_HARD) {
		op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
		out = &op.u.vcpuaffinity.cpumap_hard;
	} else {
		op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_SOFT;
		out = &op.u.vcpuaffinity.cpumap_soft;
	}
	out->bitmap.p = buf;
	out->nr_bits = bytes * 8;
	rc = domctl(hv, &op);
	memcpy(map, buf, bytes);
	hv_buf_free(hv, buf, bytes);
	return rc;
}

int dom_set_affinity(struct hv *hv, domid_t domid, unsigned int vcpu,
		     const uint8_t *hard, const uint8_t *soft, size_t bytes,
		     bool force)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_setvcpuaffinity,
				.domain = domid};
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	uint8_t *buf = hv_buf_alloc(hv, 2 * bytes);
	int rc;

	if (!buf)
		return -ENOMEM;
	a->vcpu = vcpu;
	a->flags = force ? XEN_VCPUAFFINITY_FORCE : 0;
	if (hard) {
		a->flags |= XEN_VCPUAFFINITY_HARD;
		memcpy(buf, hard, bytes);
	}
	if (soft) {
		a->flags |= XEN_VCPUAFFINITY_SOFT;
		memcpy(buf + bytes, soft, bytes);
	}
	a->cpumap_hard.bitmap.p = buf;
	a->cpumap_soft.bitmap.p = buf + bytes;
	a->cpumap_hard.nr_bits = a->cpumap_soft.nr_bits = bytes * 8;
	rc = domctl(hv, &op);
	hv_buf_free(hv, buf, 2 * bytes);
	return rc;
}

int dom_share(struct hv *hv, domid_t domid, struct dom_share *s, bool set)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_scheduler_op,
				.domain = domid};
	/* credit and credit2 have the same record */
	struct xen_domctl_sched_credit2 *p = &op.u.scheduler_op.u.credit2;
	int rc = sys_sched_id(hv);

	if (rc < 0)
		return rc;
	op.u.scheduler_op.sched_id = (uint32_t)rc;
	op.u.scheduler_op.cmd =
		set ? XEN_DOMCTL_SCHEDOP_putinfo : XEN_DOMCTL_SCHEDOP_getinfo;
	p->weight = s->weight;
	p->cap = s->cap;
	rc = domctl(hv, &op);
	if (!rc && !set)
		*s = (struct dom_share){p->weight, p->cap};
	return rc;
}

int dom_allow_irq(struct hv *hv, domid_t domid, unsigned int pirq, bool allow)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_irq_permission,
				.domain = domid};

	op.u.irq_permission.pirq = pirq;
	op.u.irq_permission.allow_access = allow;
	return domctl(hv, &op);
}

int dom_allow_iomem(struct hv *hv, domid_t domid, uint64_t mfn, uint64_t n,
		    bool allow)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_iomem_permission,
				.domain = domid};

	op.u.iomem_permission.first_mfn = mfn;
	op.u.iomem_permission.nr_mfns = n;
	op.u.iomem_permission.allow_access = allow;
	return domctl(hv, &op);
}

int dom_allow_ioports(struct hv *hv, domid_t domid, unsigned int port,
		      unsigned int n, bool allow)
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_ioport_permission,
				.domain = domid};

	op.u.ioport_permission.first_port = port;
	op.u.ioport_permission.nr_ports = n;
	op.u.ioport_permission.allow_access = allow;
	return domctl(hv, &op);
}

int dom_map_line(struct hv *hv, domid_t domid, int gsi, int *pirq)
{
	struct physdev_map_pirq map = {
		.domid = domid,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = gsi,
		.pirq = gsi,
	};
	long rc = hv_call_struct(hv, __HYPERVISOR_physdev_op,
				 PHYSDEVOP_map_pirq, &map, sizeof(map));

	if (!rc)
		*pirq = map.pirq;
	return rc;
}

int dom_unmap_line(struct hv *hv, domid_t domid, int pirq)
{
	struct physdev_unmap_pirq unmap = {.domid = domid, .pirq = pirq};

	return hv_call_struct(hv, __HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq,
			      &unmap, sizeof(unmap));
}
