#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/blob.h"
#include "lib/err.h"

#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

void *blob_room(size_t len)
{
	uintptr_t page = sysconf(_SC_PAGESIZE), from;
	void *room = malloc(len);

	if (room) {
		from = (uintptr_t)room & -page;
		/* An older kernel refuses, and gives page after page. */
		madvise((void *)from, (uintptr_t)room + len - from,
			MADV_POPULATE_WRITE);
	}
	return room;
}

/* Read, not mapped: a file that shrinks meanwhile must not kill us. */
static int read_fd(struct blob *b, int fd, size_t len)
{
	uint8_t *data = blob_room(len);
	size_t have = 0;
	ssize_t n = 1;

	if (!data)
		return err_set(-ENOMEM, "not enough memory in dom0 to read "
					"it");
	while (have < len && n) {
		n = read(fd, data + have, len - have);
		if (n > 0)
			have += n;
		else if (n < 0 && errno != EINTR)
			break;
	}
	if (have == len) {
		*b = (struct blob){.data = data, .len = len};
		return 0;
	}
	free(data);
	if (n < 0)
		return err_set(-errno, "cannot read: %s", err_str(errno));
	return err_set(-EIO, "the file shrinks while it is read");
}

int blob_read_file(struct blob *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0)
		return err_set(-errno, "%s: cannot open: %s; check the path",
			       path, err_str(errno));
	if (fstat(fd, &st)) {
		rc = err_set(-errno, "cannot read: %s", err_str(errno));
		goto out;
	}
	rc = err_set(-EINVAL, "not a regular file");
	if (!S_ISREG(st.st_mode))
		goto out;
	rc = err_set(-ENODATA, "the file is empty");
	if (st.st_size)
		rc = read_fd(b, fd, st.st_size);
out:
	if (rc)
		err_prefix(rc, "%s", path);
	close(fd);
	return rc;
}

void blob_free(struct blob *b)
{
	if (b->map)
		munmap(b->map, b->map_len);
	else
		free((void *)b->data);
	memset(b, 0, sizeof(*b));
}
