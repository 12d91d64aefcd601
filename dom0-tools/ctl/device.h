/*
 * ctl/device.h: split devices as the store describes them
 *
 * A device is three directories: the front end's below its domain, the back
 * end's below the domain that serves it, and our own record below /libxl, which
 * no guest can write. What a device is and where its parts are is read from the
 * record alone.
 *
 * A device whose driver domain came back is taken from its guest and given
 * again (reattach.c). Its record outlives that, with the node "moving":
 *
 *   moving leaving pending
 *     -       -       -     attached
 *     -       -       x     being given
 *     -       x      any    being taken, or the guest was asked to let go
 *     x       x      any    taken or being taken; to be given again
 *     x       -       x     being given again, by the domain in "backend"
 *     x       -       -     over, or not begun: "backend" says which
 *
 * Owns:       those directories, from device_write() to device_forget()
 * Invariants: a record without these nodes describes a device that was
 *             completely attached; one with them was left behind by a tool that
 *             died, waits for its guest or its driver domain, or is still being
 *             worked on by the holder of the lock;
 *             a record with "moving" goes when its user or the end of its guest
 *             says so, never for what became of a tool or a driver domain
 * Lock:       devices_lock() around everything that writes
 * ABI:        the nodes of xl and libxl in Xen 4.17
 */
#ifndef CTL_DEVICE_H
#define CTL_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl.h"

#define DEVICE_PATH 128

enum dev_kind { DEV_VBD, DEV_VIF, DEV_PCI };
#define NR_DEV_KINDS 3

/* States of either end, as the ABI numbers them. */
enum dev_state {
	DEV_UNKNOWN,
	DEV_INITIALISING,
	DEV_INIT_WAIT,
	DEV_INITIALISED,
	DEV_CONNECTED,
	DEV_CLOSING,
	DEV_CLOSED,
	DEV_RECONFIGURING, /* of PCI alone */
	DEV_RECONFIGURED,
};

/* Sets of states: the back end can serve; it is over. */
#define DEV_SERVING \
	(1u << DEV_INIT_WAIT | 1u << DEV_INITIALISED | 1u << DEV_CONNECTED)
#define DEV_ENDED (1u << DEV_CLOSED | 1u << DEV_UNKNOWN)

struct device {
	enum dev_kind kind;
	domid_t domid;	 /* of the front end */
	domid_t backend; /* of the back end */
	unsigned int devid;
};

/** Nodes to write; the strings belong to the list. */
struct dev_nodes {
	struct dev_node {
		char *key, *val;
	} * node;
	size_t n;
};

/** dev_nodes_add() - one more node */
void dev_nodes_add(struct dev_nodes *l, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** dev_nodes_free() - release them */
void dev_nodes_free(struct dev_nodes *l);

/** device_kind_name() - "vbd" and so on, as in paths */
const char *device_kind_name(enum dev_kind kind);

/** Paths of the three directories. */
void device_front_path(char out[DEVICE_PATH], const struct device *dev);
void device_back_path(char out[DEVICE_PATH], const struct device *dev);
void device_record_path(char out[DEVICE_PATH], const struct device *dev);

/**
 * devices_lock() - one tool at a time attaches and detaches
 *
 * Returns:  descriptor to close, or a negative errno with err_set()
 */
int devices_lock(void);

/* Nodes of the record; see above. */
#define DEVICE_LEAVING	  "leaving"
#define DEVICE_MOVING	  "moving"
#define DEVICE_PENDING	  "pending"
#define DEVICE_COMING	  "coming"     /* beside "pending": no ends yet */
#define DEVICE_FRONT_PORT "front-port" /* in use when it was taken */

/**
 * device_write() - create the three directories in one transaction
 * @front, @back: their nodes; frontend, backend and ids are added
 * @record:       nodes for the record alone; "pending" is added
 *
 * A record with "coming" or "moving" is replaced; "moving" is kept.
 *
 * Returns:  0, -EEXIST, other negative errno with err_set()
 */
int device_write(struct xs_client *xs, const struct device *dev,
		 const struct dev_nodes *front, const struct dev_nodes *back,
		 const struct dev_nodes *record);

/**
 * device_announce() - write the record, before anything is done for the device
 *
 * What is to be undone stands there then, should the tool be killed before it
 * comes to device_write(). Returns as that.
 */
int device_announce(struct xs_client *xs, const struct device *dev,
		    const struct dev_nodes *back);

/** device_complete() - the attach is over: "pending" goes, then "moving" */
int device_complete(struct xs_client *xs, const struct device *dev);

/**
 * device_find() - the device with that number, from its record
 *
 * Returns:  0, -ENOENT without err_set()
 */
int device_find(struct xs_client *xs, domid_t domid, enum dev_kind kind,
		unsigned int devid, struct device *dev);

/**
 * devices_list() - all devices of one kind of a domain
 * @out: malloc'ed, sorted by number
 *
 * Returns:  their count, or a negative errno with err_set()
 */
int devices_list(struct xs_client *xs, domid_t domid, enum dev_kind kind,
		 struct device **out);

/** device_free_id() - lowest number that no device of that kind has */
int device_free_id(struct xs_client *xs, domid_t domid, enum dev_kind kind);

/** device_record_has() - is that node in the record? */
bool device_record_has(struct xs_client *xs, const struct device *dev,
		       const char *node);

/**
 * device_record_write(), device_record_rm() - one node of the record
 *
 * Returns:  0 or a negative errno with err_set(); a missing node is removed
 */
int device_record_write(struct xs_client *xs, const struct device *dev,
			const char *node, const char *val);
int device_record_rm(struct xs_client *xs, const struct device *dev,
		     const char *node);

/** device_record_read() - a node of the record, malloc'ed; NULL without it */
char *device_record_read(struct xs_client *xs, const struct device *dev,
			 const char *node);

/** device_back_read() - a node of the back end's directory; NULL without it */
char *device_back_read(struct xs_client *xs, const struct device *dev,
		       const char *node);

/** device_front_read() - a node of the front end's directory */
char *device_front_read(struct xs_client *xs, const struct device *dev,
			const char *node);

/** device_back_state(), device_front_state() - DEV_UNKNOWN without a state */
enum dev_state device_back_state(struct xs_client *xs,
				 const struct device *dev);
enum dev_state device_front_state(struct xs_client *xs,
				  const struct device *dev);

/** dev_state_parse() - of a node's value; frees it, NULL is DEV_UNKNOWN */
enum dev_state dev_state_parse(char *val);

/** dev_state_name() - a word for messages */
const char *dev_state_name(enum dev_state s);

/**
 * device_wait_back() - until the back end is in one of @states
 * @states:  a bit per state; DEV_UNKNOWN stands for "no such node"
 * @last:    the state seen last
 *
 * Returns:  0, -ETIMEDOUT without err_set(), other negative errno with it
 */
int device_wait_back(struct xs_client *xs, const struct device *dev,
		     unsigned int states, int timeout_ms, enum dev_state *last);

/**
 * device_wait_node() - until a node of the back end's directory has a value
 * @val: malloc'ed
 *
 * Returns:  0, -ETIMEDOUT without err_set(), other negative errno with it
 */
int device_wait_node(struct xs_client *xs, const struct device *dev,
		     const char *node, int timeout_ms, char **val);

/* Node of a back end that vane devd prepared, and has to undo. */
#define DEVICE_PREPARED "prepared"

/**
 * device_wait_down() - until a driver domain has undone what it prepared
 *
 * It needs the back end's nodes for that. Gives up when the time is over.
 */
void device_wait_down(struct xs_client *xs, const struct device *dev,
		      int timeout_ms);

/**
 * device_untie() - remove both ends, and what they leave empty
 *
 * Waits for a back end in this domain to let go of it.
 */
int device_untie(struct xs_client *xs, const struct device *dev);

/** device_forget() - remove the record of a device without ends */
int device_forget(struct xs_client *xs, const struct device *dev);

#endif /* CTL_DEVICE_H */
