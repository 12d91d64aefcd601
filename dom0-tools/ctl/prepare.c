#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/cache.h"
#include "builder/kernel.h"
#include "ctl/cfg.h"
#include "ctl/ctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define CONFIG_DIR "/etc/xen"

/* A bad file keeps no other from being unpacked: all but the last are told. */
struct outcome {
	int rc;
	char last[1024];
};

struct files {
	char **path;
	size_t n;
};

static void note(struct outcome *o, int rc)
{
	if (!rc)
		return;
	if (o->rc)
		log_error("%s", o->last);
	snprintf(o->last, sizeof(o->last), "%s", err_text());
	o->rc = rc;
}

static int prepare(const char *path)
{
	static const char *const done[] = {
		[KERNEL_PLAIN] = "needs no unpacking",
		[KERNEL_UNPACKED] = "unpacked and kept",
		[KERNEL_FROM_CACHE] = "was unpacked already",
	};
	struct kernel k;
	int rc = kernel_load(&k, path, cache_dir());

	if (rc)
		return rc;
	rc = k.kept;
	if (rc)
		err_set(rc, "%s: cannot keep the unpacked kernel in %s: %s",
			path, cache_dir(), err_str(rc));
	else
		printf("%s: %s\n", path, done[k.from]);
	kernel_free(&k);
	return rc;
}

/* The kernel that a configuration names, to be freed; NULL if it names none */
static int kernel_of(const char *file, char **kernel)
{
	struct cfg cfg = {NULL};
	struct cfg_setting *s;
	int rc = cfg_parse_file(&cfg, file);

	*kernel = NULL;
	for (s = cfg.first; !rc && s; s = s->next)
		if (!strcmp(s->key, "kernel") && s->value->kind == CFG_STRING)
			*kernel = xstrdup(s->value->str);
	cfg_free(&cfg);
	return rc;
}

static bool seen(char **kernel, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (kernel[i] && !strcmp(kernel[i], kernel[n]))
			return true;
	return false;
}

static void prepare_named(const struct files *f, struct outcome *o)
{
	char **kernel = xcalloc(f->n + 1, sizeof(*kernel));
	size_t i;

	for (i = 0; i < f->n; i++) {
		note(o, kernel_of(f->path[i], &kernel[i]));
		if (kernel[i] && !seen(kernel, i))
			note(o, prepare(kernel[i]));
	}
	for (i = 0; i < f->n; i++)
		free(kernel[i]);
	free(kernel);
}

static int is_config(const struct dirent *de)
{
	const char *dot = strrchr(de->d_name, '.');

	return dot && !strcmp(dot, ".cfg");
}

static int is_visible(const struct dirent *de)
{
	return *de->d_name != '.';
}

/* The files in @dir that @wanted picks; a directory may be missing. */
static int list(struct files *f, const char *dir,
		int (*wanted)(const struct dirent *))
{
	struct dirent **de;
	int i, n = scandir(dir, &de, wanted, alphasort);

	if (n < 0)
		return errno == ENOENT
			       ? 0
			       : err_set(-errno, "%s: cannot be read: %s", dir,
					 err_str(errno));
	f->path = xrealloc(f->path, (f->n + n + 1) * sizeof(*f->path));
	for (i = 0; i < n; i++) {
		f->path[f->n++] = xasprintf("%s/%s", dir, de[i]->d_name);
		free(de[i]);
	}
	free(de);
	return 0;
}

/* What the configurations in @dir boot, and those that start with dom0. */
static void prepare_all(const char *dir, struct outcome *o)
{
	char *automatic = xasprintf("%s/auto", dir);
	struct files f = {NULL, 0};

	note(o, list(&f, dir, is_config));
	note(o, list(&f, automatic, is_visible));
	if (!f.n && !o->rc)
		printf("%s: no configurations\n", dir);
	prepare_named(&f, o);
	while (f.n)
		free(f.path[--f.n]);
	free(f.path);
	free(automatic);
}

int cmd_prepare(struct ctl *c, int argc, char **argv)
{
	struct outcome o = {0};
	const char *dir = CONFIG_DIR;
	int i = 1;

	if (argc == 3 && !strcmp(argv[1], "-d")) {
		dir = argv[2];
		i = argc;
	} else if (argc > 1 && *argv[1] == '-') {
		return ctl_usage(c);
	}
	if (i == argc)
		prepare_all(dir, &o);
	for (; i < argc; i++)
		note(&o, prepare(argv[i]));
	return o.rc ? err_set(o.rc, "%s", o.last) : 0;
}
