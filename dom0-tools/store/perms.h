/*
 * perms.h: who may do what with a node
 *
 * Owns:       nothing; arrays belong to their node
 * Invariants: entry 0 names the owner, and what everybody else may do; later
 *             entries override that for one domain each
 * Lock:       none
 * ABI:        xenstore permission strings: [nrwb]<domid>
 */
#ifndef STORE_PERMS_H
#define STORE_PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERM_READ  1u
#define PERM_WRITE 2u
#define PERM_OWNER 4u
/* Set when the domain died: its number may be reused by a stranger. */
#define PERM_STALE 8u

/** A byte pattern that is also the layout of saved state. */
struct perm {
	uint32_t domid;
	uint32_t bits;
};

/** What an access check needs to know about the one who asks. */
struct who {
	unsigned int domid;
	int target;	 /* domain it acts for, or -1 */
	bool privileged; /* may do everything */
};

/** perm_parse() - one permission string; -EINVAL when malformed */
int perm_parse(struct perm *out, const char *s);

/** perm_letter() - 'n', 'r', 'w' or 'b' */
char perm_letter(const struct perm *p);

/** perms_for() - PERM_* bits that @who has; @n >= 1 */
unsigned int perms_for(const struct who *who, const struct perm *p,
		       unsigned int n);

#endif
