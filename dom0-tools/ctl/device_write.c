/*
 * The nodes of a device appear in one transaction, and go end by end
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/device.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define TX_TRIES   100
#define LET_GO_MS  5000
#define SYSFS_BACK "/sys/bus/xen-backend/devices"
#define DOM0	   0

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
		rc = put(xs, tx, record, DEVICE_PENDING, "1");
	if (!rc)
		rc = put_all(xs, tx, record, nodes);
	return rc ? rc : put_all(xs, tx, record, own);
}

/* What is written in one transaction. */
struct writing {
	const struct device *dev;
	const struct dev_nodes *front, *back, *record;
	bool announce; /* the record alone */
};

static bool has(struct xs_client *xs, uint32_t tx, const char *record,
		const char *node)
{
	char *val;

	if (xsc_readf(xs, tx, &val, "%s/%s", record, node))
		return false;
	free(val);
	return true;
}

/*
 * Is the record's place free? The one of a device that was announced, or is
 * being moved, gives way to its new one; *@moving says so.
 */
static int make_room(struct xs_client *xs, uint32_t tx, const char *record,
		     bool *moving)
{
	*moving = has(xs, tx, record, DEVICE_MOVING);
	if (!*moving && !has(xs, tx, record, DEVICE_COMING))
		return has(xs, tx, record, "backend") ? -EEXIST : 0;
	return xsc_rm(xs, tx, record);
}

static int put_device(struct xs_client *xs, uint32_t tx,
		      const struct writing *w)
{
	char f[DEVICE_PATH], b[DEVICE_PATH], r[DEVICE_PATH];
	bool moving;
	int rc;

	device_front_path(f, w->dev);
	device_back_path(b, w->dev);
	device_record_path(r, w->dev);
	rc = make_room(xs, tx, r, &moving);
	if (!rc)
		rc = put_record(xs, tx, r, f, b, w->back, w->record);
	if (!rc && moving)
		rc = put(xs, tx, r, DEVICE_MOVING, "1");
	if (!rc && w->announce)
		return put(xs, tx, r, DEVICE_COMING, "1");
	if (!rc)
		rc = put_back(xs, tx, w->dev, f, b, w->back);
	return rc ? rc : put_front(xs, tx, w->dev, f, b, w->front);
}

static int write_it(struct xs_client *xs, const struct writing *w)
{
	const char *kind = device_kind_name(w->dev->kind);
	int tries, rc = -EAGAIN;
	uint32_t tx;

	for (tries = 0; rc == -EAGAIN && tries < TX_TRIES; tries++) {
		rc = xsc_tx_start(xs, &tx);
		if (rc)
			break;
		rc = put_device(xs, tx, w);
		if (rc)
			xsc_tx_end(xs, tx, false);
		else
			rc = xsc_tx_end(xs, tx, true);
	}
	if (rc == -EEXIST)
		return err_set(rc, "domain %u has a %s with number %u already",
			       w->dev->domid, kind, w->dev->devid);
	return rc ? err_set(rc, "cannot write the store nodes of %s %u: %s",
			    kind, w->dev->devid, err_str(rc))
		  : 0;
}

int device_write(struct xs_client *xs, const struct device *dev,
		 const struct dev_nodes *front, const struct dev_nodes *back,
		 const struct dev_nodes *record)
{
	const struct writing w = {dev, front, back, record, false};

	return write_it(xs, &w);
}

int device_announce(struct xs_client *xs, const struct device *dev,
		    const struct dev_nodes *back)
{
	const struct writing w = {dev, NULL, back, NULL, true};

	return write_it(xs, &w);
}

int device_record_write(struct xs_client *xs, const struct device *dev,
			const char *node, const char *val)
{
	char dir[DEVICE_PATH];
	int rc;

	device_record_path(dir, dev);
	rc = put(xs, XSC_NO_TX, dir, node, val);
	return rc ? err_set(rc, "cannot write %s/%s: %s", dir, node,
			    err_str(rc))
		  : 0;
}

int device_record_rm(struct xs_client *xs, const struct device *dev,
		     const char *node)
{
	char dir[DEVICE_PATH], *path;
	int rc;

	device_record_path(dir, dev);
	path = xasprintf("%s/%s", dir, node);
	rc = xsc_rm(xs, XSC_NO_TX, path);
	if (rc == -ENOENT)
		rc = 0;
	if (rc)
		err_set(rc, "cannot remove %s: %s", path, err_str(rc));
	free(path);
	return rc;
}

int device_complete(struct xs_client *xs, const struct device *dev)
{
	int rc = device_record_rm(xs, dev, DEVICE_PENDING);

	return rc ? rc : device_record_rm(xs, dev, DEVICE_MOVING);
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
		 device_kind_name(dev->kind), dev->domid, dev->devid);
	for (ms = 0; ms < LET_GO_MS && !access(path, F_OK); ms += 2)
		usleep(2000);
}

int device_untie(struct xs_client *xs, const struct device *dev)
{
	char path[DEVICE_PATH];
	int rc, rc2;

	device_front_path(path, dev);
	rc = remove_up(xs, path, 1);
	device_back_path(path, dev);
	rc2 = remove_up(xs, path, 4);
	wait_let_go(dev);
	if (!rc)
		rc = rc2;
	return rc ? err_set(rc, "cannot remove the ends of %s %u: %s",
			    device_kind_name(dev->kind), dev->devid,
			    err_str(rc))
		  : 0;
}

int device_forget(struct xs_client *xs, const struct device *dev)
{
	char path[DEVICE_PATH];
	int rc;

	device_record_path(path, dev);
	rc = remove_up(xs, path, 4);
	return rc ? err_set(rc, "cannot remove %s: %s", path, err_str(rc)) : 0;
}
