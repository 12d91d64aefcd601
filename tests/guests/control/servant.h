/*
 * control/servant.h: a neighbour that makes the hypercalls it is told to
 */
#ifndef GUEST_CONTROL_SERVANT_H
#define GUEST_CONTROL_SERVANT_H

#include "neighbour.h"

/* Room for arguments in its data page, from this offset on. */
#define SERVANT_ROOM 512

struct servant {
	struct neighbour n;
	u8 *data; /* its data page, in our slot @slot */
	unsigned int slot;
};

/* Makes and starts it; one servant at a time for a slot, 0 or 1. */
bool servant_make(struct servant *s, unsigned int slot);
/* Its hypercall @nr; an argument below PAGE_SIZE and at or above SERVANT_ROOM
 * is an offset in its data page, where the caller has put a structure. */
long servant_call(struct servant *s, u64 nr, u64 a, u64 b, u64 c);
/* Its end; the data page is no longer mapped. */
void servant_end(struct servant *s);
/* Gives way so often: others run, dead domains go. */
void give_time(unsigned int rounds);

#endif
