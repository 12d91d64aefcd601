/* suite: processes and threads that hand over to each other */
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MAX_PROCS 16

static int pass(int from, int to)
{
	char c;

	return read(from, &c, 1) == 1 && write(to, &c, 1) == 1;
}

static uint64_t sum(const uint64_t *p, size_t bytes)
{
	uint64_t s = 0;
	size_t i;

	for (i = 0; i < bytes / sizeof(*p); i++)
		s += p[i];
	return s;
}

struct ring {
	unsigned int procs;
	size_t bytes;
	int pipes[MAX_PROCS][2]; /* process i reads pipes[i] */
	pid_t pids[MAX_PROCS];
};

static void close_others(struct ring *r, unsigned int self)
{
	unsigned int i, next = (self + 1) % r->procs;

	for (i = 0; i < r->procs; i++) {
		if (i != self)
			close(r->pipes[i][0]);
		if (i != next)
			close(r->pipes[i][1]);
	}
}

/* Ends when its predecessor has closed the pipe. */
static void member(struct ring *r, unsigned int self)
{
	uint64_t *own = r->bytes ? map_pages(r->bytes) : NULL;
	volatile uint64_t sink;

	if (own)
		touch(own, r->bytes);
	close_others(r, self);
	while (pass(r->pipes[self][0], r->pipes[(self + 1) % r->procs][1]))
		sink = sum(own, r->bytes);
	(void)sink;
	_exit(0);
}

static void ring_start(struct ring *r)
{
	unsigned int i;

	for (i = 0; i < r->procs; i++)
		if (pipe(r->pipes[i]))
			fail("pipe");
	for (i = 1; i < r->procs; i++) {
		r->pids[i] = fork();
		if (r->pids[i] < 0)
			fail("fork");
		if (!r->pids[i])
			member(r, i);
	}
	close_others(r, 0);
}

static void ring_stop(struct ring *r)
{
	unsigned int i;

	close(r->pipes[1][1]);
	for (i = 1; i < r->procs; i++)
		wait_for(r->pids[i]);
	close(r->pipes[0][0]);
}

static void lap(struct ring *r, const uint64_t *own)
{
	volatile uint64_t sink;
	char c = 0;

	if (write(r->pipes[1][1], &c, 1) != 1 ||
	    read(r->pipes[0][0], &c, 1) != 1)
		fail("a ring of pipes");
	sink = sum(own, r->bytes);
	(void)sink;
}

static uint64_t context_switch(unsigned int procs, size_t bytes, uint64_t n,
			       struct watch *w)
{
	struct ring r = {.procs = procs, .bytes = bytes};
	uint64_t *own = bytes ? map_pages(bytes) : NULL;
	uint64_t hops;

	if (own)
		touch(own, bytes);
	ring_start(&r);
	lap(&r, own);
	watch_start(w);
	for (hops = 0; hops < n; hops += procs)
		lap(&r, own);
	watch_stop(w);
	ring_stop(&r);
	if (own)
		munmap(own, bytes);
	return hops;
}

#define CTX(procs, kib)                                                   \
	uint64_t run_ctx_##procs##p_##kib##k(uint64_t n, struct watch *w) \
	{                                                                 \
		return context_switch(procs, (kib)*KIB, n, w);            \
	}
CTX(2, 0)
CTX(2, 16)
CTX(2, 64)
CTX(8, 16)
CTX(8, 64)
CTX(16, 16)
CTX(16, 64)

/* A lap of a ring of two is there and back. */
uint64_t run_pipe(uint64_t n, struct watch *w)
{
	return context_switch(2, 0, n * 2, w) / 2;
}

/* Two threads; `turn` says whose it is, 2 ends the second one. */
static uint32_t turn;

static void turn_wait(uint32_t while_it_is)
{
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) == while_it_is)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, while_it_is, NULL,
			NULL, 0);
}

static void turn_give(uint32_t to)
{
	__atomic_store_n(&turn, to, __ATOMIC_RELEASE);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *second(void *unused)
{
	for (;;) {
		turn_wait(0);
		if (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) == 2)
			return NULL;
		turn_give(0);
	}
}

uint64_t run_futex(uint64_t n, struct watch *w)
{
	pthread_t thread;
	uint64_t i;

	turn = 0;
	if (pthread_create(&thread, NULL, second, NULL))
		fail("pthread_create");
	watch_start(w);
	for (i = 0; i < n; i++) {
		turn_give(1);
		turn_wait(1);
	}
	watch_stop(w);
	turn_give(2);
	pthread_join(thread, NULL);
	return n;
}
