#include <stdlib.h>
#include <string.h>
#include <hv/boot.h>
#include "../../tests/host/suite.h"

static struct boot_info b;
static u8 info[512];
static u32 at;

static void start(void)
{
	memset(&b, 0, sizeof(b));
	memset(info, 0, sizeof(info));
	at = 8;
}

static u8 *tag(u32 type, const void *data, u32 len)
{
	u32 head[2] = {type, len + 8};
	u8 *where = info + at;

	memcpy(info + at, head, 8);
	memcpy(info + at + 8, data, len);
	at += (u32)ROUND_UP(len + 8, 8);
	return where;
}

/* An exact heap copy: reading past the stated total is an error. */
static void collect(void)
{
	u32 total;
	u8 *copy;

	tag(0, "", 0);
	total = at;
	memcpy(info, &total, 4);
	copy = malloc(total);
	memcpy(copy, info, total);
	multiboot2_collect(&b, copy);
	free(copy);
}

START_TEST(protocol_2_tags_are_collected)
{
	struct {
		u32 start, end;
		char cmdline[24];
	} module = {0x1000000, 0x1800000, "console=hvc0 root=x"};
	struct {
		u32 size, version;
		u64 addr, len;
		u32 type, pad;
	} map = {24, 0, 0x100000, 0x8000000, E820_RAM, 0};

	start();
	tag(1, "loglvl=all", 11);
	tag(2, "GRUB 2.06", 10);
	tag(3, &module, 8 + 20);
	tag(4, "\0\2\0\0\0\0\1\0", 8);
	tag(6, &map, sizeof(map));
	tag(14, "RSD PTR \0abcdef\0\1\2\3\4", 20);
	collect();
	ck_assert_str_eq(b.cmdline, "loglvl=all");
	ck_assert_str_eq(b.loader, "GRUB 2.06");
	ck_assert_uint_eq(b.nr_modules, 1);
	ck_assert_uint_eq(b.module[0].start.v, 0x1000000);
	ck_assert_uint_eq(b.module[0].size, 0x800000);
	ck_assert_str_eq(b.module[0].cmdline, "console=hvc0 root=x");
	ck_assert_uint_eq(b.e820.nr, 1);
	ck_assert_uint_eq(b.e820.r[0].size, 0x8000000);
	ck_assert_uint_eq(b.rsdp_len, 20);
}
END_TEST

START_TEST(module_that_ends_before_it_starts_is_dropped)
{
	u32 module[3] = {0x2000, 0x1000, 0};

	start();
	tag(3, module, 12);
	collect();
	ck_assert_uint_eq(b.nr_modules, 0);
}
END_TEST

START_TEST(tag_longer_than_the_rest_ends_the_walk)
{
	u8 *t;
	u32 huge = 0xfffffff0;

	start();
	t = tag(1, "a=b", 4);
	memcpy(t + 4, &huge, 4);
	tag(2, "never", 6);
	collect();
	ck_assert_str_eq(b.cmdline, "");
	ck_assert_str_eq(b.loader, "");
	start();
	t = tag(1, "a=b", 4);
	huge = 0;
	memcpy(t + 4, &huge, 4);
	collect();
	ck_assert_str_eq(b.cmdline, "");
}
END_TEST

START_TEST(unterminated_strings_stay_inside_their_tag)
{
	start();
	tag(1, "abcdefgh", 8);
	collect();
	ck_assert_str_eq(b.cmdline, "abcdefg");
}
END_TEST

START_TEST(placeholder_is_no_argument)
{
	start();
	tag(1, "placeholder a=b", 16);
	collect();
	ck_assert_str_eq(b.cmdline, "a=b");
	start();
	tag(1, "placeholders", 13);
	collect();
	ck_assert_str_eq(b.cmdline, "placeholders");
}
END_TEST

START_TEST(unknown_magic_is_refused)
{
	ck_assert_int_eq(multiboot_collect(0x12345678, 0), -EINVAL);
}
END_TEST

SUITE("multiboot", protocol_2_tags_are_collected,
      module_that_ends_before_it_starts_is_dropped,
      tag_longer_than_the_rest_ends_the_walk,
      unterminated_strings_stay_inside_their_tag, placeholder_is_no_argument,
      unknown_magic_is_refused)
