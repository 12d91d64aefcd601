/*
 * A driver domain that ended takes its back ends along. Stock front ends do not
 * connect to another back end while they live, so a device is taken from its
 * guest, as if unplugged, and given again once the driver domain is back.
 *
 * Its monitor does so when the domain says that it serves; every command that
 * looks at devices does the same for all driver domains, because a monitor may
 * have been killed, or the domain may have refused a device whose cause is gone
 * by now. Commands must not hang for a domain that said so once and serves no
 * more. Nothing is written down about that: a device is waited for at length
 * only by who asked for something new, its guest to close it or the domain to
 * serve it. It stays asked, and who comes later looks at the answer only, so a
 * domain that hangs costs each command BRIEF_MS.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/move.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define CLOSE_MS 5000
#define SERVE_MS 5000
#define BRIEF_MS 1000
#define POLL_MS	 5

struct movers {
	struct mover *list;
	size_t n;
};

/* One driver domain that serves, or with a name of NULL all that do. */
struct scope {
	const char *name;
	domid_t backend;
};

/* Has the domain of that name a vane devd, and can it run? */
static bool find_serving(struct ctl *c, const char *name, domid_t *domid)
{
	struct xen_domctl_getdomaininfo info;
	char *ready;

	if (ctl_find(c, name, domid)) {
		err_clear();
		return false;
	}
	if (dom_info(c->hv, *domid, &info) ||
	    info.flags & (XEN_DOMINF_dying | XEN_DOMINF_paused |
			  XEN_DOMINF_shutdown) ||
	    xsc_readf(c->xs, XSC_NO_TX, &ready, "/local/domain/%u/data/devd",
		      *domid))
		return false;
	free(ready);
	return true;
}

/* The domain that shall serve a device; its name is malloc'ed. */
static bool find_target(struct ctl *c, const struct scope *scope,
			const struct device *dev, char **name, domid_t *to)
{
	*name = device_record_read(c->xs, dev, "backend-name");
	if (!*name)
		return false;
	if (!scope->name)
		return find_serving(c, *name, to);
	*to = scope->backend;
	return !strcmp(*name, scope->name);
}

static void add_mover(struct ctl *c, struct movers *all,
		      const struct scope *scope, const struct device *dev)
{
	struct mover m;
	domid_t to;
	char *name;

	if (!find_target(c, scope, dev, &name, &to) ||
	    !mover_init(c, &m, dev, name, to)) {
		free(name);
		return;
	}
	all->list = xrealloc(all->list, (all->n + 1) * sizeof(*all->list));
	all->list[all->n++] = m;
}

static void find_movers_of(struct ctl *c, struct movers *all,
			   const struct scope *scope, domid_t domid)
{
	struct device *list;
	int kind, n, i;

	for (kind = 0; kind < NR_DEV_KINDS; kind++) {
		n = devices_list(c->xs, domid, kind, &list);
		for (i = 0; i < n; i++)
			add_mover(c, all, scope, &list[i]);
		free(list);
	}
}

static void find_movers(struct ctl *c, struct movers *all,
			const struct scope *scope)
{
	unsigned int n, i;
	domid_t domid;
	char **names;

	if (xsc_directory(c->xs, XSC_NO_TX, "/libxl", &names, &n))
		return;
	for (i = 0; i < n; i++) {
		domid = strtoul(names[i], NULL, 10);
		if (!domain_is_dead(c, domid))
			find_movers_of(c, all, scope, domid);
	}
	free(names);
}

static void report(struct mover *m)
{
	log_error("%s %u of domain %u: %s", device_kind_name(m->dev.kind),
		  m->dev.devid, m->dev.domid, err_text());
	m->failed = true;
}

/*
 * Wait for one guest's driver; all share one time limit, of which @ms is left,
 * so that those that do not care hold the others up only once.
 */
static void wait_closed(struct ctl *c, const struct mover *m, int *ms)
{
	while (*ms > 0 && !move_is_closed(c, m)) {
		usleep(POLL_MS * 1000);
		*ms -= POLL_MS;
	}
}

static void take_all(struct ctl *c, struct movers *all)
{
	int left = BRIEF_MS;
	struct mover *m;
	size_t i;

	for (i = 0; i < all->n; i++) {
		move_ask(c, &all->list[i]);
		if (all->list[i].asked_now)
			left = CLOSE_MS;
	}
	for (i = 0; i < all->n; i++) {
		m = &all->list[i];
		wait_closed(c, m, &left);
		if (!m->offered && move_take(c, m))
			report(m);
	}
}

/* All are prepared at the same time, so only one is waited for in vain. */
static int give_all(struct ctl *c, struct movers *all)
{
	int done = 0, left = BRIEF_MS, rc;
	struct mover *m;
	size_t i;

	for (i = 0; i < all->n; i++) {
		m = &all->list[i];
		if (m->offered || m->failed)
			continue;
		left = SERVE_MS;
		if (move_offer(c, m))
			report(m);
	}
	for (i = 0; i < all->n; i++) {
		m = &all->list[i];
		if (m->failed)
			continue;
		rc = move_finish(c, m, left);
		if (rc)
			report(m);
		else
			done++;
		if (rc == -ETIMEDOUT)
			left = 0;
	}
	return done;
}

/* Returns how many are served again; *@again: not all of them. */
static int move_all(struct ctl *c, const struct scope *scope, bool *again)
{
	struct movers all = {NULL, 0};
	size_t i;
	int done;

	find_movers(c, &all, scope);
	take_all(c, &all);
	done = give_all(c, &all);
	*again = (size_t)done < all.n;
	for (i = 0; i < all.n; i++)
		mover_free(&all.list[i]);
	free(all.list);
	return done;
}

int devices_reattach(struct ctl *c, const char *name, domid_t backend,
		     bool *again)
{
	const struct scope scope = {name, backend};
	int lock = devices_lock(), done;

	if (lock < 0)
		return lock;
	done = move_all(c, &scope, again);
	close(lock);
	return done;
}

void devices_reattach_locked(struct ctl *c)
{
	const struct scope scope = {NULL, 0};
	bool again;

	move_all(c, &scope, &again);
}
