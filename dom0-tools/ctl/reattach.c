/*
 * A driver domain that ended takes its back ends along. Stock front ends do not
 * connect to another back end while they live, so a device is taken from its
 * guest, as if unplugged, and given again once the driver domain is back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

/* Nodes of the record that describe the old life of the device. */
static bool is_old(const char *key)
{
	static const char *const old[] = {"frontend", "backend", "pending",
					  "leaving", "backend-name"};
	size_t i;

	for (i = 0; i < sizeof(old) / sizeof(*old); i++)
		if (!strcmp(key, old[i]))
			return true;
	return false;
}

static int read_parts(struct xs_client *xs, const struct device *dev,
		      struct dev_parts *p)
{
	char dir[DEVICE_PATH], **keys, *val;
	unsigned int n, i;
	int rc;

	memset(p, 0, sizeof(*p));
	device_record_path(dir, dev);
	rc = xsc_directory(xs, XSC_NO_TX, dir, &keys, &n);
	if (rc)
		return err_set(rc, "cannot read %s: %s", dir, err_str(rc));
	for (i = 0; i < n; i++) {
		val = is_old(keys[i]) ? NULL
				      : device_record_read(xs, dev, keys[i]);
		if (val)
			dev_nodes_add(&p->back, keys[i], "%s", val);
		free(val);
	}
	free(keys);
	device_front_nodes(&p->back, dev, &p->front);
	return 0;
}

static int replug(struct ctl *c, const struct device *dev, const char *name,
		  domid_t backend)
{
	struct device new = *dev;
	struct dev_parts p;
	int rc;

	rc = read_parts(c->xs, dev, &p);
	if (!rc)
		rc = device_remove_locked(c, dev, true);
	if (!rc) {
		new.backend = backend;
		rc = device_attach_locked(c, &new, &p, name);
	}
	dev_parts_free(&p);
	return rc;
}

static bool is_client(struct ctl *c, const struct device *dev, const char *name,
		      domid_t backend)
{
	char *wants = device_record_read(c->xs, dev, "backend-name");
	bool client = wants && !strcmp(wants, name) && dev->backend != backend;

	free(wants);
	return client;
}

static int reattach_domain(struct ctl *c, domid_t domid, const char *name,
			   domid_t backend)
{
	struct device *list;
	int kind, n, i, done = 0;

	for (kind = 0; kind < NR_DEV_KINDS; kind++) {
		n = devices_list(c->xs, domid, kind, &list);
		for (i = 0; i < n; i++) {
			if (!is_client(c, &list[i], name, backend))
				continue;
			if (replug(c, &list[i], name, backend))
				log_error("%s %u of domain %u: %s",
					  device_kind_name(kind), list[i].devid,
					  domid, err_text());
			else
				done++;
		}
		free(list);
	}
	return done;
}

int devices_reattach(struct ctl *c, const char *name, domid_t backend)
{
	int lock = devices_lock(), done = 0;
	unsigned int n, i;
	domid_t domid;
	char **names;

	if (lock < 0)
		return lock;
	if (!xsc_directory(c->xs, XSC_NO_TX, "/libxl", &names, &n)) {
		for (i = 0; i < n; i++) {
			domid = strtoul(names[i], NULL, 10);
			if (!domain_is_dead(c, domid))
				done += reattach_domain(c, domid, name,
							backend);
		}
		free(names);
	}
	close(lock);
	return done;
}
