/*
 * rate.h: how often a domain may ask for attention
 *
 * Owns:       nothing
 * Invariants: at most RATE_EVENTS events pass in any period of RATE_MS
 *             counted from its first event
 * Lock:       none
 */
#ifndef CONSOLE_RATE_H
#define CONSOLE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_EVENTS 30u
#define RATE_MS	    200

struct rate {
	int64_t since; /* ms; start of the period */
	unsigned int events;
};

/** rate_event() - count one; false: the domain has to wait for rate_wait() */
static inline bool rate_event(struct rate *r, int64_t now)
{
	if (now - r->since >= RATE_MS) {
		r->since = now;
		r->events = 0;
	}
	return ++r->events <= RATE_EVENTS;
}

/** rate_wait() - milliseconds until events pass again, 0 when they do */
static inline int rate_wait(const struct rate *r, int64_t now)
{
	int64_t left = r->since + RATE_MS - now;

	return left > 0 ? (int)left : 0;
}

#endif
