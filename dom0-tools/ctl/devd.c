/*
 * ctl/devd.c: the command devd, which serves back ends in a driver domain
 *
 * What the tools do in dom0 for back ends of dom0, this does for those of its
 * own domain: it watches the back ends' directories, prepares what the kernel
 * has found and clears up what was closed. It needs no way to the hypervisor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/hotplug.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define LOG_FILE   "/var/log/xen/vane-devd.log"
#define READY	   "data/devd" /* tells dom0 that we serve */
#define RECHECK_MS 30000

struct served {
	struct device dev;
	bool seen; /* in the present round */
};

struct devd {
	struct xs_client *xs;
	domid_t self;
	struct served *list;
	size_t n;
	bool busy; /* events came and went while this round prepared one */
};

static struct served *find(struct devd *d, const struct device *dev)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (!memcmp(&d->list[i].dev, dev, sizeof(*dev)))
			return &d->list[i];
	return NULL;
}

static void add(struct devd *d, const struct device *dev)
{
	d->list = xrealloc(d->list, (d->n + 1) * sizeof(*d->list));
	d->list[d->n++] = (struct served){*dev, true};
}

/*
 * The note in the back end's nodes outlives a devd that is killed. Killed
 * before the end of its work, it has that done again.
 */
static bool is_prepared(struct devd *d, const struct device *dev,
			enum dev_state state)
{
	char *note = device_back_read(d->xs, dev, DEVICE_PREPARED);
	char *status = device_back_read(d->xs, dev, "hotplug-status");
	bool is = note && (state != DEV_INIT_WAIT ||
			   (status && !strcmp(status, "connected")));

	free(note);
	free(status);
	return is;
}

/* Dom0's tools wait for the note to go before they remove the nodes. */
static void take_down(struct devd *d, const struct device *dev)
{
	char dir[DEVICE_PATH], *path;

	if (hotplug_down(d->xs, dev))
		log_warn("%s", err_text());
	device_back_path(dir, dev);
	path = xasprintf("%s/" DEVICE_PREPARED, dir);
	xsc_rm(d->xs, XSC_NO_TX, path);
	free(path);
}

static void drop(struct devd *d, size_t i)
{
	const struct device *dev = &d->list[i].dev;

	log_info("%s %u of domain %u is gone", device_kind_name(dev->kind),
		 dev->devid, dev->domid);
	d->list[i] = d->list[--d->n];
}

static void prepare(struct devd *d, const struct device *dev)
{
	d->busy = true;
	if (hotplug_write(d->xs, dev, DEVICE_PREPARED, "1"))
		log_warn("%s", err_text());
	if (hotplug_up(d->xs, dev))
		log_error("%s %u of domain %u: %s", device_kind_name(dev->kind),
			  dev->devid, dev->domid, err_text());
	else
		log_info("%s %u of domain %u is served",
			 device_kind_name(dev->kind), dev->devid, dev->domid);
}

/* One back end: prepare it when the kernel waits, forget it when closed. */
static void look_at(struct devd *d, const struct device *dev)
{
	enum dev_state state = device_back_state(d->xs, dev);
	bool prepared = is_prepared(d, dev, state);
	struct served *s = find(d, dev);

	if (state == DEV_CLOSED) {
		if (s || prepared)
			take_down(d, dev);
	} else if (s) {
		s->seen = true;
	} else if (prepared) {
		add(d, dev); /* by a devd before this one */
	} else if (state == DEV_INIT_WAIT) {
		add(d, dev);
		prepare(d, dev);
	}
}

static void look_below(struct devd *d, enum dev_kind kind, const char *dir,
		       domid_t domid)
{
	struct device dev;
	unsigned int n, i;
	char **ids;

	if (xsc_directory(d->xs, XSC_NO_TX, dir, &ids, &n))
		return;
	for (i = 0; i < n; i++) {
		memset(&dev, 0, sizeof(dev));
		dev.kind = kind;
		dev.domid = domid;
		dev.backend = d->self;
		dev.devid = strtoul(ids[i], NULL, 10);
		look_at(d, &dev);
	}
	free(ids);
}

static void look_kind(struct devd *d, enum dev_kind kind)
{
	char top[DEVICE_PATH], dir[DEVICE_PATH + 16], **doms;
	unsigned int n, i;

	snprintf(top, sizeof(top), "/local/domain/%u/backend/%s", d->self,
		 device_kind_name(kind));
	if (xsc_directory(d->xs, XSC_NO_TX, top, &doms, &n))
		return;
	for (i = 0; i < n; i++) {
		snprintf(dir, sizeof(dir), "%s/%.8s", top, doms[i]);
		look_below(d, kind, dir, strtoul(doms[i], NULL, 10));
	}
	free(doms);
}

static void look_around(struct devd *d)
{
	size_t i;

	d->busy = false;
	for (i = 0; i < d->n; i++)
		d->list[i].seen = false;
	look_kind(d, DEV_VBD);
	look_kind(d, DEV_VIF);
	for (i = d->n; i > 0; i--)
		if (!d->list[i - 1].seen)
			drop(d, i - 1);
}

static int connect_store(struct devd *d)
{
	uint64_t self;
	int rc = xsc_open_kernel(&d->xs);

	if (rc)
		return err_set(rc,
			       "cannot open /dev/xen/xenbus: %s: devd runs in "
			       "a domain, as root",
			       err_str(rc));
	rc = xsc_read_u64(d->xs, XSC_NO_TX, "domid", &self);
	if (!rc && self) {
		d->self = self;
		rc = xsc_watch(d->xs, "backend", "backend");
	} else if (!rc) {
		return err_set(-EINVAL, "dom0 needs no devd: the tools there "
					"serve its back ends");
	}
	return rc ? err_set(rc, "cannot use the store: %s", err_str(rc)) : 0;
}

static int serve(struct devd *d)
{
	struct xsc_event ev;
	int rc;

	xsc_write(d->xs, XSC_NO_TX, READY, "1", 1);
	for (;;) {
		rc = xsc_next_event(d->xs, &ev, RECHECK_MS);
		if (!rc)
			free(ev.path);
		else if (rc != -EAGAIN)
			return err_set(rc, "lost the store: %s", err_str(rc));
		while (!xsc_next_event(d->xs, &ev, 0))
			free(ev.path);
		do
			look_around(d);
		while (d->busy);
	}
}

/* devd [-F] [-p PIDFILE] */
int cmd_devd(struct ctl *c, int argc, char **argv)
{
	struct devd d = {.xs = NULL};
	const char *pidfile = NULL;
	bool background = true;
	int opt, rc;

	while ((opt = getopt(argc, argv, "+Fp:")) != -1) {
		if (opt == 'F')
			background = false;
		else if (opt == 'p')
			pidfile = optarg;
		else
			return ctl_usage(c);
	}
	if (optind != argc)
		return ctl_usage(c);
	rc = background ? daemon_detach() : 0;
	log_init("vane-devd", LOG_LVL_INFO);
	if (!rc)
		rc = connect_store(&d);
	if (!rc)
		rc = daemon_ready(pidfile);
	if (!rc && background) {
		daemon_make_dirs(LOG_FILE);
		log_to_file(LOG_FILE);
	}
	if (!rc)
		rc = serve(&d);
	if (rc)
		log_error("%s", err_text());
	xsc_close(d.xs);
	free(d.list);
	return rc;
}
