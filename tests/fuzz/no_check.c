/*
 * tests/fuzz/no_check.c: the unit tests' fakes assert with Check; under a
 * fuzzer a failed assertion is a crash
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void _ck_assert_failed(const char *file, int line, const char *expr,
		       const char *msg, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: %s: ", file, line, expr);
	if (msg) {
		va_start(ap, msg);
		vfprintf(stderr, msg, ap);
		va_end(ap);
	}
	fputc('\n', stderr);
	abort();
}

void _mark_point(const char *file, int line)
{
}

/* Nobody runs suites here. */
SRunner *srunner_create(Suite *s)
{
	abort();
}

void srunner_run_all(SRunner *r, enum print_output mode)
{
	abort();
}

int srunner_ntests_failed(SRunner *r)
{
	abort();
}

void srunner_free(SRunner *r)
{
	abort();
}
