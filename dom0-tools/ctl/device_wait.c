/*
 * Waiting for the other side, by watching its nodes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/device.h"
#include "lib/err.h"
#include "lib/xalloc.h"

static long ms_since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000 +
	       (now.tv_nsec - from->tv_nsec) / 1000000;
}

/* A look at one node; true ends the wait. Takes over @val, NULL if absent. */
typedef bool (*look_fn)(char *val, void *arg);

static int wait_for(struct xs_client *xs, const char *path, int timeout_ms,
		    look_fn look, void *arg)
{
	struct timespec start;
	struct xsc_event ev;
	long left;
	char *val;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &start);
	rc = xsc_watch(xs, path, "device");
	if (rc)
		return err_set(rc, "cannot watch the store: %s", err_str(rc));
	for (;;) {
		rc = xsc_read(xs, XSC_NO_TX, path, &val, NULL);
		if (rc && rc != -ENOENT) {
			err_set(rc, "cannot read %s: %s", path, err_str(rc));
			break;
		}
		if (look(rc ? NULL : val, arg)) {
			rc = 0;
			break;
		}
		rc = -ETIMEDOUT;
		left = timeout_ms - ms_since(&start);
		if (left <= 0)
			break;
		if (!xsc_next_event(xs, &ev, left))
			free(ev.path);
	}
	xsc_unwatch(xs, path, "device");
	while (!xsc_next_event(xs, &ev, 0))
		free(ev.path);
	return rc;
}

struct state_wait {
	unsigned int states;
	enum dev_state last;
};

static bool look_state(char *val, void *arg)
{
	struct state_wait *w = arg;

	w->last = dev_state_parse(val);
	return w->states & 1u << w->last;
}

int device_wait_back(struct xs_client *xs, const struct device *dev,
		     unsigned int states, int timeout_ms, enum dev_state *last)
{
	struct state_wait w = {states, DEV_UNKNOWN};
	char path[DEVICE_PATH + 16];
	int rc;

	device_back_path(path, dev);
	strcat(path, "/state");
	rc = wait_for(xs, path, timeout_ms, look_state, &w);
	*last = w.last;
	return rc;
}

static bool look_value(char *val, void *arg)
{
	char **out = arg;

	if (val && *val) {
		*out = val;
		return true;
	}
	free(val);
	return false;
}

int device_wait_node(struct xs_client *xs, const struct device *dev,
		     const char *node, int timeout_ms, char **val)
{
	char dir[DEVICE_PATH], *path;
	int rc;

	device_back_path(dir, dev);
	path = xasprintf("%s/%s", dir, node);
	rc = wait_for(xs, path, timeout_ms, look_value, val);
	free(path);
	return rc;
}

static bool look_gone(char *val, void *arg)
{
	(void)arg;
	if (!val)
		return true;
	free(val);
	return false;
}

void device_wait_down(struct xs_client *xs, const struct device *dev,
		      int timeout_ms)
{
	char dir[DEVICE_PATH], *path;

	device_back_path(dir, dev);
	path = xasprintf("%s/" DEVICE_PREPARED, dir);
	wait_for(xs, path, timeout_ms, look_gone, NULL);
	free(path);
}
