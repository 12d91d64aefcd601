/*
 * ctl/block.c: the commands block-attach, block-list, block-detach and
 * block-resize
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/hotplug.h"
#include "ctl/loop.h"
#include "ctl/table.h"
#include "lib/err.h"

static const struct column cols[] = {
	{"", "Vdev", "", "vdev", CELL_INT, -5},
	{" ", "BE", " ", "backend_id", CELL_INT, -3},
	{" ", "handle", " ", "frontend_id", CELL_INT, -6},
	{" ", "state", " ", "state", CELL_INT, -5},
	{" ", "evt-ch", " ", "event_channel", CELL_INT, -6},
	{" ", "ring-ref", " ", "ring_ref", CELL_INT, -8},
	{" ", "BE-path", " ", "backend", CELL_STR, -30},
};

#define NR_COLS ((int)(sizeof(cols) / sizeof(*cols)))

static long long front_number(struct xs_client *xs, const struct device *dev,
			      const char *node)
{
	char *val = device_front_read(xs, dev, node);
	long long n = val ? strtoll(val, NULL, 10) : -1;

	free(val);
	return n;
}

/* With several queues or ring pages the first one stands for all. */
static long long first_number(struct xs_client *xs, const struct device *dev,
			      const char *node, const char *queue_node)
{
	long long n = front_number(xs, dev, node);

	return n < 0 ? front_number(xs, dev, queue_node) : n;
}

static void list_row(struct ctl *c, struct table *t, const struct device *dev)
{
	char path[DEVICE_PATH];
	long long ring = first_number(c->xs, dev, "ring-ref", "ring-ref0");

	if (ring < 0)
		ring = first_number(c->xs, dev, "queue-0/ring-ref",
				    "queue-0/ring-ref0");
	device_back_path(path, dev);
	table_row(t, (long long)dev->devid, (long long)dev->backend,
		  (long long)dev->domid,
		  (long long)device_front_state(c->xs, dev),
		  first_number(c->xs, dev, "event-channel",
			       "queue-0/event-channel"),
		  ring, path);
	device_note(c, t, dev);
}

int cmd_block_list(struct ctl *c, int argc, char **argv)
{
	struct device *list;
	struct table t;
	domid_t domid;
	int i, j, n, rc = 0;

	if (argc < 2)
		return ctl_usage(c);
	devices_sweep(c);
	table_init(&t, cols, NR_COLS);
	for (i = 1; i < argc && !rc; i++) {
		rc = ctl_find(c, argv[i], &domid);
		if (rc)
			break;
		n = devices_list(c->xs, domid, DEV_VBD, &list);
		for (j = 0; j < n; j++)
			list_row(c, &t, &list[j]);
		free(list);
		rc = n < 0 ? n : 0;
	}
	if (rc)
		json_object_put(t.rows);
	else
		table_print(&t, c->json);
	return rc;
}

int cmd_block_attach(struct ctl *c, int argc, char **argv)
{
	struct disk d;
	domid_t domid;
	int rc;

	if (argc < 3)
		return ctl_usage(c);
	rc = ctl_find(c, argv[1], &domid);
	if (!rc)
		rc = disk_parse_words(argv + 2, argc - 2, &d);
	if (rc)
		return rc;
	devices_sweep(c);
	rc = disk_attach(c, domid, &d);
	disk_free(&d);
	return rc;
}

static int no_disk(const char *who, const char *vdev)
{
	return err_set(-ENOENT,
		       "domain %s has no disk %s; see vane block-list %s", who,
		       vdev, who);
}

static int find_disk(struct ctl *c, const char *who, const char *vdev,
		     struct device *dev)
{
	domid_t domid;
	int rc = ctl_find(c, who, &domid), devid = disk_number(vdev);

	if (rc)
		return rc;
	devices_sweep(c);
	if (devid < 0 || device_find(c->xs, domid, DEV_VBD, devid, dev))
		return no_disk(who, vdev);
	return 0;
}

int cmd_block_detach(struct ctl *c, int argc, char **argv)
{
	struct device dev;
	bool force = argc == 4 && !strcmp(argv[3], "--force");
	int rc;

	if (argc != 3 && !force)
		return ctl_usage(c);
	rc = find_disk(c, argv[1], argv[2], &dev);
	return rc ? rc : device_detach(c, &dev, force);
}

/* The size of an image or block device in sectors of 512 bytes. */
static int sectors_of(const char *device, unsigned long long *sectors)
{
	unsigned long long bytes;
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (rc)
		return err_set(rc, "cannot ask the size of %s: %s", device,
			       err_str(rc));
	*sectors = bytes / 512;
	return 0;
}

/*
 * The back end looks at the size of its device with every request. Publishing
 * the new one here tells a guest that is idle, too.
 */
static int resize(struct ctl *c, const struct device *dev, const char *device)
{
	unsigned long long sectors = 0;
	char text[32];
	int rc = strncmp(device, "/dev/loop", 9) ? 0 : loop_resize(device);

	if (!rc)
		rc = sectors_of(device, &sectors);
	snprintf(text, sizeof(text), "%llu", sectors);
	if (!rc)
		rc = hotplug_write(c->xs, dev, "sectors", text);
	if (!rc && device_back_state(c->xs, dev) == DEV_CONNECTED)
		rc = hotplug_write(c->xs, dev, "state", "4");
	return rc;
}

/* The disk that was found without the lock may be gone or elsewhere. */
static int resize_locked(struct ctl *c, const struct device *found,
			 const char *who, const char *vdev)
{
	struct device dev;
	char *device;
	int rc;

	if (device_find(c->xs, found->domid, DEV_VBD, found->devid, &dev))
		return no_disk(who, vdev);
	device = device_back_read(c->xs, &dev, "physical-device-path");
	if (dev.backend || !device)
		rc = err_set(-ENOTSUP,
			     "%s is served by domain %u: resize it there", vdev,
			     dev.backend);
	else
		rc = resize(c, &dev, device);
	free(device);
	return rc;
}

int cmd_block_resize(struct ctl *c, int argc, char **argv)
{
	struct device dev;
	int rc, lock;

	if (argc != 3)
		return ctl_usage(c);
	rc = find_disk(c, argv[1], argv[2], &dev);
	if (rc)
		return rc;
	lock = devices_lock();
	if (lock < 0)
		return lock;
	rc = resize_locked(c, &dev, argv[1], argv[2]);
	close(lock);
	return rc;
}
