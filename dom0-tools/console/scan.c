#include "scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/domctl.h>

#include "guest.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sysctl.h"

#define DOMAINS "domains" /* token; others are domain numbers */

static void watch_guest(struct consoled *cd, const struct guest *g, bool on)
{
	char path[64], token[16];
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/console", g->domid);
	snprintf(token, sizeof(token), "%u", g->domid);
	if (!cd->xs)
		return;
	rc = on ? xsc_watch(cd->xs, path, token)
		: xsc_unwatch(cd->xs, path, token);
	if (rc && on)
		log_error("cannot watch %s: %s", path, err_str(rc));
}

static void see(struct consoled *cd,
		const struct xen_domctl_getdomaininfo *info)
{
	struct guest *g = guest_find(cd, info->domain);

	if (info->domain == 0 || (info->flags & XEN_DOMINF_dying))
		return;
	if (!g) {
		g = guest_add(cd, info->domain);
		if (!g) {
			log_error("domain %u: out of memory", info->domain);
			return;
		}
		watch_guest(cd, g, true);
	}
	g->seen = true;
	if (g->state == GUEST_WAITING)
		guest_update(cd, g);
}

static void scan_domains(struct consoled *cd)
{
	struct xen_domctl_getdomaininfo *list = NULL;
	struct guest *g;
	int n, i;

	n = sys_domain_list(cd->hv, &list);
	if (n < 0) {
		log_error("cannot list domains: %s", err_str(n));
		return;
	}
	for (g = cd->guests; g; g = g->next)
		g->seen = false;
	for (i = 0; i < n; i++)
		see(cd, &list[i]);
	free(list);
	for (g = cd->guests; g; g = g->next)
		if (!g->seen && g->state != GUEST_GONE) {
			watch_guest(cd, g, false);
			guest_died(cd, g);
		}
}

static void lost(struct consoled *cd)
{
	log_warn("the store daemon is gone; waiting for it");
	xsc_close(cd->xs);
	cd->xs = NULL;
}

int scan_connect(struct consoled *cd)
{
	struct guest *g;
	int rc;

	rc = xsc_open(&cd->xs, NULL);
	if (rc) {
		cd->xs = NULL;
		return err_set(rc,
			       "cannot reach the store at %s: %s; is "
			       "vane-stored running?",
			       xsc_socket_path(), err_str(rc));
	}
	rc = xsc_watch(cd->xs, "@introduceDomain", DOMAINS);
	if (!rc)
		rc = xsc_watch(cd->xs, "@releaseDomain", DOMAINS);
	if (rc) {
		lost(cd);
		return err_set(rc, "cannot watch for domains: %s", err_str(rc));
	}
	for (g = cd->guests; g; g = g->next)
		if (g->state != GUEST_GONE)
			watch_guest(cd, g, true);
	scan_domains(cd);
	return 0;
}

static void handle_event(struct consoled *cd, const struct xsc_event *ev)
{
	struct guest *g;

	if (!strcmp(ev->token, DOMAINS)) {
		scan_domains(cd);
		return;
	}
	g = guest_find(cd, strtoul(ev->token, NULL, 10));
	if (g)
		guest_update(cd, g);
}

void scan_events(struct consoled *cd)
{
	struct xsc_event ev;
	int rc;

	while (cd->xs && !(rc = xsc_next_event(cd->xs, &ev, 0))) {
		handle_event(cd, &ev);
		free(ev.path);
	}
	if (cd->xs && rc != -EAGAIN)
		lost(cd);
}
