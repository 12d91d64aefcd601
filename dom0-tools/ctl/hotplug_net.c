/*
 * Networks: an interface that netback made becomes part of ours.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/hotplug.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/masquerade.h"
#include "lib/netlink.h"
#include "lib/xalloc.h"

#define SYSFS_BACK     "/sys/bus/xen-backend/devices"
#define MAKE_MS	       10000
#define DEFAULT_BRIDGE "xenbr0"
#define NAT_OFFSET     127 /* our end of a guest's address, as Xen has it */

static int failed(int rc, const char *what, const char *name)
{
	return err_set(rc, "cannot %s %s: %s", what, name, err_str(rc));
}

/* Under the name that a devd before this one, which was killed, gave it. */
static bool has_its_name(struct xs_client *xs, const struct device *dev,
			 char name[16])
{
	char *want = device_back_read(xs, dev, "vifname"), path[DEVICE_PATH];
	bool has = false;

	if (want && *want) {
		snprintf(path, sizeof(path), SYSFS_BACK "/vif-%u-%u/net/%s",
			 dev->domid, dev->devid, want);
		has = !access(path, F_OK);
	}
	if (has)
		snprintf(name, IFNAMSIZ, "%s", want);
	free(want);
	return has;
}

int hotplug_wait_interface(struct xs_client *xs, const struct device *dev,
			   char name[16])
{
	enum dev_state last;
	int ms, rc = device_wait_back(
			xs, dev, ~(1u << DEV_UNKNOWN | 1u << DEV_INITIALISING),
			MAKE_MS, &last);

	snprintf(name, IFNAMSIZ, "vif%u.%u", dev->domid, dev->devid);
	if (rc && rc != -ETIMEDOUT)
		return rc;
	for (ms = 0; !rc && ms < MAKE_MS; ms++) {
		if (if_nametoindex(name) || has_its_name(xs, dev, name))
			return 0;
		usleep(1000);
	}
	return err_set(-ETIMEDOUT,
		       "the back end did not make %s within %d s (its state: "
		       "%s)",
		       name, MAKE_MS / 1000, dev_state_name(last));
}

static int set_sysctl(const char *ifname, const char *key)
{
	char path[128];
	int fd, rc = 0;

	if (ifname)
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s",
			 ifname, key);
	else
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		rc = failed(-errno, "set", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Its own name, where one was asked for. The interface is still down. */
static int take_name(struct xs_client *xs, const struct device *dev,
		     char name[16])
{
	char *want = device_back_read(xs, dev, "vifname");
	int rc = 0;

	if (want && *want && strcmp(want, name)) {
		rc = nl_rename(name, want);
		if (rc == -EEXIST)
			err_set(rc,
				"there is an interface called %s already: "
				"choose another vifname",
				want);
		else if (rc)
			failed(rc, "rename an interface to", want);
		else
			snprintf(name, IFNAMSIZ, "%s", want);
	}
	free(want);
	return rc;
}

static int take_mtu(struct xs_client *xs, const struct device *dev,
		    const char *name, unsigned int standard)
{
	char *text = device_back_read(xs, dev, "mtu");
	unsigned int mtu = text ? strtoul(text, NULL, 10) : standard;
	int rc = mtu ? nl_set_mtu(name, mtu) : 0;

	free(text);
	return rc ? failed(rc, "set the mtu of", name) : 0;
}

static int bring_up(const char *name)
{
	int rc = nl_set_up(name, true);

	return rc ? failed(rc, "bring up", name) : 0;
}

int hotplug_check_bridge(const char *bridge)
{
	if (nl_is_bridge(bridge))
		return 0;
	return err_set(-ENODEV,
		       "there is no bridge %s: make one with vane "
		       "bridge-create %s",
		       bridge, bridge);
}

int hotplug_bridge_up(struct xs_client *xs, const struct device *dev)
{
	char name[16], *bridge = device_back_read(xs, dev, "bridge");
	int rc;

	if (!bridge)
		bridge = xstrdup(DEFAULT_BRIDGE);
	rc = hotplug_check_bridge(bridge);
	if (!rc)
		rc = hotplug_wait_interface(xs, dev, name);
	if (!rc)
		rc = take_name(xs, dev, name);
	if (!rc)
		rc = take_mtu(xs, dev, name, nl_mtu(bridge));
	if (!rc) {
		rc = nl_set_master(name, bridge);
		if (rc)
			failed(rc, "join bridge", bridge);
	}
	if (!rc)
		rc = bring_up(name);
	free(bridge);
	return rc;
}

/* -- routes -------------------------------------------------------------- */

static int each_address(char *list, int (*use)(const char *name, uint32_t addr),
			const char *name)
{
	struct in_addr addr;
	char *word, *save, *slash;
	int rc = 0;

	for (word = strtok_r(list, " ", &save); word && !rc;
	     word = strtok_r(NULL, " ", &save)) {
		slash = strchr(word, '/');
		if (slash)
			*slash = '\0';
		if (inet_pton(AF_INET, word, &addr) != 1)
			rc = err_set(-EINVAL, "\"%s\" is no IPv4 address",
				     word);
		else
			rc = use(name, addr.s_addr);
	}
	return rc;
}

static int with_addresses(struct xs_client *xs, const struct device *dev,
			  int (*use)(const char *name, uint32_t addr))
{
	char name[16], *list = device_back_read(xs, dev, "ip");
	int rc;

	if (!list || !*list) {
		free(list);
		return err_set(-EINVAL, "routed interfaces need the guest's "
					"address: add ip=10.0.0.2");
	}
	rc = hotplug_wait_interface(xs, dev, name);
	if (!rc)
		rc = take_name(xs, dev, name);
	if (!rc)
		rc = take_mtu(xs, dev, name, 0);
	if (!rc)
		rc = bring_up(name);
	if (!rc)
		rc = set_sysctl(NULL, "ip_forward");
	if (!rc)
		rc = set_sysctl(name, "proxy_arp");
	if (!rc)
		rc = each_address(list, use, name);
	free(list);
	return rc;
}

static int route_one(const char *name, uint32_t addr)
{
	int rc = nl_add_route(name, addr, 0);

	return rc ? failed(rc, "add a route through", name) : 0;
}

int hotplug_route_up(struct xs_client *xs, const struct device *dev)
{
	char *gw = device_back_read(xs, dev, "gatewaydev");
	int rc = with_addresses(xs, dev, route_one);

	if (!rc && gw)
		rc = set_sysctl(gw, "proxy_arp");
	free(gw);
	return rc;
}

static int nat_one(const char *name, uint32_t addr)
{
	uint32_t host = ntohl(addr), last = (host & 0xff) + NAT_OFFSET;
	uint32_t own = htonl((host & ~0xffu) | (last & 0xff));
	int rc = nl_add_address(name, own, 32);

	if (rc && rc != -EEXIST)
		return failed(rc, "give an address to", name);
	rc = nl_add_route(name, addr, own);
	if (rc)
		return failed(rc, "add a route through", name);
	rc = masquerade_add(addr);
	return rc ? err_set(rc,
			    "cannot masquerade the guest's address: %s: run "
			    "modprobe nft_chain_nat nft_masq",
			    err_str(rc))
		  : 0;
}

int hotplug_nat_up(struct xs_client *xs, const struct device *dev)
{
	return with_addresses(xs, dev, nat_one);
}

static int nat_gone(const char *name, uint32_t addr)
{
	int rc = masquerade_remove(addr);

	return rc ? failed(rc, "stop masquerading for", name) : 0;
}

int hotplug_nat_down(struct xs_client *xs, const struct device *dev)
{
	char *list = device_back_read(xs, dev, "ip");
	int rc = list ? each_address(list, nat_gone, "the guest") : 0;

	free(list);
	return rc;
}
