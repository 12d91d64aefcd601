/* The part of dom0-tools/lib that reaches the hypervisor, on fake_xen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_xen.h"
#include "lib/domctl.h"
#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/privcmd.h"
#include "lib/sysctl.h"
#include "store/dom0.h"

struct hv {
	int dummy;
};

int hv_open(struct hv **hvp)
{
	static struct hv hv;

	*hvp = &hv;
	return 0;
}

void hv_close(struct hv *hv)
{
}

void *hv_buf_alloc(struct hv *hv, size_t bytes)
{
	return calloc(1, bytes);
}

void hv_buf_free(struct hv *hv, void *buf, size_t bytes)
{
	free(buf);
}

long hv_call_op(struct hv *hv, unsigned int op, void *arg, size_t bytes)
{
	return -ENOSYS;
}

void *hv_map_foreign(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		     size_t n, int prot)
{
	return NULL;
}

void hv_unmap(void *addr, size_t n)
{
	fake_unmap(addr);
}

int evtchn_open(struct evtchn *ec)
{
	ec->fd = fake_events();
	return ec->fd < 0 ? -errno : 0;
}

void evtchn_close(struct evtchn *ec)
{
}

int evtchn_bind_interdomain(struct evtchn *ec, domid_t domid, uint32_t port)
{
	return FAKE_PORT(domid);
}

int evtchn_bind_virq(struct evtchn *ec, unsigned int virq)
{
	return FAKE_PORT(FAKE_VIRQ_DOMAIN);
}

int evtchn_unbind(struct evtchn *ec, uint32_t port)
{
	return 0;
}

int evtchn_notify(struct evtchn *ec, uint32_t port)
{
	return 0;
}

int evtchn_pending(struct evtchn *ec)
{
	int port = fake_pending();

	return port < 0 ? -errno : port;
}

int evtchn_unmask(struct evtchn *ec, uint32_t port)
{
	return 0;
}

int gntdev_open(struct gntdev *gd)
{
	gd->fd = -1;
	return 0;
}

void gntdev_close(struct gntdev *gd)
{
}

void *gntdev_map(struct gntdev *gd, domid_t domid, uint32_t ref, int prot)
{
	return fake_map(domid, ref ? "store" : "console");
}

void gntdev_unmap(struct gntdev *gd, void *page)
{
	fake_unmap(page);
}

static int read_info(domid_t domid, struct xen_domctl_getdomaininfo *info)
{
	struct fake_info fake;

	if (fake_info(domid, &fake))
		return -ESRCH;
	memset(info, 0, sizeof(*info));
	info->domain = domid;
	info->flags = (fake.dying ? XEN_DOMINF_dying : 0) |
		      (fake.shutdown ? XEN_DOMINF_shutdown : 0);
	return 0;
}

int dom_info(struct hv *hv, domid_t domid,
	     struct xen_domctl_getdomaininfo *info)
{
	return read_info(domid, info);
}

int sys_domain_list(struct hv *hv, struct xen_domctl_getdomaininfo **list)
{
	int n = 0, domid;

	*list = calloc(64, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (domid = 0; domid < 64; domid++)
		if (!read_info(domid, &(*list)[n]))
			n++;
	return n;
}

int dom0_ring_map(void **page, uint32_t *port)
{
	*page = fake_map(0, "store");
	*port = 1;
	return *page ? 0 : -errno;
}
