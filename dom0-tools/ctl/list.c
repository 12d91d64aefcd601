#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xen/sched.h>

#include "ctl/attach.h"
#include "ctl/config.h"
#include "ctl/ctl.h"
#include "ctl/life.h"
#include "ctl/table.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sysctl.h"

#define NS 1000000000.0

static const struct column list_cols[] = {
	{"", "Name", "", "name", CELL_STR, -40},
	{" ", "ID", " ", "id", CELL_INT, 5},
	{" ", "Mem", " ", "memory", CELL_INT, 5},
	{" ", "VCPUs", " ", "vcpus", CELL_INT, 5},
	{"\t", "State", "     ", "state", CELL_STR, 0},
	{"\t", "Time(s)", "  ", "time", CELL_REAL, 8},
};

#define NR_LIST_COLS ((int)(sizeof(list_cols) / sizeof(*list_cols)))

static void state_letters(char out[7], const struct xen_domctl_getdomaininfo *i)
{
	unsigned int why =
		i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	bool down = i->flags & XEN_DOMINF_shutdown;

	out[0] = i->flags & XEN_DOMINF_running ? 'r' : '-';
	out[1] = i->flags & XEN_DOMINF_blocked ? 'b' : '-';
	out[2] = i->flags & XEN_DOMINF_paused ? 'p' : '-';
	out[3] = down ? 's' : '-';
	out[4] = down && why == SHUTDOWN_crash ? 'c' : '-';
	out[5] = i->flags & XEN_DOMINF_dying ? 'd' : '-';
	out[6] = '\0';
}

static long long mib(uint64_t pages)
{
	return pages >> 8;
}

static void list_row(struct ctl *c, struct table *t,
		     const struct xen_domctl_getdomaininfo *i)
{
	char *name = ctl_name(c, i->domain), state[7];
	char *lost = c->xs && i->domain ? devices_lost(c, i->domain) : NULL;

	state_letters(state, i);
	table_row(t, name, (long long)i->domain,
		  mib(i->tot_pages + i->outstanding_pages),
		  (long long)i->nr_online_vcpus, state, i->cpu_time / NS);
	if (lost)
		table_note(t, "lost", lost);
	free(lost);
	free(name);
}

/* Configuration as remembered at creation; dom0 and strangers have none. */
static void add_long(struct ctl *c, struct json_object *all,
		     const struct xen_domctl_getdomaininfo *i)
{
	struct json_object *o = json_object_new_object(), *conf;
	char *name = ctl_name(c, i->domain), path[64];

	life_config_path(path, sizeof(path), i->domain);
	conf = access(path, R_OK) ? NULL : json_object_from_file(path);
	json_object_object_add(o, "domid", json_object_new_int(i->domain));
	json_object_object_add(o, "name", json_object_new_string(name));
	json_object_object_add(o, "config", conf);
	json_object_array_add(all, o);
	free(name);
}

/* The domains named in @argv, or all; malloc'ed, *n of them. */
static int chosen(struct ctl *c, char **argv, int argc,
		  struct xen_domctl_getdomaininfo **list)
{
	struct xen_domctl_getdomaininfo *some;
	domid_t domid;
	int i, n, rc;

	if (!argc) {
		n = sys_domain_list(c->hv, list);
		return n < 0 ? err_set(n, "cannot list domains: %s", err_str(n))
			     : n;
	}
	some = calloc(argc, sizeof(*some));
	if (!some)
		return err_set(-ENOMEM, "out of memory");
	for (i = 0; i < argc; i++) {
		rc = ctl_find(c, argv[i], &domid);
		if (!rc && dom_info(c->hv, domid, &some[i]))
			rc = err_set(-ESRCH, "domain %s is gone", argv[i]);
		if (rc) {
			free(some);
			return rc;
		}
	}
	*list = some;
	return argc;
}

int cmd_list(struct ctl *c, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo *list;
	bool longer = false;
	struct json_object *all;
	struct table t;
	int opt, i, n;

	while ((opt = getopt(argc, argv, "+lv")) != -1) {
		if (opt == '?')
			return ctl_usage(c);
		longer |= opt == 'l';
	}
	n = chosen(c, argv + optind, argc - optind, &list);
	if (n < 0)
		return n;
	if (!c->xs)
		log_warn("the store daemon does not answer at %s, so names "
			 "are missing; start vane-stored",
			 xsc_socket_path());
	if (longer) {
		all = json_object_new_array();
		for (i = 0; i < n; i++)
			add_long(c, all, &list[i]);
		json_print(all);
	} else {
		table_init(&t, list_cols, NR_LIST_COLS);
		for (i = 0; i < n; i++)
			list_row(c, &t, &list[i]);
		table_print(&t, c->json);
	}
	free(list);
	return 0;
}

static const struct column vcpu_cols[] = {
	{"", "Name", "", "name", CELL_STR, -32},
	{" ", "ID", " ", "id", CELL_INT, 5},
	{" ", "VCPU", " ", "vcpu", CELL_INT, 5},
	{" ", "CPU", " ", "cpu", CELL_STR, 5},
	{" ", "State", "   ", "state", CELL_STR, -4},
	{" ", "Time(s)", " ", "time", CELL_REAL, 9},
	{" ", "Affinity (Hard / Soft)", "  ", "affinity", CELL_STR, 0},
};

#define MAP_BYTES 512 /* 4096 pcpus */

/* "all", "0-2,5", or "-" for nothing. */
static void format_map(char *out, size_t room, const uint8_t *map,
		       unsigned int nr)
{
	unsigned int i, first, len = 0, set = 0;

#define HAS(n) (map[(n) / 8] >> ((n) % 8) & 1)
	for (i = 0; i < nr; i++)
		set += HAS(i);
	if (set == nr || !set) {
		snprintf(out, room, "%s", set ? "all" : "-");
		return;
	}
	for (i = 0; i < nr && len + 16 < room; i++) {
		if (!HAS(i))
			continue;
		for (first = i; i + 1 < nr && HAS(i + 1); i++)
			;
		len += snprintf(out + len, room - len, "%s%u", len ? "," : "",
				first);
		if (i > first)
			len += snprintf(out + len, room - len, "-%u", i);
	}
#undef HAS
}

static void format_affinity(struct ctl *c, char *out, size_t room,
			    domid_t domid, unsigned int vcpu,
			    unsigned int nr_cpus)
{
	uint8_t map[MAP_BYTES];
	char hard[256] = "-", soft[256] = "-";

	if (!dom_vcpu_affinity(c->hv, domid, vcpu, DOM_AFFINITY_HARD, map,
			       sizeof(map)))
		format_map(hard, sizeof(hard), map, nr_cpus);
	if (!dom_vcpu_affinity(c->hv, domid, vcpu, DOM_AFFINITY_SOFT, map,
			       sizeof(map)))
		format_map(soft, sizeof(soft), map, nr_cpus);
	snprintf(out, room, "%s / %s", hard, soft);
}

static void vcpu_rows(struct ctl *c, struct table *t,
		      const struct xen_domctl_getdomaininfo *d,
		      unsigned int nr_cpus)
{
	struct xen_domctl_getvcpuinfo v;
	char *name = ctl_name(c, d->domain), cpu[16], state[4], where[520];
	unsigned int i;

	for (i = 0;
	     d->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID && i <= d->max_vcpu_id;
	     i++) {
		if (dom_vcpu_info(c->hv, d->domain, i, &v))
			continue;
		snprintf(cpu, sizeof(cpu), "%u", v.cpu);
		state[0] = v.running ? 'r' : '-';
		state[1] = v.blocked ? 'b' : '-';
		state[2] = v.online ? '-' : 'p';
		state[3] = '\0';
		format_affinity(c, where, sizeof(where), d->domain, i, nr_cpus);
		table_row(t, name, (long long)d->domain, (long long)i,
			  v.online ? cpu : "-", state, v.cpu_time / NS, where);
	}
	free(name);
}

int cmd_vcpu_list(struct ctl *c, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo *list;
	struct xen_sysctl_physinfo info;
	unsigned int nr_cpus;
	struct table t;
	int i, n, rc;

	if (argc > 1 && argv[1][0] == '-')
		return ctl_usage(c);
	rc = sys_physinfo(c->hv, &info);
	if (rc)
		return err_set(rc, "cannot ask for processors: %s",
			       err_str(rc));
	nr_cpus = info.max_cpu_id + 1;
	if (nr_cpus > MAP_BYTES * 8)
		nr_cpus = MAP_BYTES * 8;
	n = chosen(c, argv + 1, argc - 1, &list);
	if (n < 0)
		return n;
	table_init(&t, vcpu_cols, sizeof(vcpu_cols) / sizeof(*vcpu_cols));
	for (i = 0; i < n; i++)
		vcpu_rows(c, &t, &list[i], nr_cpus);
	table_print(&t, c->json);
	free(list);
	return 0;
}

static const struct column uptime_cols[] = {
	{"", "Name", "", "name", CELL_STR, -32},
	{" ", "ID", " ", "id", CELL_INT, 5},
	{" ", "Uptime", " ", "uptime", CELL_STR, -20},
};

/* Seconds since the domain was created; since dom0 booted for domain 0. */
static long long uptime_of(struct ctl *c, domid_t domid)
{
	struct timespec up;
	char *vm, path[128];
	uint64_t start;
	int rc;

	if (!domid) {
		clock_gettime(CLOCK_BOOTTIME, &up);
		return up.tv_sec;
	}
	if (xsc_readf(c->xs, XSC_NO_TX, &vm, "/local/domain/%u/vm", domid))
		return -1;
	snprintf(path, sizeof(path), "%.100s/start_time", vm);
	free(vm);
	rc = xsc_read_u64(c->xs, XSC_NO_TX, path, &start);
	return rc ? -1 : (long long)time(NULL) - (long long)start;
}

static void format_uptime(char *out, size_t room, long long s)
{
	if (s < 0)
		snprintf(out, room, "-");
	else if (s >= 86400)
		snprintf(out, room, "%lld day%s, %2lld:%02lld:%02lld",
			 s / 86400, s >= 2 * 86400 ? "s" : "", s / 3600 % 24,
			 s / 60 % 60, s % 60);
	else
		snprintf(out, room, "%2lld:%02lld:%02lld", s / 3600,
			 s / 60 % 60, s % 60);
}

int cmd_uptime(struct ctl *c, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo *list;
	char text[64], *name;
	struct table t;
	int opt, i, n;

	while ((opt = getopt(argc, argv, "+s")) != -1)
		if (opt == '?')
			return ctl_usage(c);
	n = chosen(c, argv + optind, argc - optind, &list);
	if (n < 0)
		return n;
	table_init(&t, uptime_cols, sizeof(uptime_cols) / sizeof(*uptime_cols));
	for (i = 0; i < n; i++) {
		name = ctl_name(c, list[i].domain);
		format_uptime(text, sizeof(text), uptime_of(c, list[i].domain));
		table_row(&t, name, (long long)list[i].domain, text);
		free(name);
	}
	table_print(&t, c->json);
	free(list);
	return 0;
}
