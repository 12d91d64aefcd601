/*
 * lib/clock.c: time in a test guest
 */
#include <xen/sched.h>
#include "guest.h"

static u64 read_clock(const struct vcpu_time_info *t)
{
	u32 version;
	u64 ns, delta;

	do {
		version = READ_ONCE(t->version);
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift >= 0 ? delta << t->tsc_shift
					  : delta >> -t->tsc_shift;
		ns = t->system_time +
		     (u64)((unsigned __int128)delta * t->tsc_to_system_mul >>
			   32);
		barrier();
	} while (version & 1 || version != READ_ONCE(t->version));
	return ns;
}

u64 clock_of(u32 id)
{
	return read_clock(&shared_info->vcpu_info[id].time);
}

u64 system_time(void)
{
	return read_clock(&vcpu_info()->time);
}

void sleep_ns(u64 ns)
{
	static evtchn_port_t quiet;
	struct sched_poll op = {.nr_ports = 1, .timeout = system_time() + ns};

	if (!quiet) {
		long port = event_alloc(DOMID_SELF);

		if (port < 0)
			guest_broken("no port to sleep on");
		quiet = (evtchn_port_t)port;
	}
	op.ports.p = &quiet;
	hypercall(sched_op, SCHEDOP_poll, &op);
}
