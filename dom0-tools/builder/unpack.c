#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lzma.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_decompressBound() */
#include <zstd.h>

#include "builder/unpack.h"
#include "lib/err.h"

/* Room for output that grows until the stream ends. */
struct room {
	uint8_t *data;
	size_t len, cap;
};

static int damaged(void)
{
	return err_set(-EINVAL, "the compressed image is damaged or truncated; "
				"fetch the file again");
}

static int too_big(void)
{
	return err_set(-EFBIG, "the image unpacks to more than %lu MiB",
		       UNPACK_MAX >> 20);
}

static int no_memory(void)
{
	return err_set(-ENOMEM, "not enough memory in dom0 to unpack the "
				"image");
}

static int room_grow(struct room *r, size_t cap)
{
	uint8_t *data;

	if (cap > UNPACK_MAX)
		cap = UNPACK_MAX;
	if (cap <= r->cap)
		return too_big();
	data = r->data ? realloc(r->data, cap) : blob_room(cap);
	if (!data)
		return no_memory();
	r->data = data;
	r->cap = cap;
	return 0;
}

static size_t first_guess(size_t len, size_t want)
{
	return want ? want : len * 4 + 4096;
}

static int unpack_gzip(const uint8_t *data, size_t len, size_t want,
		       struct room *r)
{
	z_stream z = {.next_in = (uint8_t *)data, .avail_in = len};
	int rc, z_rc;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return no_memory();
	rc = room_grow(r, first_guess(len, want));
	while (!rc) {
		z.next_out = r->data + r->len;
		z.avail_out = r->cap - r->len;
		z_rc = inflate(&z, Z_NO_FLUSH);
		r->len = z.next_out - r->data;
		if (z_rc == Z_STREAM_END)
			break;
		if (z_rc != Z_OK && z_rc != Z_BUF_ERROR)
			rc = damaged();
		else if (!z.avail_out)
			rc = room_grow(r, r->cap * 2);
		else
			rc = damaged(); /* input ran out */
	}
	inflateEnd(&z);
	return rc;
}

/* The window of a kernel is some ten megabytes, all of them used. */
static void *xz_room(void *opaque, size_t n, size_t size)
{
	(void)opaque;
	return blob_room(n * size);
}

static void xz_free(void *opaque, void *p)
{
	(void)opaque;
	free(p);
}

static int unpack_xz(const uint8_t *data, size_t len, size_t want,
		     struct room *r)
{
	static const lzma_allocator rooms = {xz_room, xz_free, NULL};
	lzma_stream x = {.allocator = &rooms};
	lzma_ret x_rc;
	int rc;

	if (lzma_stream_decoder(&x, UNPACK_MAX, 0) != LZMA_OK)
		return no_memory();
	x.next_in = data;
	x.avail_in = len;
	rc = room_grow(r, first_guess(len, want));
	while (!rc) {
		x.next_out = r->data + r->len;
		x.avail_out = r->cap - r->len;
		x_rc = lzma_code(&x, LZMA_RUN);
		r->len = x.next_out - r->data;
		if (x_rc == LZMA_STREAM_END)
			break;
		if (x_rc == LZMA_MEM_ERROR)
			rc = no_memory();
		else if (x_rc != LZMA_OK && x_rc != LZMA_BUF_ERROR)
			rc = damaged();
		else if (!x.avail_out)
			rc = room_grow(r, r->cap * 2);
		else
			rc = damaged();
	}
	lzma_end(&x);
	return rc;
}

/* One call into the final buffer, which saves the copy out of a window. */
static int unpack_zstd(const uint8_t *data, size_t len, size_t want,
		       struct room *r)
{
	size_t frame = ZSTD_findFrameCompressedSize(data, len);
	unsigned long long size = want;
	int rc;

	if (ZSTD_isError(frame))
		return damaged();
	if (!size)
		size = ZSTD_decompressBound(data, frame);
	if (size == ZSTD_CONTENTSIZE_ERROR)
		return damaged();
	if (size > UNPACK_MAX)
		return too_big();
	rc = room_grow(r, size + 1);
	if (rc)
		return rc;
	r->len = ZSTD_decompress(r->data, r->cap, data, frame);
	if (ZSTD_isError(r->len)) {
		r->len = 0;
		return damaged();
	}
	return 0;
}

static const struct format {
	const char *name;
	uint8_t magic[6];
	unsigned char magic_len;
	int (*unpack)(const uint8_t *data, size_t len, size_t want,
		      struct room *r);
} formats[] = {
	{"gzip", {0x1f, 0x8b}, 2, unpack_gzip},
	{"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, unpack_xz},
	{"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, unpack_zstd},
	{"bzip2", {'B', 'Z', 'h'}, 3, NULL},
	{"lz4", {0x02, 0x21, 0x4c, 0x18}, 4, NULL},
	{"lz4", {0x04, 0x22, 0x4d, 0x18}, 4, NULL},
	{"lzma", {0x5d, 0, 0}, 3, NULL},
	{"lzo", {0x89, 'L', 'Z', 'O'}, 4, NULL},
};

static const struct format *find_format(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (len >= formats[i].magic_len &&
		    !memcmp(data, formats[i].magic, formats[i].magic_len))
			return &formats[i];
	return NULL;
}

bool unpack_known(const uint8_t *data, size_t len)
{
	return find_format(data, len) != NULL;
}

int unpack(const uint8_t *data, size_t len, size_t want, struct blob *out)
{
	const struct format *f = find_format(data, len);
	struct room r = {NULL, 0, 0};
	int rc;

	if (!f)
		return err_set(-EINVAL, "unknown compression of the image; "
					"use gzip, xz or zstd");
	if (!f->unpack)
		return err_set(-EOPNOTSUPP,
			       "%s compression is not supported; "
			       "use gzip, xz or zstd",
			       f->name);
	if (want > UNPACK_MAX)
		return too_big();
	rc = f->unpack(data, len, want, &r);
	if (!rc && want && r.len != want)
		rc = damaged();
	if (rc) {
		free(r.data);
		return rc;
	}
	*out = (struct blob){.data = r.data, .len = r.len};
	return 0;
}
