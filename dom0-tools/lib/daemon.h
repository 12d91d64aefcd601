/*
 * lib/daemon.h: what every daemon of dom0 does around its work
 *
 * Owns:       the pipe to the waiting parent
 * Invariants: the command that starts a daemon returns once the daemon serves,
 *             with status 0, or has failed with a message, with status 1
 */
#ifndef LIB_DAEMON_H
#define LIB_DAEMON_H

/** daemon_make_dirs() - directories above @path; opening it reports errors */
void daemon_make_dirs(const char *path);

/**
 * daemon_detach() - go to the background
 *
 * Returns in the child only, with standard streams still open for messages.
 *
 * Returns:  0 or a negative errno with err_set()
 */
int daemon_detach(void);

/**
 * daemon_ready() - everything works: write @pidfile, let the parent go
 * @pidfile: NULL for none
 *
 * Without an earlier daemon_detach() only the file is written.
 *
 * Returns:  0 or a negative errno with err_set()
 */
int daemon_ready(const char *pidfile);

/**
 * daemon_signals() - a descriptor for SIGTERM, SIGINT, SIGUSR1 and SIGHUP
 *
 * They are blocked from now on, and SIGPIPE is ignored.
 *
 * Returns:  signalfd, or a negative errno with err_set()
 */
int daemon_signals(void);

/** daemon_signal() - next signal of that descriptor, 0 when there is none */
int daemon_signal(int fd);

#endif /* LIB_DAEMON_H */
