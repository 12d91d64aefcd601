/*
 * lib/nlmsg.h: netlink messages, one or several in a packet
 *
 * Owns:       nothing: the packet is its caller's
 * Invariants: what does not fit is left out and makes nlp_talk() fail
 * ABI:        netlink(7)
 */
#ifndef LIB_NLMSG_H
#define LIB_NLMSG_H

#include <stddef.h>
#include <stdint.h>

#define NLP_ROOM 2048

struct nl_packet {
	_Alignas(8) char bytes[NLP_ROOM];
	size_t len;
	size_t last;	/* where the message being built begins */
	uint32_t count; /* messages, and the number of the last one */
	uint32_t acked; /* number of the last one that wants an answer */
	int full;	/* something did not fit */
};

/** nlp_init() - an empty packet */
void nlp_init(struct nl_packet *p);

/**
 * nlp_begin() - another message
 * @flags: NLM_F_* besides NLM_F_REQUEST
 * @body:  bytes of its fixed part
 *
 * Returns:  the fixed part, zeroed
 */
void *nlp_begin(struct nl_packet *p, uint16_t type, uint16_t flags,
		size_t body);

/** nlp_attr() - an attribute of the message begun last */
void nlp_attr(struct nl_packet *p, uint16_t type, const void *data, size_t len);

/** nlp_attr_u32(), nlp_attr_be32(), nlp_attr_text() - of these kinds */
void nlp_attr_u32(struct nl_packet *p, uint16_t type, uint32_t val);
void nlp_attr_be32(struct nl_packet *p, uint16_t type, uint32_t val);
void nlp_attr_text(struct nl_packet *p, uint16_t type, const char *text);

/**
 * nlp_nest(), nlp_nest_end() - attributes in between belong to this one
 *
 * Returns:  what nlp_nest_end() wants
 */
size_t nlp_nest(struct nl_packet *p, uint16_t type);
void nlp_nest_end(struct nl_packet *p, size_t nest);

/**
 * nlp_talk() - send the packet, wait for the answer to its last NLM_F_ACK
 * @protocol: NETLINK_ROUTE and so on
 *
 * Returns:  0, -EMSGSIZE, or the first negative errno in the answers
 */
int nlp_talk(struct nl_packet *p, int protocol);

#endif /* LIB_NLMSG_H */
