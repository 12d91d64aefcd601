#include "dom0.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"

#define PAGE_BYTES     4096
#define BACKEND	       "/dev/xen/xenbus_backend"
#define KVA	       "/proc/xen/xsd_kva"
#define PORT	       "/proc/xen/xsd_port"

#define BACKEND_EVTCHN _IOC(_IOC_NONE, 'B', 0, 0)

static int map_page(int fd, void **page)
{
	void *p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       0);

	if (p == MAP_FAILED)
		return -errno;
	*page = p;
	return 0;
}

static int by_backend(void **page, uint32_t *port)
{
	int fd = open(BACKEND, O_RDWR | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, BACKEND_EVTCHN);
	if (rc > 0) {
		*port = rc;
		rc = map_page(fd, page);
	} else {
		rc = rc < 0 ? -errno : -ENODEV;
	}
	close(fd);
	return rc;
}

static int read_port(uint32_t *port)
{
	char buf[16] = "";
	int fd = open(PORT, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		rc = -errno;
	close(fd);
	*port = strtoul(buf, NULL, 10);
	return rc || *port ? rc : -ENODEV;
}

static int by_xenfs(void **page, uint32_t *port)
{
	int rc = read_port(port), fd;

	if (rc)
		return rc;
	fd = open(KVA, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = map_page(fd, page);
	close(fd);
	return rc;
}

int dom0_ring_map(void **page, uint32_t *port)
{
	int first = by_backend(page, port), second;

	if (!first)
		return 0;
	second = by_xenfs(page, port);
	if (!second)
		return 0;
	return err_set(second,
		       "cannot find dom0's store ring: " BACKEND ": %s, " PORT
		       ": %s; run this in dom0, and mount xenfs on /proc/xen",
		       err_str(first), err_str(second));
}
