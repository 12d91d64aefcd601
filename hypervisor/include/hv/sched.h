/*
 * hv/sched.h: which vcpu runs where
 *
 * Owns:       run queues, vcpu run states, blocking and waking
 * Invariants: a vcpu is on a run queue exactly when it is RUNNABLE (not
 *             running, not blocked, pause counts 0, online)
 * Lock:       SCHED, one per run queue
 * ABI:        pvabi/xen/sched.h, runstate of pvabi/xen/vcpu.h
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/lib.h>
#include <hv/types.h>
#include <hv/time.h>

struct vcpu;
struct domain;
struct pcpu;
struct vcpu_runstate_info;
struct xen_domctl_scheduler_op;
struct xen_sysctl_scheduler_op;

#define NR_WATCHDOGS 2

/* Embedded in struct domain as .sched */
struct domain_sched {
	struct timer watchdog[NR_WATCHDOGS];
	u32 watchdogs; /* bitmap of those a guest holds; DOMAIN */
	u16 weight;    /* share of a busy pcpu, 256 is usual */
	u16 cap;       /* percent of a pcpu, 0: none */
	/* With a cap: ns its vcpus may run now; negative: ran ahead. Atomic */
	s64 budget;
	u64 budget_from; /* ns since boot: what time brought is in it up to here
			  */
	struct timer refill;
};

/* Embedded in struct vcpu as .sched */
struct vcpu_sched {
	struct list runq;    /* link, while RUNNABLE */
	struct pcpu *pcpu;   /* whose run queue, or where it runs */
	bool running;	     /* on .pcpu, now */
	bool blocked;	     /* SCHEDOP_block, poll: until an event */
	bool online;	     /* VCPUOP_up .. down */
	bool turn;	     /* its next may be a long one: wake.c */
	bool cut;	     /* a timer's wake preempts it, unasked */
	u32 pause_count;     /* atomic; domain's count comes on top */
	int state;	     /* RUNSTATE_* */
	u64 state_entry;     /* ns since boot */
	u64 time[4];	     /* ns in each RUNSTATE_* */
	u64 slice_end;	     /* ns since boot */
	u64 vrt;	     /* weighted ns it has run; orders the queue */
	struct pcpu *pinned; /* SCHEDOP_pin_override in force */
	struct timer poll_timer;
	DECLARE_BITMAP(affinity, NR_PCPUS); /* where it may run */
	DECLARE_BITMAP(soft, NR_PCPUS);	    /* where it had better run */
	bool soft_counts; /* .soft makes a difference among .affinity */
	u64 ran_until;	  /* ns since boot: when it last left a pcpu */
};

/** sched_init() - before any vcpu exists; the boot pcpu included */
void sched_init(void);
void sched_init_pcpu(struct pcpu *p);
/** sched_domain_init(), sched_domain_destroy() - watchdogs and weight; the
 * latter before the last put, it waits for the timers */
void sched_domain_init(struct domain *d);
void sched_domain_destroy(struct domain *d);
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);

/** sched_wake() - @v may be runnable now: put it on a run queue if it is */
void sched_wake(struct vcpu *v);
/** sched_sleep_nosync() - @v may not be runnable any more (pause, offline) */
void sched_sleep_nosync(struct vcpu *v);
/** sched_sleep_sync() - the same, and wait until it runs nowhere */
void sched_sleep_sync(struct vcpu *v);
/** sched_kick() - have a running @v look for events soon; wake a blocked one */
void sched_kick(struct vcpu *v);
/** sched_serve_begin(), sched_serve_end() - around an event that the running
 * vcpu sends to another domain */
void sched_serve_begin(void);
void sched_serve_end(void);
/** sched_unblock() - an event arrived: end block (and poll of that port) */
void sched_unblock(struct vcpu *v);
/** sched_block_current() - block until an event; unmasks upcalls first */
void sched_block_current(void);
/** sched_set_affinity() - @v's hard or soft map. -EINVAL: no pcpu of a hard one
 * is online, -EBUSY: SCHEDOP_pin_override is in force */
int sched_set_hard_affinity(struct vcpu *v, const u64 *map);
int sched_set_soft_affinity(struct vcpu *v, const u64 *map);
/** sched_end_pin() - SCHEDOP_pin_override of @v is over */
void sched_end_pin(struct vcpu *v);
/** sched_affinity_changed() - sched.affinity of @v was written: move it away
 * from where it may not be any more */
void sched_affinity_changed(struct vcpu *v);
/** sched_run() - SOFTIRQ_SCHED: choose, and switch to it; idles inside when
 * nothing is runnable. Callers must read `current` again afterwards. */
void sched_run(void);
/** sched_runstate() - filled for now, for VCPUOP and domctl */
void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *info);
/** sched_update_runstate_area() - write the registered guest area (curr) */
void sched_update_runstate_area(struct vcpu *v);
/** sched_cpu_time() - ns of guest time used by @v so far */
u64 sched_cpu_time(struct vcpu *v);
/** sched_idle_time() - ns @p was idle since boot */
u64 sched_idle_time(struct pcpu *p);
/** sched_dump() - debug key */
void sched_dump(void);
/** sched_id - what sysctl sched_id answers: XEN_SCHEDULER_*; option sched= */
extern unsigned int sched_id;
/** sched_domctl(), sched_sysctl() - scheduler_op: weight and cap of @d; the
 * scheduler's own parameters. 0, -EINVAL, -ESRCH no such pool */
long sched_domctl(struct domain *d, struct xen_domctl_scheduler_op *op);
long sched_sysctl(struct xen_sysctl_scheduler_op *op);

#endif
