#include "lib/netlink.h"

#include <errno.h>
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/nlmsg.h"

static void *begin(struct nl_packet *r, uint16_t type, uint16_t flags,
		   size_t body)
{
	nlp_init(r);
	return nlp_begin(r, type, NLM_F_ACK | flags, body);
}

static int talk(struct nl_packet *r)
{
	return nlp_talk(r, NETLINK_ROUTE);
}

/* A change of one existing interface. */
static int begin_link(struct nl_packet *r, const char *ifname)
{
	struct ifinfomsg *info = begin(r, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = if_nametoindex(ifname);
	return info->ifi_index ? 0 : -ENODEV;
}

int nl_rename(const char *ifname, const char *newname)
{
	struct nl_packet r;
	int rc = begin_link(&r, ifname);

	if (rc)
		return rc;
	nlp_attr_text(&r, IFLA_IFNAME, newname);
	return talk(&r);
}

int nl_set_up(const char *ifname, bool up)
{
	struct ifinfomsg *info;
	struct nl_packet r;
	int rc = begin_link(&r, ifname);

	if (rc)
		return rc;
	info = NLMSG_DATA((struct nlmsghdr *)r.bytes);
	info->ifi_flags = up ? IFF_UP : 0;
	info->ifi_change = IFF_UP;
	return talk(&r);
}

int nl_set_mtu(const char *ifname, unsigned int mtu)
{
	struct nl_packet r;
	int rc = begin_link(&r, ifname);

	if (rc)
		return rc;
	nlp_attr_u32(&r, IFLA_MTU, mtu);
	return talk(&r);
}

int nl_set_master(const char *ifname, const char *bridge)
{
	unsigned int master = bridge ? if_nametoindex(bridge) : 0;
	struct nl_packet r;
	int rc = begin_link(&r, ifname);

	if (rc || (bridge && !master))
		return -ENODEV;
	nlp_attr_u32(&r, IFLA_MASTER, master);
	return talk(&r);
}

int nl_add_bridge(const char *bridge)
{
	struct nl_packet r;
	size_t nest;

	begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	      sizeof(struct ifinfomsg));
	nlp_attr_text(&r, IFLA_IFNAME, bridge);
	nest = nlp_nest(&r, IFLA_LINKINFO);
	nlp_attr_text(&r, IFLA_INFO_KIND, "bridge");
	nlp_nest_end(&r, nest);
	return talk(&r);
}

int nl_delete(const char *ifname)
{
	struct nl_packet r;
	struct ifinfomsg *info = begin(&r, RTM_DELLINK, 0, sizeof(*info));

	info->ifi_index = if_nametoindex(ifname);
	return info->ifi_index ? talk(&r) : -ENODEV;
}

int nl_add_address(const char *ifname, uint32_t addr, unsigned int prefix)
{
	struct nl_packet r;
	struct ifaddrmsg *msg =
		begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*msg));

	msg->ifa_family = AF_INET;
	msg->ifa_prefixlen = prefix;
	msg->ifa_index = if_nametoindex(ifname);
	if (!msg->ifa_index)
		return -ENODEV;
	nlp_attr_u32(&r, IFA_LOCAL, addr);
	nlp_attr_u32(&r, IFA_ADDRESS, addr);
	if (prefix < 31)
		nlp_attr_u32(&r, IFA_BROADCAST, addr | htonl(~0u >> prefix));
	return talk(&r);
}

int nl_add_route(const char *ifname, uint32_t dst, uint32_t src)
{
	struct nl_packet r;
	struct rtmsg *msg = begin(&r, RTM_NEWROUTE,
				  NLM_F_CREATE | NLM_F_REPLACE, sizeof(*msg));
	unsigned int oif = if_nametoindex(ifname);

	if (!oif)
		return -ENODEV;
	msg->rtm_family = AF_INET;
	msg->rtm_dst_len = 32;
	msg->rtm_table = RT_TABLE_MAIN;
	msg->rtm_protocol = RTPROT_STATIC;
	msg->rtm_scope = RT_SCOPE_LINK;
	msg->rtm_type = RTN_UNICAST;
	nlp_attr_u32(&r, RTA_DST, dst);
	nlp_attr_u32(&r, RTA_OIF, oif);
	if (src)
		nlp_attr_u32(&r, RTA_PREFSRC, src);
	return talk(&r);
}

bool nl_is_bridge(const char *ifname)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%.16s/bridge", ifname);
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

unsigned int nl_mtu(const char *ifname)
{
	unsigned int mtu = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%.16s/mtu", ifname);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%u", &mtu) != 1)
		mtu = 0;
	fclose(f);
	return mtu;
}
