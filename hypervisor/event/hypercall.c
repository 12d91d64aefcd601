/*
 * event/hypercall.c: event_channel_op
 *
 * One function per sub-operation: copy the argument in, find the domain,
 * act, copy the results out.
 */
#include "internal.h"

/*
 * The domain a call names, when the caller may act for it. NULL with *rc
 * set; else the caller puts it.
 */
static struct domain *target(domid_t id, long *rc)
{
	struct domain *d = domain_resolve(id);

	*rc = -ESRCH;
	if (!d)
		return NULL;
	*rc = d == current->d ? 0 : may_control(d);
	if (*rc) {
		domain_put(d);
		return NULL;
	}
	return d;
}

static long op_bind_interdomain(gptr_t arg)
{
	struct evtchn_bind_interdomain b;
	struct domain *rd;
	long rc;

	if (copy_in(&b, arg, sizeof(b)))
		return -EFAULT;
	rd = domain_resolve(b.remote_dom);
	if (!rd)
		return -ESRCH;
	rc = event_bind_interdomain(current->d, rd, b.remote_port,
				    &b.local_port);
	domain_put(rd);
	if (!rc && copy_out(arg, &b, sizeof(b)))
		rc = -EFAULT;
	return rc;
}

static long op_bind_virq(gptr_t arg)
{
	struct evtchn_bind_virq b;
	long rc;

	if (copy_in(&b, arg, sizeof(b)))
		return -EFAULT;
	rc = event_bind_virq(current->d, b.virq, b.vcpu, &b.port);
	if (!rc && copy_out(arg, &b, sizeof(b)))
		rc = -EFAULT;
	return rc;
}

static long op_bind_pirq(gptr_t arg)
{
	struct evtchn_bind_pirq b;
	long rc;

	if (copy_in(&b, arg, sizeof(b)))
		return -EFAULT;
	rc = event_bind_pirq(current->d, b.pirq,
			     b.flags & BIND_PIRQ__WILL_SHARE, &b.port);
	if (!rc && copy_out(arg, &b, sizeof(b)))
		rc = -EFAULT;
	return rc;
}

static long op_close(gptr_t arg)
{
	struct evtchn_close c;

	if (copy_in(&c, arg, sizeof(c)))
		return -EFAULT;
	return port_close(current->d, c.port);
}

static long op_send(gptr_t arg)
{
	struct evtchn_send s;

	if (copy_in(&s, arg, sizeof(s)))
		return -EFAULT;
	return event_send(current->d, s.port);
}

static long op_status(gptr_t arg)
{
	struct evtchn_status s;
	struct domain *d;
	long rc;

	if (copy_in(&s, arg, sizeof(s)))
		return -EFAULT;
	d = target(s.dom, &rc);
	if (!d)
		return rc;
	rc = event_status(d, s.port, &s);
	domain_put(d);
	if (!rc && copy_out(arg, &s, sizeof(s)))
		rc = -EFAULT;
	return rc;
}

static long op_alloc_unbound(gptr_t arg)
{
	struct evtchn_alloc_unbound a;
	struct domain *d;
	domid_t remote;
	long rc;

	if (copy_in(&a, arg, sizeof(a)))
		return -EFAULT;
	d = target(a.dom, &rc);
	if (!d)
		return rc;
	remote = a.remote_dom == DOMID_SELF ? current->d->id : a.remote_dom;
	rc = event_unbound(d, remote, &a.port);
	domain_put(d);
	if (!rc && copy_out(arg, &a, sizeof(a)))
		rc = -EFAULT;
	return rc;
}

static long op_bind_ipi(gptr_t arg)
{
	struct evtchn_bind_ipi b;
	long rc;

	if (copy_in(&b, arg, sizeof(b)))
		return -EFAULT;
	rc = event_bind_ipi(current->d, b.vcpu, &b.port);
	if (!rc && copy_out(arg, &b, sizeof(b)))
		rc = -EFAULT;
	return rc;
}

static long op_bind_vcpu(gptr_t arg)
{
	struct evtchn_bind_vcpu b;

	if (copy_in(&b, arg, sizeof(b)))
		return -EFAULT;
	return event_bind_vcpu(current->d, b.port, b.vcpu);
}

static long op_unmask(gptr_t arg)
{
	struct evtchn_unmask u;

	if (copy_in(&u, arg, sizeof(u)))
		return -EFAULT;
	return event_unmask(current->d, u.port);
}

static long op_reset(gptr_t arg)
{
	struct evtchn_reset r;
	struct domain *d;
	long rc;

	if (copy_in(&r, arg, sizeof(r)))
		return -EFAULT;
	d = target(r.dom, &rc);
	if (!d)
		return rc;
	if (d != current->d && !d->ctl_pauses)
		rc = -EINVAL;
	else
		rc = event_reset(d);
	domain_put(d);
	if (rc == -ERESTART) {
		u64 args[2] = {EVTCHNOP_reset, arg.va};

		rc = hypercall_restart(__HYPERVISOR_event_channel_op, 2, args);
	}
	return rc;
}

static long op_init_control(gptr_t arg)
{
	struct evtchn_init_control c;
	long rc;

	if (copy_in(&c, arg, sizeof(c)))
		return -EFAULT;
	rc = event_init_control(current->d, c.control_gfn, c.offset, c.vcpu);
	c.link_bits = EVTCHN_FIFO_LINK_BITS;
	if (!rc && copy_out(arg, &c, sizeof(c)))
		rc = -EFAULT;
	return rc;
}

static long op_expand_array(gptr_t arg)
{
	struct evtchn_expand_array e;

	if (copy_in(&e, arg, sizeof(e)))
		return -EFAULT;
	return event_expand_array(current->d, e.array_gfn);
}

static long op_set_priority(gptr_t arg)
{
	struct evtchn_set_priority s;

	if (copy_in(&s, arg, sizeof(s)))
		return -EFAULT;
	return event_set_priority(current->d, s.port, s.priority);
}

long hc_event_channel_op(u64 cmd, u64 arg)
{
	gptr_t p = GPTR(arg);

	switch ((u32)cmd) {
	case EVTCHNOP_bind_interdomain:
		return op_bind_interdomain(p);
	case EVTCHNOP_bind_virq:
		return op_bind_virq(p);
	case EVTCHNOP_bind_pirq:
		return op_bind_pirq(p);
	case EVTCHNOP_close:
		return op_close(p);
	case EVTCHNOP_send:
		return op_send(p);
	case EVTCHNOP_status:
		return op_status(p);
	case EVTCHNOP_alloc_unbound:
		return op_alloc_unbound(p);
	case EVTCHNOP_bind_ipi:
		return op_bind_ipi(p);
	case EVTCHNOP_bind_vcpu:
		return op_bind_vcpu(p);
	case EVTCHNOP_unmask:
		return op_unmask(p);
	case EVTCHNOP_reset:
		return op_reset(p);
	case EVTCHNOP_init_control:
		return op_init_control(p);
	case EVTCHNOP_expand_array:
		return op_expand_array(p);
	case EVTCHNOP_set_priority:
		return op_set_priority(p);
	}
	return -ENOSYS;
}
