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

#define RUN_DIR	   "/run/paravane"
#define LOCK_PATH  RUN_DIR "/devices.lock"
#define TX_TRIES   100
#define LET_GO_MS  5000
#define SYSFS_BACK "/sys/bus/xen-backend/devices"
#define DOM0	   0

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

/* -- writing ------------------------------------------------------------- */

static int put(struct xs_client *xs, uint32_t tx, const char *dir,
	       const char *key, const char *val)
{
	char *path = xasprintf("%s/%s", dir, key);
	int rc = xsc_write(xs, tx, path, val, strlen(val));

	free(path);
	return rc;
}

/* A fresh directory of @owner that @reader may read. */
static int put_dir(struct xs_client *xs, uint32_t tx, const char *dir,
		   domid_t owner, domid_t reader)
{
	struct xsc_perm perms[] = {{owner, 'n'}, {reader, 'r'}};
	int rc = xsc_rm(xs, tx, dir);

	if (rc && rc != -ENOENT)
		return rc;
	rc = xsc_mkdir(xs, tx, dir);
	return rc ? rc : xsc_set_perms(xs, tx, dir, perms, 2);
}

static int put_all(struct xs_client *xs, uint32_t tx, const char *dir,
		   const struct dev_nodes *l)
{
	size_t i;
	int rc = 0;

	for (i = 0; !rc && l && i < l->n; i++)
		rc = put(xs, tx, dir, l->node[i].key, l->node[i].val);
	return rc;
}

static int put_front(struct xs_client *xs, uint32_t tx,
		     const struct device *dev, const char *front,
		     const char *back, const struct dev_nodes *nodes)
{
	char id[16];
	int rc = put_dir(xs, tx, front, dev->domid, dev->backend);

	snprintf(id, sizeof(id), "%u", dev->backend);
	if (!rc)
		rc = put(xs, tx, front, "backend", back);
	if (!rc)
		rc = put(xs, tx, front, "backend-id", id);
	if (!rc)
		rc = put(xs, tx, front, "state", "1");
	return rc ? rc : put_all(xs, tx, front, nodes);
}

static int put_back(struct xs_client *xs, uint32_t tx, const struct device *dev,
		    const char *front, const char *back,
		    const struct dev_nodes *nodes)
{
	char id[16];
	int rc = put_dir(xs, tx, back, dev->backend, dev->domid);

	snprintf(id, sizeof(id), "%u", dev->domid);
	if (!rc)
		rc = put(xs, tx, back, "frontend", front);
	if (!rc)
		rc = put(xs, tx, back, "frontend-id", id);
	if (!rc)
		rc = put(xs, tx, back, "online", "1");
	if (!rc)
		rc = put(xs, tx, back, "state", "1");
	return rc ? rc : put_all(xs, tx, back, nodes);
}

static int put_record(struct xs_client *xs, uint32_t tx, const char *record,
		      const char *front, const char *back,
		      const struct dev_nodes *nodes,
		      const struct dev_nodes *own)
{
	int rc = put(xs, tx, record, "frontend", front);

	if (!rc)
		rc = put(xs, tx, record, "backend", back);
	if (!rc)
		rc = put(xs, tx, record, "pending", "1");
	if (!rc)
		rc = put_all(xs, tx, record, nodes);
	return rc ? rc : put_all(xs, tx, record, own);
}

int device_write(struct xs_client *xs, const struct device *dev,
		 const struct dev_nodes *front, const struct dev_nodes *back,
		 const struct dev_nodes *record)
{
	char f[DEVICE_PATH], b[DEVICE_PATH], r[DEVICE_PATH], *there;
	int tries, rc = -EAGAIN;
	uint32_t tx;

	device_front_path(f, dev);
	device_back_path(b, dev);
	device_record_path(r, dev);
	for (tries = 0; rc == -EAGAIN && tries < TX_TRIES; tries++) {
		rc = xsc_tx_start(xs, &tx);
		if (rc)
			break;
		if (!xsc_read(xs, tx, r, &there, NULL)) {
			free(there);
			xsc_tx_end(xs, tx, false);
			return err_set(-EEXIST,
				       "domain %u has a %s with number %u "
				       "already",
				       dev->domid, kind_names[dev->kind],
				       dev->devid);
		}
		rc = put_record(xs, tx, r, f, b, back, record);
		if (!rc)
			rc = put_back(xs, tx, dev, f, b, back);
		if (!rc)
			rc = put_front(xs, tx, dev, f, b, front);
		if (rc)
			xsc_tx_end(xs, tx, false);
		else
			rc = xsc_tx_end(xs, tx, true);
	}
	return rc ? err_set(rc, "cannot write the store nodes of %s %u: %s",
			    kind_names[dev->kind], dev->devid, err_str(rc))
		  : 0;
}

int device_complete(struct xs_client *xs, const struct device *dev)
{
	char path[DEVICE_PATH + 16];
	int rc;

	device_record_path(path, dev);
	strcat(path, "/pending");
	rc = xsc_rm(xs, XSC_NO_TX, path);
	return rc ? err_set(rc, "cannot update %s: %s", path, err_str(rc)) : 0;
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

/* -- the end ------------------------------------------------------------- */

/* Remove @path, then those above it that are empty, up to @levels of them. */
static int remove_up(struct xs_client *xs, const char *path, int levels)
{
	char dir[DEVICE_PATH], **names, *slash;
	unsigned int n;
	int rc = xsc_rm(xs, XSC_NO_TX, path);

	if (rc == -ENOENT)
		rc = 0;
	snprintf(dir, sizeof(dir), "%s", path);
	while (!rc && levels-- && (slash = strrchr(dir, '/')) && slash != dir) {
		*slash = '\0';
		if (xsc_directory(xs, XSC_NO_TX, dir, &names, &n))
			continue;
		free(names);
		if (n)
			break;
		xsc_rm(xs, XSC_NO_TX, dir);
	}
	return rc;
}

/* dom0's driver notices that its nodes are gone, and closes the device. */
static void wait_let_go(const struct device *dev)
{
	char path[DEVICE_PATH];
	int ms;

	if (dev->backend != DOM0)
		return;
	snprintf(path, sizeof(path), SYSFS_BACK "/%s-%u-%u",
		 kind_names[dev->kind], dev->domid, dev->devid);
	for (ms = 0; ms < LET_GO_MS && !access(path, F_OK); ms += 2)
		usleep(2000);
}

int device_forget(struct xs_client *xs, const struct device *dev)
{
	char path[DEVICE_PATH];
	int rc, rc2;

	device_front_path(path, dev);
	rc = remove_up(xs, path, 1);
	device_back_path(path, dev);
	rc2 = remove_up(xs, path, 4);
	if (!rc)
		rc = rc2;
	wait_let_go(dev);
	device_record_path(path, dev);
	rc2 = remove_up(xs, path, 4);
	if (!rc)
		rc = rc2;
	return rc ? err_set(rc, "cannot remove the store nodes of %s %u: %s",
			    kind_names[dev->kind], dev->devid, err_str(rc))
		  : 0;
}
