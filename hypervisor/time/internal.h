/*
 * time/internal.h: private to time/
 */
#ifndef HV_TIME_INTERNAL_H
#define HV_TIME_INTERNAL_H

#include <hv/lock.h>
#include <hv/time.h>

/*
 * ns = (ticks << shift) * mul >> 32, a negative shift shifts right: what
 * vcpu_time_info hands to guests. mul has its top bit set, so the error is
 * below one part in 2^31.
 */
struct tsc_scale {
	u32 mul;
	s8 shift;
};

/** tsc_scale_make() - scale that takes ticks of @hz to nanoseconds */
struct tsc_scale tsc_scale_make(u64 hz);
/** tsc_scale_apply() - @ticks to ns; no overflow before 2^64 ns */
u64 tsc_scale_apply(struct tsc_scale s, u64 ticks);
/** mul_div() - a * b / c in 128 bits; the quotient must fit 64 */
u64 mul_div(u64 a, u64 b, u64 c);

/* Frequencies, measured at boot. */
struct tick_rates {
	u64 tsc_hz;
	u64 lapic_hz;
	const char *source; /* of the reference, for the boot line */
};
/** calibrate() - against HPET, PM timer or PIT, the first there is */
void calibrate(struct tick_rates *rates);

/* The clock: system time is scale(tsc - tsc_base). */
extern u64 tsc_base;
extern struct tsc_scale tsc_scale;

/*
 * A pcpu's armed timers: a pairing heap by expiry, linked through the timers
 * themselves, so that arming never allocates.
 */
struct timer_queue {
	spinlock_t lock; /* TIMER */
	struct timer *root;
	struct timer *running; /* whose fn is being called */
	u64 programmed;	       /* expiry the hardware is set for; 0 none */
};

/** theap_insert() - add @t to the heap at *@root */
void theap_insert(struct timer **root, struct timer *t);
/** theap_remove() - take @t, which is in that heap, out */
void theap_remove(struct timer **root, struct timer *t);

/** rtc_read_clock() - seconds since 1970 from the CMOS clock */
u64 rtc_read_clock(void);
/** civil_to_seconds() - seconds since 1970 of a UTC date; month 1..12 */
u64 civil_to_seconds(unsigned int year, unsigned int month, unsigned int day,
		     unsigned int hour, unsigned int min, unsigned int sec);

#endif
