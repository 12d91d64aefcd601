/*
 * ctl/nodes.h: what the store says about a domain
 *
 * ABI: ABI-NOTES 6.3
 */
#ifndef CTL_NODES_H
#define CTL_NODES_H

#include "ctl/config.h"
#include "ctl/ctl.h"

struct node_ports {
	uint32_t store_port, console_port;
	uint64_t store_mfn, console_mfn;
};

/**
 * nodes_write() - all nodes of a new domain, in one transaction
 *
 * Returns:  0 or a negative errno with err_set(); then nothing was written
 */
int nodes_write(struct xs_client *xs, domid_t domid, const struct config *conf,
		const struct node_ports *ports);

/** nodes_remove() - all nodes of a domain that is gone; 0 or -errno */
int nodes_remove(struct xs_client *xs, domid_t domid);

/**
 * nodes_wait_tty() - until the console daemon serves the domain
 * @tty: malloc'ed path of the terminal; may be NULL
 *
 * Returns:  0, -ETIMEDOUT with err_set() after a few seconds
 */
int nodes_wait_tty(struct xs_client *xs, domid_t domid, char **tty);

/**
 * nodes_rename() - another name, and another /vm entry when @uuid is given
 * @uuid: NULL keeps it
 */
int nodes_rename(struct xs_client *xs, domid_t domid, const char *name,
		 const uint8_t *uuid);

#endif /* CTL_NODES_H */
