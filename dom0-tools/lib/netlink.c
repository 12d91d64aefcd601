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
#include <unistd.h>

#define ROOM 512

/* One request, header first; attributes are appended behind its body. */
struct request {
	union {
		struct nlmsghdr hdr;
		char bytes[ROOM];
	};
};

static void *begin(struct request *r, uint16_t type, uint16_t flags,
		   size_t body)
{
	memset(r, 0, sizeof(*r));
	r->hdr.nlmsg_len = NLMSG_LENGTH(body);
	r->hdr.nlmsg_type = type;
	r->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return NLMSG_DATA(&r->hdr);
}

static struct rtattr *attr(struct request *r, uint16_t type, const void *data,
			   size_t len)
{
	size_t at = NLMSG_ALIGN(r->hdr.nlmsg_len);
	struct rtattr *a = (struct rtattr *)(r->bytes + at);

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	r->hdr.nlmsg_len = at + RTA_ALIGN(a->rta_len);
	return a;
}

static void attr_u32(struct request *r, uint16_t type, uint32_t val)
{
	attr(r, type, &val, sizeof(val));
}

static void attr_text(struct request *r, uint16_t type, const char *text)
{
	attr(r, type, text, strlen(text) + 1);
}

static int receive_ack(int fd)
{
	union {
		struct nlmsghdr hdr;
		char bytes[4096];
	} in;
	const struct nlmsgerr *err;
	ssize_t n;

	do
		n = recv(fd, &in, sizeof(in), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < NLMSG_LENGTH(sizeof(*err)) ||
	    in.hdr.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	err = NLMSG_DATA(&in.hdr);
	return err->error;
}

static int talk(struct request *r)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int rc;

	if (fd < 0)
		return -errno;
	rc = send(fd, r, r->hdr.nlmsg_len, 0) < 0 ? -errno : receive_ack(fd);
	close(fd);
	return rc;
}

/* A change of one existing interface. */
static int begin_link(struct request *r, const char *ifname)
{
	struct ifinfomsg *info = begin(r, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = if_nametoindex(ifname);
	return info->ifi_index ? 0 : -ENODEV;
}

int nl_rename(const char *ifname, const char *newname)
{
	struct request r;
	int rc = begin_link(&r, ifname);

	if (rc)
		return rc;
	attr_text(&r, IFLA_IFNAME, newname);
	return talk(&r);
}

int nl_set_up(const char *ifname, bool up)
{
	struct ifinfomsg *info;
	struct request r;
	int rc = begin_link(&r, ifname);

	if (rc)
		return rc;
	info = NLMSG_DATA(&r.hdr);
	info->ifi_flags = up ? IFF_UP : 0;
	info->ifi_change = IFF_UP;
	return talk(&r);
}

int nl_set_mtu(const char *ifname, unsigned int mtu)
{
	struct request r;
	int rc = begin_link(&r, ifname);

	if (rc)
		return rc;
	attr_u32(&r, IFLA_MTU, mtu);
	return talk(&r);
}

int nl_set_master(const char *ifname, const char *bridge)
{
	unsigned int master = bridge ? if_nametoindex(bridge) : 0;
	struct request r;
	int rc = begin_link(&r, ifname);

	if (rc || (bridge && !master))
		return -ENODEV;
	attr_u32(&r, IFLA_MASTER, master);
	return talk(&r);
}

int nl_add_bridge(const char *bridge)
{
	struct rtattr *nest;
	struct request r;

	begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	      sizeof(struct ifinfomsg));
	attr_text(&r, IFLA_IFNAME, bridge);
	nest = attr(&r, IFLA_LINKINFO, NULL, 0);
	attr_text(&r, IFLA_INFO_KIND, "bridge");
	nest->rta_len = r.bytes + r.hdr.nlmsg_len - (char *)nest;
	return talk(&r);
}

int nl_delete(const char *ifname)
{
	struct request r;
	struct ifinfomsg *info = begin(&r, RTM_DELLINK, 0, sizeof(*info));

	info->ifi_index = if_nametoindex(ifname);
	return info->ifi_index ? talk(&r) : -ENODEV;
}

int nl_add_address(const char *ifname, uint32_t addr, unsigned int prefix)
{
	struct request r;
	struct ifaddrmsg *msg =
		begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*msg));

	msg->ifa_family = AF_INET;
	msg->ifa_prefixlen = prefix;
	msg->ifa_index = if_nametoindex(ifname);
	if (!msg->ifa_index)
		return -ENODEV;
	attr_u32(&r, IFA_LOCAL, addr);
	attr_u32(&r, IFA_ADDRESS, addr);
	if (prefix < 31)
		attr_u32(&r, IFA_BROADCAST, addr | htonl(~0u >> prefix));
	return talk(&r);
}

int nl_add_route(const char *ifname, uint32_t dst, uint32_t src)
{
	struct request r;
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
	attr_u32(&r, RTA_DST, dst);
	attr_u32(&r, RTA_OIF, oif);
	if (src)
		attr_u32(&r, RTA_PREFSRC, src);
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
