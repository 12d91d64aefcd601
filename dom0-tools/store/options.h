/*
 * options.h: command line of vane-stored
 *
 * Owns:       nothing; strings are argv's or the environment's
 * Invariants: every path is set
 * Lock:       none
 */
#ifndef STORE_OPTIONS_H
#define STORE_OPTIONS_H

#include <stdbool.h>

#include "store.h"

struct options {
	const char *socket;
	const char *state; /* NULL: keep none */
	const char *pid;   /* NULL: write none */
	const char *log;   /* NULL: standard error */
	int inherited; /* listening descriptor from before execve(), or -1 */
	bool foreground;
	bool fresh;	    /* do not use saved state */
	bool restart;	    /* insist on saved state */
	bool no_hypervisor; /* socket only */
	bool verbose;
	bool trace;
	struct quotas quota; /* 0: default */
};

/**
 * options_parse() - fill in @o
 *
 * Returns: -1 to go on, else the exit status (help was printed, or an error)
 */
int options_parse(struct options *o, int argc, char **argv);

#endif
