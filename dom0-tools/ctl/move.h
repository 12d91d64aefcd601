/*
 * ctl/move.h: one device on its way to a driver domain that came back
 *
 * Taken from its guest with move_ask() and move_take(), given to the domain
 * with move_offer(), served with move_finish(). Who dies between two of them
 * leaves the record in a state of device.h from which the next goes on.
 *
 * Owns:       struct mover, until mover_free()
 * Lock:       the caller holds devices_lock()
 */
#ifndef CTL_MOVE_H
#define CTL_MOVE_H

#include "ctl/device.h"

/* Node of the record: requests that never end. */
#define DEVICE_LOST "lost"

struct mover {
	struct device dev;
	char *name;	/* of the domain that shall serve it */
	domid_t to;	/* its number now */
	bool offered;	/* to that domain, which has not refused */
	bool asked_now; /* to close */
	bool failed;	/* told already; left as it is */
};

/** device_is_moving() - taken from its guest, or not yet served again */
bool device_is_moving(struct ctl *c, const struct device *dev);

/**
 * mover_init() - must this device move?
 * @name:  of the domain that serves now; the mover's from now on if so
 * @to:    its number
 *
 * Returns:  false when the device is where it belongs, is being removed, or
 *           cannot move any more
 */
bool mover_init(struct ctl *c, struct mover *m, const struct device *dev,
		char *name, domid_t to);

/** mover_free() - release what it owns */
void mover_free(struct mover *m);

/** move_ask() - have the guest's driver close a disk it may be using */
void move_ask(struct ctl *c, struct mover *m);

/** move_is_closed() - it has done so, or has no need to */
bool move_is_closed(struct ctl *c, const struct mover *m);

/**
 * move_take() - from its guest
 *
 * Returns:  0 or a negative errno with err_set(); -EBUSY while it is used, -EIO
 *           when requests were lost: the record has the node "lost" then
 */
int move_take(struct ctl *c, struct mover *m);

/** move_offer() - write both ends; 0 or a negative errno with err_set() */
int move_offer(struct ctl *c, struct mover *m);

/**
 * move_finish() - wait until it is served
 *
 * Returns:  0 or a negative errno with err_set(); -ETIMEDOUT: it stays offered.
 *           Refused, it is as after move_take().
 */
int move_finish(struct ctl *c, struct mover *m, int ms);

#endif /* CTL_MOVE_H */
