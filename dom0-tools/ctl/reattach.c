/*
 * A driver domain that ended takes its back ends along. Stock front ends do not
 * connect to another back end while they live, so a device is taken from its
 * guest, as if unplugged, and given again once the driver domain is back.
 *
 * Linux takes a disk away only when all its requests have ended, and its thread
 * for all devices waits for that. So a disk is first told to close, after which
 * it makes no more requests; if some are then without an answer it stays as it
 * is, for ever closed, and the guest's other devices live.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/inflight.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define CLOSE_MS 5000
#define POLL_MS	 5
#define LOST	 "lost" /* node of the record: requests that never end */

/* Nodes of the record that describe the old life of the device. */
static bool is_old(const char *key)
{
	static const char *const old[] = {"frontend", "backend",      "pending",
					  "leaving",  "backend-name", LOST};
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

/* A device of the driver domain that ended. */
struct client {
	struct device dev;
	struct dev_parts parts;
	bool taken; /* from its guest; may be given again */
};

struct clients {
	struct client *list;
	size_t n;
};

static bool is_client(struct ctl *c, const struct device *dev, const char *name,
		      domid_t backend)
{
	char *wants = device_record_read(c->xs, dev, "backend-name");
	bool client = wants && !strcmp(wants, name) && dev->backend != backend;

	free(wants);
	return client && !device_record_has(c->xs, dev, LOST);
}

static void find_clients(struct ctl *c, struct clients *all, domid_t domid,
			 const char *name, domid_t backend)
{
	struct device *list;
	int kind, n, i;

	for (kind = 0; kind < NR_DEV_KINDS; kind++) {
		n = devices_list(c->xs, domid, kind, &list);
		for (i = 0; i < n; i++) {
			if (!is_client(c, &list[i], name, backend))
				continue;
			all->list = xrealloc(all->list,
					     (all->n + 1) * sizeof(*all->list));
			all->list[all->n++] = (struct client){.dev = list[i]};
		}
		free(list);
	}
}

static void report(const struct device *dev)
{
	log_error("%s %u of domain %u: %s", device_kind_name(dev->kind),
		  dev->devid, dev->domid, err_text());
}

/*
 * The back end's nodes went with its domain. The one that the front end watches
 * comes back for as long as it takes to close.
 */
static void ask_to_close(struct ctl *c, const struct device *dev)
{
	struct xsc_perm perms[] = {{0, 'n'}, {dev->domid, 'r'}};
	char path[DEVICE_PATH + 16];
	int rc;

	device_back_path(path, dev);
	strcat(path, "/state");
	rc = xsc_write(c->xs, XSC_NO_TX, path, "5", 1);
	if (!rc)
		rc = xsc_set_perms(c->xs, XSC_NO_TX, path, perms, 2);
	if (rc)
		log_warn("cannot write %s: %s", path, err_str(rc));
}

static bool is_closed(struct ctl *c, const struct device *dev)
{
	enum dev_state s = device_front_state(c->xs, dev);

	return s == DEV_CLOSED || s == DEV_UNKNOWN || s == DEV_INITIALISING;
}

/* Requests that never end: the guest keeps the device, which stays closed. */
static int give_up(struct ctl *c, const struct device *dev, unsigned int lost)
{
	char path[DEVICE_PATH + 16], text[16];

	device_record_path(path, dev);
	strcat(path, "/" LOST);
	snprintf(text, sizeof(text), "%u", lost);
	xsc_write(c->xs, XSC_NO_TX, path, text, strlen(text));
	return err_set(-EIO,
		       "%u requests were lost with domain %u and never end: "
		       "restart the guest to get this disk again",
		       lost, dev->backend);
}

static int may_take(struct ctl *c, const struct device *dev)
{
	unsigned int lost;
	int rc;

	if (dev->kind != DEV_VBD)
		return 0;
	if (!is_closed(c, dev))
		return err_set(-EBUSY, "its driver does not close it: unmount "
				       "it there, or restart the guest");
	rc = front_in_flight(c, dev, &lost);
	if (!rc && lost)
		rc = give_up(c, dev, lost);
	return rc;
}

static void take(struct ctl *c, struct client *cl)
{
	if (may_take(c, &cl->dev) || read_parts(c->xs, &cl->dev, &cl->parts) ||
	    device_remove_locked(c, &cl->dev, true))
		report(&cl->dev);
	else
		cl->taken = true;
}

/*
 * Wait for one guest's driver; all share one time limit, of which @ms is left,
 * so that those that do not care hold the others up only once.
 */
static void wait_closed(struct ctl *c, const struct client *cl, int *ms)
{
	while (cl->dev.kind == DEV_VBD && *ms > 0 && !is_closed(c, &cl->dev)) {
		usleep(POLL_MS * 1000);
		*ms -= POLL_MS;
	}
}

static bool give(struct ctl *c, struct client *cl, const char *name,
		 domid_t backend)
{
	struct device new = cl->dev;

	new.backend = backend;
	if (!cl->taken)
		return false;
	if (!device_attach_locked(c, &new, &cl->parts, name))
		return true;
	report(&new);
	return false;
}

static int reattach_all(struct ctl *c, struct clients *all, const char *name,
			domid_t backend)
{
	int done = 0, left = CLOSE_MS;
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->list[i].dev.kind == DEV_VBD)
			ask_to_close(c, &all->list[i].dev);
	for (i = 0; i < all->n; i++) {
		wait_closed(c, &all->list[i], &left);
		take(c, &all->list[i]);
	}
	for (i = 0; i < all->n; i++) {
		done += give(c, &all->list[i], name, backend);
		dev_parts_free(&all->list[i].parts);
	}
	return done;
}

int devices_reattach(struct ctl *c, const char *name, domid_t backend,
		     bool *again)
{
	struct clients all = {NULL, 0};
	int lock = devices_lock(), done;
	unsigned int n, i;
	domid_t domid;
	char **names;

	if (lock < 0)
		return lock;
	if (!xsc_directory(c->xs, XSC_NO_TX, "/libxl", &names, &n)) {
		for (i = 0; i < n; i++) {
			domid = strtoul(names[i], NULL, 10);
			if (!domain_is_dead(c, domid))
				find_clients(c, &all, domid, name, backend);
		}
		free(names);
	}
	done = reattach_all(c, &all, name, backend);
	*again = (size_t)done < all.n;
	free(all.list);
	close(lock);
	return done;
}
