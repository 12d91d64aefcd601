/*
 * tests/host/suite.h: main() of a unit test: SUITE(name, test, test, ...)
 *
 * Tests are CK's START_TEST functions; the exit status is 0 when all pass.
 */
#ifndef TESTS_HOST_SUITE_H
#define TESTS_HOST_SUITE_H

#include <check.h>

#define SUITE(name, ...)                                                    \
	int main(void)                                                      \
	{                                                                   \
		const TTest *const tests[] = {__VA_ARGS__};                 \
		Suite *s = suite_create(name);                              \
		TCase *c = tcase_create(name);                              \
		SRunner *r = srunner_create(s);                             \
		int failed;                                                 \
                                                                            \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) \
			tcase_add_test(c, tests[i]);                        \
		suite_add_tcase(s, c);                                      \
		srunner_run_all(r, CK_ENV);                                 \
		failed = srunner_ntests_failed(r);                          \
		srunner_free(r);                                            \
		return failed != 0;                                         \
	}

#endif
