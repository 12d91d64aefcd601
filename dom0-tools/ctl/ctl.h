/*
 * ctl/ctl.h: what every command of vane shares
 *
 * A command gets its connections opened as far as its row of ctl/commands.def
 * asks, and returns 0 or a negative errno with err_set(); main prints the line
 * and turns it into the exit status.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>

#include "lib/privcmd.h"
#include "lib/xs_client.h"

struct ctl {
	struct hv *hv;	      /* NULL where a command needs none */
	struct xs_client *xs; /* NULL where none or not running (NEED_MAYBE) */
	bool json;
	const char *command; /* its name, for usage errors */
};

/**
 * ctl_open_hv(), ctl_open_xs() - connect, unless connected
 *
 * Returns:  0 or a negative errno with err_set() naming the remedy
 */
int ctl_open_hv(struct ctl *c);
int ctl_open_xs(struct ctl *c);

/** ctl_usage() - -EINVAL with "usage: ..." of the running command */
int ctl_usage(const struct ctl *c);

/**
 * ctl_find() - domain by name or number
 *
 * Numbers need no store. Returns 0, -ESRCH with err_set().
 */
int ctl_find(struct ctl *c, const char *who, domid_t *domid);

/**
 * ctl_name() - name of a domain, malloc'ed
 *
 * "Domain-0" for 0 and "(null)" for others that have none in the store.
 */
char *ctl_name(struct ctl *c, domid_t domid);

/* Prototypes of all commands: argv[0] is the command's name. */
#define CMD(name, needs, args, help) \
	int cmd_##name(struct ctl *c, int argc, char **argv);
#define CMD_DASH(text, name, needs, args, help) CMD(name, needs, args, help)
#include "ctl/commands.def"
#undef CMD
#undef CMD_DASH

#endif /* CTL_CTL_H */
