/*
 * conring.h: bytes in and out of a domain's console page
 *
 * Owns:       nothing
 * Invariants: none
 * Lock:       none
 * ABI:        struct xencons_interface; "in" and "out" as the domain sees them
 */
#ifndef CONSOLE_CONRING_H
#define CONSOLE_CONRING_H

#include <xen/console_ring.h>

#include "lib/ring.h"

/** conring_output() - what the domain prints */
static inline struct ring conring_output(struct xencons_interface *p)
{
	return (struct ring){p->out, sizeof(p->out), &p->out_cons,
			     &p->out_prod};
}

/** conring_input() - what is typed to the domain */
static inline struct ring conring_input(struct xencons_interface *p)
{
	return (struct ring){p->in, sizeof(p->in), &p->in_cons, &p->in_prod};
}

#endif
