#include <string.h>
#include <hv/boot.h>
#include "../../tests/host/suite.h"

static bool flag, noisy;
static u64 size;
static u32 number;
static u8 small;
static char text[8];
static char seen[32];

static int take(const char *value)
{
	snprintf(seen, sizeof(seen), "%s", value);
	return strcmp(value, "bad") ? 0 : -EINVAL;
}

static const struct boot_option table[] = {
	{"flag", OPT_BOOL, &flag, 0, 0},
	{"noisy", OPT_BOOL, &noisy, 0, 0},
	{"size", OPT_SIZE, &size, sizeof(size), 0},
	{"number", OPT_UINT, &number, sizeof(number), 0},
	{"small", OPT_UINT, &small, sizeof(small), 0},
	{"text", OPT_STRING, text, sizeof(text), 0},
	{"fn", OPT_FN, 0, 0, take},
};

static char reported[256];

static void report(const char *option, const char *why)
{
	strcat(reported, option);
	strcat(reported, ":");
	strcat(reported, why);
	strcat(reported, ";");
}

static void parse(const char *line)
{
	char copy[256];

	flag = noisy = false;
	size = number = small = 0;
	text[0] = seen[0] = reported[0] = '\0';
	strcpy(copy, line);
	cmdline_parse_table(copy, table, table + ARRAY_SIZE(table), report);
}

START_TEST(booleans_in_all_spellings)
{
	static const char *const on[] = {"flag",   "flag=yes",	"flag=on",
					 "flag=1", "flag=true", "flag=enable"};
	static const char *const off[] = {"flag no-flag",     "flag noflag",
					  "flag flag=no",     "flag flag=0",
					  "flag flag=off",    "flag flag=false",
					  "flag flag=disable"};

	for (unsigned int i = 0; i < ARRAY_SIZE(on); i++) {
		parse(on[i]);
		ck_assert_msg(flag, "%s", on[i]);
		ck_assert_str_eq(reported, "");
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(off); i++) {
		parse(off[i]);
		ck_assert_msg(!flag, "%s", off[i]);
		ck_assert_str_eq(reported, "");
	}
}
END_TEST

/* "noisy" is a name of its own, not the opposite of "isy". */
START_TEST(names_that_begin_with_no)
{
	parse("noisy");
	ck_assert(noisy);
	parse("noisy no-noisy");
	ck_assert(!noisy);
}
END_TEST

START_TEST(values_of_every_kind)
{
	parse("size=512M number=0x10 text=abc fn=com1,vga small=255");
	ck_assert_uint_eq(size, 512ull << 20);
	ck_assert_uint_eq(number, 16);
	ck_assert_str_eq(text, "abc");
	ck_assert_str_eq(seen, "com1,vga");
	ck_assert_uint_eq(small, 255);
	ck_assert_str_eq(reported, "");
}
END_TEST

START_TEST(unknown_and_bad_are_reported_and_skipped)
{
	parse("what number=7 number=x small=256 fn=bad flag=maybe "
	      "text=12345678 no-fn size=1Q k=v number=4294967296");
	ck_assert_uint_eq(number, 7);
	ck_assert_str_eq(reported,
			 "what:unknown option;number=x:bad value;"
			 "small=256:bad value;fn=bad:bad value;"
			 "flag=maybe:bad value;text=12345678:bad value;"
			 "no-fn:unknown option;size=1Q:bad value;"
			 "k=v:unknown option;"
			 "number=4294967296:bad value;");
}
END_TEST

START_TEST(blanks_and_the_end_of_options)
{
	parse("  \t number=1   flag\t");
	ck_assert_uint_eq(number, 1);
	ck_assert(flag);
	parse("number=2 -- number=3 what");
	ck_assert_uint_eq(number, 2);
	ck_assert_str_eq(reported, "");
	parse("");
	ck_assert_str_eq(reported, "");
}
END_TEST

SUITE("cmdline", booleans_in_all_spellings, names_that_begin_with_no,
      values_of_every_kind, unknown_and_bad_are_reported_and_skipped,
      blanks_and_the_end_of_options)
