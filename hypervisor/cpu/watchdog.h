/*
 * cpu/watchdog.h: when a pcpu counts as stuck
 */
#ifndef CPU_WATCHDOG_H
#define CPU_WATCHDOG_H

#include <hv/time.h>

#define BEATS_LATE 10
#define BEATS_DEAD 30

enum lateness {
	IN_TIME,
	LATE, /* once, at BEATS_LATE */
	DEAD,
};

struct heart {
	struct timer timer;
	u32 beats;  /* never 0 once it beat */
	u32 seen;   /* of the next pcpu, when last looked at */
	u32 missed; /* own beats since that changed */
};

/** heart_look() - one beat of @me: how is the next one, which has beaten
 * @beats_of_next times (0: not yet)? */
enum lateness heart_look(struct heart *me, u32 beats_of_next);

#endif
