/*
 * time/calibrate.c: how fast TSC and local APIC timer run
 *
 * A reference clock of known rate is read at both ends of a window. Each end
 * is read several times and the reading that took least time counts, so that
 * a stolen CPU under us does not spoil the result.
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include "internal.h"

#define WINDOW_MS    50
#define TRIES	     8

#define HPET_CAP     0x00 /* 63:32 period in fs */
#define HPET_CONFIG  0x10 /* bit 0: run */
#define HPET_COUNTER 0xf0
#define FS_PER_SEC   1000000000000000ull

#define PM_TIMER_HZ  3579545
#define PIT_HZ	     1193182
#define PIT_CH2	     0x42
#define PIT_MODE     0x43
#define PIT_GATE     0x61 /* bit 0 gate of channel 2, bit 1 speaker */

struct reference {
	const char *name;
	u64 hz;
	u64 mask; /* the counter wraps after this */
	u64 (*read)(void);
};

static void *hpet;

static u64 hpet_read(void)
{
	return READ_ONCE(*(u32 *)((char *)hpet + HPET_COUNTER));
}

static bool hpet_start(struct reference *ref)
{
	u64 period, *config;

	if (!acpi.hpet_maddr)
		return false;
	hpet = vmap_mmio(MADDR(acpi.hpet_maddr), PAGE_SIZE, MAP_UC | MAP_NX);
	if (!hpet)
		return false;
	period = READ_ONCE(*(u64 *)((char *)hpet + HPET_CAP)) >> 32;
	if (period == 0 || period > 100000000)
		return false;
	config = (u64 *)((char *)hpet + HPET_CONFIG);
	WRITE_ONCE(*config, READ_ONCE(*config) | 1);
	*ref = (struct reference){"HPET", FS_PER_SEC / period, 0xffffffffu,
				  hpet_read};
	return true;
}

static u64 pm_timer_read(void)
{
	return inl(acpi.pm_timer_port);
}

static bool pm_timer_start(struct reference *ref)
{
	if (!acpi.pm_timer_port)
		return false;
	*ref = (struct reference){"PM timer", PM_TIMER_HZ,
				  acpi.pm_timer_bits == 32 ? 0xffffffffu
							   : 0xffffffu,
				  pm_timer_read};
	return true;
}

/* Channel 2 counts down from 65535; 54 ms, just more than the window. */
static u64 pit_read(void)
{
	u32 lo;

	outb(PIT_MODE, 0x80); /* latch channel 2 */
	lo = inb(PIT_CH2);
	return 0xffff - (lo | (u32)inb(PIT_CH2) << 8);
}

static void pit_start(struct reference *ref)
{
	outb(PIT_GATE, (inb(PIT_GATE) & ~2) | 1);
	outb(PIT_MODE, 0xb0); /* channel 2, both bytes, mode 0 */
	outb(PIT_CH2, 0xff);
	outb(PIT_CH2, 0xff);
	*ref = (struct reference){"PIT", PIT_HZ, 0xffff, pit_read};
}

struct reading {
	u64 ref, tsc;
	u32 lapic;
};

static struct reading read_all(const struct reference *ref)
{
	struct reading best = {0}, r;
	u64 cost, best_cost = ~0ull, before;
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		before = rdtsc();
		r.ref = ref->read() & ref->mask;
		r.lapic = lapic_timer_read();
		r.tsc = rdtsc();
		cost = r.tsc - before;
		if (cost < best_cost) {
			best_cost = cost;
			best = r;
		}
	}
	return best;
}

/* Spin until the reference has moved @ticks on; false if it stands still. */
static bool wait_ticks(const struct reference *ref, u64 ticks)
{
	u64 start = ref->read() & ref->mask;
	u64 tsc = rdtsc();

	while (((ref->read() - start) & ref->mask) < ticks) {
		/* 2^36 ticks are 7 s at 10 GHz */
		if (rdtsc() - tsc > 1ull << 36)
			return false;
		cpu_relax();
	}
	return true;
}

static bool measure(const struct reference *ref, struct tick_rates *rates)
{
	struct reading a, b;
	u64 ticks;

	lapic_timer_set(0xffffffffu);
	a = read_all(ref);
	if (!wait_ticks(ref, ref->hz * WINDOW_MS / 1000))
		return false;
	b = read_all(ref);
	lapic_timer_set(0);

	ticks = (b.ref - a.ref) & ref->mask;
	if (ticks == 0 || a.lapic <= b.lapic)
		return false;
	rates->tsc_hz = mul_div(b.tsc - a.tsc, ref->hz, ticks);
	rates->lapic_hz = mul_div(a.lapic - b.lapic, ref->hz, ticks);
	rates->source = ref->name;
	return rates->tsc_hz >= 1000000;
}

void calibrate(struct tick_rates *rates)
{
	struct reference ref;

	if (hpet_start(&ref) && measure(&ref, rates))
		return;
	if (pm_timer_start(&ref) && measure(&ref, rates))
		return;
	pit_start(&ref);
	if (!measure(&ref, rates))
		panic("neither HPET, PM timer nor PIT count: no time base");
}
