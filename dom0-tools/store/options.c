#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xs_client.h"

static const char usage[] =
	"Usage: vane-stored [options]\n"
	"\n"
	"The store daemon: serves /run/xenstored/socket and the rings of "
	"domains.\n"
	"\n"
	"  -N, --no-fork           stay in the foreground\n"
	"  -F, --pid-file FILE     write the process id (default "
	"/run/xenstored/vane-stored.pid)\n"
	"  -s, --socket PATH       listen here instead\n"
	"      --state FILE        state for the next start (default "
	"/run/xenstored/state)\n"
	"      --no-state          keep no state\n"
	"      --fresh             start empty, whatever state there is\n"
	"      --restart           fail if there is no state to continue from\n"
	"  -D, --no-hypervisor     serve the socket only\n"
	"  -l, --log FILE          log here (default "
	"/var/log/xen/vane-stored.log)\n"
	"  -T, --trace             log every request\n"
	"  -V, --verbose           log more\n"
	"  -Q, --quota NAME=N      limit of unprivileged domains:\n"
#define QUOTA(field, value, name, meaning) \
	"                          " name " (" #value "): " meaning "\n"
#include "quota.def"
#undef QUOTA
	"  -H, --help              this text\n"
	"\n"
	"SIGUSR1 replaces the running daemon by the program file as it is now;\n"
	"domains and local clients notice nothing. SIGTERM saves state and "
	"ends.\n";

enum { OPT_INHERIT = 256, OPT_STATE, OPT_NO_STATE, OPT_FRESH, OPT_RESTART };

static const struct option longs[] = {
	{"no-fork", no_argument, NULL, 'N'},
	{"pid-file", required_argument, NULL, 'F'},
	{"socket", required_argument, NULL, 's'},
	{"state", required_argument, NULL, OPT_STATE},
	{"no-state", no_argument, NULL, OPT_NO_STATE},
	{"fresh", no_argument, NULL, OPT_FRESH},
	{"restart", no_argument, NULL, OPT_RESTART},
	{"inherited", required_argument, NULL, OPT_INHERIT},
	{"no-hypervisor", no_argument, NULL, 'D'},
	{"log", required_argument, NULL, 'l'},
	{"trace", no_argument, NULL, 'T'},
	{"verbose", no_argument, NULL, 'V'},
	{"quota", required_argument, NULL, 'Q'},
	{"help", no_argument, NULL, 'H'},
	{NULL, 0, NULL, 0},
};

static unsigned int *quota_named(struct quotas *q, const char *s, size_t len)
{
#define QUOTA(field, value, name, meaning)                \
	if (len == strlen(name) && !memcmp(s, name, len)) \
		return &q->field;
#include "quota.def"
#undef QUOTA
	return NULL;
}

static int parse_quota(struct quotas *q, const char *arg)
{
	const char *eq = strchr(arg, '=');
	unsigned int *which = eq ? quota_named(q, arg, eq - arg) : NULL;
	unsigned long v;
	char *end;

	if (which) {
		errno = 0;
		v = strtoul(eq + 1, &end, 10);
		if (!errno && end != eq + 1 && !*end && v && v <= UINT32_MAX) {
			*which = v;
			return -1;
		}
	}
	fprintf(stderr,
		"vane-stored: --quota %s: wants NAME=N with a name from "
		"--help and N > 0\n",
		arg);
	return 1;
}

static int parse_one(struct options *o, int opt)
{
	switch (opt) {
	case 'N':
		o->foreground = true;
		break;
	case 'F':
		o->pid = optarg;
		break;
	case 's':
		o->socket = optarg;
		break;
	case OPT_STATE:
		o->state = optarg;
		break;
	case OPT_NO_STATE:
		o->state = NULL;
		break;
	case OPT_FRESH:
		o->fresh = true;
		break;
	case OPT_INHERIT:
		o->inherited = atoi(optarg);
		break;
	case OPT_RESTART:
		o->restart = true;
		break;
	case 'D':
		o->no_hypervisor = true;
		break;
	case 'l':
		o->log = optarg;
		break;
	case 'T':
		o->trace = true;
		break;
	case 'V':
		o->verbose = true;
		break;
	case 'Q':
		return parse_quota(&o->quota, optarg);
	case 'H':
		fputs(usage, stdout);
		return 0;
	default:
		fputs("vane-stored: see vane-stored --help\n", stderr);
		return 1;
	}
	return -1;
}

int options_parse(struct options *o, int argc, char **argv)
{
	int opt, status = -1;

	*o = (struct options){
		.inherited = -1,
		.socket = xsc_socket_path(),
		.state = "/run/xenstored/state",
		.pid = "/run/xenstored/vane-stored.pid",
		.log = "/var/log/xen/vane-stored.log",
	};
	while (status < 0 && (opt = getopt_long(argc, argv, "NF:s:Dl:TVQ:H",
						longs, NULL)) != -1)
		status = parse_one(o, opt);
	if (status < 0 && optind < argc) {
		fprintf(stderr,
			"vane-stored: unexpected argument %s; see "
			"vane-stored --help\n",
			argv[optind]);
		status = 1;
	}
	return status;
}
