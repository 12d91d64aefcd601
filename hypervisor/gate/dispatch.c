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

bool hypercall_yield(void)
{
	return this_pcpu()->softirqs || event_pending(current);
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
	struct multicall_state *mc = current->gate.mc;
	struct cpu_user_regs *regs = guest_regs();
	unsigned int i;

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

long hypercall_dispatch(u64 nr, const u64 a[6])
{
	const struct hypercall *h;

	perf_inc(PERF_HYPERCALL);
	if (nr >= ARRAY_SIZE(hypercalls))
		return -ENOSYS;
	h = &hypercalls[index_nospec(nr, ARRAY_SIZE(hypercalls))];
	if (!h->fn)
		return -ENOSYS;
	if (h->caller == CALLER_CONTROL && !is_control_domain(current->d))
		return -EPERM;
	return h->fn(a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* SYSCALL: a hypercall from the guest kernel, a system call from its users */
void gate_syscall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct bounce b;

	if (v->gate.kernel) {
		u64 args[6] = {regs->rdi, regs->rsi, regs->rdx,
			       regs->r10, regs->r8,  regs->r9};
		long rc = hypercall_dispatch((u32)regs->rax, args);

		if (rc == -ERESTART)
			regs->rip -= 2; /* back onto the SYSCALL */
		else
			regs->rax = (u64)rc;
		return;
	}
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
static long multicall_item(struct vcpu *v, gptr_t list, u64 i)
{
	struct multicall_entry e;
	struct multicall_state mc;
	gptr_t at = gptr_add(list, i * sizeof(e));
	u64 result;
	long rc;

	if (copy_in(&e, at, sizeof(e)))
		return -EFAULT;
	if (e.op == __HYPERVISOR_multicall || e.op == __HYPERVISOR_iret) {
		rc = e.op == __HYPERVISOR_iret ? -ENOSYS : -EINVAL;
	} else {
		mc.op = e.op;
		memcpy(mc.args, e.args, sizeof(mc.args));
		v->gate.mc = &mc;
		rc = hypercall_dispatch(e.op, e.args);
		v->gate.mc = NULL;
	}
	if (rc == -ERESTART) {
		e.op = mc.op;
		memcpy(e.args, mc.args, sizeof(e.args));
		return copy_out(at, &e, sizeof(e)) ? -EFAULT : -ERESTART;
	}
	result = (u64)rc;
	return copy_out(gptr_add(at, offsetof(struct multicall_entry, result)),
			&result, sizeof(result))
		       ? -EFAULT
		       : 0;
}

long hc_multicall(u64 list, u64 count)
{
	struct vcpu *v = current;
	long rc = 0;
	u64 i;

	if (v->gate.mc)
		return -EINVAL;
	for (i = 0; i < (u32)count; i++) {
		if (i && hypercall_yield())
			rc = -ERESTART;
		else
			rc = multicall_item(v, GPTR(list), i);
		if (rc == -ERESTART) {
			u64 args[2] = {
				list + i * sizeof(struct multicall_entry),
				(u32)count - i};

			return hypercall_restart(__HYPERVISOR_multicall, 2,
						 args);
		}
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
