/*
 * sock.h: local clients of the store
 *
 * Owns:       the listening socket and one descriptor per client
 * Invariants: every client has a connection acting as dom0, whose key
 *             tells its descriptor
 * Lock:       none
 * ABI:        /run/xenstored/socket, stream of messages
 */
#ifndef STORE_SOCK_H
#define STORE_SOCK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct socks;
struct store;

/**
 * sock_open() - listen; an old socket file nobody listens on is replaced
 * @inherited: a descriptor that listens on @path already, or -1
 *
 * Returns: 0, or a negative errno with err_set(); -EADDRINUSE when another
 *          daemon serves @path
 */
int sock_open(struct socks **out, struct store *s, const char *path,
	      int inherited);

/** sock_adopt() - take over an open client by the key of its connection */
struct conn *sock_adopt(struct socks *k, uint32_t key);

/**
 * sock_keep() - should descriptors stay open across execve()?
 *
 * Returns: the listening one
 */
int sock_keep(struct socks *k, bool keep);

/** sock_close() - drop all clients and remove the socket file */
void sock_close(struct socks *k);

/** sock_poll() - fill in what to wait for; number of entries, at most @max */
size_t sock_poll(struct socks *k, struct pollfd *p, size_t max);

/** sock_count() - entries sock_poll() needs */
size_t sock_count(const struct socks *k);

/** sock_handle() - act on what poll() said of the entries of sock_poll() */
void sock_handle(struct socks *k, const struct pollfd *p, size_t n);

#endif
