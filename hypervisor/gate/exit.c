/*
 * gate/exit.c: what is due before a guest runs again
 */
#include <hv/dev.h>
#include <hv/domain.h>
#include "internal.h"

static void run_softirqs(struct pcpu *p)
{
	u64 todo = __atomic_exchange_n(&p->softirqs, 0, __ATOMIC_ACQ_REL);

	if (todo >> SOFTIRQ_TIMER & 1)
		timer_run();
	if (todo >> SOFTIRQ_DEBUGKEY & 1)
		console_run_key();
	if (todo >> SOFTIRQ_SCHED & 1)
		sched_run();
}

static void deliver_nmi(struct vcpu *v, struct cpu_user_regs *regs)
{
	const struct trap_info *t = gate_trap(v, 2);
	struct bounce b = {.rip = t->address, .mask_events = TI_GET_IF(t)};

	v->gate.nmi_pending = false;
	if (!b.rip)
		return;
	v->gate.nmi_masked = true;
	bounce_to_guest(regs, &b);
}

static void deliver_upcall(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct bounce b = {.rip = v->gate.cb_event, .mask_events = true};

	perf_inc(UPCALL);
	bounce_to_guest(regs, &b);
}

/*
 * sched_run() may change the running vcpu, and a frame that cannot be built
 * crashes the domain, which asks for the scheduler: so look again each time.
 */
void gate_exit_work(void)
{
	for (;;) {
		struct pcpu *p = this_pcpu();
		struct vcpu *v;

		if (unlikely(READ_ONCE(p->softirqs))) {
			run_softirqs(p);
			continue;
		}
		v = current;
		if (unlikely(v->gate.nmi_pending && !v->gate.nmi_masked)) {
			deliver_nmi(v, guest_regs());
			continue;
		}
		if (unlikely(event_pending(v) && v->gate.cb_event)) {
			deliver_upcall(v, guest_regs());
			continue;
		}
		return;
	}
}
