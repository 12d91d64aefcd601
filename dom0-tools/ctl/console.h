/*
 * ctl/console.h: the user's terminal and a domain's
 */
#ifndef CTL_CONSOLE_H
#define CTL_CONSOLE_H

#include "ctl/ctl.h"

/**
 * console_open() - wait for the domain's terminal and open it
 *
 * Returns:  descriptor, or a negative errno with err_set()
 */
int console_open(struct ctl *c, domid_t domid);

/**
 * console_run() - connect it with standard input and output
 * @fd: from console_open(); closed on return
 *
 * Ends when the user types Ctrl-] or the domain's terminal goes away. The
 * user's terminal is raw meanwhile and restored afterwards.
 */
int console_run(int fd);

#endif /* CTL_CONSOLE_H */
