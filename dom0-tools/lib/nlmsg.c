#include "lib/nlmsg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct nlmsghdr *last(struct nl_packet *p)
{
	return (struct nlmsghdr *)(p->bytes + p->last);
}

void nlp_init(struct nl_packet *p)
{
	memset(p, 0, sizeof(*p));
}

/* @len zeroed bytes at the end; the start of the packet when it is full. */
static void *append(struct nl_packet *p, size_t len)
{
	size_t at = p->len;

	len = NLMSG_ALIGN(len);
	if (p->full || at + len > NLP_ROOM) {
		p->full = 1;
		return NULL;
	}
	p->len = at + len;
	return p->bytes + at;
}

void *nlp_begin(struct nl_packet *p, uint16_t type, uint16_t flags, size_t body)
{
	static char nowhere[64];
	size_t at = p->len;
	struct nlmsghdr *h = append(p, NLMSG_LENGTH(body));

	if (!h)
		return nowhere;
	p->last = at;
	h->nlmsg_len = NLMSG_LENGTH(body);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++p->count;
	if (flags & NLM_F_ACK)
		p->acked = p->count;
	return NLMSG_DATA(h);
}

void nlp_attr(struct nl_packet *p, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = append(p, NLA_HDRLEN + len);

	if (!a)
		return;
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	last(p)->nlmsg_len = p->len - p->last;
}

void nlp_attr_u32(struct nl_packet *p, uint16_t type, uint32_t val)
{
	nlp_attr(p, type, &val, sizeof(val));
}

void nlp_attr_be32(struct nl_packet *p, uint16_t type, uint32_t val)
{
	nlp_attr_u32(p, type, htonl(val));
}

void nlp_attr_text(struct nl_packet *p, uint16_t type, const char *text)
{
	nlp_attr(p, type, text, strlen(text) + 1);
}

size_t nlp_nest(struct nl_packet *p, uint16_t type)
{
	size_t at = p->len;

	nlp_attr(p, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nlp_nest_end(struct nl_packet *p, size_t nest)
{
	if (!p->full)
		((struct nlattr *)(p->bytes + nest))->nla_len = p->len - nest;
}

/*
 * Errors come for every message, acknowledgements where they were wanted; all
 * of them are there when send() returns.
 */
static int receive(const struct nl_packet *p, int fd)
{
	union {
		struct nlmsghdr hdr;
		char bytes[8192];
	} in;
	const struct nlmsgerr *err;
	struct nlmsghdr *h;
	int rc = 0;
	ssize_t n;

	for (;;) {
		n = recv(fd, &in, sizeof(in), rc ? MSG_DONTWAIT : 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rc ? rc : -errno;
		for (h = &in.hdr; NLMSG_OK(h, (size_t)n);
		     h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type != NLMSG_ERROR ||
			    h->nlmsg_len < NLMSG_LENGTH(sizeof(*err)))
				return -EPROTO;
			err = NLMSG_DATA(h);
			if (!rc)
				rc = err->error;
			if (h->nlmsg_seq >= p->acked)
				return rc;
		}
	}
}

int nlp_talk(struct nl_packet *p, int protocol)
{
	int fd, rc;

	if (p->full)
		return -EMSGSIZE;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return -errno;
	rc = send(fd, p->bytes, p->len, 0) < 0 ? -errno : receive(p, fd);
	close(fd);
	return rc;
}
