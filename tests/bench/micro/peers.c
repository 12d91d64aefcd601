/*
 * bench/micro: what working with others costs: events there and back, grants,
 * and being woken by a timer
 */
#include <guest.h>
#include <xen/grant_table.h>
#include <xen/sched.h>
#include "../mmu/rows.h"
#include "../sched/mini.h"

#define TRIPS	  500
#define MAPS	  1000
#define NAPS	  50
#define NAP_NS	  (300 * 1000UL)
#define FIRST_REF 100

/* Sleeps until @port is pending, and takes the event. */
static void take(u32 port)
{
	evtchn_port_t p = port;
	struct sched_poll op = {.nr_ports = 1, .timeout = 0};

	op.ports.p = &p;
	while (!event_pending(port))
		hypercall(sched_op, SCHEDOP_poll, &op);
	event_clear(port);
}

static void trip(u32 port)
{
	event_send(port);
	take(port);
}

PROMISE(round_trip, "an event wakes another domain, which sends one back")
{
	u64 begin;
	long port;
	u32 i;

	DOM0_ONLY();
	mini_make(0, KERNEL_OF(answerer), 0);
	port = event_alloc(mini[0].n.id);
	require(port > 0);
	mini[0].r->argument = (u64)port;
	events_off();
	mini_start(0);
	/* It answers what its binding raised before it sleeps. */
	take((u32)port);
	sleep_ns(20 * MS);
	event_clear((u32)port);
	trip((u32)port);
	begin = rdtsc();
	for (i = 0; i < TRIPS; i++)
		trip((u32)port);
	bench_report("event_round_trip", TRIPS, rdtsc() - begin);
	event_close((u32)port);
	mini_end(1);
}

static bool lend(u32 n)
{
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 1};
	struct gnttab_set_version version = {.version = 1};
	struct grant_entry_v1 *table = page_alloc();
	u64 frame = 0;
	u32 i;

	hypercall(grant_table_op, GNTTABOP_set_version, &version, 1);
	op.frame_list.p = &frame;
	if (hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1) ||
	    op.status || va_map(table, frame << 12 | PTE_DATA))
		return false;
	for (i = FIRST_REF; i < FIRST_REF + n; i++) {
		table[i].domid = own_domid();
		table[i].frame = (u32)va_to_mfn(page_alloc());
		barrier();
		WRITE_ONCE(table[i].flags, GTF_permit_access);
	}
	return true;
}

#define BATCH 32

static struct gnttab_map_grant_ref maps[BATCH];
static struct gnttab_unmap_grant_ref unmaps[BATCH];

static bool map_and_unmap(u32 n, u64 *map_ticks, u64 *unmap_ticks)
{
	u64 begin = rdtsc(), middle, end;
	u32 i;

	if (hypercall(grant_table_op, GNTTABOP_map_grant_ref, maps, n))
		return false;
	middle = rdtsc();
	for (i = 0; i < n; i++) {
		if (maps[i].status)
			return false;
		unmaps[i].handle = maps[i].handle;
	}
	end = rdtsc();
	*map_ticks += middle - begin;
	if (hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, unmaps, n))
		return false;
	*unmap_ticks += rdtsc() - end;
	return !unmaps[0].status && !unmaps[n - 1].status;
}

static void grant_rows(const char *map, const char *unmap, u32 n)
{
	u64 map_ticks = 0, unmap_ticks = 0;
	u32 i;

	for (i = 0; i < MAPS / n; i++)
		require(map_and_unmap(n, &map_ticks, &unmap_ticks));
	bench_report(map, MAPS / n * n, map_ticks);
	bench_report(unmap, MAPS / n * n, unmap_ticks);
}

PROMISE(grants, "one's own frames mapped by their grants")
{
	u64 unused = 0;
	void *at;
	u32 i;

	require(lend(BATCH));
	for (i = 0; i < BATCH; i++) {
		at = page_alloc();
		require(!va_map(at, 0));
		maps[i] = (struct gnttab_map_grant_ref){
			.host_addr = (u64)at,
			.flags = GNTMAP_host_map,
			.ref = FIRST_REF + i,
			.dom = own_domid(),
		};
		unmaps[i].host_addr = (u64)at;
	}
	require(map_and_unmap(BATCH, &unused, &unused));
	grant_rows("grant_map", "grant_unmap", 1);
	grant_rows("grant_map_32", "grant_unmap_32", BATCH);
}

/* In ns, of which -icount makes as many as instructions. */
PROMISE(timer, "how late an idle processor wakes for its timer")
{
	u64 late = 0, due, now;
	u32 i;

	events_off();
	for (i = 0; i <= NAPS; i++) {
		due = system_time() + NAP_NS;
		do {
			sleep_ns(due - system_time());
			now = system_time();
		} while (now < due);
		if (i)
			late += now - due;
	}
	bench_report("timer_wake_up", NAPS, late);
}
