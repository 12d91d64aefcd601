/*
 * dev/level.h: which messages are wanted, and how many of them
 *
 * Pure: the time comes in as an argument.
 *
 * Lock:  the caller's (dev/log.c)
 */
#ifndef DEV_LEVEL_H
#define DEV_LEVEL_H

#include <hv/types.h>

/*
 * Messages up to .always are printed; up to .limited at most LEVEL_BURST in
 * each LEVEL_WINDOW; others never. Values are enum loglevel, -1: none at all.
 */
struct threshold {
	int always, limited;
};

#define LEVEL_BURST  10
#define LEVEL_WINDOW 5000000000ull /* ns */

struct rate {
	u64 since; /* ns; start of the window */
	unsigned int in_window, dropped;
};

/** level_parse() - "<level>[/<rate-limited level>]"; -EINVAL leaves @t alone */
int level_parse(const char *s, struct threshold *t);

/**
 * level_wanted() - shall a message of @level be printed now?
 * @dropped: set to how many were dropped since the last one printed
 */
bool level_wanted(const struct threshold *t, int level, struct rate *r,
		  u64 now_ns, unsigned int *dropped);

#endif
