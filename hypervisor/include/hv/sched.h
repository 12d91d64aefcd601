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

/* Embedded in struct vcpu as .sched */
struct vcpu_sched {
	struct list runq;	/* link, while RUNNABLE */
	struct pcpu *pcpu;	/* whose run queue, or where it runs */
	bool running;		/* on .pcpu, now */
	bool blocked;		/* SCHEDOP_block, poll: until an event */
	bool online;		/* VCPUOP_up .. down */
	u32 pause_count;	/* atomic; domain's count comes on top */
	int state;		/* RUNSTATE_* */
	u64 state_entry;	/* ns since boot */
	u64 time[4];		/* ns in each RUNSTATE_* */
	u64 slice_end;		/* ns since boot */
	struct timer poll_timer;
	DECLARE_BITMAP(affinity, NR_PCPUS);
};

void sched_init(void);			/* before any vcpu exists */
void sched_init_pcpu(struct pcpu *p);
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
/** sched_unblock() - an event arrived: end block (and poll of that port) */
void sched_unblock(struct vcpu *v);
/** sched_block_current() - block until an event; unmasks upcalls first */
void sched_block_current(void);
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
/** sched_domctl()/sched_sysctl() - scheduler_op of domctl, sysctl */
long sched_domctl(struct domain *d, struct xen_domctl_scheduler_op *op);
/** sched_slice_ns - time slice, ns */
#define SCHED_SLICE_NS	(10 * 1000 * 1000ull)

#endif
