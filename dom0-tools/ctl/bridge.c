/*
 * ctl/bridge.c: the commands bridge-create, bridge-add and bridge-destroy
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/netlink.h"
#include "lib/xalloc.h"

#define MIN_MTU 68
#define MAX_MTU 65535

static int failed(int rc, const char *what, const char *name)
{
	return err_set(rc, "cannot %s %s: %s", what, name, err_str(rc));
}

/* "10.0.0.1/24" */
static int add_address(const char *bridge, const char *text)
{
	char *copy = xstrdup(text), *slash = strchr(copy, '/');
	unsigned int prefix;
	struct in_addr addr;
	int rc = 0;

	*slash = '\0';
	prefix = strtoul(slash + 1, NULL, 10);
	if (inet_pton(AF_INET, copy, &addr) != 1 || !prefix || prefix > 32)
		rc = err_set(-EINVAL,
			     "\"%s\" is no address; expected one such as "
			     "10.0.0.1/24",
			     text);
	free(copy);
	if (!rc) {
		rc = nl_add_address(bridge, addr.s_addr, prefix);
		if (rc == -EEXIST)
			rc = 0;
		else if (rc)
			failed(rc, "give an address to", bridge);
	}
	return rc;
}

static int add_port(const char *bridge, const char *port)
{
	int rc = nl_set_master(port, bridge);

	if (!rc)
		rc = nl_set_up(port, true);
	return rc ? failed(rc, "add to the bridge the interface", port) : 0;
}

static int set_mtu(const char *bridge, const char *text)
{
	char *end;
	unsigned long mtu = strtoul(text, &end, 10);
	int rc;

	if (!*text || *end || mtu < MIN_MTU || mtu > MAX_MTU)
		return err_set(-EINVAL,
			       "mtu \"%s\" is not a number from %d to %d", text,
			       MIN_MTU, MAX_MTU);
	rc = nl_set_mtu(bridge, mtu);
	return rc ? failed(rc, "set the mtu of", bridge) : 0;
}

static int add(const char *bridge, const char *word)
{
	if (!strncmp(word, "mtu=", 4))
		return set_mtu(bridge, word + 4);
	if (strchr(word, '/'))
		return add_address(bridge, word);
	return add_port(bridge, word);
}

static int add_all(const char *bridge, char *const *words, int n)
{
	int rc = nl_set_up(bridge, true), i;

	if (rc)
		return failed(rc, "bring up", bridge);
	for (i = 0; i < n && !rc; i++)
		rc = add(bridge, words[i]);
	return rc;
}

static int need_bridge(const char *name)
{
	return nl_is_bridge(name)
		       ? 0
		       : err_set(-ENODEV, "there is no bridge %s", name);
}

/* bridge-create NAME [PORT | ADDRESS/PREFIX | mtu=BYTES] ... */
int cmd_bridge_create(struct ctl *c, int argc, char **argv)
{
	int rc, rc2;

	if (argc < 2)
		return ctl_usage(c);
	rc = nl_add_bridge(argv[1]);
	if (rc == -EEXIST && nl_is_bridge(argv[1]))
		return err_set(rc,
			       "there is a bridge %s already: add to it with "
			       "vane bridge-add %s",
			       argv[1], argv[1]);
	if (rc == -EEXIST)
		return err_set(rc, "%s exists and is no bridge", argv[1]);
	if (rc == -EOPNOTSUPP)
		return err_set(rc, "this kernel has no bridges: run modprobe "
				   "bridge");
	if (rc)
		return failed(rc, "make bridge", argv[1]);
	rc = add_all(argv[1], argv + 2, argc - 2);
	if (rc) {
		rc2 = nl_delete(argv[1]);
		if (rc2)
			log_warn("cannot remove bridge %s: %s", argv[1],
				 err_str(rc2));
	}
	return rc;
}

int cmd_bridge_add(struct ctl *c, int argc, char **argv)
{
	int rc;

	if (argc < 3)
		return ctl_usage(c);
	rc = need_bridge(argv[1]);
	return rc ? rc : add_all(argv[1], argv + 2, argc - 2);
}

/* An interface that netback made for a domain. */
static bool is_vif(const char *ifname)
{
	char path[320], bus[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/subsystem",
		 ifname);
	n = readlink(path, bus, sizeof(bus) - 1);
	bus[n > 0 ? n : 0] = '\0';
	return strstr(bus, "/xen-backend");
}

/* The first interface of a domain that is a port, "" without one. */
static void find_vif(const char *bridge, char *out, size_t room)
{
	struct dirent *e;
	char path[64];
	DIR *dir;

	*out = '\0';
	snprintf(path, sizeof(path), "/sys/class/net/%.16s/brif", bridge);
	dir = opendir(path);
	while (dir && !*out && (e = readdir(dir)))
		if (*e->d_name != '.' && is_vif(e->d_name))
			snprintf(out, room, "%s", e->d_name);
	if (dir)
		closedir(dir);
}

int cmd_bridge_destroy(struct ctl *c, int argc, char **argv)
{
	char vif[256];
	int rc;

	if (argc != 2)
		return ctl_usage(c);
	rc = need_bridge(argv[1]);
	if (rc)
		return rc;
	find_vif(argv[1], vif, sizeof(vif));
	if (*vif)
		return err_set(-EBUSY,
			       "%s has the port %s of a domain: detach it with "
			       "vane network-detach",
			       argv[1], vif);
	rc = nl_delete(argv[1]);
	return rc ? failed(rc, "remove bridge", argv[1]) : 0;
}
