/*
 * conlog.h: a console's log file
 *
 * Owns:       the open file
 * Invariants: bytes are written as they came, but for time stamps, which
 *             stand at the beginning of lines only
 * Lock:       none
 */
#ifndef CONSOLE_CONLOG_H
#define CONSOLE_CONLOG_H

#include <stdbool.h>
#include <stddef.h>

struct conlog {
	char *path; /* NULL: nothing is logged */
	int fd;	    /* -1: not open */
	bool stamps;
	bool midline;
};

/** conlog_open() - append to @path; 0, or a negative errno with err_set() */
int conlog_open(struct conlog *l, const char *path, bool stamps);

/** conlog_reopen() - after the file was moved away; errors are logged */
void conlog_reopen(struct conlog *l);

/** conlog_write() - errors are logged once, until the next reopening */
void conlog_write(struct conlog *l, const char *p, size_t n);

/** conlog_close() - and forget the path */
void conlog_close(struct conlog *l);

#endif
