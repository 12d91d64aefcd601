#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/hotplug.h"
#include "ctl/move.h"
#include "ctl/pci.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define DOM0	    0
#define BACK_END_MS 10000
#define HOTPLUG_MS  45000
#define DETACH_MS   10000
#define FORCED_MS   3000

/* -- taking away --------------------------------------------------------- */

/* Tell both ends; the kernel's driver sees a missing front end as closed. */
int device_begin_closing(struct xs_client *xs, const struct device *dev,
			 bool force)
{
	enum dev_state s = device_back_state(xs, dev);
	char path[DEVICE_PATH];
	int rc = device_record_write(xs, dev, DEVICE_LEAVING,
				     force ? LEAVING_FORCED : "1");

	if (rc || s == DEV_UNKNOWN)
		return rc;
	if (force) {
		device_front_path(path, dev);
		xsc_rm(xs, XSC_NO_TX, path);
	}
	rc = hotplug_write(xs, dev, "online", "0");
	if (!rc && s != DEV_CLOSED && s != DEV_CLOSING)
		rc = hotplug_write(xs, dev, "state", "5");
	return rc;
}

static char *guest_name(struct xs_client *xs, const struct device *dev)
{
	char *name = NULL;

	if (dev->kind == DEV_VBD)
		name = device_record_read(xs, dev, "dev");
	return name ? name
		    : xasprintf("%s %u", device_kind_name(dev->kind),
				dev->devid);
}

static int still_used(struct xs_client *xs, const struct device *dev)
{
	char *name = guest_name(xs, dev);
	enum dev_state s = device_front_state(xs, dev);

	err_set(-ETIMEDOUT,
		"domain %u did not release %s within %d s (its driver is %s): "
		"%s, or use --force",
		dev->domid, name, DETACH_MS / 1000, dev_state_name(s),
		s == DEV_CLOSING ? "unmount it there"
				 : "see whether the guest runs");
	free(name);
	return -ETIMEDOUT;
}

/* Its vcpus will not run before somebody asks for it. */
static bool domain_is_stopped(struct ctl *c, domid_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return dom_info(c->hv, domid, &info) ||
	       info.flags & (XEN_DOMINF_dying | XEN_DOMINF_paused |
			     XEN_DOMINF_shutdown);
}

/*
 * The port that its driver uses. A note in the record keeps it for who goes on
 * when a tool that has removed the front end's nodes is killed.
 */
static int used_port(struct xs_client *xs, const struct device *dev)
{
	int port = device_front_port(xs, dev);
	char text[16], *noted;

	if (port != PORT_GONE) {
		snprintf(text, sizeof(text), "%d", port);
		if (device_record_write(xs, dev, DEVICE_FRONT_PORT, text))
			log_warn("%s", err_text());
		return port;
	}
	noted = device_record_read(xs, dev, DEVICE_FRONT_PORT);
	if (noted)
		port = atoi(noted);
	free(noted);
	return port;
}

/* Until both ends are gone, and the guest's driver has let go. */
static int take(struct ctl *c, const struct device *dev, bool force)
{
	int port = used_port(c->xs, dev), rc;
	enum dev_state last;

	rc = device_begin_closing(c->xs, dev, force);
	if (!rc)
		rc = device_wait_back(c->xs, dev, DEV_ENDED,
				      force ? FORCED_MS : DETACH_MS, &last);
	if (rc == -ETIMEDOUT && !force)
		return still_used(c->xs, dev);
	if (dev->backend == DOM0 && hotplug_down(c->xs, dev))
		log_warn("%s", err_text());
	else if (dev->backend != DOM0 && !rc)
		device_wait_down(c->xs, dev, FORCED_MS);
	rc = device_untie(c->xs, dev);
	if (rc || domain_is_stopped(c, dev->domid))
		return rc;
	device_wait_unplugged(c, dev, port);
	/* The guest may give that number to something else. */
	return device_record_rm(c->xs, dev, DEVICE_FRONT_PORT);
}

/* It waits for its driver domain: the guest has nothing to let go of. */
static bool is_unused(struct ctl *c, const struct device *dev)
{
	return device_is_moving(c, dev) &&
	       device_front_state(c->xs, dev) != DEV_CONNECTED;
}

int device_remove_locked(struct ctl *c, const struct device *dev, bool force)
{
	bool now = force || is_unused(c, dev);
	int rc = device_record_rm(c->xs, dev, DEVICE_MOVING);

	if (!rc)
		rc = take(c, dev, now);
	return rc ? rc : device_forget(c->xs, dev);
}

int device_take_locked(struct ctl *c, const struct device *dev)
{
	int rc = device_record_write(c->xs, dev, DEVICE_MOVING, "1");

	return rc ? rc : take(c, dev, true);
}

int device_detach(struct ctl *c, const struct device *found, bool force)
{
	int lock = devices_lock(), rc;
	struct device dev;

	if (lock < 0)
		return lock;
	/* It was found without the lock: it may be gone or elsewhere. */
	if (device_find(c->xs, found->domid, found->kind, found->devid, &dev))
		rc = err_set(-ENOENT, "%s %u of domain %u is gone already",
			     device_kind_name(found->kind), found->devid,
			     found->domid);
	else
		rc = device_remove_locked(c, &dev, force);
	close(lock);
	return rc;
}

int devices_remove_locked(struct ctl *c, domid_t domid)
{
	struct device *list;
	int kind, n, i, rc = 0;
	char path[64];

	for (kind = 0; kind < NR_DEV_KINDS; kind++) {
		n = devices_list(c->xs, domid, kind, &list);
		for (i = 0; i < n; i++)
			if (device_remove_locked(c, &list[i], true))
				rc = -EIO;
		free(list);
		if (n < 0)
			rc = n;
	}
	snprintf(path, sizeof(path), "/libxl/%u", domid);
	xsc_rm(c->xs, XSC_NO_TX, path);
	return rc;
}

int devices_remove(struct ctl *c, domid_t domid)
{
	int lock = devices_lock(), rc;

	if (lock < 0)
		return lock;
	rc = devices_remove_locked(c, domid);
	close(lock);
	return rc;
}

/* -- giving -------------------------------------------------------------- */

/* What a driver domain says becomes one line that no terminal obeys. */
static const char *tamed(char *said)
{
	char *s;

	for (s = said; *s; s++)
		if (!isprint((unsigned char)*s))
			*s = '?';
	return said;
}

/* Somebody else runs the back end: `vane devd` in a driver domain. */
int device_wait_served(struct ctl *c, const struct device *dev,
		       const char *name, int back_ms, int setup_ms)
{
	const char *kind = device_kind_name(dev->kind);
	char *status = NULL, *why;
	enum dev_state last;
	int rc = device_wait_back(c->xs, dev, DEV_SERVING, back_ms, &last);

	if (rc == -ETIMEDOUT)
		return err_set(rc,
			       "domain %s serves no %s devices (back end is "
			       "%s after %d s): load its driver there",
			       name, kind, dev_state_name(last),
			       back_ms / 1000);
	if (!rc)
		rc = device_wait_node(c->xs, dev, "hotplug-status", setup_ms,
				      &status);
	if (rc == -ETIMEDOUT)
		return err_set(rc,
			       "domain %s did not set up the %s within %d s: "
			       "is vane devd running there?",
			       name, kind, setup_ms / 1000);
	if (!rc && strcmp(status, "connected")) {
		why = device_back_read(c->xs, dev, "hotplug-error");
		rc = err_set(-EIO, "domain %s: %s", name,
			     tamed(why ? why : status));
		free(why);
	}
	free(status);
	return rc;
}

void dev_parts_free(struct dev_parts *p)
{
	dev_nodes_free(&p->front);
	dev_nodes_free(&p->back);
	dev_nodes_free(&p->record);
}

static void undo(struct ctl *c, const struct device *dev, int rc)
{
	char *why = xstrdup(err_text());

	if (device_remove_locked(c, dev, true))
		log_warn("while cleaning up: %s", err_text());
	err_set(rc, "%s", why);
	free(why);
}

int device_attach_locked(struct ctl *c, const struct device *dev,
			 struct dev_parts *p, const char *backend)
{
	int rc = 0;

	if (backend)
		dev_nodes_add(&p->record, "backend-name", "%s", backend);
	if (dev->backend == DOM0)
		rc = hotplug_check_driver(dev->kind);
	if (!rc)
		rc = device_write(c->xs, dev, &p->front, &p->back, &p->record);
	if (rc)
		return rc;
	rc = dev->backend == DOM0 ? hotplug_up(c->xs, dev)
				  : device_wait_served(c, dev, backend,
						       BACK_END_MS, HOTPLUG_MS);
	if (!rc)
		rc = device_complete(c->xs, dev);
	if (rc)
		undo(c, dev, rc);
	return rc;
}

static void copy_node(const struct dev_nodes *from, const char *key,
		      struct dev_nodes *to)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		if (!strcmp(from->node[i].key, key))
			dev_nodes_add(to, key, "%s", from->node[i].val);
}

void device_front_nodes(const struct dev_nodes *back, const struct device *dev,
			struct dev_nodes *front)
{
	if (dev->kind == DEV_VBD) {
		dev_nodes_add(front, "virtual-device", "%u", dev->devid);
		copy_node(back, "device-type", front);
	} else if (dev->kind == DEV_VIF) {
		copy_node(back, "handle", front);
		copy_node(back, "mac", front);
		copy_node(back, "mtu", front);
	}
}
