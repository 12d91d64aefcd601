#include <hv/lib.h>
#include "level.h"
#include "../../tests/host/suite.h"

#define SECOND 1000000000ull

START_TEST(levels_by_name)
{
	struct threshold t = {7, 7};

	ck_assert_int_eq(level_parse("all", &t), 0);
	ck_assert_int_eq(t.always, LOG_DEBUG);
	ck_assert_int_eq(level_parse("none", &t), 0);
	ck_assert_int_eq(t.always, -1);
	ck_assert_int_eq(t.limited, -1);
	ck_assert_int_eq(level_parse("err", &t), 0);
	ck_assert_int_eq(t.always, LOG_ERR);
	ck_assert_int_eq(level_parse("warning/all", &t), 0);
	ck_assert_int_eq(t.always, LOG_WARN);
	ck_assert_int_eq(t.limited, LOG_DEBUG);
	ck_assert_int_eq(level_parse("info/err", &t), 0);
	ck_assert_int_eq(t.limited, LOG_INFO);
}
END_TEST

START_TEST(bad_levels_change_nothing)
{
	static const char *const bad[] = {"",	  "wa",	  "alle",  "loud",
					  "all/", "/all", "err/x", "warnings"};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct threshold t = {2, 3};

		ck_assert_msg(level_parse(bad[i], &t) == -EINVAL, "%s", bad[i]);
		ck_assert_int_eq(t.always, 2);
		ck_assert_int_eq(t.limited, 3);
	}
}
END_TEST

START_TEST(thresholds_decide)
{
	struct threshold t = {LOG_WARN, LOG_INFO};
	struct rate r = {0};
	unsigned int dropped;

	for (int i = 0; i < 100; i++)
		ck_assert(level_wanted(&t, LOG_WARN, &r, 0, &dropped));
	ck_assert(!level_wanted(&t, LOG_DEBUG, &r, 0, &dropped));
	ck_assert(level_wanted(&t, LOG_INFO, &r, 0, &dropped));
}
END_TEST

START_TEST(burst_then_silence_then_a_count)
{
	struct threshold t = {-1, LOG_DEBUG};
	struct rate r = {0};
	unsigned int dropped, printed = 0;

	for (int i = 0; i < 1000; i++)
		printed += level_wanted(&t, LOG_DEBUG, &r, SECOND, &dropped);
	ck_assert_uint_eq(printed, LEVEL_BURST);
	ck_assert(!level_wanted(&t, LOG_DEBUG, &r, 4 * SECOND, &dropped));
	ck_assert(level_wanted(&t, LOG_DEBUG, &r, 7 * SECOND, &dropped));
	ck_assert_uint_eq(dropped, 1000 - LEVEL_BURST + 1);
	ck_assert(level_wanted(&t, LOG_DEBUG, &r, 7 * SECOND, &dropped));
	ck_assert_uint_eq(dropped, 0);
}
END_TEST

SUITE("level", levels_by_name, bad_levels_change_nothing, thresholds_decide,
      burst_then_silence_then_a_count)
