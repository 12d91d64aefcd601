/*
 * sched/internal.h: private to sched/
 */
#ifndef HV_SCHED_INTERNAL_H
#define HV_SCHED_INTERNAL_H

#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/lock.h>
#include <hv/sched.h>
#include <xen/vcpu.h>

#define DEFAULT_WEIGHT 256
/* How far behind the others a vcpu may wake: its boost, in weighted ns. */
#define WAKE_CREDIT_NS (10 * NS_PER_MS)
/* Who had just been chosen as it woke another domain runs for so long, and
 * queues more work for that; unless a timer's or device's wake preempted it. */
#define TURN_NS	       (10 * NS_PER_MS)

/* Set by tools, params.c */
struct sched_params {
	u64 slice_ns;
	/* A waking vcpu preempts only when it is this much behind the running
	 * one, once that has run for so long; or for a turn, TURN_NS, if it was
	 * that one who woke it before. */
	u64 ratelimit_ns;
	u64 stay_ns; /* after running, a waiting vcpu is not moved so long */
};
extern struct sched_params sched_params;
/** sched_parse_ratelimit() - option sched_ratelimit_us=; 0, or -EINVAL: not a
 * number of us that tools might set */
int sched_parse_ratelimit(const char *s);

/* A pcpu takes what waits elsewhere when that is this much behind its own. */
#define PULL_NS	 (3 * NS_PER_MS)
#define NOBODY	 (~0ull)
#define FLOOR_NS NS_PER_MS
/* How many busy pcpus one looks at for a better place, or for who waits */
#define PROBES	 8

/*
 * Each vcpu has used some virtual time: running time divided by its domain's
 * weight, in one measure for all pcpus. Who has used least runs next.
 * Sleepers come back at most WAKE_CREDIT_NS behind, so what they may run
 * ahead of the others is bounded.
 */
struct runq {
	spinlock_t lock;     /* SCHED */
	unsigned int id;     /* of its pcpu */
	struct list waiting; /* by rising virtual time */
	struct vcpu *curr;   /* running here, NULL: idle */
	u64 vrt;	     /* never falls; about the least of all here */
	/* hints for other pcpus: virtual times, or NOBODY */
	u64 first_vrt; /* of the first waiting one */
	u64 curr_vrt;  /* of the running one, when last charged */
	unsigned int curr_weight;
	u64 charged; /* curr's time is accounted up to here, ns */
	struct timer slice;
	bool idling;	       /* looked for work and found none */
	unsigned int nr_vcpus; /* placed here, running or not */
	u64 idle_ns, idle_from;
};

/* ---- runq.c: no locks, no clocks; tested on a host ---- */
/** runq_charge() - @ns of running to @v, whose domain weighs @weight */
void runq_charge(struct runq *q, struct vcpu *v, u64 ns, unsigned int weight);
/** runq_curr_estimate() - the running one's virtual time at @t, or NOBODY;
 * without the lock, so about */
u64 runq_curr_estimate(const struct runq *q, u64 t);
/** runq_limit_credit() - @v wakes: not too far behind @floor, the others' time
 */
void runq_limit_credit(struct vcpu *v, u64 floor);
void runq_enter(struct runq *q, struct vcpu *v);
void runq_leave(struct runq *q, struct vcpu *v);
/** runq_first() - the first waiting one whose domain may run, or NULL */
struct vcpu *runq_first(const struct runq *q);
/** runq_preempts() - shall @v, waiting, run instead of @curr? */
bool runq_preempts(const struct vcpu *v, const struct vcpu *curr);
/** runq_yield() - let the first waiting one go before @v */
void runq_yield(const struct runq *q, struct vcpu *v);

/* ---- wake.c ---- */
bool sched_runnable(const struct vcpu *v);
/** sched_sleep_state() - the state of one that is not runnable */
int sched_sleep_state(const struct vcpu *v);
/** sched_set_slice() - curr of @q runs until @end, then somebody looks; 0:
 * until somebody asks */
void sched_set_slice(struct runq *q, u64 end);
/** sched_charge() - bring what curr has used up to date; lock held */
void sched_charge(struct runq *q, u64 t);

/* ---- sets.c: bitmaps of pcpus; each bit changes under its queue's lock ----
 */
extern u64 sched_idle[];     /* would run at once what comes */
extern u64 sched_waiting[];  /* somebody waits there */
extern u64 sched_unsliced[]; /* run somebody, who has no end set */
/** sched_note() - whether @q, locked, idles or has somebody waiting changed */
void sched_note(const struct runq *q);
/** sched_note_slice() - the same of its slice */
void sched_note_slice(const struct runq *q);
/** sched_place_ok() - may @v run on @p? */
bool sched_place_ok(const struct vcpu *v, const struct pcpu *p);
/** sched_choosy() - does its soft affinity tell where it had better run? */
bool sched_choosy(const struct vcpu *v);
/** sched_prefers() - is @p among those it had better run on? All are, where its
 * soft affinity says nothing */
bool sched_prefers(const struct vcpu *v, const struct pcpu *p);
struct choice {
	const u64 *set;	      /* one of the above; NULL: all pcpus */
	const struct vcpu *v; /* where it may run; NULL: anywhere */
	bool any;	      /* even where it had better not */
};
/** sched_find() - the first of @c from pcpu @from on, round once; NULL: none */
struct pcpu *sched_find(const struct choice *c, unsigned int from);
/** sched_next() - the others of @c than @p, each once: after @at, which is @p
 * at first */
struct pcpu *sched_next(const struct choice *c, const struct pcpu *p,
			const struct pcpu *at);

/* ---- place.c ---- */
/** sched_lock_runq() - the queue @v belongs to, locked */
struct runq *sched_lock_runq(struct vcpu *v);
/** sched_would_rather() - @v, running on @p, had better go to an idle pcpu that
 * its soft affinity names */
bool sched_would_rather(const struct vcpu *v, const struct pcpu *p);
/**
 * sched_well_placed() - is @v, asleep, on the queue it had best wake on?
 * @q: its own, locked. If not, the lock is given up, @v moved, and the caller
 *     looks again.
 */
bool sched_well_placed(struct runq *q, struct vcpu *v, u64 t);
/** sched_poke_idle() - @v waits at a busy pcpu: one that went idle meanwhile,
 * after it had looked at our queue, shall look again */
void sched_poke_idle(const struct vcpu *v);
/** sched_floor() - the virtual time that the busiest queue has come to at @t,
 * or a moment before: looked for once in FLOOR_NS */
u64 sched_floor(u64 t);
/** sched_pull() - when somebody waiting elsewhere is well behind @vrt, take him
 * onto @p's queue; its lock is given up in between */
void sched_pull(struct pcpu *p, u64 vrt);
/** sched_behind_elsewhere() - would sched_pull() find somebody? A hint */
bool sched_behind_elsewhere(const struct pcpu *p, u64 vrt);
/** sched_waiting_anywhere() - a hint */
bool sched_waiting_anywhere(void);
/** sched_tell_others() - somebody began to wait at @p: those who run without
 * a slice get one */
void sched_tell_others(const struct pcpu *p);
/** sched_steal() - take a waiting vcpu off another pcpu's queue. @p's lock is
 * held, and given up in between; returns whether @p has work now */
bool sched_steal(struct pcpu *p);

/* ---- runstate.c ---- */
/** runstate_set() - @v is in RUNSTATE_@state from time @t on */
void runstate_set(struct vcpu *v, int state, u64 t);

unsigned int sched_weight(const struct domain *d);
/* ---- cap.c ---- */
/** cap_allows() - has @d a right to run left? Always, without a cap */
bool cap_allows(const struct domain *d);
/** cap_left() - ns it may run on now; ~0 without a cap */
u64 cap_left(const struct domain *d);
/** cap_charge() - @d ran for @ns; a queue's lock is held */
void cap_charge(struct domain *d, u64 ns);
/** cap_set() - percent of a pcpu, 0 ends it */
void cap_set(struct domain *d, u16 percent);
void cap_init(struct domain *d);
void cap_destroy(struct domain *d);
/** sched_watchdog() - SCHEDOP_watchdog of the running domain */
long sched_watchdog(u32 id, u32 timeout_s);
/** sched_poll() - SCHEDOP_poll of the running vcpu */
struct sched_poll;
long sched_poll(const struct sched_poll *poll);
/** sched_pin() - SCHEDOP_pin_override: @pcpu, or negative: end of that */
long sched_pin(s32 pcpu);
void sched_yield_current(void);

#endif
