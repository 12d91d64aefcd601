/*
 * ctl/vcpu.c: how many vcpus a domain uses, where they run, and how much of
 * the machine it gets
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/table.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/sysctl.h"

#define MAP_BYTES 512 /* 4096 pcpus */
#define KEEP_CAP  0xffff

/* A whole decimal number of at most @max. */
static bool number(const char *s, unsigned long max, unsigned int *n)
{
	unsigned long v;
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (*end || errno || v > max)
		return false;
	*n = (unsigned int)v;
	return true;
}

int cmd_vcpu_set(struct ctl *c, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	unsigned int n, i;
	domid_t domid;
	char path[64];
	int rc;

	if (argc != 3)
		return ctl_usage(c);
	rc = ctl_find(c, argv[1], &domid);
	if (rc)
		return rc;
	rc = dom_info(c->hv, domid, &info);
	if (rc)
		return err_set(rc, "cannot ask about domain %u: %s", domid,
			       err_str(rc));
	if (!number(argv[2], info.max_vcpu_id + 1ul, &n) || !n)
		return err_set(-EINVAL,
			       "'%s' is no number of vcpus: domain %u may have "
			       "1 to %u (maxvcpus)",
			       argv[2], domid, info.max_vcpu_id + 1u);
	for (i = 0; !rc && i <= info.max_vcpu_id; i++) {
		snprintf(path, sizeof(path),
			 "/local/domain/%u/cpu/%u/availability", domid, i);
		rc = xsc_printf(c->xs, XSC_NO_TX, path, "%s",
				i < n ? "online" : "offline");
	}
	return rc ? err_set(rc, "cannot reach domain %u: %s", domid,
			    err_str(rc))
		  : 0;
}

/* ---- vcpu-pin ---- */
static bool add_range(uint8_t *map, const char *s, unsigned int nr)
{
	char *dash, copy[32];
	unsigned int first, last;

	if (strlen(s) >= sizeof(copy))
		return false;
	strcpy(copy, s);
	dash = strchr(copy, '-');
	if (dash)
		*dash = '\0';
	if (!number(copy, nr - 1, &first))
		return false;
	last = first;
	if (dash && !number(dash + 1, nr - 1, &last))
		return false;
	for (; first <= last; first++)
		map[first / 8] |= 1u << first % 8;
	return true;
}

/* "all", or numbers and ranges with commas between. */
static int parse_map(const char *text, uint8_t *map, unsigned int nr)
{
	char *copy, *word, *rest = NULL;
	bool ok = true;

	memset(map, strcmp(text, "all") ? 0 : 0xff, MAP_BYTES);
	if (!strcmp(text, "all"))
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	word = strtok_r(copy, ",", &rest);
	ok = word != NULL;
	for (; ok && word; word = strtok_r(NULL, ",", &rest))
		ok = add_range(map, word, nr);
	free(copy);
	return ok ? 0
		  : err_set(-EINVAL,
			    "'%s' names no processors: give all, or numbers "
			    "and ranges up to %u, as 0,2-3",
			    text, nr - 1);
}

struct pin {
	bool force, has_hard, has_soft;
	uint8_t hard[MAP_BYTES], soft[MAP_BYTES];
};

static int pin_one(struct ctl *c, domid_t domid, unsigned int vcpu,
		   const struct pin *p)
{
	int rc = dom_set_affinity(
		c->hv, domid, vcpu, p->has_hard ? p->hard : NULL,
		p->has_soft ? p->soft : NULL, MAP_BYTES, p->force);

	return rc ? err_set(rc,
			    "cannot set the affinity of domain %u's vcpu "
			    "%u: %s",
			    domid, vcpu, err_str(rc))
		  : 0;
}

static int pin_chosen(struct ctl *c, domid_t domid, const char *which,
		      const struct pin *p)
{
	struct xen_domctl_getdomaininfo info;
	unsigned int v;
	int rc = dom_info(c->hv, domid, &info);

	if (rc)
		return err_set(rc, "cannot ask about domain %u: %s", domid,
			       err_str(rc));
	if (strcmp(which, "all")) {
		if (!number(which, info.max_vcpu_id, &v))
			return err_set(-EINVAL,
				       "'%s' is no vcpu of domain %u: give "
				       "all, or 0 to %u",
				       which, domid, info.max_vcpu_id);
		return pin_one(c, domid, v, p);
	}
	for (v = 0; !rc && v <= info.max_vcpu_id; v++)
		rc = pin_one(c, domid, v, p);
	return rc;
}

static int parse_pin(struct ctl *c, int nr_args, char **args, struct pin *p)
{
	struct xen_sysctl_physinfo info;
	int rc = sys_physinfo(c->hv, &info);

	if (rc)
		return err_set(rc, "cannot ask for processors: %s",
			       err_str(rc));
	p->has_hard = strcmp(args[0], "-");
	p->has_soft = nr_args > 1 && strcmp(args[1], "-");
	if (p->has_hard)
		rc = parse_map(args[0], p->hard, info.max_cpu_id + 1);
	if (!rc && p->has_soft)
		rc = parse_map(args[1], p->soft, info.max_cpu_id + 1);
	return rc;
}

int cmd_vcpu_pin(struct ctl *c, int argc, char **argv)
{
	struct pin p = {0};
	domid_t domid;
	int opt, rc;

	while ((opt = getopt(argc, argv, "+f")) != -1) {
		if (opt == '?')
			return ctl_usage(c);
		p.force = true;
	}
	argc -= optind;
	argv += optind;
	if (argc < 3 || argc > 4)
		return ctl_usage(c);
	rc = ctl_find(c, argv[0], &domid);
	if (!rc)
		rc = parse_pin(c, argc - 2, argv + 2, &p);
	if (!rc && !p.has_hard && !p.has_soft)
		return ctl_usage(c);
	return rc ? rc : pin_chosen(c, domid, argv[1], &p);
}

/* ---- sched-credit, sched-credit2 ---- */
static const struct column share_cols[] = {
	{"", "Name", "", "name", CELL_STR, -33},
	{" ", "ID", " ", "id", CELL_INT, 4},
	{" ", "Weight", " ", "weight", CELL_INT, 6},
	{" ", "Cap", " ", "cap", CELL_INT, 4},
};

struct share {
	bool of_one, set;
	domid_t domid;
	unsigned int weight, cap; /* 0 and KEEP_CAP: as they are */
};

static int share_row(struct ctl *c, struct table *t, domid_t domid)
{
	struct dom_share s = {.weight = 0, .cap = KEEP_CAP};
	int rc = dom_share(c->hv, domid, &s, false);
	char *name;

	if (rc)
		return rc;
	name = ctl_name(c, domid);
	table_row(t, name, (long long)domid, (long long)s.weight,
		  (long long)s.cap);
	free(name);
	return 0;
}

static int show_shares(struct ctl *c, const struct share *a)
{
	struct xen_domctl_getdomaininfo *list;
	struct table t;
	int i, n, rc = 0;

	n = sys_domain_list(c->hv, &list);
	if (n < 0)
		return err_set(n, "cannot list domains: %s", err_str(n));
	table_init(&t, share_cols, sizeof(share_cols) / sizeof(*share_cols));
	for (i = 0; i < n && !rc; i++)
		if (!a->of_one || list[i].domain == a->domid)
			rc = share_row(c, &t, list[i].domain);
	free(list);
	table_print(&t, c->json);
	return rc ? err_set(rc, "cannot ask for weights: %s", err_str(rc)) : 0;
}

static int parse_share(struct ctl *c, int argc, char **argv, struct share *a)
{
	int opt, rc = 0;

	while ((opt = getopt(argc, argv, "+d:w:c:")) != -1) {
		if (opt == 'd') {
			a->of_one = true;
			rc = ctl_find(c, optarg, &a->domid);
		} else if (opt == 'w') {
			a->set = true;
			if (!number(optarg, 65535, &a->weight) || !a->weight)
				rc = err_set(-EINVAL,
					     "weight '%s' is not 1 to 65535",
					     optarg);
		} else if (opt == 'c') {
			a->set = true;
			if (!number(optarg, 65534, &a->cap))
				rc = err_set(-EINVAL,
					     "cap '%s' is no percentage of a "
					     "processor; 0 is none",
					     optarg);
		} else {
			return ctl_usage(c);
		}
		if (rc)
			return rc;
	}
	return optind != argc || (a->set && !a->of_one) ? ctl_usage(c) : 0;
}

static int share_command(struct ctl *c, int argc, char **argv)
{
	struct share a = {.cap = KEEP_CAP};
	struct dom_share s;
	int rc = parse_share(c, argc, argv, &a);

	if (rc || !a.set)
		return rc ? rc : show_shares(c, &a);
	s = (struct dom_share){a.weight, a.cap};
	rc = dom_share(c->hv, a.domid, &s, true);
	return rc ? err_set(rc, "cannot set weight and cap of domain %u: %s",
			    a.domid, err_str(rc))
		  : 0;
}

static int named_scheduler(struct ctl *c, int id, int argc, char **argv)
{
	int is = sys_sched_id(c->hv);

	if (is != id)
		return err_set(
			-EINVAL, "the hypervisor runs with sched=%s: use %s",
			is == XEN_SCHEDULER_CREDIT ? "credit" : "credit2",
			is == XEN_SCHEDULER_CREDIT ? "sched-credit"
						   : "sched-credit2");
	return share_command(c, argc, argv);
}

int cmd_sched_credit(struct ctl *c, int argc, char **argv)
{
	return named_scheduler(c, XEN_SCHEDULER_CREDIT, argc, argv);
}

int cmd_sched_credit2(struct ctl *c, int argc, char **argv)
{
	return named_scheduler(c, XEN_SCHEDULER_CREDIT2, argc, argv);
}
