/*
 * lib/counts.h: the hypervisor's own check of its counts
 */
#ifndef GUEST_COUNTS_H
#define GUEST_COUNTS_H

#include "lib.h"

/*
 * Has it check them, by its debug key. True where it has nothing to say, as on
 * other hypervisors; else counts_said tells what it found. Needs dom0's rights.
 */
bool counts_right(void);
extern char counts_said[8192];
/* What it has said up to now is of no interest. */
void counts_forget(void);

#endif
