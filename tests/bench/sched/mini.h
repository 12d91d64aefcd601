/*
 * bench/sched: domains of a few pages, and what they share with the conductor
 *
 * The conductor is the initial domain. It builds the others, sets their
 * weights and caps, sleeps, and reads what each says of itself. Such a domain
 * is one function in a section of its own that refers to nothing outside; the
 * section is copied to the domain's first page.
 */
#ifndef BENCH_SCHED_MINI_H
#define BENCH_SCHED_MINI_H

#include "../../guests/control/neighbour.h"

#define MAX_MINIS   65
#define NR_SAMPLES  512
#define SHARED_VA   (VIRT_BASE + SPARE * PAGE_SIZE)
#define ONLY_PORT   1 /* the first that a domain gets */
#define SHARED_WORD 0 /* of the event bitmaps: ports below 64 */

/* The data page of a mini domain, mapped by the conductor as well. */
struct report {
	u64 count; /* turns of its loop */
	/* from the conductor, before it runs */
	u64 shared_info; /* machine address */
	struct vcpu_time_info time;
	u64 argument;	      /* ns, or a port of @peer */
	u64 peer;	      /* a domid */
	u64 sent;	      /* when it was last woken by an event, ns */
	u32 samples;	      /* of lateness so far */
	u32 late[NR_SAMPLES]; /* ns */
};

/* A kernel: `function` begins its section. */
struct kernel {
	const u8 *from, *to;
};

#define MINI_KERNEL(name)                                                    \
	void run_##name(u64 self, struct report *r)                          \
		__attribute__((section("mini_" #name), noinline, noreturn)); \
	extern const u8 __start_mini_##name[], __stop_mini_##name[];         \
	void run_##name(u64 self, struct report *r)
#define KERNEL_OF(name)                                 \
	(struct kernel)                                 \
	{                                               \
		__start_mini_##name, __stop_mini_##name \
	}
#define DECLARE_MINI(name) \
	extern const u8 __start_mini_##name[], __stop_mini_##name[]

DECLARE_MINI(hog);
DECLARE_MINI(timer_spinner);
DECLARE_MINI(timer_blocker);
DECLARE_MINI(server);
DECLARE_MINI(flooder);
DECLARE_MINI(echo);
DECLARE_MINI(nap);
DECLARE_MINI(answerer);

/* One mini domain, as the conductor sees it. */
struct mini {
	struct neighbour n;
	struct report *r;
};

extern struct mini mini[MAX_MINIS];

/* Builds mini[@i], paused; ends the image when it cannot. */
void mini_make(unsigned int i, struct kernel k, u64 argument);
void mini_start(unsigned int i);
/* Weight 0 leaves it, cap 0: none. */
void mini_tune(unsigned int i, u16 weight, u16 cap);
/* Ends the first @n of them. */
void mini_end(unsigned int n);
/* ns of processor time mini[@i] has had. */
u64 mini_cpu_time(unsigned int i);
/* A port of mini[@to], for mini[@from] to bind; and its own number there. */
u32 mini_port(unsigned int to, domid_t from);

#endif
