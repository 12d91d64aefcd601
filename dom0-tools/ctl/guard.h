/*
 * ctl/guard.h: a creation is finished or undone, never just ended
 *
 * Between guard_begin() and guard_end() signals that end a program wait. Who
 * is in the middle of something asks guard_check() between steps and takes its
 * usual way out.
 *
 * Owns: the process's signal mask
 */
#ifndef CTL_GUARD_H
#define CTL_GUARD_H

#include <signal.h>

struct guard {
	sigset_t old;
};

/** guard_begin() - from here on SIGINT, SIGTERM and SIGHUP wait; may nest */
void guard_begin(struct guard *g);

/** guard_check() - 0, or -EINTR with err_set() when one of them waits */
int guard_check(void);

/** guard_end() - back to the mask before; a waiting signal now acts */
void guard_end(const struct guard *g);

/** guard_drop() - in a child: no signal is held back any more */
void guard_drop(void);

#endif /* CTL_GUARD_H */
