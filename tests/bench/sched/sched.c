/*
 * bench/sched: shares, caps, latencies, and neighbours that misbehave
 *
 * Rows: `SCHED experiment what index cpu_ns turns elapsed_ns` for a domain,
 * `LATE experiment ns` for a wake-up, `STATE bytes` for what one domain costs.
 */
#include "mini.h"

#define SEC  1000000000UL
#define WARM (200 * MS)

/* What each of @n did during @ns. */
static void measure(const char *experiment, const char *what, unsigned int n,
		    u64 ns)
{
	static u64 cpu[MAX_MINIS], count[MAX_MINIS];
	u64 begin, elapsed;
	unsigned int i;

	sleep_ns(WARM);
	begin = system_time();
	for (i = 0; i < n; i++) {
		cpu[i] = mini_cpu_time(i);
		count[i] = READ_ONCE(mini[i].r->count);
	}
	while (system_time() < begin + ns)
		sleep_ns(begin + ns - system_time());
	elapsed = system_time() - begin;
	for (i = 0; i < n; i++) {
		cpu[i] = mini_cpu_time(i) - cpu[i];
		count[i] = READ_ONCE(mini[i].r->count) - count[i];
	}
	for (i = 0; i < n; i++)
		printf("SCHED %s %s %u %lu %lu %lu\n", experiment, what, i,
		       cpu[i], count[i], elapsed);
}

static void start_all(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		mini_start(i);
}

static void make_hogs(unsigned int from, unsigned int n)
{
	unsigned int i;

	for (i = from; i < from + n; i++)
		mini_make(i, KERNEL_OF(hog), 0);
}

static void weights(const char *what, u16 unit)
{
	unsigned int i;

	make_hogs(0, 8);
	for (i = 0; i < 8; i++)
		mini_tune(i, (u16)((i + 1) * unit), 0);
	start_all(8);
	measure("weights", what, 8, 30 * SEC);
	mini_end(8);
}

PROMISE(weights_as_they_are, "eight hogs of weights 1 to 8")
{
	weights("1", 1);
}

PROMISE(weights_usual, "eight hogs of weights 256 to 2048")
{
	weights("256", 256);
}

static const u16 caps[] = {10, 20, 30};

PROMISE(caps_beside_a_hog, "three capped hogs and one without")
{
	unsigned int i;

	make_hogs(0, 4);
	for (i = 0; i < ARRAY_SIZE(caps); i++)
		mini_tune(i, 0, caps[i]);
	start_all(4);
	measure("caps", "busy", 4, 10 * SEC);
	mini_end(4);
}

PROMISE(caps_alone, "a capped hog on an idle machine")
{
	make_hogs(0, 1);
	mini_tune(0, 0, 40);
	start_all(1);
	measure("caps", "alone", 1, 10 * SEC);
	mini_end(1);
}

PROMISE(one_hog, "throughput of one")
{
	make_hogs(0, 1);
	start_all(1);
	measure("throughput", "one", 1, 5 * SEC);
	mini_end(1);
}

PROMISE(many_hogs, "throughput of 64")
{
	make_hogs(0, 64);
	start_all(64);
	measure("throughput", "many", 64, 10 * SEC);
	mini_end(64);
}

/* Bench's scale: the same load on ever more domains. */
static void scale(const char *what, unsigned int n)
{
	make_hogs(0, n);
	start_all(n);
	measure("scale", what, n, 5 * SEC);
	mini_end(n);
}

#define SCALE(n)                                                 \
	PROMISE(scale_##n, "what " #n " hogs get done together") \
	{                                                        \
		scale(#n, n);                                    \
	}

SCALE(1)
SCALE(2)
SCALE(4)
SCALE(8)
SCALE(16)
SCALE(32)
SCALE(64)

/* What went of free memory for each of 32, less its own pages. */
PROMISE(state, "hypervisor memory of a domain with one vcpu")
{
	u64 before, after;

	make_hogs(0, 8);
	before = free_pages();
	make_hogs(8, 32);
	after = free_pages();
	printf("STATE %lu\n",
	       (before - after - 32 * NR_PAGES) * PAGE_SIZE / 32);
	mini_end(40);
}

static void show_late(const char *what, const struct report *r)
{
	unsigned int i;

	for (i = 0; i < r->samples; i++)
		printf("LATE %s %u\n", what, r->late[i]);
}

PROMISE(timer_latency, "a sleeper's timer beside eight hogs")
{
	make_hogs(1, 8);
	mini_make(0, KERNEL_OF(nap), 37 * MS);
	start_all(9);
	sleep_ns(8 * SEC);
	show_late("timer", mini[0].r);
	mini_end(9);
}

PROMISE(event_latency, "a sleeper's event beside eight hogs")
{
	u32 port, i;
	long local;

	make_hogs(1, 8);
	mini_make(0, KERNEL_OF(echo), 0);
	port = mini_port(0, 0);
	local = event_connect(mini[0].n.id, port);
	require(local > 0);
	start_all(9);
	for (i = 0; i < 200; i++) {
		sleep_ns(31 * MS);
		WRITE_ONCE(mini[0].r->sent, system_time());
		event_send((u32)local);
	}
	show_late("event", mini[0].r);
	event_close((u32)local);
	mini_end(9);
}

/* ---- neighbours: mini[0] is the one that may not suffer ---- */
static void beside(const char *what, struct kernel k)
{
	make_hogs(0, 1);
	mini_make(1, k, 0);
	start_all(2);
	measure("beside", what, 2, 5 * SEC);
	mini_end(2);
}

PROMISE(beside_a_hog, "what a fair neighbour leaves")
{
	beside("hog", KERNEL_OF(hog));
}

PROMISE(beside_timer_spinner, "a neighbour arms timers 1 ns ahead")
{
	beside("timer_spinner", KERNEL_OF(timer_spinner));
}

PROMISE(beside_timer_blocker, "a neighbour sleeps 1 ns at a time")
{
	beside("timer_blocker", KERNEL_OF(timer_blocker));
}

/* mini[1] floods mini[@victim]: itself, the one that may not suffer, or a
 * third that wakes for each event. */
static void flood(const char *what, unsigned int victim, unsigned int n)
{
	mini_make(0, KERNEL_OF(server), 0);
	mini_make(1, KERNEL_OF(flooder), 0);
	if (n > 2)
		mini_make(2, KERNEL_OF(echo), 0);
	mini[1].r->peer = mini[victim].n.id;
	mini[1].r->argument = mini_port(victim, mini[1].n.id);
	start_all(n);
	measure("beside", what, n, 5 * SEC);
	mini_end(n);
}

PROMISE(beside_two_hogs, "what two fair neighbours leave")
{
	make_hogs(0, 3);
	start_all(3);
	measure("beside", "two_hogs", 3, 5 * SEC);
	mini_end(3);
}

PROMISE(beside_self_flooder, "a neighbour floods itself with events")
{
	flood("self_flooder", 1, 2);
}

PROMISE(beside_flooder, "a neighbour floods us with events")
{
	flood("flooder", 0, 2);
}

PROMISE(beside_flooded, "two neighbours: one floods the other")
{
	flood("flooded", 2, 3);
}

/* A domain that costs its memory and nothing else. */
PROMISE(idle, "a domain that sleeps")
{
	if (is_dom0())
		skip("for a domU");
	events_off();
	for (;;)
		sleep_ns(3600 * SEC);
}

/* Beside a Linux dom0: how far it gets in each half second, for ever. */
PROMISE(windows, "a hog that tells how it fares")
{
	u64 begin = system_time(), n = 0;

	if (is_dom0())
		skip("for a domU");
	for (;;) {
		if (system_time() - begin >= 500 * MS) {
			printf("WINDOW %lu\n", n);
			begin = system_time();
			n = 0;
		}
		n++;
	}
}
