#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/device.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define RUN_DIR	  "/run/paravane"
#define LOCK_PATH RUN_DIR "/devices.lock"

static const char *const kind_names[NR_DEV_KINDS] = {
	[DEV_VBD] = "vbd",
	[DEV_VIF] = "vif",
	[DEV_PCI] = "pci",
};

static const char *const state_names[] = {
	[DEV_UNKNOWN] = "unknown",
	[DEV_INITIALISING] = "initialising",
	[DEV_INIT_WAIT] = "waiting",
	[DEV_INITIALISED] = "initialised",
	[DEV_CONNECTED] = "connected",
	[DEV_CLOSING] = "closing",
	[DEV_CLOSED] = "closed",
	[DEV_RECONFIGURING] = "reconfiguring",
	[DEV_RECONFIGURED] = "reconfigured",
};

#define NR_STATES (sizeof(state_names) / sizeof(*state_names))

void dev_nodes_add(struct dev_nodes *l, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *val;

	va_start(ap, fmt);
	if (vasprintf(&val, fmt, ap) < 0)
		val = xstrdup("");
	va_end(ap);
	l->node = xrealloc(l->node, (l->n + 1) * sizeof(*l->node));
	l->node[l->n++] = (struct dev_node){xstrdup(key), val};
}

void dev_nodes_free(struct dev_nodes *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->node[i].key);
		free(l->node[i].val);
	}
	free(l->node);
	memset(l, 0, sizeof(*l));
}

const char *device_kind_name(enum dev_kind kind)
{
	return kind_names[kind];
}

const char *dev_state_name(enum dev_state s)
{
	return s < NR_STATES ? state_names[s] : "unknown";
}

void device_front_path(char out[DEVICE_PATH], const struct device *dev)
{
	snprintf(out, DEVICE_PATH, "/local/domain/%u/device/%s/%u", dev->domid,
		 kind_names[dev->kind], dev->devid);
}

void device_back_path(char out[DEVICE_PATH], const struct device *dev)
{
	snprintf(out, DEVICE_PATH, "/local/domain/%u/backend/%s/%u/%u",
		 dev->backend, kind_names[dev->kind], dev->domid, dev->devid);
}

void device_record_path(char out[DEVICE_PATH], const struct device *dev)
{
	snprintf(out, DEVICE_PATH, "/libxl/%u/device/%s/%u", dev->domid,
		 kind_names[dev->kind], dev->devid);
}

int devices_lock(void)
{
	int fd;

	mkdir(RUN_DIR, 0755);
	fd = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(-errno, "cannot open %s: %s", LOCK_PATH,
			       err_str(errno));
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		close(fd);
		return err_set(-errno, "cannot lock %s: %s", LOCK_PATH,
			       err_str(errno));
	}
	return fd;
}

/* -- reading ------------------------------------------------------------- */

static char *read_below(struct xs_client *xs, const char *dir, const char *node)
{
	char *val;

	return xsc_readf(xs, XSC_NO_TX, &val, "%s/%s", dir, node) ? NULL : val;
}

char *device_record_read(struct xs_client *xs, const struct device *dev,
			 const char *node)
{
	char dir[DEVICE_PATH];

	device_record_path(dir, dev);
	return read_below(xs, dir, node);
}

char *device_back_read(struct xs_client *xs, const struct device *dev,
		       const char *node)
{
	char dir[DEVICE_PATH];

	device_back_path(dir, dev);
	return read_below(xs, dir, node);
}

char *device_front_read(struct xs_client *xs, const struct device *dev,
			const char *node)
{
	char dir[DEVICE_PATH];

	device_front_path(dir, dev);
	return read_below(xs, dir, node);
}

bool device_record_has(struct xs_client *xs, const struct device *dev,
		       const char *node)
{
	char *val = device_record_read(xs, dev, node);

	free(val);
	return val;
}

enum dev_state dev_state_parse(char *val)
{
	unsigned long n = val ? strtoul(val, NULL, 10) : 0;

	free(val);
	return n < NR_STATES ? n : DEV_UNKNOWN;
}

enum dev_state device_back_state(struct xs_client *xs, const struct device *dev)
{
	return dev_state_parse(device_back_read(xs, dev, "state"));
}

enum dev_state device_front_state(struct xs_client *xs,
				  const struct device *dev)
{
	return dev_state_parse(device_front_read(xs, dev, "state"));
}

int device_find(struct xs_client *xs, domid_t domid, enum dev_kind kind,
		unsigned int devid, struct device *dev)
{
	struct device d = {.kind = kind, .domid = domid, .devid = devid};
	char *back = device_record_read(xs, &d, "backend");
	unsigned int id;
	int rc = -ENOENT;

	if (back && sscanf(back, "/local/domain/%u/", &id) == 1) {
		d.backend = id;
		*dev = d;
		rc = 0;
	}
	free(back);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return (x->devid > y->devid) - (x->devid < y->devid);
}

int devices_list(struct xs_client *xs, domid_t domid, enum dev_kind kind,
		 struct device **out)
{
	char dir[DEVICE_PATH], **names;
	unsigned int n, i;
	int rc, found = 0;

	*out = NULL;
	snprintf(dir, sizeof(dir), "/libxl/%u/device/%s", domid,
		 kind_names[kind]);
	rc = xsc_directory(xs, XSC_NO_TX, dir, &names, &n);
	if (rc == -ENOENT)
		return 0;
	if (rc)
		return err_set(rc, "cannot read %s: %s", dir, err_str(rc));
	*out = xcalloc(n + 1, sizeof(**out));
	for (i = 0; i < n; i++)
		if (!device_find(xs, domid, kind, strtoul(names[i], NULL, 10),
				 &(*out)[found]))
			found++;
	free(names);
	qsort(*out, found, sizeof(**out), by_id);
	return found;
}

int device_free_id(struct xs_client *xs, domid_t domid, enum dev_kind kind)
{
	struct device *list;
	int n = devices_list(xs, domid, kind, &list), i, id = 0;

	for (i = 0; i < n; i++)
		if (list[i].devid == (unsigned int)id)
			id++;
	free(list);
	return n < 0 ? n : id;
}
