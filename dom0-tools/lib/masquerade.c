#include "lib/masquerade.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stddef.h>
/* after the C library's network headers */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "lib/nlmsg.h"

#define TABLE	    "paravane"
#define SET	    "guests"
#define CHAIN	    "postrouting"
#define SET_ID	    1	/* names the set within one packet */
#define IPV4_ADDR   7	/* the key's type, for nft(8) to show */
#define SRC_NAT	    100 /* priority of chains that change sources */
#define ADDR_BYTES  sizeof(uint32_t)
#define SOURCE	    offsetof(struct iphdr, saddr)
#define DESTINATION offsetof(struct iphdr, daddr)

static void begin(struct nl_packet *p, uint16_t type, uint16_t flags)
{
	struct nfgenmsg *g = nlp_begin(p, NFNL_SUBSYS_NFTABLES << 8 | type,
				       flags, sizeof(*g));

	g->nfgen_family = NFPROTO_IPV4;
}

/* All between the two takes effect together, or not at all. */
static void edge(struct nl_packet *p, uint16_t type)
{
	struct nfgenmsg *g = nlp_begin(p, type, 0, sizeof(*g));

	g->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

static void add_set(struct nl_packet *p)
{
	begin(p, NFT_MSG_NEWSET, NLM_F_CREATE);
	nlp_attr_text(p, NFTA_SET_TABLE, TABLE);
	nlp_attr_text(p, NFTA_SET_NAME, SET);
	nlp_attr_be32(p, NFTA_SET_FLAGS, 0);
	nlp_attr_be32(p, NFTA_SET_KEY_TYPE, IPV4_ADDR);
	nlp_attr_be32(p, NFTA_SET_KEY_LEN, ADDR_BYTES);
	nlp_attr_be32(p, NFTA_SET_ID, SET_ID);
}

static void add_chain(struct nl_packet *p)
{
	size_t hook;

	begin(p, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nlp_attr_text(p, NFTA_CHAIN_TABLE, TABLE);
	nlp_attr_text(p, NFTA_CHAIN_NAME, CHAIN);
	hook = nlp_nest(p, NFTA_CHAIN_HOOK);
	nlp_attr_be32(p, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	nlp_attr_be32(p, NFTA_HOOK_PRIORITY, SRC_NAT);
	nlp_nest_end(p, hook);
	nlp_attr_text(p, NFTA_CHAIN_TYPE, "nat");
}

/* Is the address at that place of the header in the set? */
static void match(struct nl_packet *p, uint32_t offset, bool in_set)
{
	size_t elem = nlp_nest(p, NFTA_LIST_ELEM), data;

	nlp_attr_text(p, NFTA_EXPR_NAME, "payload");
	data = nlp_nest(p, NFTA_EXPR_DATA);
	nlp_attr_be32(p, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nlp_attr_be32(p, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nlp_attr_be32(p, NFTA_PAYLOAD_OFFSET, offset);
	nlp_attr_be32(p, NFTA_PAYLOAD_LEN, ADDR_BYTES);
	nlp_nest_end(p, data);
	nlp_nest_end(p, elem);

	elem = nlp_nest(p, NFTA_LIST_ELEM);
	nlp_attr_text(p, NFTA_EXPR_NAME, "lookup");
	data = nlp_nest(p, NFTA_EXPR_DATA);
	nlp_attr_text(p, NFTA_LOOKUP_SET, SET);
	nlp_attr_be32(p, NFTA_LOOKUP_SET_ID, SET_ID);
	nlp_attr_be32(p, NFTA_LOOKUP_SREG, NFT_REG_1);
	if (!in_set)
		nlp_attr_be32(p, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nlp_nest_end(p, data);
	nlp_nest_end(p, elem);
}

static void add_rule(struct nl_packet *p)
{
	size_t all, elem;

	begin(p, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK);
	nlp_attr_text(p, NFTA_RULE_TABLE, TABLE);
	nlp_attr_text(p, NFTA_RULE_CHAIN, CHAIN);
	all = nlp_nest(p, NFTA_RULE_EXPRESSIONS);
	match(p, SOURCE, true);
	match(p, DESTINATION, false);
	elem = nlp_nest(p, NFTA_LIST_ELEM);
	nlp_attr_text(p, NFTA_EXPR_NAME, "masq");
	nlp_nest_end(p, nlp_nest(p, NFTA_EXPR_DATA));
	nlp_nest_end(p, elem);
	nlp_nest_end(p, all);
}

/* What every guest needs, made by the first one. */
static int make_table(void)
{
	struct nl_packet p;
	int rc;

	nlp_init(&p);
	edge(&p, NFNL_MSG_BATCH_BEGIN);
	begin(&p, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	nlp_attr_text(&p, NFTA_TABLE_NAME, TABLE);
	add_set(&p);
	add_chain(&p);
	add_rule(&p);
	edge(&p, NFNL_MSG_BATCH_END);
	rc = nlp_talk(&p, NETLINK_NETFILTER);
	return rc == -EEXIST ? 0 : rc;
}

static int change(uint16_t type, uint16_t flags, uint32_t addr)
{
	size_t list, elem, key;
	struct nl_packet p;

	nlp_init(&p);
	edge(&p, NFNL_MSG_BATCH_BEGIN);
	begin(&p, type, flags | NLM_F_ACK);
	nlp_attr_text(&p, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	nlp_attr_text(&p, NFTA_SET_ELEM_LIST_SET, SET);
	list = nlp_nest(&p, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = nlp_nest(&p, NFTA_LIST_ELEM);
	key = nlp_nest(&p, NFTA_SET_ELEM_KEY);
	nlp_attr(&p, NFTA_DATA_VALUE, &addr, sizeof(addr));
	nlp_nest_end(&p, key);
	nlp_nest_end(&p, elem);
	nlp_nest_end(&p, list);
	edge(&p, NFNL_MSG_BATCH_END);
	return nlp_talk(&p, NETLINK_NETFILTER);
}

int masquerade_add(uint32_t addr)
{
	int rc = make_table();

	return rc ? rc : change(NFT_MSG_NEWSETELEM, NLM_F_CREATE, addr);
}

int masquerade_remove(uint32_t addr)
{
	int rc = change(NFT_MSG_DELSETELEM, 0, addr);

	return rc == -ENOENT ? 0 : rc;
}
