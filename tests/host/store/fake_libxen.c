/*
 * Debian's Xen libraries on fake_xen, to be preloaded into Debian's xenstored:
 * the same tests then show what the reference does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "fake_xen.h"

static const char *redirect(const char *path)
{
	if (!strcmp(path, "/proc/xen/xsd_port"))
		return fake_path("xsd_port");
	if (!strcmp(path, "/proc/xen/xsd_kva"))
		return fake_path("dom0.store");
	return path;
}

int open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	va_list ap;
	int mode;

	if (!real)
		real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT,
							      "open");
	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	return real(redirect(path), flags, mode);
}

xc_interface *xc_interface_open(xentoollog_logger *a, xentoollog_logger *b,
				unsigned int flags)
{
	static int dummy;

	return (xc_interface *)&dummy;
}

int xc_interface_close(xc_interface *xch)
{
	return 0;
}

/* Like the call it replaces, answers for the next domain there is. */
int xc_domain_getinfo(xc_interface *xch, uint32_t first, unsigned int max,
		      xc_dominfo_t *info)
{
	struct fake_info fake;

	while (first < 64 && fake_info(first, &fake))
		first++;
	if (first == 64)
		return 0;
	memset(info, 0, sizeof(*info));
	info->domid = first;
	info->dying = fake.dying;
	info->shutdown = fake.shutdown;
	info->running = !fake.shutdown;
	return 1;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *l, unsigned int f)
{
	static int dummy;

	return (xenevtchn_handle *)&dummy;
}

xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *l, int fd,
				   unsigned int flags)
{
	return xenevtchn_open(l, flags);
}

int xenevtchn_fd(xenevtchn_handle *x)
{
	return fake_events();
}

int xenevtchn_notify(xenevtchn_handle *x, evtchn_port_t port)
{
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *x,
						     uint32_t domid,
						     evtchn_port_t port)
{
	return FAKE_PORT(domid);
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *x,
					      unsigned int virq)
{
	return FAKE_PORT(FAKE_VIRQ_DOMAIN);
}

int xenevtchn_unbind(xenevtchn_handle *x, evtchn_port_t port)
{
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *x)
{
	return fake_pending();
}

int xenevtchn_unmask(xenevtchn_handle *x, evtchn_port_t port)
{
	return 0;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *l,
				 unsigned int flags)
{
	static int dummy;

	return (xengnttab_handle *)&dummy;
}

int xengnttab_close(xengnttab_handle *x)
{
	return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *x, uint32_t n)
{
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *x, uint32_t domid, uint32_t ref,
			      int prot)
{
	return fake_map(domid, "store");
}

int xengnttab_unmap(xengnttab_handle *x, void *start, uint32_t count)
{
	fake_unmap(start);
	return 0;
}
