#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "../../tests/host/suite.h"
#include "builder/bzimage.h"
#include "builder/cache.h"
#include "builder/elf_maker.h"
#include "builder/initrd.h"
#include "builder/kernel.h"
#include "builder/unpack.h"
#include "lib/err.h"

#define PLAIN (600u << 10)

static uint8_t plain[PLAIN], packed[2 * PLAIN];
static size_t packed_len;

static void fill_plain(void)
{
	uint32_t x = 1;
	size_t i;

	for (i = 0; i < PLAIN; i++) {
		x = x * 1103515245 + 12345;
		plain[i] = i % 3 ? x >> 24 : 'a';
	}
}

static void pack_gzip(const void *data, size_t len)
{
	z_stream z = {.next_in = (uint8_t *)data,
		      .avail_in = len,
		      .next_out = packed,
		      .avail_out = sizeof(packed)};

	deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, 0);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed_len = z.total_out;
	deflateEnd(&z);
}

static void pack_xz(const void *data, size_t len)
{
	packed_len = 0;
	ck_assert_int_eq(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL,
						 data, len, packed, &packed_len,
						 sizeof(packed)),
			 LZMA_OK);
}

static void pack_zstd(const void *data, size_t len)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	packed_len = ZSTD_compress2(z, packed, sizeof(packed), data, len);
	ck_assert(!ZSTD_isError(packed_len));
	ZSTD_freeCCtx(z);
}

static void (*const packers[])(const void *data,
			       size_t len) = {pack_gzip, pack_xz, pack_zstd};

static void pack(int how)
{
	fill_plain();
	packers[how](plain, PLAIN);
}

START_TEST(formats_come_back_whole)
{
	struct blob out;
	size_t want;

	pack(_i);
	ck_assert(unpack_known(packed, packed_len));
	for (want = 0; want <= PLAIN; want += PLAIN) {
		/* What follows the stream is not ours. */
		memset(packed + packed_len, 0xee, 16);
		ck_assert_int_eq(unpack(packed, packed_len + 16, want, &out),
				 0);
		ck_assert_uint_eq(out.len, PLAIN);
		ck_assert_mem_eq(out.data, plain, PLAIN);
		blob_free(&out);
	}
}
END_TEST

START_TEST(wrong_size_truncation_and_damage_are_refused)
{
	struct blob out;
	uint8_t *cut;
	size_t n;

	pack(_i);
	ck_assert_int_eq(unpack(packed, packed_len, PLAIN - 1, &out), -EINVAL);
	ck_assert_int_eq(unpack(packed, packed_len, PLAIN + 1, &out), -EINVAL);
	for (n = 0; n < packed_len; n = n * 3 + 1) {
		cut = malloc(n + 1);
		memcpy(cut, packed, n);
		ck_assert_int_eq(unpack(cut, n, 0, &out), -EINVAL);
		free(cut);
	}
	memset(packed + packed_len / 2, 0x55, 64);
	ck_assert_int_eq(unpack(packed, packed_len, 0, &out), -EINVAL);
}
END_TEST

START_TEST(other_formats_are_refused_by_name)
{
	struct blob out;

	ck_assert_int_eq(unpack((const uint8_t *)"BZh91AY&SY", 10, 0, &out),
			 -EOPNOTSUPP);
	ck_assert(strstr(err_text(), "bzip2"));
	ck_assert_int_eq(
		unpack((const uint8_t *)"\x02\x21\x4c\x18....", 8, 0, &out),
		-EOPNOTSUPP);
	ck_assert(strstr(err_text(), "lz4"));
	ck_assert_int_eq(unpack((const uint8_t *)"whatever", 8, 0, &out),
			 -EINVAL);
}
END_TEST

/* A boot image around what is packed; returns a blob to be given away. */
static struct blob make_bzimage(size_t unpacked)
{
	size_t len = 3 * 512 + 0x40 + packed_len + 4;
	uint8_t *b = calloc(1, len);
	uint32_t n;

	b[0x1f1] = 2;
	memcpy(b + 0x202, "HdrS\x0f\x02", 6);
	n = 0x40;
	memcpy(b + 0x248, &n, 4);
	n = packed_len + 4;
	memcpy(b + 0x24c, &n, 4);
	memcpy(b + 3 * 512 + 0x40, packed, packed_len);
	n = unpacked;
	memcpy(b + len - 4, &n, 4);
	return (struct blob){.data = b, .len = len};
}

static struct blob packed_kernel(int how)
{
	struct maker m = maker_linux(0x8000);

	packers[how](m.data, m.len);
	return make_bzimage(m.len);
}

START_TEST(boot_images_yield_their_kernel)
{
	struct blob file = packed_kernel(_i);
	struct kernel k;

	ck_assert_int_eq(kernel_parse(&k, &file, NULL), 0);
	ck_assert_ptr_null(file.data);
	ck_assert_uint_eq(k.notes.virt_base, MAKER_BASE);
	ck_assert_uint_eq(k.elf.pend, MAKER_PADDR + 0x8000);
	kernel_free(&k);
}
END_TEST

START_TEST(damaged_boot_images_are_refused)
{
	struct blob file = packed_kernel(2);
	uint8_t *b = (uint8_t *)file.data;
	struct kernel k;

	file.len -= 40;
	ck_assert_int_eq(kernel_parse(&k, &file, NULL), -EINVAL);
	ck_assert(strstr(err_text(), "truncated"));
	file = packed_kernel(2);
	b = (uint8_t *)file.data;
	b[0x206] = 7;
	ck_assert_int_eq(kernel_parse(&k, &file, NULL), -EINVAL);
	ck_assert(strstr(err_text(), "2.07"));
	file = packed_kernel(2);
	b = (uint8_t *)file.data;
	memset(b + 0x24c, 0, 4);
	ck_assert_int_eq(kernel_parse(&k, &file, NULL), -EINVAL);
}
END_TEST

static char dir[] = "/tmp/vane-cache-XXXXXX";

static int count_entries(void)
{
	char cmd[128];
	FILE *f;
	int n;

	snprintf(cmd, sizeof(cmd), "ls %s | wc -l", dir);
	f = popen(cmd, "r");
	ck_assert_int_eq(fscanf(f, "%d", &n), 1);
	pclose(f);
	return n;
}

static void remove_dir(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

START_TEST(cache_returns_what_was_put)
{
	struct blob image = {.data = plain, .len = PLAIN}, out;

	pack(0);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(cache_get(dir, packed, packed_len, &out), -ENOENT);
	ck_assert_int_eq(cache_put(dir, packed, packed_len, &image), 0);
	ck_assert_int_eq(cache_get(dir, packed, packed_len, &out), 0);
	ck_assert_uint_eq(out.len, PLAIN);
	ck_assert_mem_eq(out.data, plain, PLAIN);
	blob_free(&out);
	remove_dir();
}
END_TEST

START_TEST(cache_compares_all_bytes_not_only_the_key)
{
	struct blob image = {.data = plain, .len = PLAIN}, out;

	pack(0);
	ck_assert_uint_gt(packed_len, 140 << 10);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(cache_put(dir, packed, packed_len, &image), 0);
	/* The middle is not part of the key: the same file is looked at. */
	packed[packed_len / 2] ^= 1;
	ck_assert_int_eq(cache_get(dir, packed, packed_len, &out), -ENOENT);
	remove_dir();
}
END_TEST

START_TEST(cache_distrusts_files_others_may_write)
{
	struct blob image = {.data = plain, .len = PLAIN}, out;
	char cmd[128];

	pack(0);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(cache_put(dir, packed, packed_len, &image), 0);
	snprintf(cmd, sizeof(cmd), "chmod g+w %s/image-*", dir);
	ck_assert_int_eq(system(cmd), 0);
	ck_assert_int_eq(cache_get(dir, packed, packed_len, &out), -ENOENT);
	snprintf(cmd, sizeof(cmd),
		 "chmod g-w %s/image-*; truncate -s -1 "
		 "%s/image-*",
		 dir, dir);
	ck_assert_int_eq(system(cmd), 0);
	ck_assert_int_eq(cache_get(dir, packed, packed_len, &out), -ENOENT);
	remove_dir();
}
END_TEST

START_TEST(cache_keeps_a_few_entries)
{
	struct blob image = {.data = plain, .len = 100};
	int i;

	pack(0);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (i = 0; i < CACHE_ENTRIES + 3; i++) {
		packed[0] = i;
		ck_assert_int_eq(cache_put(dir, packed, packed_len, &image), 0);
	}
	ck_assert_int_eq(count_entries(), CACHE_ENTRIES);
	remove_dir();
}
END_TEST

START_TEST(kernels_tell_how_they_were_come_by)
{
	static const enum kernel_from from[] = {KERNEL_UNPACKED,
						KERNEL_FROM_CACHE};
	struct blob file;
	struct kernel k;
	int i;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (i = 0; i < 2; i++) {
		file = packed_kernel(1);
		ck_assert_int_eq(kernel_parse(&k, &file, dir), 0);
		ck_assert_int_eq(k.from, from[i]);
		ck_assert_int_eq(k.kept, 0);
		kernel_free(&k);
	}
	/* A replaced kernel is another one. */
	file = packed_kernel(2);
	ck_assert_int_eq(kernel_parse(&k, &file, dir), 0);
	ck_assert_int_eq(k.from, KERNEL_UNPACKED);
	kernel_free(&k);
	remove_dir();
	/* What cannot be kept can be used. */
	file = packed_kernel(1);
	ck_assert_int_eq(kernel_parse(&k, &file, "/proc/nowhere"), 0);
	ck_assert_int_eq(k.from, KERNEL_UNPACKED);
	ck_assert_int_lt(k.kept, 0);
	kernel_free(&k);
}
END_TEST

/* One newc file; returns the next offset. */
static size_t put_cpio(uint8_t *to, size_t at, const char *name,
		       const char *data)
{
	size_t n = strlen(name) + 1, len = strlen(data);

	at += sprintf((char *)to + at,
		      "070701%08x%08x%08x%08x%08x%08x%08zx"
		      "%08x%08x%08x%08x%08zx%08x",
		      0, 0, 0, 0, 0, 0, len, 0, 0, 0, 0, n, 0);
	memcpy(to + at, name, n);
	at = (at + n + 3) & ~3ul;
	memcpy(to + at, data, len);
	return (at + len + 3) & ~3ul;
}

static uint8_t archive[4096];

static size_t make_cpio(void)
{
	size_t at;

	memset(archive, 0, sizeof(archive));
	at = put_cpio(archive, 0, "init", "#!/bin/sh\n");
	at = put_cpio(archive, at, "etc/hosts", "127.0.0.1 localhost");
	at = put_cpio(archive, at, "TRAILER!!!", "");
	return at;
}

static int check_copy(const uint8_t *data, size_t len)
{
	struct blob b = {.data = malloc(len + 1), .len = len};
	int rc;

	memcpy((void *)b.data, data, len);
	rc = initrd_check(&b);
	blob_free(&b);
	return rc;
}

START_TEST(truncated_archives_are_noticed)
{
	size_t len = make_cpio(), n;

	ck_assert_int_eq(check_copy(archive, len), 0);
	ck_assert_int_eq(check_copy(archive, sizeof(archive)), 0);
	/* The last three bytes are padding, which may be missing. */
	for (n = 5; n < len - 3; n++)
		ck_assert_int_eq(check_copy(archive, n), -EINVAL);
}
END_TEST

START_TEST(truncated_compressed_archives_are_noticed)
{
	size_t len = make_cpio(), first = len;
	uint8_t both[8192];

	packers[_i](archive, len);
	/* As with microcode: an archive, then a compressed one. */
	memset(both, 0, sizeof(both));
	memcpy(both, archive, first);
	first = (first + 511) & ~511ul;
	memcpy(both + first, packed, packed_len);
	ck_assert_int_eq(check_copy(both, first + packed_len), 0);
	ck_assert_int_eq(check_copy(both, first + packed_len - 5), -EINVAL);
	ck_assert_int_eq(check_copy(packed, packed_len), 0);
	ck_assert_int_eq(check_copy(packed, packed_len / 2), -EINVAL);
}
END_TEST

START_TEST(unknown_ramdisks_pass)
{
	ck_assert_int_eq(check_copy((const uint8_t *)"some file system", 16),
			 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unpack");
	TCase *each = tcase_create("each format"), *c = tcase_create("unpack");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(each, 30);
	tcase_add_loop_test(each, formats_come_back_whole, 0, 3);
	tcase_add_loop_test(each, wrong_size_truncation_and_damage_are_refused,
			    0, 3);
	tcase_add_loop_test(each, boot_images_yield_their_kernel, 0, 3);
	tcase_add_loop_test(each, truncated_compressed_archives_are_noticed, 0,
			    3);
	tcase_add_test(c, other_formats_are_refused_by_name);
	tcase_add_test(c, damaged_boot_images_are_refused);
	tcase_add_test(c, cache_returns_what_was_put);
	tcase_add_test(c, cache_compares_all_bytes_not_only_the_key);
	tcase_add_test(c, cache_distrusts_files_others_may_write);
	tcase_add_test(c, cache_keeps_a_few_entries);
	tcase_add_test(c, kernels_tell_how_they_were_come_by);
	tcase_add_test(c, truncated_archives_are_noticed);
	tcase_add_test(c, unknown_ramdisks_pass);
	suite_add_tcase(s, each);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
