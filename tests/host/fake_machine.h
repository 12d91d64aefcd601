/*
 * fake_machine.h: RAM, frame table and processor for tests of mm/ and pt/
 *
 * The real allocator and page code run on frames in host memory. Frames below
 * FAKE_LOW and in the hole are device memory. Linked instead of fake_base.c.
 */
#ifndef TESTS_HOST_FAKE_MACHINE_H
#define TESTS_HOST_FAKE_MACHINE_H

#include "fake.h"

#define FAKE_MFNS 1024
#define FAKE_LOW  256
#define FAKE_HOLE 520 /* first of 8 device frames */

extern bool fake_yield; /* hypercall_yield() says so, every time */
/* It says so the n-th time from now, once; 0: never. Counts down to 0. */
extern HOST_TLS unsigned int fake_yield_in;
extern unsigned int fake_flushes; /* of everything guests have cached */
extern void (*fake_on_flush)(void);
/* FAKE_LINES bytes where messages are gathered; NULL: they go to stderr */
#define FAKE_LINES 4096
extern char *fake_lines;
/* Arguments hypercall_restart() recorded. */
extern HOST_TLS u64 fake_restart_args[6];

void fake_machine_init(void);
/** fake_machine_done() - frees the RAM; every frame must be free again */
void fake_machine_done(void);
/** fake_heap_reset() - all frames free, in the order of a new machine; false
 * when some are in use */
bool fake_heap_reset(void);
/** fake_pv_domain() - a domain with vcpus that have windows and no memory */
struct domain *fake_pv_domain(domid_t id, unsigned int vcpus, bool privileged,
			      u32 max_pages);
/** fake_pv_domain_end() - relinquish and free; nothing may be left of it */
void fake_pv_domain_end(struct domain *d);
/** fake_pages() - frames on @d's list, as mfns; returns how many */
unsigned int fake_pages(struct domain *d, u64 *mfns, unsigned int room);

#endif
