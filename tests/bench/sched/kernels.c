/*
 * bench/sched: what the mini domains do
 *
 * Each function stands alone in its section: everything it uses is inlined.
 */
#include "mini.h"
#include <xen/sched.h>

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS u64 clock(const struct report *r)
{
	u64 delta = rdtsc() - r->time.tsc_timestamp;

	delta = r->time.tsc_shift >= 0 ? delta << r->time.tsc_shift
				       : delta >> -r->time.tsc_shift;
	return r->time.system_time +
	       (u64)((unsigned __int128)delta * r->time.tsc_to_system_mul >>
		     32);
}

/* Its shared page, with events masked, so that nothing calls back. */
ALWAYS struct shared_info *shared(const struct report *r)
{
	struct shared_info *s = (struct shared_info *)SHARED_VA;

	hypercall(update_va_mapping, SHARED_VA, r->shared_info | PTE_DATA,
		  UVMF_INVLPG);
	__atomic_store_n(&s->vcpu_info[0].evtchn_upcall_mask, 1,
			 __ATOMIC_SEQ_CST);
	return s;
}

/* Forgets what is pending, so that the next one wakes. */
ALWAYS void forget(struct shared_info *s)
{
	__atomic_store_n(&s->vcpu_info[0].evtchn_upcall_pending, 0,
			 __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->vcpu_info[0].evtchn_pending_sel, 0,
			 __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->evtchn_pending[SHARED_WORD], 0, __ATOMIC_SEQ_CST);
}

ALWAYS void bind_timer(void)
{
	struct evtchn_bind_virq op = {.virq = VIRQ_TIMER};

	hypercall(event_channel_op, EVTCHNOP_bind_virq, &op);
}

/* Sleeps until something is pending, and calls back no more than above. */
ALWAYS void wait_event(void)
{
	evtchn_port_t port = ONLY_PORT;
	struct sched_poll op = {.nr_ports = 1};

	op.ports.p = &port;
	hypercall(sched_op, SCHEDOP_poll, &op);
}

ALWAYS void note(struct report *r, u64 late)
{
	if (r->samples == NR_SAMPLES)
		return;
	r->late[r->samples] = (u32)late;
	WRITE_ONCE(r->samples, r->samples + 1);
}

/* Counts as fast as it can. */
MINI_KERNEL(hog)
{
	for (;;)
		WRITE_ONCE(r->count, r->count + 1);
}

/* Arms its timer 1 ns ahead, again and again. */
MINI_KERNEL(timer_spinner)
{
	shared(r);
	bind_timer();
	for (;;) {
		hypercall(set_timer_op, clock(r) + 1);
		WRITE_ONCE(r->count, r->count + 1);
	}
}

/* The same, and sleeps until it fires. */
MINI_KERNEL(timer_blocker)
{
	struct shared_info *s = shared(r);

	bind_timer();
	for (;;) {
		forget(s);
		hypercall(set_timer_op, clock(r) + 1);
		wait_event();
		WRITE_ONCE(r->count, r->count + 1);
	}
}

/*
 * Its way back from an upcall, as frame_resume in lib/start.S; events that
 * arrive meanwhile call again.
 */
#define UPCALL_TEXT                     \
	"jmp 2f\n"                      \
	"1: popq %%rcx\n"               \
	"popq %%r11\n"                  \
	"pushq %%rax\n"                 \
	"mov %[shared], %%rax\n"        \
	"movb $0, %c[upcall](%%rax)\n"  \
	"movq $0, %c[sel](%%rax)\n"     \
	"movq $0, %c[pending](%%rax)\n" \
	"popq %%rax\n"                  \
	"pushq $0\n"                    \
	"pushq %%rcx\n"                 \
	"pushq %%r11\n"                 \
	"pushq %%rax\n"                 \
	"mov %[iret], %%eax\n"          \
	"syscall\n"                     \
	"2: lea 1b(%%rip), %[entry]\n"

/* Counts, and takes every event. */
MINI_KERNEL(server)
{
	struct shared_info *s = shared(r);
	u64 entry;

	__asm__(UPCALL_TEXT
		: [entry] "=r"(entry)
		: [shared] "i"(SHARED_VA), [iret] "i"(__HYPERVISOR_iret),
		  [upcall] "i"(offsetof(struct shared_info,
					vcpu_info[0].evtchn_upcall_pending)),
		  [sel] "i"(offsetof(struct shared_info,
				     vcpu_info[0].evtchn_pending_sel)),
		  [pending] "i"(offsetof(struct shared_info, evtchn_pending)));
	hypercall(set_callbacks, entry, 0, 0);
	__atomic_store_n(&s->vcpu_info[0].evtchn_upcall_mask, 0,
			 __ATOMIC_SEQ_CST);
	for (;;)
		WRITE_ONCE(r->count, r->count + 1);
}

/* Sends to port r->argument of r->peer without end. */
MINI_KERNEL(flooder)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom = (domid_t)r->peer,
		.remote_port = (evtchn_port_t)r->argument,
	};
	struct evtchn_send op;

	shared(r);
	hypercall(event_channel_op, EVTCHNOP_bind_interdomain, &bind);
	op.port = bind.local_port;
	for (;;) {
		hypercall(event_channel_op, EVTCHNOP_send, &op);
		WRITE_ONCE(r->count, r->count + 1);
	}
}

/* Wakes for each event and sleeps again; notes how late that was. */
MINI_KERNEL(echo)
{
	struct shared_info *s = shared(r);
	u64 sent;

	for (;;) {
		wait_event();
		sent = __atomic_exchange_n(&r->sent, 0, __ATOMIC_SEQ_CST);
		if (sent)
			note(r, clock(r) - sent);
		WRITE_ONCE(r->count, r->count + 1);
		forget(s);
	}
}

/* Answers each event by one, to port r->argument of r->peer. */
MINI_KERNEL(answerer)
{
	struct shared_info *s = shared(r);
	struct evtchn_bind_interdomain bind = {
		.remote_dom = (domid_t)r->peer,
		.remote_port = (evtchn_port_t)r->argument,
	};
	struct evtchn_send op;

	hypercall(event_channel_op, EVTCHNOP_bind_interdomain, &bind);
	op.port = bind.local_port;
	for (;;) {
		wait_event();
		forget(s);
		hypercall(event_channel_op, EVTCHNOP_send, &op);
		WRITE_ONCE(r->count, r->count + 1);
	}
}

/* Sleeps r->argument ns at a time; notes how late it woke. */
MINI_KERNEL(nap)
{
	struct shared_info *s = shared(r);
	u64 due;

	bind_timer();
	for (;;) {
		forget(s);
		due = clock(r) + r->argument;
		hypercall(set_timer_op, due);
		while (clock(r) < due) {
			wait_event();
			if (clock(r) < due)
				forget(s);
		}
		note(r, clock(r) - due);
		WRITE_ONCE(r->count, r->count + 1);
	}
}
