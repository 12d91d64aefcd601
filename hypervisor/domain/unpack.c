/*
 * domain/unpack.c: kernel payloads through zlib, liblzma and libzstd
 *
 * All three write straight into the result. Except for gzip, the last four
 * bytes of a payload are its unpacked size and not part of the stream.
 */
#include <hv/lib.h>
#include <zlib.h>
#include <lzma.h>
#include <zstd.h>
#include "image.h"

#define SIZE_TAIL   4
#define GZIP_WINDOW (16 + MAX_WBITS)
#define BAD_SIZE    "payload does not have the size its header gives"

void *malloc(size_t size);
void free(void *p);

static void *z_alloc(void *opaque, unsigned int items, unsigned int size)
{
	return malloc((size_t)items * size);
}

static void z_free(void *opaque, void *p)
{
	free(p);
}

static const char *unpack_gzip(const struct payload *p, void *dst)
{
	z_stream z = {
		.next_in = (z_const Bytef *)(uintptr_t)p->start,
		.avail_in = (unsigned int)p->size,
		.next_out = dst,
		.avail_out = (unsigned int)p->unpacked,
		.zalloc = z_alloc,
		.zfree = z_free,
	};
	int rc = inflateInit2(&z, GZIP_WINDOW);

	if (rc == Z_OK) {
		rc = inflate(&z, Z_FINISH);
		inflateEnd(&z);
	}
	if (rc == Z_MEM_ERROR)
		return "no memory to unpack gzip";
	if (rc != Z_STREAM_END)
		return "gzip payload is corrupt";
	return z.total_out == p->unpacked ? NULL : BAD_SIZE;
}

static const char *unpack_xz(const struct payload *p, void *dst)
{
	uint64_t limit = UINT64_MAX;
	size_t in = 0, out = 0;
	lzma_ret rc = lzma_stream_buffer_decode(&limit, 0, NULL, p->start, &in,
						p->size - SIZE_TAIL, dst, &out,
						p->unpacked);

	if (rc == LZMA_MEM_ERROR)
		return "no memory to unpack xz";
	if (rc != LZMA_OK)
		return "xz payload is corrupt";
	return out == p->unpacked ? NULL : BAD_SIZE;
}

static const char *unpack_zstd(const struct payload *p, void *dst)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	size_t n;

	if (!ctx)
		return "no memory to unpack zstd";
	n = ZSTD_decompressDCtx(ctx, dst, p->unpacked, p->start,
				p->size - SIZE_TAIL);
	ZSTD_freeDCtx(ctx);
	if (ZSTD_isError(n))
		return "zstd payload is corrupt";
	return n == p->unpacked ? NULL : BAD_SIZE;
}

static const struct {
	u8 len;
	u8 magic[6];
	const char *(*fn)(const struct payload *p, void *dst);
} formats[] = {
	{2, {0x1f, 0x8b}, unpack_gzip},
	{6, {0xfd, '7', 'z', 'X', 'Z', 0}, unpack_xz},
	{4, {0x28, 0xb5, 0x2f, 0xfd}, unpack_zstd},
};

const char *unpack(const struct payload *p, void *dst)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (p->size > (u64)formats[i].len + SIZE_TAIL &&
		    !memcmp(p->start, formats[i].magic, formats[i].len))
			return formats[i].fn(p, dst);
	return "payload is neither gzip, xz nor zstd";
}
