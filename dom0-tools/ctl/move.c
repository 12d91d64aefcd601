/*
 * Linux takes a disk away only when all its requests have ended, and its thread
 * for all devices waits for that. So a disk is first told to close, after which
 * it makes no more requests; if some are then without an answer it stays as it
 * is, for ever closed, and the guest's other devices live.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/attach.h"
#include "ctl/inflight.h"
#include "ctl/move.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

static bool has(struct ctl *c, const struct device *dev, const char *node)
{
	return device_record_has(c->xs, dev, node);
}

bool device_is_moving(struct ctl *c, const struct device *dev)
{
	return has(c, dev, DEVICE_MOVING) && !has(c, dev, DEVICE_LOST) &&
	       (has(c, dev, DEVICE_LEAVING) || has(c, dev, DEVICE_PENDING));
}

/* -- who moves ------------------------------------------------------------ */

/* Its back end is there, and nobody has said that it cannot be served. */
static bool is_offered(struct ctl *c, const struct mover *m)
{
	char *status;
	bool good;

	if (m->dev.backend != m->to || has(c, &m->dev, DEVICE_LEAVING) ||
	    !((DEV_SERVING | 1u << DEV_INITIALISING) &
	      1u << device_back_state(c->xs, &m->dev)))
		return false;
	status = device_back_read(c->xs, &m->dev, "hotplug-status");
	good = !status || !strcmp(status, "connected");
	free(status);
	return good;
}

bool mover_init(struct ctl *c, struct mover *m, const struct device *dev,
		char *name, domid_t to)
{
	bool begun = has(c, dev, DEVICE_LEAVING) || has(c, dev, DEVICE_PENDING);

	if (has(c, dev, DEVICE_LOST))
		return false;
	if (begun ? !has(c, dev, DEVICE_MOVING) : dev->backend == to)
		return false;
	*m = (struct mover){.dev = *dev, .name = name, .to = to};
	m->offered = begun && is_offered(c, m);
	return true;
}

void mover_free(struct mover *m)
{
	free(m->name);
	m->name = NULL;
}

/* -- taking ---------------------------------------------------------------- */

/* A disk that had a back end in a domain that ended. */
static bool may_be_used(struct ctl *c, const struct mover *m)
{
	return m->dev.kind == DEV_VBD && m->dev.backend != m->to &&
	       !has(c, &m->dev, DEVICE_LEAVING);
}

/*
 * The back end's nodes went with its domain. The one that the front end watches
 * comes back for as long as it takes to close.
 */
void move_ask(struct ctl *c, struct mover *m)
{
	struct xsc_perm perms[] = {{0, 'n'}, {m->dev.domid, 'r'}};
	char path[DEVICE_PATH + 16];
	int rc;

	if (!may_be_used(c, m) ||
	    device_back_state(c->xs, &m->dev) == DEV_CLOSING)
		return;
	device_back_path(path, &m->dev);
	strcat(path, "/state");
	rc = xsc_write(c->xs, XSC_NO_TX, path, "5", 1);
	if (!rc)
		rc = xsc_set_perms(c->xs, XSC_NO_TX, path, perms, 2);
	if (rc)
		log_warn("cannot write %s: %s", path, err_str(rc));
	m->asked_now = true;
}

bool move_is_closed(struct ctl *c, const struct mover *m)
{
	enum dev_state s = device_front_state(c->xs, &m->dev);

	return s == DEV_CLOSED || s == DEV_UNKNOWN || s == DEV_INITIALISING ||
	       !may_be_used(c, m);
}

/* Requests that never end: the guest keeps the device, which stays closed. */
static int give_up(struct ctl *c, const struct device *dev, unsigned int lost)
{
	char text[16];
	int rc;

	snprintf(text, sizeof(text), "%u", lost);
	rc = device_record_write(c->xs, dev, DEVICE_LOST, text);
	if (!rc)
		rc = device_complete(c->xs, dev);
	return rc ? rc
		  : err_set(-EIO,
			    "%u requests were lost with domain %u and never "
			    "end: restart the guest to get this disk again",
			    lost, dev->backend);
}

static int may_take(struct ctl *c, const struct mover *m)
{
	unsigned int lost;
	int rc;

	if (!may_be_used(c, m))
		return 0;
	if (!move_is_closed(c, m))
		return err_set(-EBUSY, "its driver does not close it: unmount "
				       "it there, or restart the guest");
	rc = front_in_flight(c, &m->dev, &lost);
	if (!rc && lost)
		rc = give_up(c, &m->dev, lost);
	return rc;
}

int move_take(struct ctl *c, struct mover *m)
{
	int rc = may_take(c, m);

	return rc ? rc : device_take_locked(c, &m->dev);
}

/* -- giving ---------------------------------------------------------------- */

/* Nodes of the record that describe the old life of the device. */
static bool is_old(const char *key)
{
	static const char *const old[] = {"frontend",	  "backend",
					  "backend-name", DEVICE_PENDING,
					  DEVICE_LEAVING, DEVICE_MOVING,
					  DEVICE_LOST,	  DEVICE_FRONT_PORT};
	size_t i;

	for (i = 0; i < sizeof(old) / sizeof(*old); i++)
		if (!strcmp(key, old[i]))
			return true;
	return false;
}

static int read_parts(struct xs_client *xs, const struct device *dev,
		      struct dev_parts *p)
{
	char dir[DEVICE_PATH], **keys, *val;
	unsigned int n, i;
	int rc;

	memset(p, 0, sizeof(*p));
	device_record_path(dir, dev);
	rc = xsc_directory(xs, XSC_NO_TX, dir, &keys, &n);
	if (rc)
		return err_set(rc, "cannot read %s: %s", dir, err_str(rc));
	for (i = 0; i < n; i++) {
		val = is_old(keys[i]) ? NULL
				      : device_record_read(xs, dev, keys[i]);
		if (val)
			dev_nodes_add(&p->back, keys[i], "%s", val);
		free(val);
	}
	free(keys);
	device_front_nodes(&p->back, dev, &p->front);
	return 0;
}

int move_offer(struct ctl *c, struct mover *m)
{
	struct device new = m->dev;
	struct dev_parts p;
	int rc = read_parts(c->xs, &m->dev, &p);

	if (rc)
		return rc;
	new.backend = m->to;
	dev_nodes_add(&p.record, "backend-name", "%s", m->name);
	rc = device_write(c->xs, &new, &p.front, &p.back, &p.record);
	dev_parts_free(&p);
	if (!rc)
		m->dev = new;
	return rc;
}

int move_finish(struct ctl *c, struct mover *m, int ms)
{
	int rc = device_wait_served(c, &m->dev, m->name, ms, ms);
	char *why;

	if (!rc)
		return device_complete(c->xs, &m->dev);
	if (rc != -EIO)
		return rc;
	why = xstrdup(err_text());
	if (device_take_locked(c, &m->dev))
		log_warn("while cleaning up: %s", err_text());
	err_set(rc, "%s", why);
	free(why);
	return rc;
}
