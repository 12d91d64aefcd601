#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/err.h"
#include "state.h"

/* In front of the records: format, this boot of the machine, their length. */
struct head {
	char magic[8];
	char boot[40];
	uint64_t len;
};

static const char magic[8] = "vstore1";

static void fill_head(struct head *h, size_t len)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(h, 0, sizeof(*h));
	memcpy(h->magic, magic, sizeof(magic));
	if (fd >= 0) {
		if (read(fd, h->boot, sizeof(h->boot) - 1) < 0)
			memset(h->boot, 0, sizeof(h->boot));
		close(fd);
	}
	h->len = len;
}

static int write_file(const char *path, struct iovec *iov, unsigned int n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned int i;
	int rc = 0;

	if (fd < 0)
		return -errno;
	for (i = 0; !rc && i < n; i++) {
		size_t done = 0;

		while (!rc && done < iov[i].iov_len) {
			ssize_t w = write(fd, (char *)iov[i].iov_base + done,
					  iov[i].iov_len - done);

			if (w > 0)
				done += w;
			else if (w == 0 || errno != EINTR)
				rc = w ? -errno : -EIO;
		}
	}
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

int state_file_save(struct store *s, const char *path)
{
	struct head head;
	struct iovec iov[2] = {{&head, sizeof(head)}};
	char tmp[512], *buf;
	size_t len;
	int rc;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return err_set(-ENAMETOOLONG, "%s: name too long", path);
	rc = state_save(s, &buf, &len);
	if (rc)
		return err_set(rc, "%s: out of memory", path);
	fill_head(&head, len);
	iov[1] = (struct iovec){buf, len};
	rc = write_file(tmp, iov, 2);
	free(buf);
	if (!rc && rename(tmp, path))
		rc = -errno;
	return rc ? err_set(rc, "cannot save state in %s: %s", path,
			    err_str(rc))
		  : 0;
}

/* The whole file; free(*buf). */
static int read_file(const char *path, char **buf, size_t *len)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int rc = 0;

	if (!f)
		return -errno;
	*buf = NULL;
	if (fstat(fileno(f), &st))
		rc = -errno;
	else if (!(*buf = malloc(st.st_size + 1)))
		rc = -ENOMEM;
	else if (fread(*buf, 1, st.st_size, f) != (size_t)st.st_size)
		rc = -EIO;
	fclose(f);
	if (rc)
		free(*buf);
	else
		*len = st.st_size;
	return rc;
}

static bool head_fits(const char *buf, size_t len)
{
	struct head want;

	if (len < sizeof(want))
		return false;
	fill_head(&want, len - sizeof(want));
	return !memcmp(&want, buf, sizeof(want));
}

int state_file_load(struct store *s, const char *path)
{
	size_t len = 0;
	char *buf = NULL;
	int rc;

	rc = read_file(path, &buf, &len);
	if (rc == -ENOENT)
		return rc;
	if (rc)
		return err_set(rc, "cannot read %s: %s", path, err_str(rc));
	if (!head_fits(buf, len)) {
		free(buf);
		return -ENOENT;
	}
	rc = state_load(s, buf + sizeof(struct head),
			len - sizeof(struct head));
	free(buf);
	return rc ? err_set(rc,
			    "%s is damaged; remove it, and restart the "
			    "domains that depend on it",
			    path)
		  : 0;
}
