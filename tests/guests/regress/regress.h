/*
 * guests/regress: one promise for each way in which direct-mapped page tables
 * were got wrong before, by anybody
 *
 * Each file names the class at its top. preempted counts events that arrived
 * in the middle of a hypercall while ticking() is on.
 */
#ifndef REGRESS_H
#define REGRESS_H

#include <guest.h>

extern u32 preempted;

/*
 * Timer events in short intervals until ticking_off(). @fn runs in each event
 * that came in the middle of a hypercall; NULL: nothing does.
 */
void ticking_on(u64 interval_ns, void (*fn)(void));
void ticking_off(void);

/* A page mapped read-only, ready to become a table. Ends the image if not. */
u64 *table_new(void);
/* Expects it to have become an ordinary page. */
void table_free(u64 *t);

static inline u64 link_rw(const void *va)
{
	return va_to_mfn(va) << 12 | PTE_TABLE;
}

static inline u64 map_ro(const void *va)
{
	return va_to_mfn(va) << 12 | PTE_RO;
}

static inline u64 map_rw(const void *va)
{
	return va_to_mfn(va) << 12 | PTE_DATA;
}

#endif
