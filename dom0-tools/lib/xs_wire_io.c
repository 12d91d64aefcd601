#include "xs_wire_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "xs_client.h"
#include "xs_error.h"

#define KERNEL_RING "/dev/xen/xenbus"

struct xs_client {
	int fd;
	bool device; /* the kernel's device file, not a socket */
	int broken;  /* -errno once the stream cannot be used any more */
	uint32_t req_id;
	struct message *events; /* oldest first */
	struct message **events_end;
	size_t have; /* bytes of the message being received */
	struct xsd_sockmsg hdr;
	struct message *cur;
};

const char *xsc_socket_path(void)
{
	static char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *s = getenv("XENSTORED_PATH");

	if (s && *s)
		return s;
	s = getenv("XENSTORED_RUNDIR");
	snprintf(path, sizeof(path), "%s/socket",
		 s && *s ? s : "/run/xenstored");
	return path;
}

int xsc_open(struct xs_client **out, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct xs_client *c;
	int rc;

	if (!path)
		path = xsc_socket_path();
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->events_end = &c->events;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 ||
	    connect(c->fd, (struct sockaddr *)&addr, sizeof(addr))) {
		rc = -errno;
		xsc_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

int xsc_open_kernel(struct xs_client **out)
{
	struct xs_client *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	c->events_end = &c->events;
	c->device = true;
	c->fd = open(KERNEL_RING, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0) {
		rc = -errno;
		xsc_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

void xsc_close(struct xs_client *c)
{
	struct message *m;

	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	while ((m = c->events)) {
		c->events = m->next;
		free(m);
	}
	free(c->cur);
	free(c);
}

int xsc_fd(const struct xs_client *c)
{
	return c->fd;
}

static int broken(struct xs_client *c, int rc)
{
	c->broken = rc;
	return rc;
}

/* Send everything; sockets of a daemon that went away do not raise SIGPIPE. */
static int send_all(struct xs_client *c, struct iovec *iov, unsigned int n)
{
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = n};
	ssize_t done;

	while (msg.msg_iovlen) {
		done = c->device ? writev(c->fd, msg.msg_iov, msg.msg_iovlen)
				 : sendmsg(c->fd, &msg, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return broken(c, -ECONNRESET);
		while (msg.msg_iovlen && (size_t)done >= msg.msg_iov->iov_len) {
			done -= msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (msg.msg_iovlen) {
			msg.msg_iov->iov_base =
				(char *)msg.msg_iov->iov_base + done;
			msg.msg_iov->iov_len -= done;
		}
	}
	return 0;
}

/* Receive into the message under way. 0: progress, -EAGAIN: nothing there. */
static int receive_some(struct xs_client *c)
{
	size_t want = sizeof(c->hdr) - c->have;
	char *to = (char *)&c->hdr + c->have;
	ssize_t n;

	if (c->cur) {
		to = c->cur->body + (c->have - sizeof(c->hdr));
		want = sizeof(c->hdr) + c->hdr.len - c->have;
	}
	n = c->device ? read(c->fd, to, want)
		      : recv(c->fd, to, want, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0)
		return broken(c, -ECONNRESET);
	c->have += n;
	if (c->have != sizeof(c->hdr) || c->cur)
		return 0;
	if (c->hdr.len > XENSTORE_PAYLOAD_MAX)
		return broken(c, -EPROTO);
	c->cur = calloc(1, sizeof(*c->cur) + c->hdr.len + 1);
	return c->cur ? 0 : broken(c, -ENOMEM);
}

static int wait_readable(struct xs_client *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	int n = poll(&p, 1, timeout_ms);

	if (n < 0 && errno != EINTR)
		return -errno;
	return n == 0 ? -EAGAIN : 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* One complete message. @timeout_ms as in poll(); -EAGAIN when it ends. */
static int receive(struct xs_client *c, int timeout_ms, struct message **out)
{
	int64_t until = now_ms() + timeout_ms, left;
	int rc = c->broken;

	while (!rc && !(c->cur && c->have == sizeof(c->hdr) + c->hdr.len)) {
		rc = receive_some(c);
		if (rc != -EAGAIN)
			continue;
		left = until - now_ms();
		if (timeout_ms >= 0 && left <= 0)
			return -EAGAIN;
		rc = wait_readable(c, timeout_ms < 0 ? -1 : (int)left);
		if (rc == -EAGAIN)
			return rc;
	}
	if (rc)
		return rc;
	*out = c->cur;
	(*out)->hdr = c->hdr;
	c->cur = NULL;
	c->have = 0;
	return 0;
}

static void queue_event(struct xs_client *c, struct message *m)
{
	m->next = NULL;
	*c->events_end = m;
	c->events_end = &m->next;
}

/* The reply to the request just sent; events on the way are kept. */
static int receive_reply(struct xs_client *c, uint32_t type,
			 struct message **out)
{
	struct message *m;
	int rc;

	for (;;) {
		rc = receive(c, -1, &m);
		if (rc)
			return rc;
		if (m->hdr.type != XS_WATCH_EVENT)
			break;
		queue_event(c, m);
	}
	if (m->hdr.type == XS_ERROR) {
		rc = -xs_error_number(m->body);
	} else if (m->hdr.type != type || m->hdr.req_id != c->req_id) {
		rc = broken(c, -EPROTO);
	} else {
		*out = m;
		return 0;
	}
	free(m);
	return rc;
}

int xsc_talk(struct xs_client *c, uint32_t type, uint32_t tx,
	     const struct iovec *parts, unsigned int n, struct message **out)
{
	struct xsd_sockmsg hdr = {
		.type = type, .req_id = ++c->req_id, .tx_id = tx};
	struct iovec iov[XSC_MAX_PARTS + 1] = {{&hdr, sizeof(hdr)}};
	struct message *m = NULL;
	size_t len = 0;
	unsigned int i;
	int rc;

	if (c->broken)
		return c->broken;
	for (i = 0; i < n; i++) {
		iov[i + 1] = parts[i];
		len += parts[i].iov_len;
	}
	if (len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	hdr.len = len;
	rc = send_all(c, iov, n + 1);
	if (!rc)
		rc = receive_reply(c, type, &m);
	if (rc)
		return rc;
	if (out)
		*out = m;
	else
		free(m);
	return 0;
}

int xsc_give_body(struct message *m, char **val, size_t *len)
{
	size_t n = m->hdr.len;

	memmove(m, m->body, n);
	*val = (char *)m;
	(*val)[n] = '\0';
	if (len)
		*len = n;
	return 0;
}

static int take_event(struct message *m, struct xsc_event *ev)
{
	size_t len, plen;
	char *s;

	xsc_give_body(m, &s, &len);
	plen = strlen(s) + 1;
	if (plen >= len) {
		free(s);
		return -EPROTO;
	}
	ev->path = s;
	ev->token = s + plen;
	return 0;
}

int xsc_next_event(struct xs_client *c, struct xsc_event *ev, int timeout_ms)
{
	struct message *m = c->events;
	int rc;

	if (m) {
		c->events = m->next;
		if (!c->events)
			c->events_end = &c->events;
		return take_event(m, ev);
	}
	rc = receive(c, timeout_ms, &m);
	if (rc)
		return rc;
	if (m->hdr.type == XS_WATCH_EVENT)
		return take_event(m, ev);
	free(m);
	return broken(c, -EPROTO);
}
