/*
 * ctl/ops.c: commands that act on one domain after the other
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/life.h"
#include "ctl/nodes.h"
#include "ctl/table.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/sysctl.h"
#include "lib/xalloc.h"

#define WAIT_POLL_US 50000

static int one_domain(struct ctl *c, int argc, char **argv, domid_t *domid)
{
	return argc == 2 ? ctl_find(c, argv[1], domid) : ctl_usage(c);
}

int cmd_pause(struct ctl *c, int argc, char **argv)
{
	domid_t domid;
	int rc = one_domain(c, argc, argv, &domid);

	if (rc)
		return rc;
	if (!domid)
		return err_set(-EINVAL, "domain 0 cannot pause itself");
	rc = dom_pause(c->hv, domid);
	return rc ? err_set(rc, "cannot pause domain %u: %s", domid,
			    err_str(rc))
		  : 0;
}

int cmd_unpause(struct ctl *c, int argc, char **argv)
{
	domid_t domid;
	int rc = one_domain(c, argc, argv, &domid);

	if (rc)
		return rc;
	rc = dom_unpause(c->hv, domid);
	return rc ? err_set(rc, "cannot unpause domain %u: %s", domid,
			    err_str(rc))
		  : 0;
}

/* True when the domain is no more, or has shut down. */
static bool ended(struct ctl *c, domid_t domid, bool reboot)
{
	struct xen_domctl_getdomaininfo info;

	if (dom_info(c->hv, domid, &info))
		return true;
	/* A reboot is over when the old domain has made room for the new. */
	return !reboot && info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying);
}

static int ask(struct ctl *c, domid_t domid, const char *what)
{
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
		 domid);
	rc = xsc_printf(c->xs, XSC_NO_TX, path, "%s", what);
	return rc ? err_set(rc, "cannot ask domain %u to shut down: %s", domid,
			    err_str(rc))
		  : 0;
}

/* Every domain but 0; malloc'ed, their number. */
static int all_guests(struct ctl *c, domid_t **out)
{
	struct xen_domctl_getdomaininfo *list;
	int n = sys_domain_list(c->hv, &list), i, m = 0;

	if (n < 0)
		return err_set(n, "cannot list domains: %s", err_str(n));
	*out = xcalloc(n + 1, sizeof(**out));
	for (i = 0; i < n; i++)
		if (list[i].domain)
			(*out)[m++] = list[i].domain;
	free(list);
	return m;
}

static int named_guests(struct ctl *c, int argc, char **argv, domid_t **out)
{
	domid_t *ids = xcalloc(argc + 1, sizeof(*ids));
	int i, rc;

	for (i = 0; i < argc; i++) {
		rc = ctl_find(c, argv[i], &ids[i]);
		if (!rc && !ids[i])
			rc = err_set(-EINVAL, "domain 0 ends with the "
					      "machine: use poweroff");
		if (rc) {
			free(ids);
			return rc;
		}
	}
	*out = ids;
	return argc;
}

static int ask_many(struct ctl *c, int argc, char **argv, const char *what)
{
	bool all = false, wait = false, reboot = !strcmp(what, "reboot");
	domid_t *ids = NULL;
	int opt, i, n, rc = 0;

	while ((opt = getopt(argc, argv, "+awF")) != -1) {
		if (opt == '?')
			return ctl_usage(c);
		all |= opt == 'a';
		wait |= opt == 'w';
	}
	if (all != (optind == argc))
		return ctl_usage(c);
	n = all ? all_guests(c, &ids)
		: named_guests(c, argc - optind, argv + optind, &ids);
	if (n < 0)
		return n;
	for (i = 0; i < n && !rc; i++)
		rc = ask(c, ids[i], what);
	for (i = 0; i < n && !rc && wait; i++)
		while (!ended(c, ids[i], reboot))
			usleep(WAIT_POLL_US);
	free(ids);
	return rc;
}

int cmd_shutdown(struct ctl *c, int argc, char **argv)
{
	return ask_many(c, argc, argv, "poweroff");
}

int cmd_reboot(struct ctl *c, int argc, char **argv)
{
	return ask_many(c, argc, argv, "reboot");
}

int cmd_destroy(struct ctl *c, int argc, char **argv)
{
	bool force = false;
	domid_t domid;
	int opt, rc = 0;

	while ((opt = getopt(argc, argv, "+f")) != -1) {
		if (opt == '?')
			return ctl_usage(c);
		force = true;
	}
	if (optind == argc)
		return ctl_usage(c);
	for (; optind < argc && !rc; optind++) {
		rc = ctl_find(c, argv[optind], &domid);
		if (!rc && !domid && !force)
			rc = err_set(-EINVAL, "domain 0 holds everything up; "
					      "use -f if you mean it");
		if (!rc)
			rc = life_destroy(c, domid);
	}
	return rc;
}

int cmd_domid(struct ctl *c, int argc, char **argv)
{
	struct json_object *o;
	domid_t domid;
	int rc = one_domain(c, argc, argv, &domid);

	if (rc)
		return rc;
	if (c->json) {
		o = json_object_new_object();
		json_object_object_add(o, "id", json_object_new_int(domid));
		json_print(o);
	} else {
		printf("%u\n", domid);
	}
	return 0;
}

int cmd_domname(struct ctl *c, int argc, char **argv)
{
	struct json_object *o;
	domid_t domid;
	char *name;
	int rc = one_domain(c, argc, argv, &domid);

	if (rc)
		return rc;
	name = ctl_name(c, domid);
	if (c->json) {
		o = json_object_new_object();
		json_object_object_add(o, "name", json_object_new_string(name));
		json_print(o);
	} else {
		puts(name);
	}
	free(name);
	return 0;
}

int cmd_sysrq(struct ctl *c, int argc, char **argv)
{
	domid_t domid;
	char path[64];
	int rc;

	if (argc != 3 || strlen(argv[2]) != 1)
		return ctl_usage(c);
	rc = ctl_find(c, argv[1], &domid);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq", domid);
	rc = xsc_printf(c->xs, XSC_NO_TX, path, "%s", argv[2]);
	return rc ? err_set(rc, "cannot reach domain %u: %s", domid,
			    err_str(rc))
		  : 0;
}

int cmd_rename(struct ctl *c, int argc, char **argv)
{
	domid_t domid, other;
	int rc;

	if (argc != 3)
		return ctl_usage(c);
	rc = config_check_name("rename", argv[2]);
	if (!rc)
		rc = ctl_find(c, argv[1], &domid);
	if (rc)
		return rc;
	if (!ctl_find(c, argv[2], &other))
		return err_set(-EEXIST,
			       "a domain named \"%s\" is running "
			       "already (domain %u)",
			       argv[2], other);
	return nodes_rename(c->xs, domid, argv[2], NULL);
}
