/*
 * tests/host/fakes.h: what pure hypervisor code finds on a host instead of
 * the console and the heap
 */
#ifndef TESTS_HOST_FAKES_H
#define TESTS_HOST_FAKES_H

#include <hv/types.h>

/* Messages printed so far, and the last of them. */
extern unsigned int fake_nr_messages;
extern char fake_message[512];

/* Allocations alive; and how many more succeed (-1: no limit). */
extern int fake_nr_allocs;
extern int fake_alloc_budget;

void fakes_reset(void);

#endif
