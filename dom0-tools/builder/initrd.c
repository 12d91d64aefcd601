#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "builder/initrd.h"
#include "lib/err.h"

#define CPIO_HEADER   110
#define CPIO_FILESIZE 54
#define CPIO_NAMESIZE 94
#define CPIO_TRAILER  "TRAILER!!!"
#define XZ_FOOTER     12

/* What is left of the file; archives follow each other, zeros between. */
struct rest {
	const uint8_t *p;
	size_t len;
};

static int cut_short(void)
{
	return err_set(-EINVAL, "the initrd is truncated or damaged; fetch or "
				"build the file again");
}

static bool starts(const struct rest *r, const void *magic, size_t n)
{
	return r->len >= n && !memcmp(r->p, magic, n);
}

static void skip(struct rest *r, size_t n)
{
	r->p += n;
	r->len -= n;
}

static bool hex8(const uint8_t *p, size_t *out)
{
	char text[9], *end;

	memcpy(text, p, 8);
	text[8] = '\0';
	*out = strtoul(text, &end, 16);
	return end == text + 8;
}

/* One file of an archive; *last is set for the trailer. */
static int step_cpio(struct rest *r, bool *last)
{
	size_t name, size;

	if (r->len < CPIO_HEADER || memcmp(r->p, "07070", 5) ||
	    !hex8(r->p + CPIO_FILESIZE, &size) ||
	    !hex8(r->p + CPIO_NAMESIZE, &name))
		return cut_short();
	if (r->len - CPIO_HEADER < name)
		return cut_short();
	*last = name == sizeof(CPIO_TRAILER) &&
		!memcmp(r->p + CPIO_HEADER, CPIO_TRAILER, name);
	/* Header with name, then data, each padded to four bytes. */
	name = (CPIO_HEADER + name + 3) & ~3ul;
	size = (size + 3) & ~3ul;
	if (*last && r->len < name)
		name = r->len;
	if (r->len < name || r->len - name < size)
		return cut_short();
	skip(r, name + size);
	return 0;
}

static int walk_cpio(struct rest *r)
{
	bool last = false;
	int rc = 0;

	while (!rc && !last)
		rc = step_cpio(r, &last);
	return rc;
}

static int walk_gzip(struct rest *r)
{
	z_stream z = {.next_in = (uint8_t *)r->p, .avail_in = r->len};
	static uint8_t sink[1 << 16];
	int rc;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return err_set(-ENOMEM, "not enough memory in dom0");
	do {
		z.next_out = sink;
		z.avail_out = sizeof(sink);
		rc = inflate(&z, Z_NO_FLUSH);
	} while (rc == Z_OK);
	inflateEnd(&z);
	if (rc != Z_STREAM_END)
		return cut_short();
	skip(r, r->len - z.avail_in);
	return 0;
}

static int walk_zstd(struct rest *r)
{
	size_t n = ZSTD_findFrameCompressedSize(r->p, r->len);

	if (ZSTD_isError(n))
		return cut_short();
	skip(r, n);
	return 0;
}

/* Ends with the footer's magic, apart from padding; nothing may follow. */
static int walk_xz(struct rest *r)
{
	while (r->len >= 4 && !memcmp(r->p + r->len - 4, "\0\0\0\0", 4))
		r->len -= 4;
	if (r->len < XZ_FOOTER || memcmp(r->p + r->len - 2, "YZ", 2))
		return cut_short();
	r->len = 0;
	return 0;
}

int initrd_check(const struct blob *b)
{
	struct rest r = {b->data, b->len};
	int rc = 0;

	while (!rc && r.len) {
		if (!*r.p)
			skip(&r, 1);
		else if (starts(&r, "07070", 5))
			rc = walk_cpio(&r);
		else if (starts(&r, "\x1f\x8b", 2))
			rc = walk_gzip(&r);
		else if (starts(&r, "\x28\xb5\x2f\xfd", 4))
			rc = walk_zstd(&r);
		else if (starts(&r,
				"\xfd"
				"7zXZ",
				5))
			rc = walk_xz(&r);
		else
			break; /* a format only the guest knows */
	}
	return rc;
}
