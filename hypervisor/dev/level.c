/*
 * level.c: see level.h
 */
#include <hv/lib.h>
#include "level.h"

static const char *const name[] = {"error", "warning", "info", "debug"};

/* "none", "all", or a level's name of which three letters are enough */
static int parse_one(const char *s, size_t n)
{
	if (n == 4 && !strncmp(s, "none", 4))
		return -1;
	if (n == 3 && !strncmp(s, "all", 3))
		return LOG_DEBUG;
	for (int i = 0; i < (int)ARRAY_SIZE(name); i++)
		if (n >= 3 && n <= strlen(name[i]) && !strncmp(s, name[i], n))
			return i;
	return -EINVAL;
}

int level_parse(const char *s, struct threshold *t)
{
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);
	int always = parse_one(s, n), limited = always;

	if (slash)
		limited = parse_one(slash + 1, strlen(slash + 1));
	if (always == -EINVAL || limited == -EINVAL)
		return -EINVAL;
	t->always = always;
	t->limited = max(limited, always);
	return 0;
}

static bool allows(struct rate *r, u64 now_ns)
{
	if (now_ns - r->since >= LEVEL_WINDOW) {
		r->since = now_ns;
		r->in_window = 0;
	}
	if (r->in_window < LEVEL_BURST) {
		r->in_window++;
		return true;
	}
	r->dropped++;
	return false;
}

bool level_wanted(const struct threshold *t, int level, struct rate *r,
		  u64 now_ns, unsigned int *dropped)
{
	*dropped = 0;
	if (level <= t->always)
		return true;
	if (level > t->limited || !allows(r, now_ns))
		return false;
	*dropped = r->dropped;
	r->dropped = 0;
	return true;
}
