#include "xs_client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <xen/xs_wire.h>

#include "xs_error.h"

#define XSC_MAX_PARTS 8u

/* A message from the daemon, NUL-terminated beyond its length. */
struct message {
	struct message *next;
	struct xsd_sockmsg hdr;
	char body[];
};

struct xs_client {
	int fd;
	int broken; /* -errno once the stream cannot be used any more */
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
		done = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
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
	n = recv(c->fd, to, want, MSG_DONTWAIT);
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

/* A request of up to XSC_MAX_PARTS pieces. *out may be NULL: reply ignored. */
static int talk(struct xs_client *c, uint32_t type, uint32_t tx,
		const struct iovec *parts, unsigned int n, struct message **out)
{
	struct xsd_sockmsg hdr = {
		.type = type, .req_id = ++c->req_id, .tx_id = tx};
	struct iovec iov[XSC_MAX_PARTS + 1] = {{&hdr, sizeof(hdr)}};
	struct message *m;
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

static struct iovec text(const char *s)
{
	return (struct iovec){(void *)(uintptr_t)s, strlen(s) + 1};
}

/* A request whose payload is one string. */
static int talk_string(struct xs_client *c, uint32_t type, uint32_t tx,
		       const char *s, struct message **out)
{
	struct iovec part = text(s);

	return talk(c, type, tx, &part, 1, out);
}

static int talk_domid(struct xs_client *c, uint32_t type, unsigned int domid,
		      struct message **out)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%u", domid);
	return talk_string(c, type, XSC_NO_TX, buf, out);
}

/* Hand a message's body to the caller as a block of its own. */
static int give_body(struct message *m, char **val, size_t *len)
{
	size_t n = m->hdr.len;

	memmove(m, m->body, n);
	*val = (char *)m;
	(*val)[n] = '\0';
	if (len)
		*len = n;
	return 0;
}

int xsc_read(struct xs_client *c, uint32_t tx, const char *path, char **val,
	     size_t *len)
{
	struct message *m;
	int rc = talk_string(c, XS_READ, tx, path, &m);

	return rc ? rc : give_body(m, val, len);
}

int xsc_readf(struct xs_client *c, uint32_t tx, char **val, const char *fmt,
	      ...)
{
	char *path;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vasprintf(&path, fmt, ap);
	va_end(ap);
	if (rc < 0)
		return -ENOMEM;
	rc = xsc_read(c, tx, path, val, NULL);
	free(path);
	return rc;
}

int xsc_read_u64(struct xs_client *c, uint32_t tx, const char *path,
		 uint64_t *val)
{
	char *s, *end;
	int rc = xsc_read(c, tx, path, &s, NULL);
	uint64_t v;

	if (rc)
		return rc;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno || end == s || *end)
		rc = -EINVAL;
	else
		*val = v;
	free(s);
	return rc;
}

int xsc_write(struct xs_client *c, uint32_t tx, const char *path,
	      const void *val, size_t len)
{
	struct iovec parts[2] = {text(path), {(void *)(uintptr_t)val, len}};

	return talk(c, XS_WRITE, tx, parts, 2, NULL);
}

int xsc_printf(struct xs_client *c, uint32_t tx, const char *path,
	       const char *fmt, ...)
{
	va_list ap;
	char *val;
	int rc;

	va_start(ap, fmt);
	rc = vasprintf(&val, fmt, ap);
	va_end(ap);
	if (rc < 0)
		return -ENOMEM;
	rc = xsc_write(c, tx, path, val, strlen(val));
	free(val);
	return rc;
}

int xsc_mkdir(struct xs_client *c, uint32_t tx, const char *path)
{
	return talk_string(c, XS_MKDIR, tx, path, NULL);
}

int xsc_rm(struct xs_client *c, uint32_t tx, const char *path)
{
	return talk_string(c, XS_RM, tx, path, NULL);
}

/* NUL-separated names into one block: the array, then the strings. */
static int split_names(const char *s, size_t len, char ***names,
		       unsigned int *count)
{
	unsigned int n = 0, i;
	char **block, *p;
	size_t at;

	for (at = 0; at < len; at++)
		n += s[at] == '\0';
	block = malloc((n + 1) * sizeof(*block) + len);
	if (!block)
		return -ENOMEM;
	p = (char *)(block + n + 1);
	memcpy(p, s, len);
	for (i = 0; i < n; i++) {
		block[i] = p;
		p += strlen(p) + 1;
	}
	block[n] = NULL;
	*names = block;
	if (count)
		*count = n;
	return 0;
}

/* A growing list of names fetched in parts. */
struct names {
	char *buf;
	size_t len;
	char gen[24]; /* of the directory the names belong to */
	bool complete;
};

/* Take over one part; starts again when the directory has changed. */
static int add_part(struct names *t, const struct message *m)
{
	size_t head = strnlen(m->body, m->hdr.len) + 1, n;
	char *bigger;

	if (head > m->hdr.len || head > sizeof(t->gen))
		return -EPROTO;
	if (strcmp(t->gen, m->body)) {
		bool fresh = !t->gen[0];

		memcpy(t->gen, m->body, head);
		if (!fresh) {
			t->len = 0;
			return 0;
		}
	}
	n = m->hdr.len - head;
	if (n && !m->body[head + n - 1] && (n == 1 || !m->body[head + n - 2])) {
		t->complete = true;
		n--;
	}
	if (!n && !t->complete)
		return -EPROTO;
	bigger = realloc(t->buf, t->len + n + 1);
	if (!bigger)
		return -ENOMEM;
	t->buf = bigger;
	memcpy(t->buf + t->len, m->body + head, n);
	t->len += n;
	return 0;
}

static int directory_parts(struct xs_client *c, uint32_t tx, const char *path,
			   char ***names, unsigned int *count)
{
	struct names t = {.buf = NULL};
	struct message *m;
	char off[24];
	int rc = 0;

	while (!rc && !t.complete) {
		struct iovec parts[2] = {text(path)};

		snprintf(off, sizeof(off), "%zu", t.len);
		parts[1] = text(off);
		rc = talk(c, XS_DIRECTORY_PART, tx, parts, 2, &m);
		if (rc)
			break;
		rc = add_part(&t, m);
		free(m);
	}
	if (!rc)
		rc = split_names(t.buf, t.len, names, count);
	free(t.buf);
	return rc;
}

int xsc_directory(struct xs_client *c, uint32_t tx, const char *path,
		  char ***names, unsigned int *count)
{
	struct message *m;
	int rc = talk_string(c, XS_DIRECTORY, tx, path, &m);

	if (rc == -E2BIG)
		return directory_parts(c, tx, path, names, count);
	if (rc)
		return rc;
	rc = split_names(m->body, m->hdr.len, names, count);
	free(m);
	return rc;
}

static int parse_perm(struct xsc_perm *p, const char *s)
{
	char *end;

	if (!*s || !strchr("nrwb", *s))
		return -EPROTO;
	p->access = *s;
	p->domid = strtoul(s + 1, &end, 10);
	return end == s + 1 || *end ? -EPROTO : 0;
}

int xsc_get_perms(struct xs_client *c, uint32_t tx, const char *path,
		  struct xsc_perm **perms, unsigned int *count)
{
	struct xsc_perm *list = NULL;
	unsigned int n, i;
	struct message *m;
	char **words = NULL;
	int rc;

	rc = talk_string(c, XS_GET_PERMS, tx, path, &m);
	if (rc)
		return rc;
	rc = split_names(m->body, m->hdr.len, &words, &n);
	free(m);
	if (rc)
		return rc;
	list = calloc(n + 1, sizeof(*list));
	rc = list ? 0 : -ENOMEM;
	for (i = 0; !rc && i < n; i++)
		rc = parse_perm(&list[i], words[i]);
	free(words);
	if (rc) {
		free(list);
		return rc;
	}
	*perms = list;
	*count = n;
	return 0;
}

int xsc_set_perms(struct xs_client *c, uint32_t tx, const char *path,
		  const struct xsc_perm *perms, unsigned int count)
{
	char buf[XENSTORE_PAYLOAD_MAX];
	struct iovec parts[2] = {text(path), {buf, 0}};
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (used + 16 > sizeof(buf))
			return -E2BIG;
		used += snprintf(buf + used, 16, "%c%u", perms[i].access,
				 perms[i].domid & 0xffffu) +
			1;
	}
	parts[1].iov_len = used;
	return talk(c, XS_SET_PERMS, tx, parts, 2, NULL);
}

int xsc_tx_start(struct xs_client *c, uint32_t *tx)
{
	struct message *m;
	int rc = talk_string(c, XS_TRANSACTION_START, XSC_NO_TX, "", &m);

	if (rc)
		return rc;
	*tx = strtoul(m->body, NULL, 10);
	free(m);
	return *tx ? 0 : -EPROTO;
}

int xsc_tx_end(struct xs_client *c, uint32_t tx, bool commit)
{
	return talk_string(c, XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL);
}

static int talk_watch(struct xs_client *c, uint32_t type, const char *path,
		      const char *token)
{
	struct iovec parts[2] = {text(path), text(token)};

	return talk(c, type, XSC_NO_TX, parts, 2, NULL);
}

int xsc_watch(struct xs_client *c, const char *path, const char *token)
{
	return talk_watch(c, XS_WATCH, path, token);
}

int xsc_unwatch(struct xs_client *c, const char *path, const char *token)
{
	return talk_watch(c, XS_UNWATCH, path, token);
}

static int take_event(struct message *m, struct xsc_event *ev)
{
	size_t len, plen;
	char *s;

	give_body(m, &s, &len);
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

int xsc_introduce(struct xs_client *c, unsigned int domid, uint64_t mfn,
		  unsigned int port)
{
	char words[3][24];
	struct iovec parts[3];
	unsigned int i;

	snprintf(words[0], sizeof(words[0]), "%u", domid);
	snprintf(words[1], sizeof(words[1]), "%llu", (unsigned long long)mfn);
	snprintf(words[2], sizeof(words[2]), "%u", port);
	for (i = 0; i < 3; i++)
		parts[i] = text(words[i]);
	return talk(c, XS_INTRODUCE, XSC_NO_TX, parts, 3, NULL);
}

int xsc_release(struct xs_client *c, unsigned int domid)
{
	return talk_domid(c, XS_RELEASE, domid, NULL);
}

int xsc_is_introduced(struct xs_client *c, unsigned int domid)
{
	struct message *m;
	int rc = talk_domid(c, XS_IS_DOMAIN_INTRODUCED, domid, &m);

	if (rc)
		return rc;
	rc = m->body[0] == 'T';
	free(m);
	return rc;
}

int xsc_resume(struct xs_client *c, unsigned int domid)
{
	return talk_domid(c, XS_RESUME, domid, NULL);
}

int xsc_set_target(struct xs_client *c, unsigned int domid, unsigned int target)
{
	char words[2][16];
	struct iovec parts[2];

	snprintf(words[0], sizeof(words[0]), "%u", domid);
	snprintf(words[1], sizeof(words[1]), "%u", target);
	parts[0] = text(words[0]);
	parts[1] = text(words[1]);
	return talk(c, XS_SET_TARGET, XSC_NO_TX, parts, 2, NULL);
}

int xsc_domain_path(struct xs_client *c, unsigned int domid, char **path)
{
	struct message *m;
	int rc = talk_domid(c, XS_GET_DOMAIN_PATH, domid, &m);

	return rc ? rc : give_body(m, path, NULL);
}

int xsc_control(struct xs_client *c, const char *const *words,
		unsigned int count, char **reply)
{
	struct iovec parts[XSC_MAX_PARTS];
	struct message *m;
	unsigned int i;
	int rc;

	if (!count || count > XSC_MAX_PARTS)
		return -EINVAL;
	for (i = 0; i < count; i++)
		parts[i] = text(words[i]);
	rc = talk(c, XS_CONTROL, XSC_NO_TX, parts, count, &m);
	return rc ? rc : give_body(m, reply, NULL);
}
