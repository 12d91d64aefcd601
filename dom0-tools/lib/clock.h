/*
 * lib/clock.h: time for event loops
 *
 * Owns:       nothing
 * Invariants: times are monotonic milliseconds; timeouts are as poll() takes
 *             them, -1 meaning never
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

/** clock_ms() - monotonic clock */
static inline int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/** clock_sooner() - the shorter of two timeouts */
static inline int clock_sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

#endif /* LIB_CLOCK_H */
