#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"Usage: vane-consoled [options]\n"
	"\n"
	"The console daemon: a terminal and a log for each domain.\n"
	"\n"
	"  -i, --interactive         stay in the foreground\n"
	"      --log=none|guest|hv|all\n"
	"                            what to log (default guest)\n"
	"      --log-dir=DIR         where (default /var/log/xen/console)\n"
	"      --timestamp=none|guest|hv|all\n"
	"                            begin lines in the logs with the time\n"
	"      --overflow-data=keep|discard\n"
	"                            output while nobody is attached (default "
	"keep)\n"
	"      --pid-file=FILE       (default /run/vane-consoled.pid)\n"
	"      --log-file=FILE       the daemon's own messages\n"
	"                            (default "
	"/var/log/xen/vane-consoled.log)\n"
	"  -v, --verbose             log more\n"
	"  -h, --help                this text\n"
	"\n"
	"SIGHUP reopens all logs.\n";

enum { OPT_LOG = 256, OPT_DIR, OPT_STAMP, OPT_OVERFLOW, OPT_PID, OPT_FILE };

static const struct option longs[] = {
	{"interactive", no_argument, NULL, 'i'},
	{"log", required_argument, NULL, OPT_LOG},
	{"log-dir", required_argument, NULL, OPT_DIR},
	{"timestamp", required_argument, NULL, OPT_STAMP},
	{"overflow-data", required_argument, NULL, OPT_OVERFLOW},
	{"pid-file", required_argument, NULL, OPT_PID},
	{"log-file", required_argument, NULL, OPT_FILE},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int wrong(const char *opt, const char *choices)
{
	fprintf(stderr, "vane-consoled: --%s=%s: must be one of %s\n", opt,
		optarg, choices);
	return 1;
}

/* none, guest, hv or all; -1 to go on. */
static int parse_which(const char *opt, bool *guests, bool *hv)
{
	bool all = !strcmp(optarg, "all");

	*guests = all || !strcmp(optarg, "guest");
	*hv = all || !strcmp(optarg, "hv");
	if (!*guests && !*hv && strcmp(optarg, "none"))
		return wrong(opt, "none, guest, hv, all");
	return -1;
}

static int parse_one(struct options *o, struct consoled *cd, int opt)
{
	switch (opt) {
	case 'i':
		o->foreground = true;
		break;
	case OPT_LOG:
		return parse_which("log", &cd->log_guests, &cd->log_hv);
	case OPT_DIR:
		cd->log_dir = optarg;
		break;
	case OPT_STAMP:
		return parse_which("timestamp", &cd->stamp_guests,
				   &cd->stamp_hv);
	case OPT_OVERFLOW:
		cd->discard = !strcmp(optarg, "discard");
		if (!cd->discard && strcmp(optarg, "keep"))
			return wrong("overflow-data", "keep, discard");
		break;
	case OPT_PID:
		o->pid = optarg;
		break;
	case OPT_FILE:
		o->log = optarg;
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'h':
		fputs(usage, stdout);
		return 0;
	default:
		fputs("vane-consoled: see vane-consoled --help\n", stderr);
		return 1;
	}
	return -1;
}

int options_parse(struct options *o, struct consoled *cd, int argc, char **argv)
{
	int opt, status = -1;

	*o = (struct options){
		.pid = "/run/vane-consoled.pid",
		.log = "/var/log/xen/vane-consoled.log",
	};
	cd->log_dir = "/var/log/xen/console";
	cd->log_guests = true;
	while (status < 0 &&
	       (opt = getopt_long(argc, argv, "ivh", longs, NULL)) != -1)
		status = parse_one(o, cd, opt);
	if (status < 0 && optind < argc) {
		fprintf(stderr,
			"vane-consoled: unexpected argument %s; see "
			"vane-consoled --help\n",
			argv[optind]);
		status = 1;
	}
	return status;
}
