/*
 * xs_client.h: talk to the store daemon over its local socket
 *
 * Owns:       one socket, and the watch events that arrived while a reply
 *             was awaited
 * Invariants: at most one request is outstanding; replies are matched by
 *             order, events may come between
 * Lock:       none; a struct xs_client belongs to one thread
 * ABI:        xenstore wire protocol (pvabi/xen/xs_wire.h)
 *
 * Every function returns 0 (or a documented value >= 0) or a negative errno.
 * -ENOENT and -EAGAIN (conflicting commit) are the ones callers act upon.
 * Loss of the daemon is -ECONNRESET; the client must then be closed.
 */
#ifndef DOM0_TOOLS_XS_CLIENT_H
#define DOM0_TOOLS_XS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xs_client;

/** The transaction id that means "no transaction". */
#define XSC_NO_TX 0u

/** One permission: access is 'n', 'r', 'w' or 'b'; entry 0 is the owner. */
struct xsc_perm {
	unsigned int domid;
	char access;
};

/** A fired watch. Both strings live in one block: free(path). */
struct xsc_event {
	char *path;
	char *token;
};

/**
 * xsc_open() - connect to the store daemon
 * @out:  the client, on success
 * @path: socket path; NULL means $XENSTORED_PATH, else
 *        $XENSTORED_RUNDIR/socket, else /run/xenstored/socket
 *
 * Returns: 0, -ENOENT or -ECONNREFUSED when no daemon runs, -ENOMEM
 */
int xsc_open(struct xs_client **out, const char *path);

/**
 * xsc_open_kernel() - connect through this kernel's own ring
 *
 * For programs in domains that have no store daemon.
 *
 * Returns: 0, -ENOENT where the kernel is no guest, -EACCES, -ENOMEM
 */
int xsc_open_kernel(struct xs_client **out);

/** xsc_socket_path() - the path xsc_open(NULL) uses, for error messages */
const char *xsc_socket_path(void);

/** xsc_close() - disconnect and free; NULL is fine */
void xsc_close(struct xs_client *c);

/**
 * xsc_fd() - descriptor to poll for reading when waiting for watch events
 *
 * Events may already sit in memory: call xsc_next_event(c, &ev, 0) until it
 * returns -EAGAIN before each poll.
 */
int xsc_fd(const struct xs_client *c);

/**
 * xsc_read() - value of a node
 * @val: malloc'ed, always NUL-terminated beyond @len bytes
 * @len: length in bytes without that NUL; may be NULL
 */
int xsc_read(struct xs_client *c, uint32_t tx, const char *path, char **val,
	     size_t *len);

/** xsc_readf() - xsc_read() with a formatted path */
int xsc_readf(struct xs_client *c, uint32_t tx, char **val, const char *fmt,
	      ...) __attribute__((format(printf, 4, 5)));

/** xsc_read_u64() - a node holding one decimal number; -EINVAL otherwise */
int xsc_read_u64(struct xs_client *c, uint32_t tx, const char *path,
		 uint64_t *val);

/** xsc_write() - set a node's value, creating it and missing parents */
int xsc_write(struct xs_client *c, uint32_t tx, const char *path,
	      const void *val, size_t len);

/** xsc_printf() - xsc_write() of a formatted value */
int xsc_printf(struct xs_client *c, uint32_t tx, const char *path,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** xsc_mkdir() - create an empty node and missing parents; exists is fine */
int xsc_mkdir(struct xs_client *c, uint32_t tx, const char *path);

/** xsc_rm() - remove a subtree; a missing node below a parent is fine */
int xsc_rm(struct xs_client *c, uint32_t tx, const char *path);

/**
 * xsc_directory() - names of a node's children, of any number
 * @names: NULL-terminated array, one block with the strings: free(names)
 * @count: number of names; may be NULL
 */
int xsc_directory(struct xs_client *c, uint32_t tx, const char *path,
		  char ***names, unsigned int *count);

/** xsc_get_perms() - permissions, owner first; free(perms) */
int xsc_get_perms(struct xs_client *c, uint32_t tx, const char *path,
		  struct xsc_perm **perms, unsigned int *count);

/** xsc_set_perms() - replace permissions; @count >= 1 */
int xsc_set_perms(struct xs_client *c, uint32_t tx, const char *path,
		  const struct xsc_perm *perms, unsigned int count);

/** xsc_tx_start() - open a transaction */
int xsc_tx_start(struct xs_client *c, uint32_t *tx);

/**
 * xsc_tx_end() - close a transaction
 * @commit: false discards it
 *
 * Returns: 0, -EAGAIN when somebody else changed what it read or wrote: start
 *          again from xsc_tx_start()
 */
int xsc_tx_end(struct xs_client *c, uint32_t tx, bool commit);

/** xsc_watch() - get an event now and at each change at or below @path */
int xsc_watch(struct xs_client *c, const char *path, const char *token);

/** xsc_unwatch() - undo xsc_watch() of the same pair; -ENOENT */
int xsc_unwatch(struct xs_client *c, const char *path, const char *token);

/**
 * xsc_next_event() - take one watch event
 * @ev:         filled on success; free(ev->path)
 * @timeout_ms: how long to wait; 0 = only what is there, -1 = for ever
 *
 * Returns: 0, -EAGAIN when none came in time, -ECONNRESET
 */
int xsc_next_event(struct xs_client *c, struct xsc_event *ev, int timeout_ms);

/**
 * xsc_introduce() - tell the daemon a domain's ring and event channel
 * @mfn:  machine frame of the ring page (the daemon prefers grant 1)
 * @port: the domain's port, bound to dom0, that the daemon connects to
 */
int xsc_introduce(struct xs_client *c, unsigned int domid, uint64_t mfn,
		  unsigned int port);

/** xsc_release() - drop the daemon's connection to a domain; -ENOENT */
int xsc_release(struct xs_client *c, unsigned int domid);

/** xsc_is_introduced() - 1 yes, 0 no */
int xsc_is_introduced(struct xs_client *c, unsigned int domid);

/** xsc_resume() - a domain continues after suspend: forget its shutdown */
int xsc_resume(struct xs_client *c, unsigned int domid);

/** xsc_set_target() - @domid may act for @target (device model) */
int xsc_set_target(struct xs_client *c, unsigned int domid,
		   unsigned int target);

/** xsc_domain_path() - "/local/domain/N"; free(path) */
int xsc_domain_path(struct xs_client *c, unsigned int domid, char **path);

/**
 * xsc_control() - a daemon command such as "help"
 * @words: @count strings; the first is the command
 * @reply: malloc'ed text
 */
int xsc_control(struct xs_client *c, const char *const *words,
		unsigned int count, char **reply);

#endif
