/*
 * sched/hypercall.c: sched_op
 */
#include <xen/sched.h>
#include "internal.h"

#define MAX_POLL_PORTS 128
#define CODE_NONE      (~0u)

static long do_poll(gptr_t arg)
{
	struct sched_poll poll;

	if (copy_in(&poll, arg, sizeof(poll)))
		return -EFAULT;
	if (poll.nr_ports > MAX_POLL_PORTS)
		return -EINVAL;
	return sched_poll(&poll);
}

static long do_shutdown(gptr_t arg)
{
	struct sched_shutdown s;

	if (copy_in(&s, arg, sizeof(s)))
		return -EFAULT;
	domain_shutdown(current->d, (u8)s.reason);
	return 0;
}

static long do_shutdown_code(gptr_t arg)
{
	struct domain *d = current->d;
	struct sched_shutdown s;

	if (copy_in(&s, arg, sizeof(s)))
		return -EFAULT;
	spin_lock(&d->lock);
	if (d->shutdown_code == CODE_NONE)
		d->shutdown_code = s.reason;
	spin_unlock(&d->lock);
	return 0;
}

static long do_remote_shutdown(gptr_t arg)
{
	struct sched_remote_shutdown r;
	struct domain *d;
	long rc;

	if (copy_in(&r, arg, sizeof(r)))
		return -EFAULT;
	d = domain_get_by_id(r.domain_id);
	if (!d)
		return -ESRCH;
	rc = may_control(d);
	if (!rc)
		domain_shutdown(d, (u8)r.reason);
	domain_put(d);
	return rc;
}

static long do_watchdog(gptr_t arg)
{
	struct sched_watchdog w;

	if (copy_in(&w, arg, sizeof(w)))
		return -EFAULT;
	return sched_watchdog(w.id, w.timeout);
}

static long do_pin(gptr_t arg)
{
	struct sched_pin_override pin;

	if (!current->d->privileged)
		return -EPERM;
	if (copy_in(&pin, arg, sizeof(pin)))
		return -EFAULT;
	return sched_pin(pin.pcpu);
}

long hc_sched_op(u64 cmd, u64 arg)
{
	switch ((u32)cmd) {
	case SCHEDOP_yield:
		sched_yield_current();
		return 0;
	case SCHEDOP_block:
		sched_block_current();
		return 0;
	case SCHEDOP_shutdown:
		return do_shutdown(GPTR(arg));
	case SCHEDOP_poll:
		return do_poll(GPTR(arg));
	case SCHEDOP_remote_shutdown:
		return do_remote_shutdown(GPTR(arg));
	case SCHEDOP_shutdown_code:
		return do_shutdown_code(GPTR(arg));
	case SCHEDOP_watchdog:
		return do_watchdog(GPTR(arg));
	case SCHEDOP_pin_override:
		return do_pin(GPTR(arg));
	}
	return -ENOSYS;
}
