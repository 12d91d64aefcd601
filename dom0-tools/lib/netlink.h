/*
 * lib/netlink.h: interfaces, addresses and routes of this kernel
 *
 * Owns:       one socket, while a function runs
 * ABI:        rtnetlink(7)
 *
 * Every function returns 0 or a negative errno, as the kernel gave it.
 */
#ifndef LIB_NETLINK_H
#define LIB_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

/** nl_rename() - an interface that is down gets another name */
int nl_rename(const char *ifname, const char *newname);

/** nl_set_up() - up, or down */
int nl_set_up(const char *ifname, bool up);

/** nl_set_mtu() - largest packet in bytes */
int nl_set_mtu(const char *ifname, unsigned int mtu);

/** nl_set_master() - make it a port of @bridge; NULL takes it out */
int nl_set_master(const char *ifname, const char *bridge);

/** nl_add_bridge() - a new bridge without ports; -EEXIST */
int nl_add_bridge(const char *bridge);

/** nl_delete() - remove a virtual interface; -ENODEV */
int nl_delete(const char *ifname);

/** nl_add_address() - IPv4 address in network order; -EEXIST */
int nl_add_address(const char *ifname, uint32_t addr, unsigned int prefix);

/**
 * nl_add_route() - an IPv4 host reached directly through an interface
 * @src: address for packets of our own, or 0
 */
int nl_add_route(const char *ifname, uint32_t dst, uint32_t src);

/** nl_is_bridge() - false also when there is no such interface */
bool nl_is_bridge(const char *ifname);

/** nl_mtu() - of an interface, or 0 */
unsigned int nl_mtu(const char *ifname);

#endif /* LIB_NETLINK_H */
