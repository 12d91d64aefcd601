/*
 * lib/promise.h: what a test says
 *
 *	PROMISE(yield_returns_zero, "sched_op yield returns 0")
 *	{
 *		expect_eq(hypercall(sched_op, SCHEDOP_yield, 0), 0);
 *	}
 *
 * A promise passes unless an expectation failed. skip() and broken() end it
 * as SKIP and ERROR. Lines of one run: RUN before, the verdict after, between
 * them ANSWER lines for the table that compare.py makes.
 */
#ifndef GUEST_PROMISE_H
#define GUEST_PROMISE_H

#include "lib.h"

enum verdict { PASS, SKIP, ERROR, FAIL };

struct promise {
	const char *name;
	const char *text;
	void (*run)(void);
};

#define PROMISE(id, meaning)                                                 \
	static void promise_##id(void);                                      \
	static const struct promise row_##id = {#id, meaning, promise_##id}; \
	static const struct promise *const link_##id                         \
		__attribute__((section(".promises"), used)) = &row_##id;     \
	static void promise_##id(void)

void verdict_note(enum verdict v, const char *file, int line,
		  const char *format, ...)
	__attribute__((format(printf, 4, 5)));
bool expect_value(s64 got, s64 want, const char *what, const char *file,
		  int line);

#define expect(cond)                                                         \
	do {                                                                 \
		if (!(cond))                                                 \
			verdict_note(FAIL, __FILE__, __LINE__, "%s", #cond); \
	} while (0)

/* Equal numbers; evaluates to whether they were. */
#define expect_eq(got, want) \
	expect_value((s64)(got), (s64)(want), #got, __FILE__, __LINE__)

/*
 * A line for the side-by-side table, whatever the value: what no rule fixes,
 * but what both hypervisors should say alike. expect_refused() also fails
 * when the call succeeded. answer_as() names the line, for use in loops.
 */
#define answer_as(label, got) answer_value(label, (s64)(got))
#define answer(got)	      answer_value(#got, (s64)(got))
s64 answer_value(const char *what, s64 value);
#define expect_refused_as(label, got) \
	expect_refused_value((s64)(got), label, __FILE__, __LINE__)
#define expect_refused(got) expect_refused_as(#got, got)
bool expect_refused_value(s64 got, const char *what, const char *file,
			  int line);

#define expect_trap(vec) expect_trap_at(vec, __FILE__, __LINE__)
bool expect_trap_at(u64 vector, const char *file, int line);
#define expect_no_trap() expect_no_trap_at(__FILE__, __LINE__)
bool expect_no_trap_at(const char *file, int line);

/* What the test itself needs; it ends as ERROR without. */
#define require(cond)                                                         \
	do {                                                                  \
		if (!(cond)) {                                                \
			verdict_note(ERROR, __FILE__, __LINE__, "%s", #cond); \
			return;                                               \
		}                                                             \
	} while (0)

#define skip(why)                                                  \
	do {                                                       \
		verdict_note(SKIP, __FILE__, __LINE__, "%s", why); \
		return;                                            \
	} while (0)

/* For a library that cannot go on: ends the image. */
void __attribute__((noreturn)) guest_broken(const char *why);

#endif
