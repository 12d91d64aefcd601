/*
 * ctl/hotplug.h: give a back end what it serves, and take it away again
 *
 * Runs where the back end runs: in dom0 for the tools, in a driver domain for
 * `vane devd`. Everything it needs stands in the back end's directory; what it
 * did stands there afterwards, as Xen's scripts leave it (physical-device,
 * hotplug-status, hotplug-error).
 *
 * A script that is installed and executable is run with Xen's interface; the
 * names block, vif-bridge, vif-route and vif-nat are built in and do the same
 * where no such script is installed.
 */
#ifndef CTL_HOTPLUG_H
#define CTL_HOTPLUG_H

#include "ctl/device.h"

#define SCRIPTS_DIR "/etc/xen/scripts"

/** hotplug_script_path() - "vif-nat" in SCRIPTS_DIR; absolute ones as they are
 */
char *hotplug_script_path(const char *script);

/**
 * hotplug_check_driver() - has this kernel a back end of that kind?
 *
 * Returns:  0 or -ENODEV with err_set() naming the module
 */
int hotplug_check_driver(enum dev_kind kind);

/**
 * hotplug_up() - until the back end can serve its front end
 *
 * Returns:  0 or a negative errno with err_set(); hotplug-error holds the
 *           same sentence
 */
int hotplug_up(struct xs_client *xs, const struct device *dev);

/** hotplug_down() - undo what outlives the back end; 0 or -errno, err_set() */
int hotplug_down(struct xs_client *xs, const struct device *dev);

/**
 * hotplug_check_image(), hotplug_check_bridge() - can it be served?
 *
 * Asked before a guest sees the device, where this domain serves it with what
 * is built in; hotplug_up() asks again.
 */
int hotplug_check_image(struct xs_client *xs, const struct device *dev,
			const char *path, bool writable, bool shared);
int hotplug_check_bridge(const char *bridge);

/** hotplug_is_builtin() - no script of that name is installed */
bool hotplug_is_builtin(const char *script);

/* Built in; for hotplug.c alone. */
int hotplug_block_up(struct xs_client *xs, const struct device *dev);
int hotplug_bridge_up(struct xs_client *xs, const struct device *dev);
int hotplug_route_up(struct xs_client *xs, const struct device *dev);
int hotplug_nat_up(struct xs_client *xs, const struct device *dev);
int hotplug_nat_down(struct xs_client *xs, const struct device *dev);

/** hotplug_write() - a node of the back end's directory */
int hotplug_write(struct xs_client *xs, const struct device *dev,
		  const char *node, const char *val);

/** hotplug_wait_interface() - until netback has made it; its name in @name */
int hotplug_wait_interface(struct xs_client *xs, const struct device *dev,
			   char name[16]);

#endif /* CTL_HOTPLUG_H */
