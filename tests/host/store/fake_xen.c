#include "fake_xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

const char *fake_path(const char *fmt, ...)
{
	static char path[512];
	const char *dir = getenv("FAKE_XEN");
	va_list ap;
	int n;

	n = snprintf(path, sizeof(path), "%s/", dir ? dir : ".");
	va_start(ap, fmt);
	vsnprintf(path + n, sizeof(path) - n, fmt, ap);
	va_end(ap);
	return path;
}

void *fake_map(unsigned int domid, const char *what)
{
	int fd = open(fake_path("dom%u.%s", domid, what), O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0)
		return NULL;
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

void fake_unmap(void *page)
{
	if (page)
		munmap(page, PAGE);
}

int fake_events(void)
{
	const char *name = getenv("FAKE_EVENTS");
	static int fd = -1;

	if (fd < 0)
		fd = open(fake_path("%s", name ? name : "events"),
			  O_RDWR | O_CLOEXEC);
	return fd;
}

int fake_pending(void)
{
	uint32_t who;

	if (read(fake_events(), &who, sizeof(who)) != sizeof(who))
		return -1;
	return FAKE_PORT(who);
}

int fake_info(unsigned int domid, struct fake_info *info)
{
	FILE *f = fopen(fake_path("dom%u.state", domid), "re");
	char word[16] = "";

	if (!f)
		return -1;
	if (!fgets(word, sizeof(word), f))
		word[0] = '\0';
	fclose(f);
	info->domid = domid;
	info->dying = !strncmp(word, "dying", 5);
	info->shutdown = info->dying || !strncmp(word, "shutdown", 8);
	return 0;
}
