/*
 * ctl/attach.h: give devices to a domain and take them away
 *
 * Invariants: a function that fails has undone whatever it had begun; what a
 *             killed tool left is undone by the next devices_sweep()
 * Lock:       each function takes devices_lock() itself
 */
#ifndef CTL_ATTACH_H
#define CTL_ATTACH_H

#include "ctl/config.h"
#include "ctl/device.h"

/**
 * disk_attach(), vif_attach() - a new device, served and ready to connect
 *
 * Returns:  0 or a negative errno with err_set(); -EEXIST
 */
int disk_attach(struct ctl *c, domid_t domid, const struct disk *d);
int vif_attach(struct ctl *c, domid_t domid, const struct vif *v);

/** devices_attach() - all devices of a configuration */
int devices_attach(struct ctl *c, domid_t domid, const struct config *conf);

/**
 * device_detach() - ask the guest to let go, and remove the device
 * @force: do not ask
 *
 * Returns:  0 or a negative errno with err_set(); -ETIMEDOUT when the guest
 *           still uses it: it is then removed as soon as the guest stops
 */
int device_detach(struct ctl *c, const struct device *dev, bool force);

/** devices_remove() - all devices of a domain that is ending or gone */
int devices_remove(struct ctl *c, domid_t domid);

/**
 * devices_sweep() - finish what dead tools and dead domains left behind
 *
 * What cannot be repaired is logged and left for the next time.
 */
void devices_sweep(struct ctl *c);

#endif /* CTL_ATTACH_H */
