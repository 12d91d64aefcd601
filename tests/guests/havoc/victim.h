/*
 * havoc/victim.h: a paused domain whose memory nobody may change
 */
#ifndef GUEST_HAVOC_VICTIM_H
#define GUEST_HAVOC_VICTIM_H

#include <guest.h>

/* Makes it, with every frame full of a pattern; false if refused. */
bool victim_make(void);
/* Frames that do not hold their pattern any more. */
unsigned int victim_damage(void);
void victim_end(void);

#endif
