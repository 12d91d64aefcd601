#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/disk.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* What the positional parameters have said so far. */
struct parse {
	struct disk *d;
	bool format, access; /* given */
	bool no_target;	     /* the target was given, and empty */
};

static int set_format(struct parse *p, const char *val)
{
	p->format = true;
	if (!*val || !strcmp(val, "raw") || !strcmp(val, "aio"))
		return 0;
	return err_set(-EINVAL,
		       "format \"%s\" is not supported; convert the image to "
		       "raw",
		       val);
}

static int set_access(struct parse *p, const char *val)
{
	p->access = true;
	p->d->shared = !strcmp(val, "w!") || !strcmp(val, "rw!");
	p->d->writable = p->d->shared || !strcmp(val, "w") ||
			 !strcmp(val, "rw") || !*val;
	if (p->d->writable || !strcmp(val, "r") || !strcmp(val, "ro"))
		return 0;
	return err_set(-EINVAL, "unknown access \"%s\"; expected ro or rw",
		       val);
}

static int set_devtype(struct parse *p, const char *val)
{
	p->d->cdrom = !strcmp(val, "cdrom");
	if (p->d->cdrom || !strcmp(val, "disk"))
		return 0;
	return err_set(-EINVAL,
		       "unknown device type \"%s\"; expected disk or cdrom",
		       val);
}

static int set_once(char **field, const char *what, const char *val)
{
	if (*field)
		return err_set(-EINVAL, "%s is given twice", what);
	*field = xstrdup(val);
	return 0;
}

/* "xvda" or, as old files have it, "xvda:cdrom". */
static int set_vdev(struct parse *p, const char *val)
{
	const char *colon = strchr(val, ':');
	char *name = xstrndup(val, colon ? (size_t)(colon - val) : strlen(val));
	int rc = set_once(&p->d->vdev, "vdev", name);

	free(name);
	if (!rc && colon)
		rc = set_devtype(p, colon + 1);
	return rc;
}

static int set_backendtype(const char *val)
{
	if (!strcmp(val, "phy"))
		return 0;
	return err_set(-EINVAL,
		       "back end type \"%s\" is not supported; only phy", val);
}

/*
 * A target may carry one of the prefixes of old: some say nothing but "raw",
 * others name a script that understands the rest.
 */
static int set_target(struct parse *p, const char *val)
{
	static const char *const raw[] = {
		"phy:", "file:", "raw:", "aio:", "tap:aio:", "tap2:aio:"};
	static const char *const scripts[] = {
		"iscsi:", "nbd:", "enbd:", "drbd:"};
	size_t i, len;

	p->no_target = !*val;
	if (!*val)
		return 0;
	for (i = 0; i < sizeof(raw) / sizeof(*raw); i++) {
		len = strlen(raw[i]);
		if (strncmp(val, raw[i], len))
			continue;
		p->format = true;
		if (!strcmp(raw[i], "phy:") && val[len] != '/')
			p->d->target = xasprintf("/dev/%s", val + len);
		else
			p->d->target = xstrdup(val + len);
		return 0;
	}
	for (i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		len = strlen(scripts[i]);
		if (strncmp(val, scripts[i], len))
			continue;
		p->format = true;
		p->d->script = xasprintf("block-%.*s", (int)len - 1, val);
		p->d->target = xstrdup(val + len);
		return 0;
	}
	len = strcspn(val, ":/");
	if (val[len] == ':')
		return err_set(-EINVAL,
			       "unknown prefix \"%.*s\"; expected phy: or "
			       "file:",
			       (int)len + 1, val);
	p->d->target = xstrdup(val);
	return 0;
}

/* target, format, vdev, access: whichever is the first not yet given. */
static int positional(struct parse *p, const char *val)
{
	if (!p->d->target && !p->no_target)
		return set_target(p, val);
	if (!p->format)
		return set_format(p, val);
	if (!p->d->vdev)
		return set_vdev(p, val);
	if (!p->access)
		return set_access(p, val);
	return err_set(-EINVAL, "\"%s\" is one parameter too many", val);
}

static int flag(struct parse *p, const char *word, bool *known)
{
	*known = true;
	if (!strcmp(word, "cdrom"))
		p->d->cdrom = true;
	else if (!strcmp(word, "removable"))
		p->d->removable = true;
	else if (!strcmp(word, "direct-io-safe"))
		p->d->direct_io_safe = true;
	else if (!strcmp(word, "discard"))
		p->d->discard = 1;
	else if (!strcmp(word, "no-discard"))
		p->d->discard = 0;
	else
		*known = false;
	return 0;
}

static int keyed(struct parse *p, const char *key, const char *val)
{
	if (!strcmp(key, "format"))
		return set_format(p, val);
	if (!strcmp(key, "vdev"))
		return set_vdev(p, val);
	if (!strcmp(key, "access"))
		return set_access(p, val);
	if (!strcmp(key, "devtype"))
		return set_devtype(p, val);
	if (!strcmp(key, "backend"))
		return set_once(&p->d->backend, key, val);
	if (!strcmp(key, "backendtype"))
		return set_backendtype(val);
	if (!strcmp(key, "script"))
		return set_once(&p->d->script, key, val);
	if (!strcmp(key, "target"))
		return set_target(p, val);
	return err_set(-EINVAL, "unknown parameter \"%s\"", key);
}

static int one_word(struct parse *p, char *word)
{
	size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");
	bool known;
	int rc;

	if (word[len] == '=') {
		word[len] = '\0';
		return keyed(p, word, word + len + 1);
	}
	rc = flag(p, word, &known);
	return known ? rc : positional(p, word);
}

/* Words end at commas, except that target= takes all the rest. */
static int all_words(struct parse *p, char *text)
{
	char *word, *next = text;
	int rc = 0;

	while (!rc && next) {
		word = next + strspn(next, " \t");
		next = strncmp(word, "target=", 7) ? strchr(word, ',') : NULL;
		if (next)
			*next++ = '\0';
		else if (!*word)
			break; /* nothing behind the last comma */
		rc = one_word(p, word);
	}
	return rc;
}

static int complete(struct disk *d)
{
	int devid;

	if (!d->vdev)
		return err_set(-EINVAL, "no vdev given; add vdev=xvda");
	devid = disk_number(d->vdev);
	if (devid < 0)
		return err_set(-EINVAL,
			       "\"%s\" is no virtual disk; expected a name "
			       "such as xvda",
			       d->vdev);
	d->devid = devid;
	d->removable |= d->cdrom;
	if (d->cdrom)
		d->writable = false;
	if (!d->target && !d->cdrom)
		return err_set(-EINVAL, "no target given for %s", d->vdev);
	return 0;
}

int disk_parse(const char *spec, struct disk *d)
{
	struct disk new = {.writable = true, .discard = -1};
	struct parse p = {.d = &new};
	char *text = xstrdup(spec);
	int rc = all_words(&p, text);

	free(text);
	if (!rc)
		rc = complete(&new);
	if (rc)
		disk_free(&new);
	else
		*d = new;
	return rc;
}

int disk_parse_words(char *const *words, int n, struct disk *d)
{
	char *spec = xstrdup(""), *longer;
	int i, rc;

	for (i = 0; i < n; i++) {
		longer = xasprintf("%s%s%s", spec, i ? "," : "", words[i]);
		free(spec);
		spec = longer;
	}
	rc = disk_parse(spec, d);
	free(spec);
	return rc;
}

void disk_free(struct disk *d)
{
	free(d->target);
	free(d->vdev);
	free(d->backend);
	free(d->script);
	memset(d, 0, sizeof(*d));
}

static void add(struct json_object *o, const char *key, const char *val)
{
	if (val)
		json_object_object_add(o, key, json_object_new_string(val));
}

struct json_object *disk_json(const struct disk *d)
{
	struct json_object *o = json_object_new_object();

	add(o, "target", d->target);
	add(o, "format", "raw");
	add(o, "vdev", d->vdev);
	add(o, "access", d->shared ? "rw!" : d->writable ? "rw" : "ro");
	add(o, "devtype", d->cdrom ? "cdrom" : "disk");
	if (d->removable)
		json_object_object_add(o, "removable",
				       json_object_new_boolean(true));
	if (d->discard >= 0)
		json_object_object_add(o, "discard",
				       json_object_new_boolean(d->discard));
	if (d->direct_io_safe)
		json_object_object_add(o, "direct-io-safe",
				       json_object_new_boolean(true));
	add(o, "backend", d->backend);
	add(o, "script", d->script);
	return o;
}
