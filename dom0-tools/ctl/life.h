/*
 * ctl/life.h: from a configuration to a domain, and back to nothing
 *
 * Invariants: a function that fails has undone whatever it had begun
 */
#ifndef CTL_LIFE_H
#define CTL_LIFE_H

#include "builder/kernel.h"
#include "builder/layout.h"
#include "ctl/config.h"
#include "ctl/ctl.h"

#define MAXMEM_SLACK 1024 /* KiB beyond maxmem: shared pages and the like */

/** Images of a domain, read and placed. */
struct images {
	struct kernel kernel;
	struct blob initrd;
	struct layout layout;
};

/**
 * life_load() - read kernel and initrd, compute the layout
 * @im: set on success only; free with life_unload()
 */
int life_load(const struct config *conf, struct images *im);

/** life_unload() - release the images */
void life_unload(struct images *im);

/**
 * life_create() - a paused domain with nodes, store ring and console
 * @domid: set on success only
 *
 * Its creation is over with creating_end(), before it runs: should this process
 * be killed until then, the next creation destroys the domain.
 *
 * Returns:  0 or a negative errno with err_set(); -EEXIST when the name is
 *           taken
 */
int life_create(struct ctl *c, const struct config *conf, domid_t *domid);

/**
 * life_destroy() - end a domain, wait until it is gone, remove its nodes
 *
 * A domain that is already gone only loses its nodes.
 */
int life_destroy(struct ctl *c, domid_t domid);

/** life_forget() - what is written down of a domain that is gone */
int life_forget(struct ctl *c, domid_t domid);

/**
 * life_undo() - destroy a domain whose creation failed
 * @rc: why, with err_set(); returned with its sentence kept
 */
int life_undo(struct ctl *c, domid_t domid, int rc);

/** life_config_path() - file that remembers the configuration of @domid */
void life_config_path(char *out, size_t room, domid_t domid);

#endif /* CTL_LIFE_H */
