/*
 * scan.h: which domains there are, and when to look again
 *
 * Owns:       nothing; works on struct consoled
 * Invariants: while the store is connected, @introduceDomain, @releaseDomain
 *             and the console directory of every guest are watched
 * Lock:       none
 * ABI:        watch events; sysctl getdomaininfolist
 */
#ifndef CONSOLE_SCAN_H
#define CONSOLE_SCAN_H

#include "consoled.h"

/**
 * scan_connect() - (re)connect to the store, then look at everything
 *
 * Returns: 0, or a negative errno with err_set() while no daemon answers
 */
int scan_connect(struct consoled *cd);

/** scan_events() - handle the watch events that wait; xs is NULL if lost */
void scan_events(struct consoled *cd);

#endif
