/*
 * hvlog.h: copy what the hypervisor prints into a file
 *
 * Owns:       a transfer buffer, the log file, the port of VIRQ_CON_RING
 * Invariants: index is where the next read goes on
 * Lock:       none
 * ABI:        sysctl readconsole, incremental
 */
#ifndef CONSOLE_HVLOG_H
#define CONSOLE_HVLOG_H

#include <stdint.h>

#include "conlog.h"
#include "consoled.h"

struct hvlog {
	struct conlog log;
	char *buf;	/* from hv_buf_alloc(); NULL: not open */
	uint32_t index; /* of the next byte to read */
	int port;	/* of VIRQ_CON_RING, or -1: hvlog_poll() has to do */
};

/** hvlog_open() - begin with what was printed so far; 0 or -errno, err_set() */
int hvlog_open(struct hvlog *l, struct consoled *cd);

/** hvlog_poll() - copy what is new; an error is logged */
void hvlog_poll(struct hvlog *l, struct consoled *cd);

/** hvlog_close() - fine if it was never opened */
void hvlog_close(struct hvlog *l, struct consoled *cd);

#endif
