/*
 * time/clock.c: system time and wall clock
 *
 * System time is a fixed linear function of the TSC from boot on, the same on
 * every pcpu and in every guest's time page; nothing ever adjusts it, so it
 * cannot step or run back.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/irq.h>
#include <hv/lock.h>
#include "internal.h"

u64 tsc_khz;
u64 tsc_base;
struct tsc_scale tsc_scale;

static u64 tsc_hz;
static u64 wall_base; /* ns since 1970 at system time 0 */

u64 now(void)
{
	/* mul is 0 until calibrated, and so is the result */
	return tsc_scale_apply(tsc_scale, rdtsc() - tsc_base);
}

void udelay(unsigned int us)
{
	u64 start = rdtsc(), ticks = mul_div(us, tsc_hz, 1000000);

	while (rdtsc() - start < ticks)
		cpu_relax();
}

void time_init(void)
{
	struct tick_rates rates = {0};

	time_init_pcpu(this_pcpu());
	calibrate(&rates);
	tsc_hz = rates.tsc_hz;
	tsc_khz = (tsc_hz + 500) / 1000;
	lapic_timer_hz = rates.lapic_hz;
	tsc_base = rdtsc();
	tsc_scale = tsc_scale_make(tsc_hz);
	wall_base = rtc_read_clock() * NS_PER_SEC - now();
	printk(LOG_INFO,
	       "Time: TSC %lu.%03lu MHz, APIC timer %lu.%03lu MHz, "
	       "measured by %s\n",
	       tsc_khz / 1000, tsc_khz % 1000, lapic_timer_hz / 1000000,
	       lapic_timer_hz / 1000 % 1000, rates.source);
}

void time_update_wallclock(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	u64 ns = READ_ONCE(wall_base);
	u64 sec = ns / NS_PER_SEC + (u64)d->time_offset;
	u32 version;

	if (!s)
		return;
	version = READ_ONCE(s->wc_version) | 1;
	WRITE_ONCE(s->wc_version, version);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	WRITE_ONCE(s->wc_sec, (u32)sec);
	WRITE_ONCE(s->wc_sec_hi, (u32)(sec >> 32));
	WRITE_ONCE(s->wc_nsec, (u32)(ns % NS_PER_SEC));
	STORE_REL(s->wc_version, version + 1);
}

void time_set_wallclock(u64 epoch_ns, u64 at)
{
	struct domain *d;
	unsigned int id = 0;

	WRITE_ONCE(wall_base, epoch_ns - at);
	while ((d = domain_next(id)) != NULL) {
		id = d->id + 1u;
		time_update_wallclock(d);
		domain_put(d);
	}
}
