/*
 * fake_xen.h: a hypervisor made of files, to test daemons on any host
 *
 * The directory $FAKE_XEN holds, for each domain N, domN.store and domN.console
 * (its two ring pages) and domN.state: "running", "shutdown" or "dying"; no
 * such file, no such domain. Whoever plays a domain writes its number as a
 * 32-bit integer into the FIFO "events" ($FAKE_EVENTS, if two daemons share
 * the directory) to ring the daemon, and reads pages again after a while
 * instead of being rung back. Number 65535 is VIRQ_DOM_EXC. Port of domain N,
 * at the daemon's end: 1000 + N.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_VIRQ_DOMAIN 65535u
#define FAKE_PORT(domid) (1000u + (domid))

struct fake_info {
	unsigned int domid;
	bool shutdown, dying;
};

/** fake_path() - name of a file of this fake; valid until the next call */
const char *fake_path(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/** fake_map() - a page file: "store" or "console"; NULL with errno */
void *fake_map(unsigned int domid, const char *what);

/** fake_unmap() - undo fake_map() */
void fake_unmap(void *page);

/** fake_events() - descriptor of the FIFO, opened once */
int fake_events(void);

/** fake_pending() - the port that was rung, -1 with errno */
int fake_pending(void);

/** fake_info() - 0, or -1 when there is no such domain */
int fake_info(unsigned int domid, struct fake_info *info);

#endif
