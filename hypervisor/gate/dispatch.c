/*
 * gate/dispatch.c: from a hypercall number to its handler
 */
#include <hv/domain.h>
#include "internal.h"

typedef long (*handler_t)(u64, u64, u64, u64, u64, u64);

enum caller { CALLER_KERNEL, CALLER_CONTROL };

static const struct hypercall {
	handler_t fn;
	enum caller caller;
} hypercalls[] = {
/* Surplus register arguments do no harm in this calling convention. */
#define HYPERCALL(nr, name, nargs, who, what) \
	[nr] = {(handler_t)(void *)hc_##name, CALLER_##who},
#include <calls/hypercalls.def>
#undef HYPERCALL
};

/* Debug builds know how long hypercalls go on without a look around. */
static inline void hold_begin(struct pcpu *p)
{
	if (CONFIG_DEBUG)
		p->held_from = __builtin_ia32_rdtsc();
}

static inline void hold_look(struct pcpu *p)
{
	u64 t, *longest = &p->perf[PERF_HELD];

	if (!CONFIG_DEBUG || !p->held_from)
		return;
	t = __builtin_ia32_rdtsc();
	if (t - p->held_from > *longest)
		*longest = t - p->held_from;
	p->held_from = t;
}

/* Emulated instructions look around, too, but are not counted. */
static inline void hold_end(struct pcpu *p)
{
	hold_look(p);
	if (CONFIG_DEBUG)
		p->held_from = 0;
}

bool hypercall_yield(void)
{
	struct pcpu *p = this_pcpu();
	u64 t;

	hold_look(p);
	if (p->softirqs || event_pending(current))
		return true;
	/* Interrupts are off: only the clock tells that some may wait. */
	t = __builtin_ia32_rdtsc();
	if (t - p->last_yield < tsc_khz)
		return false;
	p->last_yield = t;
	return true;
}

static u64 *arg_reg(struct cpu_user_regs *regs, unsigned int i)
{
	switch (i) {
	case 0:
		return &regs->rdi;
	case 1:
		return &regs->rsi;
	case 2:
		return &regs->rdx;
	case 3:
		return &regs->r10;
	case 4:
		return &regs->r8;
	default:
		return &regs->r9;
	}
}

long hypercall_restart(unsigned int nr, unsigned int nargs, const u64 *args)
{
	struct multicall_entry *mc = current->gate.mc;
	struct cpu_user_regs *regs = guest_regs();
	unsigned int i;

	current->gate.restart = true;
	if (mc) {
		mc->op = nr;
		for (i = 0; i < nargs; i++)
			mc->args[i] = args[i];
		return -ERESTART;
	}
	regs->rax = nr;
	for (i = 0; i < nargs; i++)
		*arg_reg(regs, i) = args[i];
	return -ERESTART;
}

/* The handler of @nr, or one that answers with the reason there is none. */
static long no_such_call(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return -ENOSYS;
}

static long no_right(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return -EPERM;
}

_Static_assert(ARRAY_SIZE(hypercalls) <= NR_HYPERCALLS, "counters");

static inline handler_t find_handler(const struct vcpu *v, u64 nr)
{
	const struct hypercall *h;

	if (unlikely(nr >= ARRAY_SIZE(hypercalls)))
		return no_such_call;
	nr = index_nospec(nr, ARRAY_SIZE(hypercalls));
	this_pcpu()->hypercalls[nr]++;
	h = &hypercalls[nr];
	if (unlikely(h->caller == CALLER_CONTROL) && !is_control_domain(v->d))
		return no_right;
	return likely(h->fn) ? h->fn : no_such_call;
}

/* The result cannot tell: iret's is a guest's rax, which may be any number. */
static inline bool take_restart(struct vcpu *v)
{
	if (likely(!v->gate.restart))
		return false;
	v->gate.restart = false;
	return true;
}

/* SYSCALL in kernel mode */
void gate_hypercall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	handler_t fn = find_handler(v, (u32)regs->rax);
	long rc;

	hold_begin(this_pcpu());
	rc = fn(regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9);
	hold_end(this_pcpu());
	if (unlikely(take_restart(v)))
		regs->rip -= 2; /* back onto the SYSCALL */
	else
		regs->rax = (u64)rc;
}

/* SYSCALL in user mode, where fast.S declined */
void gate_syscall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct bounce b;

	if (!v->gate.cb_syscall) {
		regs->rip -= 2;
		guest_inject_trap(6, 0);
		return;
	}
	b = (struct bounce){.rip = v->gate.cb_syscall,
			    .mask_events = v->gate.cb_syscall_mask};
	bounce_to_guest(regs, &b);
}

static void compat_entry(struct cpu_user_regs *regs, u64 rip, bool mask)
{
	struct bounce b = {.rip = rip, .mask_events = mask};

	if (!rip) {
		guest_inject_trap(6, 0);
		return;
	}
	bounce_to_guest(regs, &b);
}

void gate_syscall32(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (!v->gate.cb_syscall32)
		regs->rip -= 2;
	compat_entry(regs, v->gate.cb_syscall32, v->gate.cb_syscall32_mask);
}

void gate_sysenter(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	compat_entry(regs, v->gate.cb_sysenter, v->gate.cb_sysenter_mask);
}

/*
 * multicall: items run in order. On a yield, what was done stays done: the
 * guest re-issues the call with the rest of the list, whose first entry may
 * have had its arguments rewritten by the call that was interrupted.
 */
static long multicall_item(struct vcpu *v, gptr_t at)
{
	struct multicall_entry e;
	long rc;

	if (copy_in(&e, at, sizeof(e)))
		return -EFAULT;
	if (e.op == __HYPERVISOR_multicall || e.op == __HYPERVISOR_iret) {
		rc = e.op == __HYPERVISOR_iret ? -ENOSYS : -EINVAL;
	} else {
		v->gate.mc = &e;
		rc = find_handler(v, e.op)(e.args[0], e.args[1], e.args[2],
					   e.args[3], e.args[4], e.args[5]);
		v->gate.mc = NULL;
	}
	if (unlikely(take_restart(v)))
		return copy_out(at, &e, sizeof(e)) ? -EFAULT : -ERESTART;
	e.result = (u64)rc;
	return copy_out(gptr_add(at, offsetof(struct multicall_entry, result)),
			&e.result, sizeof(e.result))
		       ? -EFAULT
		       : 0;
}

static long multicall_restart(u64 list, u64 left)
{
	u64 args[2] = {list, left};

	return hypercall_restart(__HYPERVISOR_multicall, 2, args);
}

long hc_multicall(u64 list, u64 count)
{
	struct vcpu *v = current;
	u32 left = (u32)count;
	long rc;

	if (v->gate.mc)
		return -EINVAL;
	for (; left; left--, list += sizeof(struct multicall_entry)) {
		if (left != (u32)count && hypercall_yield())
			return multicall_restart(list, left);
		rc = multicall_item(v, GPTR(list));
		if (unlikely(rc == -ERESTART))
			return multicall_restart(list, left);
		if (rc)
			return rc;
		if (v->d->shutting_down)
			return 0;
	}
	return 0;
}

/* Stubs of 32 bytes: save rcx and r11, number to eax, SYSCALL, restore, ret.
 * iret's pushes the three registers its frame starts with. */
void fill_hypercall_page(void *page)
{
	static const u8 normal[] = {0x51, 0x41, 0x53, 0xb8, 0,	  0,	0,
				    0,	  0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
	static const u8 iret[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 0,
				  0,	0,    0,    0x0f, 0x05};
	u8 *p = page;
	u32 i;

	memset(p, 0xcc, PAGE_SIZE);
	for (i = 0; i < PAGE_SIZE / 32; i++, p += 32) {
		if (i == __HYPERVISOR_iret) {
			memcpy(p, iret, sizeof(iret));
			memcpy(p + 5, &i, sizeof(i));
		} else {
			memcpy(p, normal, sizeof(normal));
			memcpy(p + 4, &i, sizeof(i));
		}
	}
}
