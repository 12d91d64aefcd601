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
#include "ctl/table.h"

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
 * @found: as device_find() gave it, without the lock
 * @force: do not ask
 *
 * Returns:  0 or a negative errno with err_set(); -ETIMEDOUT when the guest
 *           still uses it: it is then removed as soon as the guest stops
 */
int device_detach(struct ctl *c, const struct device *found, bool force);

/** devices_remove() - all devices of a domain that is ending or gone */
int devices_remove(struct ctl *c, domid_t domid);

/**
 * devices_sweep() - finish what dead tools and dead domains left behind
 *
 * What cannot be repaired is logged and left for the next time. Devices that
 * wait for a driver domain are given to it if it serves; they cost the command
 * a few seconds if it says so and does not.
 */
void devices_sweep(struct ctl *c);

/**
 * devices_reattach() - a driver domain is back under a new number
 * @name:    as clients name it in backend=
 * @backend: its domid
 *
 * Devices whose back end was in an earlier domain of that name are taken from
 * their guests and given again. What fails is logged, and waits for the next
 * try; disks whose requests were lost cannot be given again and get the node
 * "lost" in their record.
 *
 * @again:   some device was not ready for it and may be later
 *
 * Returns:  how many serve again, or a negative errno with err_set()
 */
int devices_reattach(struct ctl *c, const char *name, domid_t backend,
		     bool *again);

/** Nodes of a device that is about to be written. */
struct dev_parts {
	struct dev_nodes front, back, record;
};

/** dev_parts_free() - release them */
void dev_parts_free(struct dev_parts *p);

/* With devices_lock() held; errors as above. */
int device_attach_locked(struct ctl *c, const struct device *dev,
			 struct dev_parts *p, const char *backend);
int device_remove_locked(struct ctl *c, const struct device *dev, bool force);
int devices_remove_locked(struct ctl *c, domid_t domid);

/** device_take_locked() - from its guest; the record keeps it, as "moving" */
int device_take_locked(struct ctl *c, const struct device *dev);

/** devices_reattach_locked() - for all driver domains that serve; logs */
void devices_reattach_locked(struct ctl *c);

/* What "leaving" says where nobody is waited for. */
#define LEAVING_FORCED "forced"

/** device_begin_closing() - tell both ends; @force: the guest's is not asked */
int device_begin_closing(struct xs_client *xs, const struct device *dev,
			 bool force);

/**
 * device_wait_served() - until the domain called @name serves its back end
 *
 * Returns:  0, -ETIMEDOUT, -EIO when that domain says that it cannot; other
 *           negative errno; all with err_set()
 */
int device_wait_served(struct ctl *c, const struct device *dev,
		       const char *name, int back_ms, int setup_ms);

#define PORT_NONE (-1) /* it never connected */
#define PORT_GONE (-2) /* there is no front end */

/** device_front_port() - that the front end uses, or one of these */
int device_front_port(struct xs_client *xs, const struct device *dev);

/**
 * device_wait_unplugged() - until the guest has closed that port
 *
 * After its nodes were removed. A guest that does not run is not waited for
 * for long.
 */
void device_wait_unplugged(struct ctl *c, const struct device *dev, int port);

/** device_front_nodes() - what guests read, from the back end's nodes */
void device_front_nodes(const struct dev_nodes *back, const struct device *dev,
			struct dev_nodes *front);

/** device_note() - tell of the row added last if its back end is gone */
void device_note(struct ctl *c, struct table *t, const struct device *dev);

/**
 * devices_lost() - devices of a domain whose back ends are gone
 *
 * Returns:  malloc'ed, such as "2 devices wait for net0"; NULL without one
 */
char *devices_lost(struct ctl *c, domid_t domid);

/** domain_is_dead() - gone, or dying */
bool domain_is_dead(struct ctl *c, domid_t domid);

#endif /* CTL_ATTACH_H */
