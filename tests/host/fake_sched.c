/*
 * fake_sched.c: see fake_sched.h
 */
#include "../../hypervisor/event/internal.h"
#include "fake_sched.h"

u64 clock_ns, deadlines[2];
u64 lapic_timer_hz = NS_PER_SEC;
struct domain *d0, *d1;
struct domain *shut_down;
u32 shut_reason;
unsigned int switches;
u64 switch_ns; /* what telling the outgoing guest takes */

/* ---- the machine ---- */
u64 now(void)
{
	return clock_ns;
}

void lapic_timer_set(u32 ticks)
{
	apic_deadline = ticks ? clock_ns + ticks : 0;
}

void lapic_send_ipi(u32 apic_id, u8 vector)
{
}

void softirq_raise(struct pcpu *p, enum softirq s)
{
	bit_set(&p->softirqs, s);
}

void advance(u64 ns)
{
	clock_ns += ns;
	if (apic_deadline && clock_ns >= apic_deadline) {
		apic_deadline = 0;
		timer_interrupt();
	}
}

void cpu_idle(void)
{
	ck_assert_msg(apic_deadline, "idle with nothing to wake up for");
	advance(apic_deadline - clock_ns);
}

void vcpu_switch_to(struct vcpu *next)
{
	switches++;
	fake_become(next);
}

void vcpu_sync(struct vcpu *v)
{
}

void cpu_write_cr3(u64 cr3)
{
}

void console_run_key(void)
{
}

void time_vcpu_switch_in(struct vcpu *v)
{
}

void time_vcpu_switch_out(struct vcpu *v)
{
	clock_ns += switch_ns;
}

int copy_in(void *to, gptr_t from, size_t n)
{
	if (!from.va)
		return -EFAULT;
	memcpy(to, (const void *)from.va, n);
	return 0;
}

int copy_out(gptr_t to, const void *from, size_t n)
{
	if (!to.va)
		return -EFAULT;
	memcpy((void *)to.va, from, n);
	return 0;
}

void domain_shutdown(struct domain *d, u32 reason)
{
	shut_down = d;
	shut_reason = reason;
}

bool hypercall_yield(void)
{
	return false;
}

int pirq_bind_port(struct domain *d, unsigned int pirq, u32 port, bool share,
		   struct vcpu *v)
{
	return -EINVAL;
}

void pirq_unbind_port(struct domain *d, unsigned int pirq)
{
}

/* What the gate does before a guest runs. */
void exit_work(void)
{
	u64 todo;

	while ((todo = this_pcpu()->softirqs) != 0) {
		this_pcpu()->softirqs = 0;
		if (todo >> SOFTIRQ_TIMER & 1)
			timer_run();
		if (todo >> SOFTIRQ_SCHED & 1)
			sched_run();
	}
}

void run_for(u64 ns)
{
	u64 end = clock_ns + ns;

	while (clock_ns < end) {
		exit_work();
		advance(STEP);
	}
	exit_work();
}

void online(struct vcpu *v)
{
	v->sched.online = true;
	v->gate.kernel = true;
	sched_wake(v);
}

void fake_sched_setup(void)
{
	struct vcpu *v;
	unsigned int i;

	fake_base_init();
	clock_ns = NS_PER_SEC;
	apic_deadline = 0;
	shut_down = NULL;
	time_init_pcpu(&fake_pcpu);
	sched_init();
	d0 = fake_domain(0, 4, true);
	d1 = fake_domain(1, 4, false);
	sched_domain_init(d0);
	sched_domain_init(d1);
	ck_assert_int_eq(event_domain_init(d0), 0);
	ck_assert_int_eq(event_domain_init(d1), 0);
	for_each_vcpu (d0, v, i)
		ck_assert_int_eq(sched_vcpu_init(v), 0);
	for_each_vcpu (d1, v, i)
		ck_assert_int_eq(sched_vcpu_init(v), 0);
}

static void free_domain(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	d->dying = DOM_DYING;
	for_each_vcpu (d, v, i) {
		v->sched.running = false;
		sched_vcpu_destroy(v);
	}
	sched_domain_destroy(d);
	event_domain_destroy(d);
	event_domain_free(d);
	fake_domain_free(d);
}

void fake_sched_teardown(void)
{
	free_domain(d1);
	free_domain(d0);
	hv_free(fake_pcpu.runq);
	hv_free(fake_pcpu.timers);
	ck_assert_uint_eq(fake_allocs, 0);
}

u64 used(struct vcpu *v)
{
	return sched_cpu_time(v);
}

void assert_near(u64 got, u64 want, u64 slack)
{
	ck_assert_msg(got + slack >= want && got <= want + slack,
		      "%llu ms, wanted %llu ms", got / NS_PER_MS,
		      want / NS_PER_MS);
}
