#include "ctl/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/err.h"

#define CONTROL "/dev/loop-control"
#define TRIES	100 /* other programs take free devices, too */

static int no_loop(const char *what)
{
	return err_set(-errno, "cannot %s: %s: run modprobe loop", what,
		       err_str(errno));
}

static int configure(int dev, int file, const char *image, bool writable)
{
	struct loop_config cfg = {.fd = file};

	cfg.info.lo_flags =
		LO_FLAGS_AUTOCLEAR | (writable ? 0 : LO_FLAGS_READ_ONLY);
	snprintf((char *)cfg.info.lo_file_name, sizeof(cfg.info.lo_file_name),
		 "%s", image);
	return ioctl(dev, LOOP_CONFIGURE, &cfg) ? -errno : 0;
}

int loop_attach(int file, const char *image, bool writable, char name[32])
{
	int ctl = open(CONTROL, O_RDWR | O_CLOEXEC), dev, tries, n, rc = -EBUSY;

	if (ctl < 0)
		return no_loop("open " CONTROL);
	for (tries = 0; tries < TRIES && rc == -EBUSY; tries++) {
		n = ioctl(ctl, LOOP_CTL_GET_FREE);
		if (n < 0) {
			rc = no_loop("get a loop device");
			break;
		}
		snprintf(name, 32, "/dev/loop%d", n);
		dev = open(name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
		if (dev < 0) {
			rc = no_loop(name);
			break;
		}
		rc = configure(dev, file, image, writable);
		if (!rc) {
			close(ctl);
			return dev;
		}
		close(dev);
		if (rc != -EBUSY)
			err_set(rc, "cannot make %s a block device: %s", image,
				err_str(rc));
	}
	close(ctl);
	if (rc == -EBUSY)
		err_set(rc, "all loop devices are busy");
	return rc;
}

static bool has_file(const char *name, const struct stat *file, bool write)
{
	struct loop_info64 info;
	int dev = open(name, O_RDONLY | O_CLOEXEC);
	bool same;

	if (dev < 0)
		return false;
	same = !ioctl(dev, LOOP_GET_STATUS64, &info) &&
	       info.lo_inode == file->st_ino &&
	       info.lo_device == file->st_dev &&
	       (write || !(info.lo_flags & LO_FLAGS_READ_ONLY));
	close(dev);
	return same;
}

bool loop_user(const struct stat *file, bool write, char name[32])
{
	char path[300];
	struct dirent *e;
	DIR *dir = opendir("/sys/block");
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		if (strncmp(e->d_name, "loop", 4))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/loop", e->d_name);
		if (access(path, F_OK))
			continue;
		snprintf(name, 32, "/dev/%.20s", e->d_name);
		found = has_file(name, file, write);
	}
	if (dir)
		closedir(dir);
	return found;
}

int loop_resize(const char *device)
{
	int dev = open(device, O_RDONLY | O_CLOEXEC);
	int rc = dev < 0 || ioctl(dev, LOOP_SET_CAPACITY) ? -errno : 0;

	if (dev >= 0)
		close(dev);
	return rc ? err_set(rc, "cannot resize %s: %s", device, err_str(rc))
		  : 0;
}
