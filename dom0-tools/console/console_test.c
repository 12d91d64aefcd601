/* Unit tests of what the console daemon keeps and writes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conlog.h"
#include "lib/err.h"
#include "outbuf.h"
#include "rate.h"

/* What waits is always the end of what was added. */
START_TEST(backlog_is_the_newest_bytes)
{
	struct outbuf b = {.limit = 5000};
	static char all[200000];
	size_t added = 0, step, n;
	const char *p;

	srandom(1);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = random();
	while (added + 7000 < sizeof(all)) {
		step = random() % (random() % 4 ? 300 : 7000);
		outbuf_add(&b, all + added, step);
		added += step;
		p = outbuf_peek(&b, &n);
		ck_assert_uint_le(n, b.limit);
		ck_assert_int_eq(memcmp(p, all + added - n, n), 0);
		if (random() % 3 == 0)
			outbuf_drop(&b, random() % (n + 1));
	}
	outbuf_free(&b);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(stamps_begin_lines)
{
	char path[] = "/tmp/conlog-XXXXXX", text[200] = "", stamp[64];
	int fd = mkstemp(path), n, used;
	struct conlog l;
	FILE *f;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(conlog_open(&l, path, true), 0);
	conlog_write(&l, "one\ntw", 6);
	conlog_write(&l, "o\n", 2);
	conlog_close(&l);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, f), 0);
	fclose(f);
	unlink(path);
	n = sscanf(text, "[%63[0-9: -]] one\n%n", stamp, &used);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(sscanf(text + used, "[%63[0-9: -]] two\n", stamp), 1);
	ck_assert_ptr_eq(strstr(text, "two\n") + 4, text + strlen(text));
}
END_TEST

START_TEST(unwritable_log_is_reported)
{
	struct conlog l;

	ck_assert_int_lt(conlog_open(&l, "/nonexistent/dir/log", false), 0);
	ck_assert_ptr_nonnull(strstr(err_text(), "/nonexistent/dir/log"));
	conlog_write(&l, "lost", 4);
	conlog_close(&l);
}
END_TEST

START_TEST(rate_lets_a_few_events_pass)
{
	struct rate r = {0};
	unsigned int i;

	for (i = 0; i < RATE_EVENTS; i++)
		ck_assert(rate_event(&r, 1000));
	ck_assert(!rate_event(&r, 1000 + RATE_MS - 1));
	ck_assert_int_eq(rate_wait(&r, 1000 + RATE_MS - 1), 1);
	ck_assert_int_eq(rate_wait(&r, 1000 + RATE_MS), 0);
	ck_assert(rate_event(&r, 1000 + RATE_MS));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console");
	TCase *t = tcase_create("parts");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, backlog_is_the_newest_bytes);
	tcase_add_test(t, stamps_begin_lines);
	tcase_add_test(t, unwritable_log_is_reported);
	tcase_add_test(t, rate_lets_a_few_events_pass);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
