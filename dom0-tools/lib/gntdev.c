#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/gntdev.h"
#include "lib/linux_xen.h"

#define GNTDEV_PATH "/dev/xen/gntdev"
#define PAGE_BYTES  4096

int gntdev_open(struct gntdev *gd)
{
	gd->fd = open(GNTDEV_PATH, O_RDWR | O_CLOEXEC);
	if (gd->fd >= 0)
		return 0;
	return err_set(-errno,
		       "cannot open " GNTDEV_PATH ": %s; run this as "
		       "root in dom0, with xen-gntdev loaded",
		       err_str(errno));
}

void gntdev_close(struct gntdev *gd)
{
	if (gd->fd >= 0)
		close(gd->fd);
	gd->fd = -1;
}

static void *map_failed(domid_t domid, uint32_t ref)
{
	int saved = errno;

	err_set(-saved, "cannot map grant %u of domain %u: %s", ref, domid,
		err_str(saved));
	errno = saved;
	return NULL;
}

/*
 * The kernel drops its record of the references when they are unset; it keeps
 * the mapping itself until munmap(), so the record can go as soon as the page
 * is mapped.
 */
void *gntdev_map(struct gntdev *gd, domid_t domid, uint32_t ref, int prot)
{
	struct lx_gntdev_map map = {.count = 1, .refs = {{domid, ref}}};
	struct lx_gntdev_unmap unset = {.count = 1};
	void *page;
	int saved;

	if (ioctl(gd->fd, LX_GNTDEV_MAP, &map))
		return map_failed(domid, ref);
	page = mmap(NULL, PAGE_BYTES, prot, MAP_SHARED, gd->fd, map.index);
	saved = errno;
	unset.index = map.index;
	ioctl(gd->fd, LX_GNTDEV_UNMAP, &unset);
	errno = saved;
	return page == MAP_FAILED ? map_failed(domid, ref) : page;
}

void gntdev_unmap(struct gntdev *gd, void *page)
{
	if (page)
		munmap(page, PAGE_BYTES);
}
