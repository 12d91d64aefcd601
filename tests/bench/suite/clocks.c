/* suite: reading clocks, and being woken by one */
#include <stddef.h>
#include <sys/time.h>
#include <time.h>

#include "bench.h"

uint64_t run_clock_mono(uint64_t n, struct watch *w)
{
	struct timespec t;
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		clock_gettime(CLOCK_MONOTONIC, &t);
	watch_stop(w);
	return n;
}

uint64_t run_clock_day(uint64_t n, struct watch *w)
{
	struct timeval t;
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		gettimeofday(&t, NULL);
	watch_stop(w);
	return n;
}

uint64_t run_rdtsc(uint64_t n, struct watch *w)
{
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		read_tsc();
	watch_stop(w);
	return n;
}

#define SLEEP_NS 200000

/*
 * The watch runs from the moment the sleep should have ended, so a sleep
 * counts only what it is late. In ticks that moment is known only as a time,
 * hence the whole sleep counts there.
 */
uint64_t run_timer_late(uint64_t n, struct watch *w)
{
	struct timespec t;
	uint64_t i;

	for (i = 0; i < n; i++) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_nsec += SLEEP_NS;
		if (t.tv_nsec >= 1000000000) {
			t.tv_nsec -= 1000000000;
			t.tv_sec++;
		}
		watch_start(w);
		if (!watch_ticks)
			w->begun = (uint64_t)t.tv_sec * 1000000000u +
				   (uint64_t)t.tv_nsec;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t,
				       NULL))
			;
		watch_stop(w);
	}
	return n;
}
