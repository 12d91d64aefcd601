/*
 * two_pcpus.c: see two_pcpus.h
 */
#include <pthread.h>
#include "two_pcpus.h"

struct side {
	struct vcpu *v;
	void (*fn)(void);
	struct pcpu pcpu;
	pthread_t thread;
};
static pthread_barrier_t gate;

static void *run_side(void *arg)
{
	struct side *s = arg;

	s->pcpu.gdt = fake_pcpu.gdt;
	host_stack.pcpu = &s->pcpu;
	host_stack.curr = s->v;
	pthread_barrier_wait(&gate);
	s->fn();
	return NULL;
}

void two_pcpus(struct vcpu *va, void (*a)(void), struct vcpu *vb,
	       void (*b)(void))
{
	struct side side[2] = {{.v = va, .fn = a, .pcpu.id = 1},
			       {.v = vb, .fn = b, .pcpu.id = 2}};
	unsigned int i;

	pthread_barrier_init(&gate, NULL, 2);
	for (i = 0; i < 2; i++)
		pthread_create(&side[i].thread, NULL, run_side, &side[i]);
	for (i = 0; i < 2; i++)
		pthread_join(side[i].thread, NULL);
	pthread_barrier_destroy(&gate);
}
