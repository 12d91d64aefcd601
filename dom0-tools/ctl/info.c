#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <json-c/json.h>

#include "ctl/ctl.h"
#include "ctl/table.h"
#include "lib/err.h"
#include "lib/sysctl.h"
#include "lib/version.h"

/* Lines "key : value", or members of one object. */
struct report {
	bool json;
	struct json_object *o;
};

static void say_text(struct report *r, const char *key, const char *val)
{
	if (r->json)
		json_object_object_add(r->o, key, json_object_new_string(val));
	else
		printf("%-22s : %s\n", key, val);
}

static void say_num(struct report *r, const char *key, long long val)
{
	if (r->json)
		json_object_object_add(r->o, key, json_object_new_int64(val));
	else
		printf("%-22s : %lld\n", key, val);
}

static void say_host(struct report *r)
{
	struct utsname u;

	if (uname(&u))
		return;
	say_text(r, "host", u.nodename);
	say_text(r, "release", u.release);
	say_text(r, "version", u.version);
	say_text(r, "machine", u.machine);
}

static const struct cap {
	uint32_t bit;
	const char *word;
} caps[] = {
	{XEN_SYSCTL_PHYSCAP_pv, "pv"},
	{XEN_SYSCTL_PHYSCAP_hvm, "hvm"},
	{XEN_SYSCTL_PHYSCAP_directio, "directio"},
	{XEN_SYSCTL_PHYSCAP_hap, "hap"},
	{XEN_SYSCTL_PHYSCAP_shadow, "shadow"},
	{XEN_SYSCTL_PHYSCAP_gnttab_v1, "gnttab-v1"},
	{XEN_SYSCTL_PHYSCAP_gnttab_v2, "gnttab-v2"},
};

static void say_caps(struct report *r, const struct xen_sysctl_physinfo *p)
{
	char hw[8 * 9 + 1], virt[128] = "";
	size_t i, n = 0;

	for (i = 0; i < 8; i++)
		n += snprintf(hw + n, sizeof(hw) - n, "%s%08x", i ? ":" : "",
			      p->hw_cap[i]);
	say_text(r, "hw_caps", hw);
	for (i = 0; i < sizeof(caps) / sizeof(*caps); i++) {
		if (!(p->capabilities & caps[i].bit))
			continue;
		n = strlen(virt);
		snprintf(virt + n, sizeof(virt) - n, "%s%s", n ? " " : "",
			 caps[i].word);
	}
	say_text(r, "virt_caps", virt);
}

static void say_physical(struct report *r, const struct xen_sysctl_physinfo *p)
{
	char mhz[32];

	say_num(r, "nr_cpus", p->nr_cpus);
	say_num(r, "max_cpu_id", p->max_cpu_id);
	say_num(r, "nr_nodes", p->nr_nodes);
	say_num(r, "cores_per_socket", p->cores_per_socket);
	say_num(r, "threads_per_core", p->threads_per_core);
	snprintf(mhz, sizeof(mhz), "%u.%03u", p->cpu_khz / 1000,
		 p->cpu_khz % 1000);
	say_text(r, "cpu_mhz", mhz);
	say_caps(r, p);
	say_num(r, "total_memory", p->total_pages >> 8);
	say_num(r, "free_memory", p->free_pages >> 8);
	say_num(r, "free_pages", p->free_pages);
	say_num(r, "sharing_freed_memory", 0);
	say_num(r, "sharing_used_memory", 0);
	say_num(r, "outstanding_claims", p->outstanding_pages >> 8);
}

static const char *scheduler_name(int id)
{
	static const char *const names[] = {
		[XEN_SCHEDULER_CREDIT] = "credit",
		[XEN_SCHEDULER_CREDIT2] = "credit2",
		[XEN_SCHEDULER_ARINC653] = "arinc653",
		[XEN_SCHEDULER_RTDS] = "rtds",
		[XEN_SCHEDULER_NULL] = "null",
	};

	if (id < 0 || id >= (int)(sizeof(names) / sizeof(*names)) || !names[id])
		return "unknown";
	return names[id];
}

static void say_version(struct report *r, const struct hv_version *v,
			const char *scheduler)
{
	char text[64];

	say_num(r, "xen_major", v->major);
	say_num(r, "xen_minor", v->minor);
	say_text(r, "xen_extra", v->extra);
	snprintf(text, sizeof(text), "%u.%u%s", v->major, v->minor, v->extra);
	say_text(r, "xen_version", text);
	say_text(r, "xen_caps", v->caps);
	say_text(r, "xen_scheduler", scheduler);
	say_num(r, "xen_pagesize", v->page_size);
	snprintf(text, sizeof(text), "virt_start=0x%llx",
		 (unsigned long long)v->virt_start);
	say_text(r, "platform_params", text);
	say_text(r, "xen_changeset", v->changeset);
	say_text(r, "xen_commandline", v->cmdline);
	say_text(r, "cc_compiler", v->compiler);
	say_text(r, "cc_compile_by", v->compile_by);
	say_text(r, "cc_compile_domain", v->compile_domain);
	say_text(r, "cc_compile_date", v->compile_date);
	say_text(r, "build_id", v->build_id);
}

/* A hypervisor that keeps no counters is no error: the list is empty. */
static int say_counters(struct ctl *c, struct report *r)
{
	struct sys_counter *list;
	int i, n = sys_counters(c->hv, &list);

	if (n == -EOPNOTSUPP || n == -ENOSYS)
		return 0;
	if (n < 0)
		return err_set(n, "cannot read counters: %s", err_str(n));
	for (i = 0; i < n; i++)
		say_num(r, list[i].name, list[i].value);
	free(list);
	return 0;
}

int cmd_info(struct ctl *c, int argc, char **argv)
{
	struct report r = {.json = c->json};
	struct xen_sysctl_physinfo phys;
	struct hv_version v;
	int rc;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "-n")))
		return ctl_usage(c);
	rc = sys_physinfo(c->hv, &phys);
	if (!rc)
		rc = hv_version(c->hv, &v);
	if (rc)
		return err_set(rc,
			       "cannot ask the hypervisor about itself: "
			       "%s",
			       err_str(rc));
	if (r.json)
		r.o = json_object_new_object();
	say_host(&r);
	say_physical(&r, &phys);
	say_version(&r, &v, scheduler_name(sys_sched_id(c->hv)));
	say_num(&r, "xend_config_format", 4);
	rc = say_counters(c, &r);
	if (r.json)
		json_print(r.o);
	return rc;
}

int cmd_dmesg(struct ctl *c, int argc, char **argv)
{
	bool clear = argc == 2 && !strcmp(argv[1], "-c");
	struct json_object *o;
	char *text;
	int rc;

	if (argc > 2 || (argc == 2 && !clear))
		return ctl_usage(c);
	rc = sys_read_console(c->hv, clear, &text);
	if (rc)
		return err_set(rc, "cannot read the hypervisor's log: %s",
			       err_str(rc));
	if (c->json) {
		o = json_object_new_object();
		json_object_object_add(o, "log", json_object_new_string(text));
		json_print(o);
	} else {
		fputs(text, stdout);
	}
	free(text);
	return 0;
}

int cmd_debug_keys(struct ctl *c, int argc, char **argv)
{
	int rc;

	if (argc != 2)
		return ctl_usage(c);
	rc = sys_debug_keys(c->hv, argv[1]);
	return rc ? err_set(rc, "the hypervisor refused the keys: %s",
			    err_str(rc))
		  : 0;
}
