#include <stdlib.h>
#include <string.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <hv/lib.h>
#include "image.h"
#include "../../tests/host/suite.h"

#define SIZE 200000u

enum format { GZIP, XZ, XZ_CRC64, ZSTD, NR_FORMATS };

static u8 plain[SIZE];
static u8 packed[2 * SIZE];

static void fill_plain(void)
{
	unsigned int i;

	srand(7);
	for (i = 0; i < SIZE; i++)
		plain[i] = i % 97 < 60 ? (u8)(i / 331) : (u8)rand();
}

static u64 pack_gzip(void)
{
	z_stream z = {.next_in = plain,
		      .avail_in = SIZE,
		      .next_out = packed,
		      .avail_out = sizeof(packed)};

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* As the kernel's build does: x86 filter, CRC32. */
static u64 pack_xz(lzma_check check)
{
	lzma_options_lzma opts;
	lzma_filter f[] = {{LZMA_FILTER_X86, NULL},
			   {LZMA_FILTER_LZMA2, &opts},
			   {LZMA_VLI_UNKNOWN, NULL}};
	size_t n = 0;

	ck_assert(!lzma_lzma_preset(&opts, 6));
	ck_assert_int_eq(lzma_stream_buffer_encode(f, check, NULL, plain, SIZE,
						   packed, &n, sizeof(packed)),
			 LZMA_OK);
	return n;
}

/* A payload as the kernel's build leaves it, with the size at its end. */
static struct payload pack(enum format f)
{
	u32 size = SIZE;
	u64 n;

	fill_plain();
	switch (f) {
	case GZIP:
		n = pack_gzip(); /* ends in its size already */
		return (struct payload){packed, n, SIZE, true};
	case XZ:
		n = pack_xz(LZMA_CHECK_CRC32);
		break;
	case XZ_CRC64:
		n = pack_xz(LZMA_CHECK_CRC64);
		break;
	default:
		n = ZSTD_compress(packed, sizeof(packed), plain, SIZE, 9);
		break;
	}
	memcpy(packed + n, &size, 4);
	return (struct payload){packed, n + 4, SIZE, true};
}

/* Exact copies: touching a byte outside of them is an error. */
static const char *try(const struct payload *p, u8 *out)
{
	struct payload q = *p;
	u8 *copy = malloc(p->size);
	const char *bad;

	memcpy(copy, p->start, p->size);
	q.start = copy;
	bad = unpack(&q, out);
	free(copy);
	return bad;
}

START_TEST(each_format_unpacks)
{
	u8 *out = malloc(SIZE);
	enum format f;

	for (f = 0; f < NR_FORMATS; f++) {
		struct payload p = pack(f);

		memset(out, 0, SIZE);
		ck_assert_ptr_null(try(&p, out));
		ck_assert_mem_eq(out, plain, SIZE);
	}
	free(out);
}
END_TEST

START_TEST(wrong_sizes_are_refused)
{
	u8 *out = malloc(SIZE + 1);
	enum format f;

	for (f = 0; f < NR_FORMATS; f++) {
		struct payload p = pack(f);

		p.unpacked = SIZE - 1;
		ck_assert_ptr_nonnull(try(&p, out));
		p.unpacked = SIZE + 1;
		ck_assert_ptr_nonnull(try(&p, out));
	}
	free(out);
}
END_TEST

START_TEST(truncated_payloads_are_refused)
{
	u8 *out = malloc(SIZE);
	enum format f;

	for (f = 0; f < NR_FORMATS; f++) {
		struct payload p = pack(f);
		u64 full = p.size;

		for (p.size = 0; p.size < full; p.size += 1 + p.size / 5)
			ck_assert_ptr_nonnull(try(&p, out));
		p.size = full - 1;
		ck_assert_ptr_nonnull(try(&p, out));
	}
	free(out);
}
END_TEST

START_TEST(corrupt_payloads_are_refused_or_equal)
{
	u8 *out = malloc(SIZE);
	enum format f;
	int round;

	for (f = 0; f < NR_FORMATS; f++) {
		struct payload p = pack(f);

		for (round = 0; round < 40; round++) {
			u64 at = (u64)rand() % (p.size - 4);
			u8 change = (u8)(1 + rand() % 255);

			packed[at] ^= change;
			/* zstd frames of the kernel carry no checksum */
			if (!try(&p, out) && f != ZSTD)
				ck_assert_mem_eq(out, plain, SIZE);
			packed[at] ^= change;
		}
	}
	free(out);
}
END_TEST

START_TEST(other_formats_are_named)
{
	static const u8 bzip2[64] = "BZh91AY&SY";
	struct payload p = {bzip2, sizeof(bzip2), SIZE, true};
	u8 *out = malloc(SIZE);
	const char *bad = try(&p, out);

	ck_assert_ptr_nonnull(bad);
	ck_assert_ptr_nonnull(strstr(bad, "neither gzip, xz nor zstd"));
	free(out);
}
END_TEST

SUITE("unpack", each_format_unpacks, wrong_sizes_are_refused,
      truncated_payloads_are_refused, corrupt_payloads_are_refused_or_equal,
      other_formats_are_named)
