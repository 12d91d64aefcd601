/*
 * suite/bench.h: what a row of the micro suite gets and gives
 *
 * A row runs in a process of its own, so nothing it leaves behind reaches the
 * next. Its function sets up, runs the operation as often as asked while its
 * watch runs, and cleans up while the watch stands.
 */
#ifndef SUITE_BENCH_H
#define SUITE_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define KIB  ((size_t)1024)
#define MIB  ((size_t)1024 * 1024)
#define PAGE ((size_t)4096)

/** struct watch - time while it runs, in units of watch_now() */
struct watch {
	uint64_t total, begun;
};

/* Time stamp counter instead of nanoseconds (-c). */
extern int watch_ticks;

/* What a row executes that wants a program: this one, which ends at once. */
extern const char *self_path;
#define HELLO "--hello"

static inline uint64_t read_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t watch_now(void)
{
	struct timespec t;

	if (watch_ticks)
		return read_tsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void watch_start(struct watch *w)
{
	w->begun = watch_now();
}

static inline void watch_stop(struct watch *w)
{
	w->total += watch_now() - w->begun;
}

/**
 * run_<name>() - run a row's operation
 * @n: how often, at least 1
 * @w: runs while the operation does
 *
 * Returns:  how often it ran: @n, rounded up where rows work in groups
 */
#define ROW(name, group, fixed, meaning) \
	uint64_t run_##name(uint64_t n, struct watch *w);
#include "rows.def"
#undef ROW

/** fail() - the row cannot run: one line naming @what and errno; no return */
void fail(const char *what) __attribute__((noreturn));

/** map_pages() - @bytes of fresh anonymous memory in pages of 4 KiB */
void *map_pages(size_t bytes);

/** touch() - store to every page of @bytes at @p */
void touch(void *p, size_t bytes);

/** wait_for() - reap @pid; fail() unless it ended with status 0 */
void wait_for(int pid);

#endif /* SUITE_BENCH_H */
