#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "builder/startinfo.h"
#include "ctl/config.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define DEFAULT_EVENT_CHANNELS	1023
#define DEFAULT_GRANT_FRAMES	64
#define DEFAULT_MAPTRACK_FRAMES 1024
#define MAX_MEMORY_MIB		(1ull << 24) /* 16 TiB */

static const char *const action_names[] = {
	[ON_DESTROY] = "destroy",
	[ON_RESTART] = "restart",
	[ON_RENAME_RESTART] = "rename-restart",
	[ON_PRESERVE] = "preserve",
};

const char *on_event_name(enum on_event e)
{
	return action_names[e];
}

/* "file:line: key: " and what is wrong; always -EINVAL. */
static int wrong(const struct cfg_setting *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static int wrong(const struct cfg_setting *s, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(-EINVAL, "%s:%d: %s: %s", s->source, s->line, s->key,
		       msg);
}

static int want_string(const struct cfg_setting *s, const char **out)
{
	*out = s->value->str;
	if (s->value->kind != CFG_STRING)
		return wrong(s, "expected a string in quotes");
	return 0;
}

/* Numbers may come in quotes, as old files have them. */
static int want_number(const struct cfg_setting *s, unsigned long long max,
		       unsigned long long *out)
{
	const struct cfg_value *v = s->value;
	long long n = v->num;
	char *end;

	*out = 0;
	if (v->kind == CFG_LIST)
		return wrong(s, "expected a number");
	if (v->kind == CFG_STRING) {
		errno = 0;
		n = strtoll(v->str, &end, 0);
		if (!*v->str || *end || errno)
			return wrong(s, "\"%s\" is not a number", v->str);
	}
	if (n < 1 || (unsigned long long)n > max)
		return wrong(s, "%lld is out of range; expected 1 to %llu", n,
			     max);
	*out = n;
	return 0;
}

static int get_str(const struct cfg_setting *s, char **field)
{
	const char *str;
	int rc = want_string(s, &str);

	if (!rc)
		*field = xstrdup(str);
	return rc;
}

static int get_u64(const struct cfg_setting *s, uint64_t *field)
{
	unsigned long long n;
	int rc = want_number(s, MAX_MEMORY_MIB, &n);

	if (!rc)
		*field = n;
	return rc;
}

static int get_uint(const struct cfg_setting *s, unsigned int *field)
{
	unsigned long long n;
	int rc = want_number(s, INT32_MAX, &n);

	if (!rc)
		*field = n;
	return rc;
}

static int get_bool(const struct cfg_setting *s, bool *field)
{
	const struct cfg_value *v = s->value;

	if (v->kind != CFG_NUMBER || v->num < 0 || v->num > 1)
		return wrong(s, "expected 0 or 1");
	*field = v->num;
	return 0;
}

/* The next string of a list; NULL with *rc set when there is none. */
static const char *list_item(const struct cfg_setting *s, size_t i, int *rc)
{
	const struct cfg_value *v = s->value;

	if (v->kind != CFG_LIST)
		*rc = wrong(s, "expected a list: %s = [ '...' ]", s->key);
	else if (i < v->nr_items && v->item[i]->kind != CFG_STRING)
		*rc = wrong(s, "expected strings in the list");
	return *rc || i >= v->nr_items ? NULL : v->item[i]->str;
}

static int get_disks(const struct cfg_setting *s, struct disks *field)
{
	const char *spec;
	int rc = 0;

	while ((spec = list_item(s, field->n, &rc))) {
		field->d =
			xrealloc(field->d, (field->n + 1) * sizeof(*field->d));
		rc = disk_parse(spec, &field->d[field->n]);
		if (rc)
			return wrong(s, "\"%s\": %s", spec, err_text());
		field->n++;
	}
	return rc;
}

static int get_vifs(const struct cfg_setting *s, struct vifs *field)
{
	const char *spec;
	int rc = 0;

	while ((spec = list_item(s, field->n, &rc))) {
		field->v =
			xrealloc(field->v, (field->n + 1) * sizeof(*field->v));
		rc = vif_parse(spec, &field->v[field->n]);
		if (rc)
			return wrong(s, "\"%s\": %s", spec, err_text());
		field->n++;
	}
	return rc;
}

static int get_pcis(const struct cfg_setting *s, struct pcis *field)
{
	const char *spec;
	int rc = 0;

	while ((spec = list_item(s, field->n, &rc))) {
		field->p =
			xrealloc(field->p, (field->n + 1) * sizeof(*field->p));
		rc = pci_parse(spec, &field->p[field->n]);
		if (rc)
			return wrong(s, "\"%s\": %s", spec, err_text());
		field->n++;
	}
	return rc;
}

static int get_action(const struct cfg_setting *s, enum on_event *field)
{
	const char *str;
	size_t i;
	int rc = want_string(s, &str);

	if (rc)
		return rc;
	if (!strncmp(str, "coredump-", 9))
		return wrong(s, "core dumps are not supported; use \"%s\"",
			     str + 9);
	for (i = 0; i < sizeof(action_names) / sizeof(*action_names); i++) {
		if (!strcmp(str, action_names[i])) {
			*field = i;
			return 0;
		}
	}
	return wrong(s,
		     "unknown action \"%s\"; expected destroy, restart, "
		     "rename-restart or preserve",
		     str);
}

static int get_tsc(const struct cfg_setting *s, unsigned int *field)
{
	static const char *const names[] = {"default", "always_emulate",
					    "native"};
	const char *str;
	unsigned int i;
	int rc;

	if (s->value->kind == CFG_NUMBER) {
		*field = s->value->num;
		if (s->value->num >= 0 && s->value->num < 3)
			return 0;
		return wrong(s, "expected 0, 1 or 2");
	}
	rc = want_string(s, &str);
	if (rc)
		return rc;
	for (i = 0; i < 3; i++) {
		if (!strcmp(str, names[i])) {
			*field = i;
			return 0;
		}
	}
	return wrong(s,
		     "unknown mode \"%s\"; expected default, "
		     "always_emulate or native",
		     str);
}

static int get_uuid(const struct cfg_setting *s, uint8_t (*field)[16])
{
	const char *str;
	int rc = want_string(s, &str);

	if (!rc && !uuid_parse(*field, str))
		rc = wrong(s, "\"%s\" is not a uuid", str);
	return rc;
}

static int get_type(const struct cfg_setting *s, char **unused)
{
	const char *str;
	int rc = want_string(s, &str);

	if (!rc && strcmp(str, "pv"))
		rc = wrong(s, "\"%s\" domains are not supported; only \"pv\"",
			   str);
	return rc;
}

static int get_builder(const struct cfg_setting *s, char **unused)
{
	const char *str;
	int rc = want_string(s, &str);

	if (!rc && strcmp(str, "generic") && strcmp(str, "linux"))
		rc = wrong(s, "\"%s\" is not supported; only \"generic\"", str);
	return rc;
}

static bool is_empty(const struct cfg_value *v)
{
	return (v->kind == CFG_LIST && !v->nr_items) ||
	       (v->kind == CFG_STRING && !*v->str);
}

static int not_yet(const struct cfg_setting *s)
{
	return wrong(s, "not supported yet; remove this setting");
}

static int take(const struct cfg_setting *s, struct config *conf)
{
#define KEY(word, handler, field)   \
	if (!strcmp(s->key, #word)) \
		return get_##handler(s, &conf->field);
#define IGNORED(word)               \
	if (!strcmp(s->key, #word)) \
		return 0;
#define LATER(word)                 \
	if (!strcmp(s->key, #word)) \
		return is_empty(s->value) ? 0 : not_yet(s);
#include "ctl/config_keys.def"
#undef KEY
#undef IGNORED
#undef LATER
	log_warn("%s:%d: unknown key \"%s\" ignored", s->source, s->line,
		 s->key);
	return 0;
}

static void set_defaults(struct config *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->on_poweroff = ON_DESTROY;
	conf->on_reboot = ON_RESTART;
	conf->on_crash = ON_DESTROY;
	conf->on_watchdog = ON_DESTROY;
	conf->max_event_channels = DEFAULT_EVENT_CHANNELS;
	conf->max_grant_frames = DEFAULT_GRANT_FRAMES;
	conf->max_maptrack_frames = DEFAULT_MAPTRACK_FRAMES;
	conf->max_grant_version = 2;
}

static int missing(const char *path, const char *key, const char *example)
{
	return err_set(-EINVAL, "%s: no %s given; add %s = %s", path, key, key,
		       example);
}

/* Names stand for domids on command lines and are parts of paths. */
int config_check_name(const char *path, const char *name)
{
	const unsigned char *c;

	for (c = (const unsigned char *)name; *c; c++)
		if (*c <= ' ' || *c == '/' || *c == 0x7f)
			return err_set(-EINVAL,
				       "%s: name \"%s\" contains a "
				       "character that names may "
				       "not have",
				       path, name);
	if (strspn(name, "0123456789") == strlen(name))
		return err_set(-EINVAL,
			       "%s: name \"%s\" looks like a domain "
			       "number; use at least one letter",
			       path, name);
	if (strlen(name) > 200)
		return err_set(-EINVAL,
			       "%s: the name is longer than 200 "
			       "characters",
			       path);
	return 0;
}

static int check_sizes(const char *path, struct config *conf)
{
	if (!conf->memory_mib)
		conf->memory_mib = conf->maxmem_mib;
	if (!conf->memory_mib)
		return missing(path, "memory", "256");
	if (!conf->maxmem_mib)
		conf->maxmem_mib = conf->memory_mib;
	if (conf->maxmem_mib < conf->memory_mib)
		return err_set(-EINVAL,
			       "%s: maxmem = %llu is less than "
			       "memory = %llu",
			       path, (unsigned long long)conf->maxmem_mib,
			       (unsigned long long)conf->memory_mib);
	if (!conf->vcpus)
		conf->vcpus = conf->maxvcpus ? conf->maxvcpus : 1;
	if (!conf->maxvcpus)
		conf->maxvcpus = conf->vcpus;
	if (conf->maxvcpus < conf->vcpus)
		return err_set(-EINVAL,
			       "%s: maxvcpus = %u is less than "
			       "vcpus = %u",
			       path, conf->maxvcpus, conf->vcpus);
	if (conf->maxvcpus > CONFIG_MAX_VCPUS)
		return err_set(-EINVAL,
			       "%s: %u vcpus are too many; at most "
			       "%d",
			       path, conf->maxvcpus, CONFIG_MAX_VCPUS);
	if (conf->max_grant_version < 1 || conf->max_grant_version > 2)
		return err_set(-EINVAL,
			       "%s: max_grant_version = %u is none; use 1 or 2",
			       path, conf->max_grant_version);
	return 0;
}

/* cmdline= says it all; otherwise root= and extra= are put together. */
static int make_cmdline(const char *path, struct config *conf)
{
	const char *root = conf->root, *extra = conf->extra;

	if (conf->cmdline && (root || extra))
		log_warn("%s: cmdline is given, so root and extra are ignored",
			 path);
	else if (!conf->cmdline)
		conf->cmdline = xasprintf(
			"%s%s%s%s", root ? "root=" : "", root ? root : "",
			root && extra ? " " : "", extra ? extra : "");
	if (strlen(conf->cmdline) >= STARTINFO_CMDLINE)
		return err_set(-EINVAL,
			       "%s: the kernel command line has %zu "
			       "characters; at most %d",
			       path, strlen(conf->cmdline),
			       STARTINFO_CMDLINE - 1);
	return 0;
}

static void settle_pci(struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->pcis.n; i++) {
		conf->pcis.p[i].permissive |= conf->pci_permissive;
		conf->pcis.p[i].seize |= conf->pci_seize;
	}
}

/* Two devices of one domain that cannot both be. */
static int check_devices(const char *path, const struct config *conf)
{
	const struct disk *d = conf->disks.d;
	const struct vif *v = conf->vifs.v;
	size_t i, j;

	for (i = 0; i < conf->disks.n; i++)
		for (j = 0; j < i; j++)
			if (d[i].devid == d[j].devid)
				return err_set(-EINVAL,
					       "%s: two disks are called %s",
					       path, d[i].vdev);
	for (i = 0; i < conf->vifs.n; i++) {
		for (j = 0; j < i; j++) {
			if (!strcmp(v[i].mac, v[j].mac))
				return err_set(-EINVAL,
					       "%s: two interfaces have the "
					       "mac %s",
					       path, v[i].mac);
			if (v[i].vifname && v[j].vifname &&
			    !strcmp(v[i].vifname, v[j].vifname))
				return err_set(-EINVAL,
					       "%s: two interfaces have the "
					       "vifname %s",
					       path, v[i].vifname);
		}
	}
	return 0;
}

static int complete(const char *path, struct config *conf)
{
	static const uint8_t none[16];
	int rc;

	if (!conf->name)
		return missing(path, "name", "\"guest\"");
	rc = config_check_name(path, conf->name);
	if (rc)
		return rc;
	if (!conf->kernel || !*conf->kernel)
		return missing(path, "kernel", "\"/boot/vmlinuz\"");
	if (conf->ramdisk && !*conf->ramdisk) {
		free(conf->ramdisk);
		conf->ramdisk = NULL;
	}
	rc = check_sizes(path, conf);
	if (!rc)
		rc = make_cmdline(path, conf);
	if (!rc)
		rc = check_devices(path, conf);
	settle_pci(conf);
	if (!rc && !memcmp(conf->uuid, none, sizeof(none)))
		rc = uuid_random(conf->uuid);
	return rc;
}

int config_from_cfg(const struct cfg *cfg, const char *path,
		    struct config *conf)
{
	const struct cfg_setting *s;
	int rc = 0;

	set_defaults(conf);
	for (s = cfg->first; s && !rc; s = s->next)
		rc = take(s, conf);
	if (!rc)
		rc = complete(path, conf);
	if (rc)
		config_free(conf);
	return rc;
}

void config_free(struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->disks.n; i++)
		disk_free(&conf->disks.d[i]);
	for (i = 0; i < conf->vifs.n; i++)
		vif_free(&conf->vifs.v[i]);
	free(conf->pcis.p);
	free(conf->disks.d);
	free(conf->vifs.v);
	free(conf->name);
	free(conf->kernel);
	free(conf->ramdisk);
	free(conf->cmdline);
	free(conf->root);
	free(conf->extra);
	memset(conf, 0, sizeof(*conf));
}

static void add_str(struct json_object *o, const char *key, const char *val)
{
	if (val)
		json_object_object_add(o, key, json_object_new_string(val));
}

static void add_num(struct json_object *o, const char *key, uint64_t val)
{
	json_object_object_add(o, key, json_object_new_int64(val));
}

static void add_devices(struct json_object *o, const struct config *conf)
{
	struct json_object *list;
	size_t i;

	list = json_object_new_array();
	for (i = 0; i < conf->disks.n; i++)
		json_object_array_add(list, disk_json(&conf->disks.d[i]));
	if (conf->disks.n)
		json_object_object_add(o, "disk", list);
	else
		json_object_put(list);
	list = json_object_new_array();
	for (i = 0; i < conf->vifs.n; i++)
		json_object_array_add(list, vif_json(&conf->vifs.v[i]));
	if (conf->vifs.n)
		json_object_object_add(o, "vif", list);
	else
		json_object_put(list);
	list = json_object_new_array();
	for (i = 0; i < conf->pcis.n; i++)
		json_object_array_add(list, pci_json(&conf->pcis.p[i]));
	if (conf->pcis.n)
		json_object_object_add(o, "pci", list);
	else
		json_object_put(list);
	if (conf->driver_domain)
		add_num(o, "driver_domain", 1);
}

struct json_object *config_json(const struct config *conf)
{
	struct json_object *o = json_object_new_object();
	char uuid[UUID_TEXT];

	uuid_format(uuid, conf->uuid);
	add_str(o, "name", conf->name);
	add_str(o, "uuid", uuid);
	add_str(o, "type", "pv");
	add_str(o, "kernel", conf->kernel);
	add_str(o, "ramdisk", conf->ramdisk);
	add_str(o, "cmdline", conf->cmdline);
	add_num(o, "memory", conf->memory_mib);
	add_num(o, "maxmem", conf->maxmem_mib);
	add_num(o, "vcpus", conf->vcpus);
	add_num(o, "maxvcpus", conf->maxvcpus);
	add_num(o, "max_event_channels", conf->max_event_channels);
	add_num(o, "max_grant_frames", conf->max_grant_frames);
	add_num(o, "max_maptrack_frames", conf->max_maptrack_frames);
	add_num(o, "max_grant_version", conf->max_grant_version);
	add_num(o, "tsc_mode", conf->tsc_mode);
	add_str(o, "on_poweroff", on_event_name(conf->on_poweroff));
	add_str(o, "on_reboot", on_event_name(conf->on_reboot));
	add_str(o, "on_crash", on_event_name(conf->on_crash));
	add_str(o, "on_watchdog", on_event_name(conf->on_watchdog));
	add_devices(o, conf);
	return o;
}
