#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/config.h"
#include "ctl/console.h"
#include "ctl/creating.h"
#include "ctl/guard.h"
#include "ctl/life.h"
#include "ctl/monitor.h"
#include "ctl/table.h"
#include "lib/domctl.h"
#include "lib/err.h"

struct create_opts {
	bool console, paused, dry_run, quiet;
	const char *file;
	char **overrides; /* until NULL */
};

static int parse_opts(struct ctl *c, int argc, char **argv,
		      struct create_opts *o)
{
	int opt;

	while ((opt = getopt(argc, argv, "+cpnqf:F")) != -1) {
		switch (opt) {
		case 'c':
			o->console = true;
			break;
		case 'p':
			o->paused = true;
			break;
		case 'n':
			o->dry_run = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'f':
			o->file = optarg;
			break;
		default:
			return ctl_usage(c);
		}
	}
	if (!o->file && optind < argc && !strchr(argv[optind], '='))
		o->file = argv[optind++];
	if (!o->file)
		return ctl_usage(c);
	o->overrides = argv + optind;
	return 0;
}

/* Options may also follow the file, as in "create demo.cfg -c". */
static int parse_late_opts(struct ctl *c, struct create_opts *o)
{
	char **in = o->overrides, **out = in;

	for (; *in; in++) {
		if (!strcmp(*in, "-c"))
			o->console = true;
		else if (!strcmp(*in, "-p"))
			o->paused = true;
		else if (!strcmp(*in, "-n"))
			o->dry_run = true;
		else if (!strcmp(*in, "-q"))
			o->quiet = true;
		else if (**in == '-')
			return ctl_usage(c);
		else
			*out++ = *in;
	}
	*out = NULL;
	return 0;
}

static int read_config(const struct create_opts *o, struct config *conf)
{
	struct cfg cfg = {NULL};
	char **arg;
	int rc = cfg_parse_file(&cfg, o->file);

	for (arg = o->overrides; !rc && *arg; arg++)
		rc = cfg_parse_override(&cfg, *arg);
	if (!rc)
		rc = config_from_cfg(&cfg, o->file, conf);
	cfg_free(&cfg);
	return rc;
}

static int dry_run(const struct config *conf)
{
	struct images im;
	int rc = life_load(conf, &im);

	if (rc)
		return rc;
	life_unload(&im);
	json_print(config_json(conf));
	return 0;
}

/* Attached before the first instruction, the user misses no line. */
static int start(struct ctl *c, const struct config *conf,
		 const struct create_opts *o, domid_t domid, int *console)
{
	int rc = 0;

	if (o->console) {
		*console = console_open(c, domid);
		rc = *console < 0 ? *console : 0;
	}
	if (!rc)
		rc = monitor_start(c, conf, domid);
	if (!rc)
		rc = guard_check();
	if (!rc)
		creating_end();
	if (!rc && !o->paused) {
		rc = dom_unpause(c->hv, domid);
		if (rc)
			err_set(rc,
				"the hypervisor refused to start domain "
				"%u: %s",
				domid, err_str(rc));
	}
	return rc ? life_undo(c, domid, rc) : 0;
}

static int create(struct ctl *c, const struct config *conf,
		  const struct create_opts *o)
{
	struct guard guard;
	int console = -1, rc;
	domid_t domid;

	rc = ctl_open_hv(c);
	if (!rc)
		rc = ctl_open_xs(c);
	if (rc)
		return rc;
	guard_begin(&guard);
	rc = life_create(c, conf, &domid);
	if (!rc)
		rc = start(c, conf, o, domid, &console);
	guard_end(&guard);
	if (rc) {
		if (console >= 0)
			close(console);
		return rc;
	}
	if (!o->quiet)
		printf("Domain %u \"%s\" %s\n", domid, conf->name,
		       o->paused ? "created, paused" : "started");
	fflush(stdout);
	return o->console ? console_run(console) : 0;
}

int cmd_create(struct ctl *c, int argc, char **argv)
{
	struct create_opts o = {0};
	struct config conf;
	int rc = parse_opts(c, argc, argv, &o);

	if (!rc)
		rc = parse_late_opts(c, &o);
	if (!rc)
		rc = read_config(&o, &conf);
	if (rc)
		return rc;
	rc = o.dry_run ? dry_run(&conf) : create(c, &conf, &o);
	config_free(&conf);
	return rc;
}
