/*
 * ctl/main.c: vane, the command line of dom0
 *
 * One table of commands. Called as "xl" it understands the same words.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/domctl.h"
#include "lib/sysctl.h"
#include "lib/xalloc.h"

enum needs { NEED_NONE, NEED_HV, NEED_XS, NEED_MAYBE };

static const struct command {
	const char *name;
	enum needs needs;
	int (*run)(struct ctl *c, int argc, char **argv);
	const char *args, *help;
} commands[] = {
#define CMD(name, needs, args, help) \
	{#name, NEED_##needs, cmd_##name, args, help},
#define CMD_DASH(text, name, needs, args, help) \
	{text, NEED_##needs, cmd_##name, args, help},
#include "ctl/commands.def"
#undef CMD
#undef CMD_DASH
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

static const char *prog = "vane";

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int ctl_usage(const struct ctl *c)
{
	const struct command *cmd = find_command(c->command);

	return err_set(-EINVAL, "usage: %s %s %s", prog, cmd->name, cmd->args);
}

static int help_one(const char *name)
{
	const struct command *cmd = find_command(name);

	if (!cmd)
		return err_set(-EINVAL, "no command \"%s\"; see %s help", name,
			       prog);
	printf("usage: %s %s %s\n\n%s.\n", prog, cmd->name, cmd->args,
	       cmd->help);
	return 0;
}

int cmd_help(struct ctl *c, int argc, char **argv)
{
	size_t i, n;

	if (argc > 2)
		return ctl_usage(c);
	if (argc == 2)
		return help_one(argv[1]);
	printf("usage: %s [-v] COMMAND [--json] [ARGUMENT ...]\n\n", prog);
	for (i = 0; i < NR_COMMANDS; i++) {
		n = strcspn(commands[i].help, ":");
		printf("  %-21s %.*s\n", commands[i].name, (int)n,
		       commands[i].help);
	}
	printf("\n%s help COMMAND explains one of them.\n", prog);
	return 0;
}

int ctl_open_hv(struct ctl *c)
{
	return c->hv ? 0 : hv_open(&c->hv);
}

int ctl_open_xs(struct ctl *c)
{
	int rc;

	if (c->xs)
		return 0;
	rc = xsc_open(&c->xs, NULL);
	if (!rc)
		return 0;
	c->xs = NULL;
	if (rc == -EACCES || rc == -EPERM)
		return err_set(rc,
			       "no permission for the store daemon at %s: "
			       "run this as root",
			       xsc_socket_path());
	return err_set(rc,
		       "the store daemon does not answer at %s: start "
		       "vane-stored",
		       xsc_socket_path());
}

static int open_needs(struct ctl *c, enum needs needs)
{
	int rc;

	if (needs == NEED_NONE)
		return 0;
	rc = ctl_open_hv(c);
	if (rc || needs == NEED_HV)
		return rc;
	rc = ctl_open_xs(c);
	return needs == NEED_MAYBE ? 0 : rc;
}

static int find_by_name(struct ctl *c, const char *name, domid_t *domid)
{
	struct xen_domctl_getdomaininfo *list;
	int n = sys_domain_list(c->hv, &list), i, rc = -ESRCH;
	char *have;

	if (n < 0)
		return err_set(n, "cannot list domains: %s", err_str(n));
	for (i = 0; i < n && rc; i++) {
		have = ctl_name(c, list[i].domain);
		if (!strcmp(have, name)) {
			*domid = list[i].domain;
			rc = 0;
		}
		free(have);
	}
	free(list);
	if (rc && !c->xs)
		return err_set(rc,
			       "cannot look up \"%s\": the store daemon "
			       "does not answer at %s; start vane-stored "
			       "or give the domain's number",
			       name, xsc_socket_path());
	return rc ? err_set(rc, "no domain \"%s\"; see %s list", name, prog)
		  : 0;
}

int ctl_find(struct ctl *c, const char *who, domid_t *domid)
{
	struct xen_domctl_getdomaininfo info;
	unsigned long n;
	char *end;

	n = strtoul(who, &end, 10);
	if (!*who || *end || *who == '-' || *who == '+')
		return find_by_name(c, who, domid);
	if (n >= DOMID_FIRST_RESERVED || dom_info(c->hv, n, &info))
		return err_set(-ESRCH, "no domain %s; see %s list", who, prog);
	*domid = n;
	return 0;
}

char *ctl_name(struct ctl *c, domid_t domid)
{
	char *name;

	if (c->xs &&
	    !xsc_readf(c->xs, XSC_NO_TX, &name, "/local/domain/%u/name", domid))
		return name;
	return xstrdup(domid ? "(null)" : "Domain-0");
}

/* Take --json out of the arguments wherever it stands. */
static int take_json(struct ctl *c, int argc, char **argv)
{
	int i, n = 0;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			c->json = true;
		else
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

static int run(struct ctl *c, int argc, char **argv)
{
	const struct command *cmd = find_command(argv[0]);
	int rc;

	if (!cmd)
		return err_set(-EINVAL, "no command \"%s\"; see %s help",
			       argv[0], prog);
	c->command = cmd->name;
	argc = take_json(c, argc, argv);
	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
		return help_one(cmd->name);
	rc = open_needs(c, cmd->needs);
	return rc ? rc : cmd->run(c, argc, argv);
}

int main(int argc, char **argv)
{
	enum log_level level = LOG_LVL_WARN;
	struct ctl c = {0};
	int rc, first = 1;

	if (argc && strrchr(argv[0], '/'))
		prog = strrchr(argv[0], '/') + 1;
	else if (argc)
		prog = argv[0];
	for (; first < argc && argv[first][0] == '-'; first++) {
		if (!strcmp(argv[first], "-v"))
			level = LOG_LVL_DEBUG;
		else if (!strcmp(argv[first], "-h") ||
			 !strcmp(argv[first], "--help"))
			return cmd_help(&c, 1, argv);
		else if (strcmp(argv[first], "-f") && strcmp(argv[first], "-N"))
			break;
	}
	log_init(prog, level);
	signal(SIGPIPE, SIG_IGN);
	opterr = 0; /* commands answer with their usage */
	if (first >= argc) {
		cmd_help(&c, 1, argv);
		return 1;
	}
	rc = run(&c, argc - first, argv + first);
	if (rc)
		fprintf(stderr, "%s: %s\n", prog, err_text());
	xsc_close(c.xs);
	hv_close(c.hv);
	if (fflush(stdout) && !rc) {
		fprintf(stderr, "%s: cannot write output: %s\n", prog,
			err_str(errno));
		rc = -EIO;
	}
	return rc ? 1 : 0;
}
