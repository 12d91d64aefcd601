/*
 * lib/victim.h: a paused domain whose memory nobody may change
 */
#ifndef GUEST_VICTIM_H
#define GUEST_VICTIM_H

#include "lib.h"
#include <xen/xen.h>

/* Makes it, with every frame full of a pattern; false if refused. */
bool victim_make(void);
domid_t victim_id(void);
/* Frames that do not hold their pattern any more. */
unsigned int victim_damage(void);
void victim_end(void);

#endif
