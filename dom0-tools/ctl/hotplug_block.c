/*
 * Disks: from params and mode to an open block device in xen-blkback.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ctl/hotplug.h"
#include "ctl/loop.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define OPEN_MS	   10000
#define SYSFS_BACK "/sys/bus/xen-backend/devices"

struct image {
	char *path;
	bool writable, shared;
	int file;	 /* -1 = not open */
	int loop;	 /* -1 = none */
	char device[64]; /* the block device */
	struct stat st;
};

/* -- is it free? --------------------------------------------------------- */

static bool same_image(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) || S_ISBLK(b->st_mode))
		return S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode) &&
		       a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Would @im and what another disk says of itself harm each other? */
static bool clashes(struct xs_client *xs, const struct device *other,
		    const struct image *im)
{
	char *path = device_back_read(xs, other, "params");
	char *mode = device_back_read(xs, other, "mode");
	char *sharing = device_back_read(xs, other, "sharing");
	bool writes = mode && *mode == 'w', clash = false;
	struct stat st;

	if ((writes || im->writable) && !(sharing && im->shared))
		clash = path && !stat(path, &st) && same_image(&st, &im->st);
	free(path);
	free(mode);
	free(sharing);
	return clash;
}

static int check_disks_of(struct xs_client *xs, const struct device *dev,
			  const struct image *im, const char *dir,
			  domid_t domid)
{
	struct device other = {DEV_VBD, domid, dev->backend, 0};
	char **ids;
	unsigned int n, i;
	int rc = 0;

	if (xsc_directory(xs, XSC_NO_TX, dir, &ids, &n))
		return 0;
	for (i = 0; i < n && !rc; i++) {
		other.devid = strtoul(ids[i], NULL, 10);
		if (domid == dev->domid && other.devid == dev->devid)
			continue;
		if (clashes(xs, &other, im))
			rc = err_set(-EBUSY,
				     "%s is in use by domain %u; make both "
				     "disks read-only or use access w!",
				     im->path, domid);
	}
	free(ids);
	return rc;
}

/* Every disk that this domain serves. */
static int check_other_disks(struct xs_client *xs, const struct device *dev,
			     const struct image *im)
{
	char top[DEVICE_PATH], dir[DEVICE_PATH + 16], **doms;
	unsigned int n, i;
	int rc = 0;

	snprintf(top, sizeof(top), "/local/domain/%u/backend/vbd",
		 dev->backend);
	if (xsc_directory(xs, XSC_NO_TX, top, &doms, &n))
		return 0;
	for (i = 0; i < n && !rc; i++) {
		snprintf(dir, sizeof(dir), "%s/%.8s", top, doms[i]);
		rc = check_disks_of(xs, dev, im, dir,
				    strtoul(doms[i], NULL, 10));
	}
	free(doms);
	return rc;
}

static bool mounted_writable(dev_t dev)
{
	unsigned int major_nr, minor_nr;
	char line[1024], opts[256];
	bool found = false;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*d %*d %u:%u %*s %*s %255s", &major_nr,
			       &minor_nr, opts) == 3 &&
			makedev(major_nr, minor_nr) == dev &&
			!strncmp(opts, "rw", 2);
	if (f)
		fclose(f);
	return found;
}

static int check_users(const struct image *im)
{
	char loop[32];
	int fd;

	if (im->shared)
		return 0;
	if (S_ISREG(im->st.st_mode)) {
		if (!loop_user(&im->st, im->writable, loop))
			return 0;
		return err_set(-EBUSY,
			       "%s is in use by %s: unmount it and "
			       "run losetup -d",
			       im->path, loop);
	}
	if (!im->writable)
		return mounted_writable(im->st.st_rdev)
			       ? err_set(-EBUSY,
					 "%s is mounted here: unmount it",
					 im->path)
			       : 0;
	fd = open(im->path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		return err_set(-EBUSY,
			       "%s is in use here: unmount it or stop what "
			       "uses it",
			       im->path);
	if (fd >= 0)
		close(fd);
	return 0;
}

static int check_free(struct xs_client *xs, const struct device *dev,
		      const struct image *im)
{
	int rc = check_other_disks(xs, dev, im);

	return rc ? rc : check_users(im);
}

/* -- opening ------------------------------------------------------------- */

static int open_file(struct image *im)
{
	im->file =
		open(im->path, (im->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (im->file < 0 || fstat(im->file, &im->st))
		return err_set(-errno, "cannot open %s: %s", im->path,
			       err_str(errno));
	if (S_ISBLK(im->st.st_mode) || S_ISREG(im->st.st_mode))
		return 0;
	return err_set(-EINVAL, "%s is neither a file nor a block device",
		       im->path);
}

static int make_block(struct image *im)
{
	char name[32];

	if (S_ISBLK(im->st.st_mode)) {
		snprintf(im->device, sizeof(im->device), "%s", "");
		return 0;
	}
	if (im->st.st_size < 512)
		return err_set(-EINVAL,
			       "%s is smaller than one sector of 512 bytes",
			       im->path);
	im->loop = loop_attach(im->file, im->path, im->writable, name);
	if (im->loop < 0)
		return im->loop;
	snprintf(im->device, sizeof(im->device), "%s", name);
	if (fstat(im->loop, &im->st))
		return err_set(-errno, "cannot examine %s: %s", name,
			       err_str(errno));
	return 0;
}

static bool back_end_failed(struct xs_client *xs, const struct device *dev)
{
	char *why;

	if (xsc_readf(xs, XSC_NO_TX, &why,
		      "/local/domain/%u/error/backend/vbd/%u/%u/error",
		      dev->backend, dev->domid, dev->devid))
		return false;
	err_set(-EIO, "the back end refused the disk: %s", why);
	free(why);
	return true;
}

/* The driver shows in sysfs that it has the device open. */
static void opened_path(char out[DEVICE_PATH], const struct device *dev)
{
	snprintf(out, DEVICE_PATH, SYSFS_BACK "/vbd-%u-%u/physical_device",
		 dev->domid, dev->devid);
}

static int wait_open(struct xs_client *xs, const struct device *dev)
{
	char path[DEVICE_PATH];
	int ms;

	opened_path(path, dev);
	for (ms = 0; ms < OPEN_MS; ms++) {
		if (!access(path, F_OK))
			return 0;
		if (ms % 50 == 49 && back_end_failed(xs, dev))
			return -EIO;
		usleep(1000);
	}
	return err_set(-ETIMEDOUT,
		       "the back end did not open the disk within %d s",
		       OPEN_MS / 1000);
}

static int hand_over(struct xs_client *xs, const struct device *dev,
		     const struct image *im)
{
	char number[32];
	int rc = 0;

	if (*im->device)
		rc = hotplug_write(xs, dev, "node", im->device);
	if (!rc)
		rc = hotplug_write(xs, dev, "physical-device-path",
				   *im->device ? im->device : im->path);
	snprintf(number, sizeof(number), "%x:%x", major(im->st.st_rdev),
		 minor(im->st.st_rdev));
	if (!rc)
		rc = hotplug_write(xs, dev, "physical-device", number);
	return rc ? rc : wait_open(xs, dev);
}

int hotplug_check_image(struct xs_client *xs, const struct device *dev,
			const char *path, bool writable, bool shared)
{
	struct image im = {
		.path = (char *)(uintptr_t)path,
		.writable = writable,
		.shared = shared,
		.file = -1,
	};
	int rc = open_file(&im);

	if (!rc)
		rc = check_free(xs, dev, &im);
	if (im.file >= 0)
		close(im.file);
	return rc;
}

/*
 * By a devd before this one that was killed between that and saying so. The
 * node is of this back end, sysfs may show the one before it.
 */
static bool is_open(struct xs_client *xs, const struct device *dev)
{
	char *number = device_back_read(xs, dev, "physical-device");
	char path[DEVICE_PATH];

	free(number);
	opened_path(path, dev);
	return number && !access(path, F_OK);
}

int hotplug_block_up(struct xs_client *xs, const struct device *dev)
{
	char *mode = device_back_read(xs, dev, "mode");
	char *sharing = device_back_read(xs, dev, "sharing");
	struct image im = {
		.path = device_back_read(xs, dev, "params"),
		.writable = mode && *mode == 'w',
		.shared = sharing,
		.file = -1,
		.loop = -1,
	};
	int rc = 0;

	free(mode);
	free(sharing);
	if (!im.path || !*im.path || is_open(xs, dev))
		goto out; /* a drive without a medium, or with one already */
	rc = open_file(&im);
	if (!rc)
		rc = check_free(xs, dev, &im);
	if (!rc)
		rc = make_block(&im);
	if (!rc)
		rc = hand_over(xs, dev, &im);
	if (im.loop >= 0)
		close(im.loop);
	if (im.file >= 0)
		close(im.file);
out:
	free(im.path);
	return rc;
}
