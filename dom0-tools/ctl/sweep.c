/*
 * What dead tools and dead domains left behind: the next command looks at every
 * record, and what its notes say (device.h) is finished or undone.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/pci.h"
#include "ctl/move.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"

bool domain_is_dead(struct ctl *c, domid_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return dom_info(c->hv, domid, &info) || info.flags & XEN_DOMINF_dying;
}

/* A guest that was asked to let go may take its time; a tool that was not
 * going to wait for it leaves nothing to wait for. */
static bool must_go(struct ctl *c, const struct device *dev)
{
	char *leaving = device_record_read(c->xs, dev, DEVICE_LEAVING);
	bool go = device_record_has(c->xs, dev, DEVICE_PENDING);

	if (leaving && !go)
		go = !strcmp(leaving, LEAVING_FORCED) ||
		     (DEV_ENDED & 1u << device_back_state(c->xs, dev));
	free(leaving);
	return go;
}

/* The tool came to its first note, and not to asking the guest. */
static bool must_ask(struct ctl *c, const struct device *dev)
{
	return device_record_has(c->xs, dev, DEVICE_LEAVING) &&
	       (DEV_SERVING & 1u << device_back_state(c->xs, dev));
}

static void sweep_device(struct ctl *c, const struct device *dev)
{
	int rc = 0;

	if (device_record_has(c->xs, dev, DEVICE_MOVING)) {
		if (!device_is_moving(c, dev))
			rc = device_complete(c->xs, dev);
	} else if (must_go(c, dev)) {
		if (dev->kind == DEV_PCI)
			pci_forbid_all(c, dev);
		rc = device_remove_locked(c, dev, true);
	} else if (must_ask(c, dev)) {
		rc = device_begin_closing(c->xs, dev, false);
	} else if (dev->kind == DEV_PCI) {
		pci_sweep(c, dev);
	}
	if (rc)
		log_warn("%s", err_text());
}

static void sweep_domain(struct ctl *c, domid_t domid)
{
	struct device *list;
	int kind, n, i;

	if (domain_is_dead(c, domid)) {
		if (devices_remove_locked(c, domid))
			log_warn("%s", err_text());
		return;
	}
	for (kind = 0; kind < NR_DEV_KINDS; kind++) {
		n = devices_list(c->xs, domid, kind, &list);
		for (i = 0; i < n; i++)
			sweep_device(c, &list[i]);
		free(list);
	}
}

static void sweep_locked(struct ctl *c)
{
	unsigned int n, i;
	char **names;

	if (xsc_directory(c->xs, XSC_NO_TX, "/libxl", &names, &n))
		return;
	for (i = 0; i < n; i++)
		sweep_domain(c, strtoul(names[i], NULL, 10));
	free(names);
	devices_reattach_locked(c);
}

void devices_sweep(struct ctl *c)
{
	int lock = devices_lock();

	if (lock < 0) {
		log_warn("%s", err_text());
		return;
	}
	sweep_locked(c);
	close(lock);
	err_clear();
}
