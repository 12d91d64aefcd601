/*
 * ctl/creating.h: domains whose creator was killed
 *
 * Owns:       files /run/paravane/creating-UUID, locked by who creates the
 *             domain of that uuid; one whose lock is free has lost its creator
 * Invariants: a process creates one domain at a time; from creating_begin() to
 *             creating_end() its domain has never run
 * Lock:       the caller of creating_begin() and creating_sweep() holds the
 *             lock of creations (life.c)
 */
#ifndef CTL_CREATING_H
#define CTL_CREATING_H

#include "ctl/config.h"
#include "ctl/ctl.h"

/** creating_begin() - before the domain is made; 0 or -errno with err_set() */
int creating_begin(const struct config *conf);

/** creating_end() - it is about to run, or was undone; nothing begun is fine */
void creating_end(void);

/** creating_forget() - in a child: the lock is the parent's alone */
void creating_forget(void);

/** creating_sweep() - remove what killed creators and destroyers left; logs */
void creating_sweep(struct ctl *c);

#endif /* CTL_CREATING_H */
