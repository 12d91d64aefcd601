#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/evtchn.h"
#include "lib/linux_xen.h"

#define EVTCHN_PATH "/dev/xen/evtchn"

int evtchn_open(struct evtchn *ec)
{
	ec->fd = open(EVTCHN_PATH, O_RDWR | O_CLOEXEC);
	if (ec->fd >= 0)
		return 0;
	return err_set(-errno,
		       "cannot open " EVTCHN_PATH ": %s; run this as "
		       "root in dom0, with xen-evtchn loaded",
		       err_str(errno));
}

void evtchn_close(struct evtchn *ec)
{
	if (ec->fd >= 0)
		close(ec->fd);
	ec->fd = -1;
}

/* All requests return a port or 0; @what is the verb of the error line. */
static int request(struct evtchn *ec, unsigned long req, void *arg,
		   const char *what)
{
	int rc = ioctl(ec->fd, req, arg);

	if (rc >= 0)
		return rc;
	return err_set(-errno, "cannot %s: %s", what, err_str(errno));
}

int evtchn_bind_interdomain(struct evtchn *ec, domid_t domid, uint32_t port)
{
	struct lx_evtchn_interdomain arg = {domid, port};
	int rc = ioctl(ec->fd, LX_EVTCHN_BIND_INTERDOMAIN, &arg);

	if (rc >= 0)
		return rc;
	return err_set(-errno, "cannot bind event channel %u of domain %u: %s",
		       port, domid, err_str(errno));
}

int evtchn_bind_unbound(struct evtchn *ec, domid_t domid)
{
	uint32_t arg = domid;

	return request(ec, LX_EVTCHN_BIND_UNBOUND_PORT, &arg,
		       "offer an event channel");
}

int evtchn_bind_virq(struct evtchn *ec, unsigned int virq)
{
	uint32_t arg = virq;

	return request(ec, LX_EVTCHN_BIND_VIRQ, &arg, "bind a virtual IRQ");
}

int evtchn_unbind(struct evtchn *ec, uint32_t port)
{
	return request(ec, LX_EVTCHN_UNBIND, &port, "close an event channel");
}

int evtchn_notify(struct evtchn *ec, uint32_t port)
{
	return request(ec, LX_EVTCHN_NOTIFY, &port, "raise an event channel");
}

int evtchn_pending(struct evtchn *ec)
{
	uint32_t port;
	ssize_t n = read(ec->fd, &port, sizeof(port));

	if (n < 0)
		return -errno;
	return n == sizeof(port) ? (int)port : -EIO;
}

int evtchn_unmask(struct evtchn *ec, uint32_t port)
{
	ssize_t n = write(ec->fd, &port, sizeof(port));

	if (n < 0)
		return -errno;
	return n == sizeof(port) ? 0 : -EIO;
}
