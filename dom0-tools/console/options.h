/*
 * options.h: command line of vane-consoled
 *
 * Owns:       nothing
 * Invariants: every path is set
 * Lock:       none
 */
#ifndef CONSOLE_OPTIONS_H
#define CONSOLE_OPTIONS_H

#include <stdbool.h>

#include "consoled.h"

struct options {
	const char *pid;
	const char *log; /* the daemon's own */
	bool foreground;
	bool verbose;
};

/**
 * options_parse() - fill in @o and what @cd has for the command line
 *
 * Returns: -1 to go on, else the exit status (help was printed, or an error)
 */
int options_parse(struct options *o, struct consoled *cd, int argc,
		  char **argv);

#endif
