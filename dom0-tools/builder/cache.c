#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <lzma.h>

#include "builder/cache.h"

#define CACHE_MAGIC "paravane image 1"
#define KEY_SAMPLE  (64u << 10)
#define CACHE_ALIGN 4096ull

/* First page of an entry; then the packed bytes, then, aligned, the image. */
struct entry_head {
	char magic[16];
	uint64_t packed_len;
	uint64_t image_off;
	uint64_t image_len;
};

const char *cache_dir(void)
{
	const char *dir = getenv("VANE_CACHE_DIR");

	return dir && *dir ? dir : CACHE_DIR;
}

/* Both ends of the image tell two kernels apart; ties only cost a miss. */
static void entry_path(char *out, size_t room, const char *dir,
		       const uint8_t *packed, size_t len)
{
	size_t n = len < KEY_SAMPLE ? len : KEY_SAMPLE;
	uint64_t key = lzma_crc64(packed, n, 0);

	key = lzma_crc64(packed + len - n, n, key);
	snprintf(out, room, "%s/image-%zx-%016llx", dir, len,
		 (unsigned long long)key);
}

static uint64_t image_offset(size_t packed_len)
{
	return (CACHE_ALIGN + packed_len + CACHE_ALIGN - 1) &
	       ~(CACHE_ALIGN - 1);
}

static bool head_ok(const struct entry_head *h, const struct stat *st,
		    size_t len)
{
	return !memcmp(h->magic, CACHE_MAGIC, sizeof(h->magic)) &&
	       h->packed_len == len && h->image_off == image_offset(len) &&
	       (uint64_t)st->st_size > h->image_off &&
	       h->image_len == st->st_size - h->image_off;
}

/* Nobody else may be able to write what becomes somebody's kernel. */
static bool trusted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH)) &&
	       (uint64_t)st->st_size > CACHE_ALIGN;
}

int cache_get(const char *dir, const uint8_t *packed, size_t len,
	      struct blob *out)
{
	struct entry_head *h = MAP_FAILED;
	char path[512];
	struct stat st;
	int fd, rc = -ENOENT;

	entry_path(path, sizeof(path), dir, packed, len);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -ENOENT;
	if (fstat(fd, &st) || !trusted(&st))
		goto out;
	h = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (h == MAP_FAILED || !head_ok(h, &st, len) ||
	    memcmp((const uint8_t *)h + CACHE_ALIGN, packed, len))
		goto out;
	*out = (struct blob){(const uint8_t *)h + h->image_off, h->image_len, h,
			     st.st_size};
	rc = 0;
	futimens(fd, NULL); /* recently used; on a read-only disk, so be it */
out:
	if (rc && h != MAP_FAILED)
		munmap(h, st.st_size);
	close(fd);
	return rc;
}

static int write_at(int fd, const void *data, size_t len, off_t off)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = pwrite(fd, p, len, off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= n;
		off += n;
	}
	return 0;
}

static int write_entry(int fd, const uint8_t *packed, size_t len,
		       const struct blob *image)
{
	struct entry_head h = {.packed_len = len,
			       .image_off = image_offset(len),
			       .image_len = image->len};
	int rc;

	memcpy(h.magic, CACHE_MAGIC, sizeof(h.magic));
	rc = write_at(fd, &h, sizeof(h), 0);
	if (!rc)
		rc = write_at(fd, packed, len, CACHE_ALIGN);
	if (!rc)
		rc = write_at(fd, image->data, image->len, h.image_off);
	if (!rc && fsync(fd))
		rc = -errno;
	return rc;
}

/* Remove the entry that was used longest ago; true if there are too many. */
static bool drop_oldest(const char *dir)
{
	char path[768], oldest[768] = "";
	time_t when = 0;
	struct dirent *de;
	struct stat st;
	int n = 0;
	DIR *d = opendir(dir);

	if (!d)
		return false;
	while ((de = readdir(d))) {
		if (strncmp(de->d_name, "image-", 6))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		if (lstat(path, &st))
			continue;
		n++;
		if (!*oldest || st.st_mtime < when) {
			memcpy(oldest, path, sizeof(path));
			when = st.st_mtime;
		}
	}
	closedir(d);
	return n > CACHE_ENTRIES && !unlink(oldest);
}

/* Remove what nobody is writing any more: its writer was killed. */
static void sweep(const char *dir)
{
	char path[768];
	struct dirent *de;
	DIR *d = opendir(dir);
	int fd;

	if (!d)
		return;
	while ((de = readdir(d))) {
		if (strncmp(de->d_name, "new-", 4))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			continue;
		if (!flock(fd, LOCK_EX | LOCK_NB))
			unlink(path);
		close(fd);
	}
	closedir(d);
}

/* File systems without a size of their own live in memory. */
static bool has_room(const char *dir, uint64_t bytes)
{
	struct statvfs fs;
	struct sysinfo si;

	if (statvfs(dir, &fs))
		return false;
	if (fs.f_blocks)
		return (uint64_t)fs.f_bavail * fs.f_frsize / 3 * 2 >= bytes;
	return !sysinfo(&si) &&
	       (uint64_t)si.freeram * si.mem_unit / 3 * 2 >= bytes;
}

/* The directory and what is missing above it. */
static int make_dir(const char *dir)
{
	char path[512], *slash;

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	for (slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

int cache_put(const char *dir, const uint8_t *packed, size_t len,
	      const struct blob *image)
{
	char path[512], tmp[512];
	int fd, rc;

	rc = make_dir(dir);
	if (rc)
		return rc;
	sweep(dir);
	if (!has_room(dir, image_offset(len) + image->len))
		return -ENOSPC;
	entry_path(path, sizeof(path), dir, packed, len);
	snprintf(tmp, sizeof(tmp), "%s/new-XXXXXX", dir);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Another's sweep() may take it before that: a miss, no more. */
	rc = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
	if (!rc)
		rc = write_entry(fd, packed, len, image);
	close(fd);
	if (!rc && rename(tmp, path))
		rc = -errno;
	if (rc)
		unlink(tmp);
	while (!rc && drop_oldest(dir))
		;
	return rc;
}
