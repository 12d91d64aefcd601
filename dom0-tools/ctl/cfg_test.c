#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../tests/host/suite.h"
#include "ctl/cfg.h"
#include "ctl/config.h"
#include "lib/err.h"

static struct cfg cfg;

static int parse(const char *text)
{
	cfg_free(&cfg);
	return cfg_parse_text(&cfg, text, strlen(text), "t");
}

static const struct cfg_value *get(const char *key)
{
	const struct cfg_setting *s;

	for (s = cfg.first; s; s = s->next)
		if (!strcmp(s->key, key))
			return s->value;
	ck_abort_msg("no %s", key);
}

static void refuse(const char *text, const char *message)
{
	ck_assert_int_eq(parse(text), -EINVAL);
	ck_assert_str_eq(err_text(), message);
}

START_TEST(values_of_all_kinds)
{
	ck_assert_int_eq(parse("a = \"x\" # c\nb=0x10; c='q\\n'\n"
			       "d = [ 1,\n \"b\", ['n', 2 ,],\n]\n\n"
			       "e =\\\n-3"),
			 0);
	ck_assert_str_eq(get("a")->str, "x");
	ck_assert_int_eq(get("b")->num, 16);
	ck_assert_str_eq(get("c")->str, "q\n");
	ck_assert_uint_eq(get("d")->nr_items, 3);
	ck_assert_uint_eq(get("d")->item[2]->nr_items, 2);
	ck_assert_int_eq(get("e")->num, -3);
	cfg_free(&cfg);
}
END_TEST

START_TEST(empty_files_and_crlf)
{
	ck_assert_int_eq(parse(""), 0);
	ck_assert_int_eq(parse("\n # only a comment"), 0);
	ck_assert_int_eq(parse("a = []\r\nb = ''\r\n"), 0);
	ck_assert_uint_eq(get("a")->nr_items, 0);
	cfg_free(&cfg);
}
END_TEST

START_TEST(last_setting_wins_and_plus_adds)
{
	ck_assert_int_eq(parse("a=1\nb='x'\na='y'\nb+='z'\nc=[1]\nc+=[2,3]"),
			 0);
	ck_assert_str_eq(get("a")->str, "y");
	ck_assert_str_eq(get("b")->str, "xz");
	ck_assert_uint_eq(get("c")->nr_items, 3);
	cfg_free(&cfg);
}
END_TEST

START_TEST(escapes)
{
	ck_assert_int_eq(parse("a='\\x41\\102\\t\\q\\'\\\\'"), 0);
	ck_assert_str_eq(get("a")->str, "AB\tq'\\");
	refuse("a='\\0'", "t:1: a string with a NUL inside: '\\0'");
	cfg_free(&cfg);
}
END_TEST

START_TEST(errors_name_the_line)
{
	refuse("a=1\n\nb=\n", "t:3: unexpected end of line; expected string or "
			      "number or [");
	refuse("a=\"x", "t:1: a string without closing quote: \"");
	refuse("x=1\na=[1", "t:2: unexpected end of file; expected ]");
	refuse("a=12x", "t:1: not a number: 12x");
	refuse("a=1\na+=2", "t:2: += needs two strings or two lists");
	refuse("a=99999999999999999999", "t:1: number out of range: "
					 "99999999999999999999");
	cfg_free(&cfg);
}
END_TEST

START_TEST(overrides_need_no_quotes)
{
	ck_assert_int_eq(parse("memory = 1\nname = 'a'"), 0);
	ck_assert_int_eq(cfg_parse_override(&cfg, "memory=512"), 0);
	ck_assert_int_eq(cfg_parse_override(&cfg, "name=b c"), 0);
	ck_assert_int_eq(cfg_parse_override(&cfg, "list=[1,2]"), 0);
	ck_assert_int_eq(cfg_parse_override(&cfg, "name+='d'"), 0);
	ck_assert_int_eq(get("memory")->num, 512);
	ck_assert_str_eq(get("name")->str, "b cd");
	ck_assert_uint_eq(get("list")->nr_items, 2);
	ck_assert_int_eq(cfg_parse_override(&cfg, "=x"), -EINVAL);
	cfg_free(&cfg);
}
END_TEST

static int configure(const char *text, struct config *conf)
{
	int rc = parse(text);

	if (!rc)
		rc = config_from_cfg(&cfg, "t", conf);
	cfg_free(&cfg);
	return rc;
}

#define BASIC "name='g'\nkernel='/k'\nmemory=64\n"

START_TEST(defaults_are_those_of_xl)
{
	struct config c;

	ck_assert_int_eq(configure(BASIC, &c), 0);
	ck_assert_uint_eq(c.maxmem_mib, 64);
	ck_assert_uint_eq(c.vcpus, 1);
	ck_assert_uint_eq(c.maxvcpus, 1);
	ck_assert_int_eq(c.on_poweroff, ON_DESTROY);
	ck_assert_int_eq(c.on_reboot, ON_RESTART);
	ck_assert_int_eq(c.on_crash, ON_DESTROY);
	ck_assert_str_eq(c.cmdline, "");
	ck_assert_ptr_null(c.ramdisk);
	config_free(&c);
}
END_TEST

START_TEST(command_line_is_put_together)
{
	struct config c;

	ck_assert_int_eq(configure(BASIC "root='/dev/xvda'\nextra='ro'", &c),
			 0);
	ck_assert_str_eq(c.cmdline, "root=/dev/xvda ro");
	config_free(&c);
	ck_assert_int_eq(configure(BASIC "extra='quiet'", &c), 0);
	ck_assert_str_eq(c.cmdline, "quiet");
	config_free(&c);
	ck_assert_int_eq(configure(BASIC "cmdline='all'", &c), 0);
	ck_assert_str_eq(c.cmdline, "all");
	config_free(&c);
}
END_TEST

START_TEST(sizes_must_agree)
{
	struct config c;

	ck_assert_int_eq(configure(BASIC "maxmem=32", &c), -EINVAL);
	ck_assert_int_eq(configure(BASIC "vcpus=4\nmaxvcpus=2", &c), -EINVAL);
	ck_assert_int_eq(configure(BASIC "vcpus=129", &c), -EINVAL);
	ck_assert_int_eq(configure(BASIC "vcpus=0", &c), -EINVAL);
	ck_assert_int_eq(configure(BASIC "vcpus='2'\nmaxvcpus=4", &c), 0);
	ck_assert_uint_eq(c.vcpus, 2);
	config_free(&c);
	ck_assert_int_eq(configure("name='g'\nkernel='/k'\nmaxmem=64", &c), 0);
	ck_assert_uint_eq(c.memory_mib, 64);
	config_free(&c);
}
END_TEST

START_TEST(uuids_survive_the_round_trip)
{
	static const char text[] = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
	char back[UUID_TEXT];
	uint8_t u[16], v[16];

	ck_assert(uuid_parse(u, text));
	uuid_format(back, u);
	ck_assert_str_eq(back, text);
	ck_assert(!uuid_parse(u, "0f1e2d3c-4b5a"));
	ck_assert(!uuid_parse(u, "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0x"));
	ck_assert_int_eq(uuid_random(u), 0);
	ck_assert_int_eq(uuid_random(v), 0);
	ck_assert_mem_ne(u, v, sizeof(u));
}
END_TEST

SUITE("cfg", values_of_all_kinds, empty_files_and_crlf,
      last_setting_wins_and_plus_adds, escapes, errors_name_the_line,
      overrides_need_no_quotes, defaults_are_those_of_xl,
      command_line_is_put_together, sizes_must_agree,
      uuids_survive_the_round_trip)
