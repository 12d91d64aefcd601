/*
 * hv/time.h: clocks and timers
 *
 * Owns:       system time, per-pcpu timer queues, the time pages of guests
 * Invariants: system time never goes back and is the same on all pcpus; a
 *             timer never fires early
 * Lock:       TIMER, one per pcpu
 * ABI:        ABI-NOTES 4
 */
#ifndef HV_TIME_H
#define HV_TIME_H

#include <hv/lib.h>
#include <hv/types.h>

struct vcpu;
struct domain;
struct pcpu;

#define NS_PER_SEC 1000000000ull
#define NS_PER_MS  1000000ull
#define NS_PER_US  1000ull

/** now() - ns since the hypervisor started */
u64 now(void);
/** udelay() - busy wait, for device start-up; works once calibrated */
void udelay(unsigned int us);
extern u64 tsc_khz;

struct timer {
	u64 expires;	       /* ns since boot */
	void (*fn)(void *arg); /* on the pcpu it was set on, softirq */
	void *arg;
	struct pcpu *pcpu;		   /* queue it is on, NULL: not set */
	struct timer *child, *next, *prev; /* in that queue's heap */
	bool setting; /* timer_set() on some pcpu; atomic */
	u32 stopping; /* how many are in timer_stop(); atomic */
};

void timer_init(struct timer *t, void (*fn)(void *), void *arg);
/** timer_set() - (re)arm on this pcpu. A past @expires fires at once. Nothing
 * happens while another pcpu is in timer_stop() of it. */
void timer_set(struct timer *t, u64 expires);
/** timer_stop() - when it returns, fn neither runs nor will (but where it is
 * itself the caller). Hold no lock that fn takes. */
void timer_stop(struct timer *t);
/** timer_run() - SOFTIRQ_TIMER */
void timer_run(void);
/** timer_interrupt() - VEC_TIMER; irq_dispatch() calls it */
void timer_interrupt(void);

/* Embedded in struct vcpu as .time */
struct vcpu_time {
	struct timer periodic;	 /* set while the vcpu runs */
	struct timer singleshot; /* set_timer_op uses it too */
	u64 period;		 /* ns; 0: stopped */
	u64 periodic_last;	 /* ns since boot, of the last tick */
};

int time_vcpu_init(struct vcpu *v);
void time_vcpu_destroy(struct vcpu *v);
/** time_update_vcpu() - fill vcpu_time_info; before a vcpu runs, and when its
 * vcpu_info moved */
void time_update_vcpu(struct vcpu *v);
/** time_update_secondary() - fill the registered copy; @v is running, in
 * kernel mode (register_vcpu_time_memory_area). It never changes again. */
void time_update_secondary(struct vcpu *v);
/** time_vcpu_switch_in(), time_vcpu_switch_out() - sched/ tells of switches */
void time_vcpu_switch_in(struct vcpu *v);
void time_vcpu_switch_out(struct vcpu *v);
/** time_update_wallclock() - wc_* of @d's shared_info */
void time_update_wallclock(struct domain *d);
/** time_set_wallclock() - dom0's settime: epoch ns at system time @at */
void time_set_wallclock(u64 epoch_ns, u64 at);

/* vcpu_op and set_timer_op parts; @v is the running vcpu */
int time_set_periodic(struct vcpu *v, u64 period_ns); /* -EINVAL < 1 ms */
void time_stop_periodic(struct vcpu *v);
void time_set_singleshot(struct vcpu *v, u64 deadline_ns);
void time_stop_singleshot(struct vcpu *v);

/** time_init() - calibrate TSC and local APIC timer, wall clock from RTC; and
 * the boot pcpu, which time_init_pcpu() does for others */
void time_init(void);
void time_init_pcpu(struct pcpu *p);
/** rtc_emul_read()/write()/index() - guest view of ports 0x71 and 0x70, for
 * the domain that was given them */
u8 rtc_emul_read(struct domain *d);
void rtc_emul_write(struct domain *d, u8 val);
void rtc_emul_index(struct domain *d, u8 index);

#endif
