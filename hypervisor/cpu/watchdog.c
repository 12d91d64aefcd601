/*
 * cpu/watchdog.c: pcpus that look after each other
 *
 * Each beats once a second from a timer, and counts how many of its own beats
 * went by without one of the next pcpu. A machine that is stopped as a whole
 * thus makes nobody late. One alone is not watched.
 */
#include <hv/mm.h>
#include <hv/time.h>
#include "watchdog.h"
#include "internal.h"

#define BEAT_NS NS_PER_SEC

static struct heart *hearts[NR_PCPUS];

enum lateness heart_look(struct heart *me, u32 beats_of_next)
{
	if (!beats_of_next || beats_of_next != me->seen) {
		me->seen = beats_of_next;
		me->missed = 0;
		return IN_TIME;
	}
	me->missed++;
	if (me->missed >= BEATS_DEAD)
		return DEAD;
	return me->missed == BEATS_LATE ? LATE : IN_TIME;
}

static void beat(void *arg)
{
	struct heart *me = arg;
	unsigned int next = (this_pcpu()->id + 1) % nr_pcpus;
	const struct heart *other = LOAD_ACQ(hearts[next]);

	WRITE_ONCE(me->beats, me->beats + 1 ? me->beats + 1 : 1);
	timer_set(&me->timer, now() + BEAT_NS);
	if (!other || other == me)
		return;
	switch (heart_look(me, READ_ONCE(other->beats))) {
	case IN_TIME:
		break;
	case LATE:
		printk(LOG_WARN, "CPU %u looks at no timer for %u s\n", next,
		       BEATS_LATE);
		cpu_dump(pcpus[next]);
		break;
	case DEAD:
		panic("CPU %u looks at no timer for %u s", next, BEATS_DEAD);
	}
}

void watchdog_start(void)
{
	struct heart *me;

	if (!CONFIG_DEBUG || nr_pcpus < 2)
		return;
	me = hv_new(struct heart);
	if (!me)
		panic("no memory for the watchdog of pcpu %u", this_pcpu()->id);
	timer_init(&me->timer, beat, me);
	STORE_REL(hearts[this_pcpu()->id], me);
	timer_set(&me->timer, now() + BEAT_NS);
}
