/*
 * ctl/inflight.h: has a disk's front end requests without an answer?
 *
 * Asked when the back end is gone: such requests never end, and a guest that
 * waits for them in its device driver does nothing else. The rings are found as
 * a back end finds them, by the nodes and grants of the front end, and only
 * read; whatever the guest wrote there, it lies about its own device alone.
 *
 * ABI: the nodes of xen-blkfront, grant entries of either version
 */
#ifndef CTL_INFLIGHT_H
#define CTL_INFLIGHT_H

#include "ctl/device.h"

/**
 * front_in_flight() - requests of all rings of a disk that wait for an answer
 * @n: their number; 0 for a front end that never connected
 *
 * Returns:  0 or a negative errno with err_set() when a ring cannot be read
 */
int front_in_flight(struct ctl *c, const struct device *dev, unsigned int *n);

#endif /* CTL_INFLIGHT_H */
