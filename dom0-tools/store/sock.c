#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "conn.h"
#include "lib/err.h"
#include "lib/log.h"
#include "store.h"

struct client {
	struct list link; /* in socks.clients */
	struct conn *conn;
	int fd;
};

struct socks {
	struct store *store;
	struct list clients;
	size_t count;
	int fd;
	bool full; /* out of descriptors: accept again when one is closed */
	struct sockaddr_un addr;
};

static bool somebody_listens(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = !connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	close(fd);
	return yes;
}

static int listen_on(struct socks *k)
{
	const char *path = k->addr.sun_path;

	if (somebody_listens(&k->addr))
		return err_set(-EADDRINUSE,
			       "another store daemon serves %s; stop it first",
			       path);
	unlink(path);
	k->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->fd < 0 ||
	    bind(k->fd, (struct sockaddr *)&k->addr, sizeof(k->addr)) ||
	    chmod(path, 0600) || listen(k->fd, 32))
		return err_set(-errno, "cannot listen on %s: %s", path,
			       err_str(errno));
	return 0;
}

int sock_open(struct socks **out, struct store *s, const char *path,
	      int inherited)
{
	struct socks *k;
	int rc;

	if (strlen(path) >= sizeof(k->addr.sun_path))
		return err_set(-ENAMETOOLONG, "%s: too long for a socket",
			       path);
	k = calloc(1, sizeof(*k));
	if (!k)
		return err_set(-ENOMEM, "out of memory");
	k->store = s;
	k->fd = inherited;
	list_init(&k->clients);
	k->addr.sun_family = AF_UNIX;
	strcpy(k->addr.sun_path, path);
	rc = inherited < 0 ? listen_on(k) : 0;
	if (rc) {
		if (k->fd >= 0)
			close(k->fd);
		free(k);
		return rc;
	}
	*out = k;
	return 0;
}

static void drop(struct socks *k, struct client *cl)
{
	conn_free(cl->conn);
	close(cl->fd);
	list_del(&cl->link);
	free(cl);
	k->count--;
	k->full = false;
}

void sock_close(struct socks *k)
{
	struct list *p, *tmp;

	if (!k)
		return;
	list_for_each (p, tmp, &k->clients)
		drop(k, list_entry(p, struct client, link));
	unlink(k->addr.sun_path);
	close(k->fd);
	free(k);
}

/* Takes over @fd, whatever comes of it. */
static struct conn *add_client(struct socks *k, int fd)
{
	struct client *cl = calloc(1, sizeof(*cl));

	if (cl)
		cl->conn = conn_new(k->store, 0);
	if (!cl || !cl->conn) {
		log_error("out of memory: a client was turned away");
		free(cl);
		close(fd);
		return NULL;
	}
	cl->fd = fd;
	cl->conn->key = CONN_LOCAL + fd;
	list_add_tail(&k->clients, &cl->link);
	k->count++;
	return cl->conn;
}

static void accept_one(struct socks *k)
{
	int fd = accept4(k->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		add_client(k, fd);
	} else if (errno == EMFILE || errno == ENFILE) {
		log_error("too many clients; others have to wait");
		k->full = true;
	}
}

struct conn *sock_adopt(struct socks *k, uint32_t key)
{
	int fd = key - CONN_LOCAL;

	if (fcntl(fd, F_SETFD, FD_CLOEXEC))
		return NULL;
	return add_client(k, fd);
}

int sock_keep(struct socks *k, bool keep)
{
	int flags = keep ? 0 : FD_CLOEXEC;
	struct list *p, *tmp;

	list_for_each (p, tmp, &k->clients)
		fcntl(list_entry(p, struct client, link)->fd, F_SETFD, flags);
	fcntl(k->fd, F_SETFD, flags);
	return k->fd;
}

size_t sock_count(const struct socks *k)
{
	return k->count + 1;
}

size_t sock_poll(struct socks *k, struct pollfd *p, size_t max)
{
	struct list *q, *tmp;
	const void *bytes;
	size_t n = 0;

	p[n++] = (struct pollfd){.fd = k->fd, .events = k->full ? 0 : POLLIN};
	list_for_each (q, tmp, &k->clients) {
		struct client *cl = list_entry(q, struct client, link);

		if (n == max)
			break;
		p[n] = (struct pollfd){.fd = cl->fd, .events = POLLIN};
		if (conn_output(cl->conn, &bytes))
			p[n].events |= POLLOUT;
		n++;
	}
	return n;
}

/* 0 or -errno when the client is gone. */
static int receive(struct client *cl)
{
	char buf[4096];
	ssize_t n = recv(cl->fd, buf, sizeof(buf), 0);

	if (n > 0) {
		conn_feed(cl->conn, buf, n);
		return cl->conn->bad ? -EPROTO : 0;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return -ECONNRESET;
}

static int transmit(struct client *cl)
{
	const void *bytes;
	ssize_t n;
	size_t len;

	while ((len = conn_output(cl->conn, &bytes))) {
		n = send(cl->fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		conn_sent(cl->conn, n);
	}
	return cl->conn->bad ? -EPROTO : 0;
}

void sock_handle(struct socks *k, const struct pollfd *p, size_t n)
{
	struct list *q, *tmp;
	size_t i = 1;
	int rc;

	list_for_each (q, tmp, &k->clients) {
		struct client *cl = list_entry(q, struct client, link);

		if (i == n)
			break;
		rc = 0;
		if (p[i].revents & (POLLIN | POLLHUP | POLLERR))
			rc = receive(cl);
		if (!rc)
			rc = transmit(cl);
		if (rc)
			drop(k, cl);
		i++;
	}
	if (p[0].revents & POLLIN)
		accept_one(k);
}
