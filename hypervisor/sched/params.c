/*
 * sched/params.c: what tools may set, by the operations of 4.17's schedulers
 *
 * There is one scheduler. `sched=credit` on the command line makes it go by
 * that name, and tools use the operations that belong to it; they set the same
 * weights, caps and limits.
 */
#include <hv/boot.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include "internal.h"

#define POOL_ID	 0u /* the one pool there is */
#define KEEP_CAP 0xffff

struct sched_params sched_params = {
	.slice_ns = 10 * NS_PER_MS,
	.ratelimit_ns = NS_PER_MS,
};
unsigned int sched_id = XEN_SCHEDULER_CREDIT2;

static int parse_sched(const char *s)
{
	if (!strcmp(s, "credit"))
		sched_id = XEN_SCHEDULER_CREDIT;
	else if (!strcmp(s, "credit2"))
		sched_id = XEN_SCHEDULER_CREDIT2;
	else
		return -EINVAL;
	return 0;
}
OPTION_FN("sched", parse_sched);

/* 0 means none */
static bool ratelimit_ok(u64 us)
{
	return !us || (us >= XEN_SYSCTL_SCHED_RATELIMIT_MIN &&
		       us <= XEN_SYSCTL_SCHED_RATELIMIT_MAX);
}

int sched_parse_ratelimit(const char *s)
{
	const char *end;
	u64 us = hv_strtoul(s, &end, 0);

	if (end == s || *end || !ratelimit_ok(us))
		return -EINVAL;
	sched_params.ratelimit_ns = us * NS_PER_US;
	return 0;
}
OPTION_FN("sched_ratelimit_us", sched_parse_ratelimit);

static void put_domain(struct domain *d, u16 weight, u16 cap)
{
	if (weight)
		WRITE_ONCE(d->sched.weight, weight);
	if (cap != KEEP_CAP)
		cap_set(d, cap);
}

long sched_domctl(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	/* both schedulers' records are the same two words */
	struct xen_domctl_sched_credit2 *p = &op->u.credit2;

	if (op->sched_id != sched_id)
		return -EINVAL;
	switch (op->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		p->weight = (u16)sched_weight(d);
		p->cap = d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		put_domain(d, p->weight, p->cap);
		return 0;
	}
	return -EINVAL; /* of single vcpus neither scheduler has any */
}

static long credit(struct xen_sysctl_credit_schedule *c, bool put)
{
	if (put) {
		if (c->tslice_ms < XEN_SYSCTL_CSCHED_TSLICE_MIN ||
		    c->tslice_ms > XEN_SYSCTL_CSCHED_TSLICE_MAX ||
		    !ratelimit_ok(c->ratelimit_us) ||
		    c->ratelimit_us > c->tslice_ms * 1000 ||
		    c->vcpu_migr_delay_us > XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US)
			return -EINVAL;
		WRITE_ONCE(sched_params.slice_ns, c->tslice_ms * NS_PER_MS);
		WRITE_ONCE(sched_params.ratelimit_ns,
			   c->ratelimit_us * NS_PER_US);
		WRITE_ONCE(sched_params.stay_ns,
			   c->vcpu_migr_delay_us * NS_PER_US);
	}
	c->tslice_ms = (u32)(sched_params.slice_ns / NS_PER_MS);
	c->ratelimit_us = (u32)(sched_params.ratelimit_ns / NS_PER_US);
	c->vcpu_migr_delay_us = (u32)(sched_params.stay_ns / NS_PER_US);
	return 0;
}

static long credit2(struct xen_sysctl_credit2_schedule *c, bool put)
{
	if (put) {
		if (!ratelimit_ok(c->ratelimit_us))
			return -EINVAL;
		WRITE_ONCE(sched_params.ratelimit_ns,
			   c->ratelimit_us * NS_PER_US);
	}
	c->ratelimit_us = (u32)(sched_params.ratelimit_ns / NS_PER_US);
	return 0;
}

long sched_sysctl(struct xen_sysctl_scheduler_op *op)
{
	bool put = op->cmd == XEN_SYSCTL_SCHEDOP_putinfo;

	if (!put && op->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
		return -EINVAL;
	if (op->cpupool_id != POOL_ID)
		return -ESRCH;
	if (op->sched_id != sched_id)
		return -EINVAL;
	return sched_id == XEN_SCHEDULER_CREDIT
		       ? credit(&op->u.sched_credit, put)
		       : credit2(&op->u.sched_credit2, put);
}
