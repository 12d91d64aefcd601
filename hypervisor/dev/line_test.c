#include <string.h>
#include "internal.h"
#include "../../tests/host/suite.h"

static char line[8];
static unsigned int len;

/* All of @s; complete lines joined by '/' */
static const char *feed(const char *s)
{
	static char out[128];
	size_t n = strlen(s), used;

	out[0] = '\0';
	while (n) {
		if (line_add(line, &len, sizeof(line), s, n, &used)) {
			strcat(out, line);
			strcat(out, "/");
		}
		ck_assert_uint_ge(used, 1);
		s += used;
		n -= used;
	}
	return out;
}

START_TEST(lines_come_out_at_newlines)
{
	len = 0;
	ck_assert_str_eq(feed("ab\ncd"), "ab/");
	ck_assert_str_eq(feed("e\n\n"), "cde//");
}
END_TEST

START_TEST(long_lines_are_broken)
{
	len = 0;
	ck_assert_str_eq(feed("0123456789\n"), "0123456/789/");
	ck_assert_str_eq(feed("0123456"), "0123456/");
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(control_characters_never_reach_the_console)
{
	len = 0;
	ck_assert_str_eq(feed("a\033[2J\r\x01\x80\xff"
			      "b\n"),
			 "a[2Jb/");
}
END_TEST

static char buf[RING_BYTES];

static size_t read_ring(struct msg_ring *r, char *to, size_t n, bool clear,
			bool inc, u32 *index)
{
	size_t got = ring_read(r, to, n, clear, inc, index);

	to[got] = '\0';
	return got;
}

START_TEST(ring_gives_everything_again_until_cleared)
{
	struct msg_ring r = {buf, 0, 0};
	char out[64];
	u32 index = 0;

	ring_put(&r, "hello", 5);
	ck_assert_uint_eq(read_ring(&r, out, 60, false, false, &index), 5);
	ck_assert_str_eq(out, "hello");
	ck_assert_uint_eq(read_ring(&r, out, 60, true, false, &index), 5);
	ck_assert_uint_eq(read_ring(&r, out, 60, false, false, &index), 0);
}
END_TEST

START_TEST(ring_incremental_goes_on_where_it_stopped)
{
	struct msg_ring r = {buf, 0, 0};
	char out[64];
	u32 index = 0;

	ring_put(&r, "abcdef", 6);
	ck_assert_uint_eq(read_ring(&r, out, 4, false, true, &index), 4);
	ck_assert_str_eq(out, "abcd");
	ring_put(&r, "gh", 2);
	ck_assert_uint_eq(read_ring(&r, out, 60, false, true, &index), 4);
	ck_assert_str_eq(out, "efgh");
	ck_assert_uint_eq(read_ring(&r, out, 60, false, true, &index), 0);
	/* a position from nowhere starts over */
	index = 12345;
	ck_assert_uint_eq(read_ring(&r, out, 60, false, true, &index), 8);
}
END_TEST

START_TEST(ring_keeps_the_newest_across_the_counter_wrap)
{
	struct msg_ring r = {buf, 0xffffff00u, 0xffffff00u};
	static char out[RING_BYTES + 1];
	u32 index = 0xffffff00u;

	for (unsigned int i = 0; i < RING_BYTES + 100; i++)
		ring_put(&r, &"0123456789"[i % 10], 1);
	ck_assert_uint_eq(read_ring(&r, out, RING_BYTES, false, true, &index),
			  RING_BYTES);
	ck_assert_int_eq(out[0], '0' + 100 % 10);
	ck_assert_uint_eq(index, r.prod);
}
END_TEST

SUITE("console", lines_come_out_at_newlines, long_lines_are_broken,
      control_characters_never_reach_the_console,
      ring_gives_everything_again_until_cleared,
      ring_incremental_goes_on_where_it_stopped,
      ring_keeps_the_newest_across_the_counter_wrap)
