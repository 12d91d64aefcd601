#include <errno.h>

#include "ctl/guard.h"
#include "lib/err.h"

static const int guarded[] = {SIGINT, SIGTERM, SIGHUP};

#define NR_GUARDED (sizeof(guarded) / sizeof(*guarded))

static void fill(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	for (i = 0; i < NR_GUARDED; i++)
		sigaddset(set, guarded[i]);
}

void guard_begin(struct guard *g)
{
	sigset_t set;

	fill(&set);
	sigprocmask(SIG_BLOCK, &set, &g->old);
}

int guard_check(void)
{
	sigset_t waiting;
	size_t i;

	sigpending(&waiting);
	for (i = 0; i < NR_GUARDED; i++)
		if (sigismember(&waiting, guarded[i]))
			return err_set(-EINTR, "interrupted; nothing was "
					       "created");
	return 0;
}

void guard_end(const struct guard *g)
{
	sigprocmask(SIG_SETMASK, &g->old, NULL);
}

void guard_drop(void)
{
	sigset_t set;

	fill(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
