#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "state.h"

/* In front of the records: format, this boot, and length of the snapshot. */
struct head {
	char magic[8];
	char boot[40];
	uint64_t len;
};

/* Appended records are folded into a new snapshot when they get longer. */
#define APPEND_LIMIT (256u * 1024u)

static const char magic[8] = "vstore2";

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

static int write_all(int fd, const void *p, size_t n)
{
	size_t done = 0;
	ssize_t w;

	while (done < n) {
		w = write(fd, (const char *)p + done, n - done);
		if (w > 0)
			done += w;
		else if (w == 0 || errno != EINTR)
			return w ? -errno : -EIO;
	}
	return 0;
}

void state_file_close(struct state_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* Write @path and keep it open. */
static int write_file(struct state_file *f, const char *path, const char *buf,
		      size_t len)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
	struct head head;
	int rc;

	fill_head(&head, len);
	f->fd = open(path, flags, 0600);
	if (f->fd < 0)
		return -errno;
	rc = write_all(f->fd, &head, sizeof(head));
	return rc ? rc : write_all(f->fd, buf, len);
}

int state_file_save(struct state_file *f, struct store *s)
{
	char tmp[512], *buf;
	size_t len;
	int rc;

	if (snprintf(tmp, sizeof(tmp), "%s.new", f->path) >= (int)sizeof(tmp))
		return err_set(-ENAMETOOLONG, "%s: name too long", f->path);
	rc = state_save(s, &buf, &len);
	if (rc)
		return err_set(rc, "%s: out of memory", f->path);
	state_file_close(f);
	rc = write_file(f, tmp, buf, len);
	free(buf);
	if (!rc && rename(tmp, f->path))
		rc = -errno;
	if (rc) {
		state_file_close(f);
		return err_set(rc, "cannot save state in %s: %s", f->path,
			       err_str(rc));
	}
	f->snapshot = len;
	f->appended = 0;
	return 0;
}

int state_file_append(struct state_file *f, const void *record, size_t len)
{
	int rc;

	if (f->fd < 0)
		return -ENOENT;
	if (f->appended + len > APPEND_LIMIT + f->snapshot)
		return -EFBIG;
	rc = write_all(f->fd, record, len);
	if (rc)
		state_file_close(f); /* its end is unusable now */
	f->appended += len;
	return rc;
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

/* Bytes of the snapshot, -1 if this file is not for us. */
static ssize_t snapshot_len(const char *buf, size_t len)
{
	struct head got, want;

	if (len < sizeof(got))
		return -1;
	memcpy(&got, buf, sizeof(got));
	fill_head(&want, got.len);
	if (memcmp(&want, &got, sizeof(got)) || got.len > len - sizeof(got))
		return -1;
	return got.len;
}

int state_file_load(struct state_file *f, struct store *s)
{
	size_t len = 0;
	ssize_t snapshot;
	char *buf = NULL;
	int rc;

	rc = read_file(f->path, &buf, &len);
	if (rc == -ENOENT)
		return rc;
	if (rc)
		return err_set(rc, "cannot read %s: %s", f->path, err_str(rc));
	snapshot = snapshot_len(buf, len);
	if (snapshot < 0) {
		free(buf);
		return -ENOENT;
	}
	rc = state_load(s, buf + sizeof(struct head), len - sizeof(struct head),
			snapshot);
	free(buf);
	return rc ? err_set(rc,
			    "%s is damaged; remove it, and restart the "
			    "domains that depend on it",
			    f->path)
		  : 0;
}
