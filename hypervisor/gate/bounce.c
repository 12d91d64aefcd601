/*
 * gate/bounce.c: frames for guest kernels, and the return from them
 *
 * ABI: ABI-NOTES 3.1, 3.2
 */
#include <hv/domain.h>
#include "internal.h"

/* Flags a handler starts without. */
#define BOUNCE_CLEARS \
	((u64)(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_AC | EFLAGS_VM))

bool guest_kernel_mode(const struct vcpu *v)
{
	return v->gate.kernel;
}

void guest_set_mode(struct vcpu *curr, bool kernel)
{
	if (curr->gate.kernel == kernel)
		return;
	curr->gate.kernel = kernel;
	stack_info()->fast_root = FAST_NONE;
	__asm__ volatile("swapgs" : : : "memory");
	cpu_write_cr3(pt_vcpu_cr3(curr).v);
	perf_inc(ROOT_SWITCH);
}

static bool assist_on(const struct vcpu *v, unsigned int type)
{
	return v->gate.vm_assist >> type & 1;
}

/* The flags image a guest kernel sees: IF is its event mask, inverted. */
static u64 virtual_flags(const struct vcpu *v, u64 rflags)
{
	rflags &= ~(u64)(EFLAGS_IF | EFLAGS_IOPL);
	if (!v->info->evtchn_upcall_mask)
		rflags |= EFLAGS_IF;
	if (assist_on(v, VMASST_TYPE_architectural_iopl))
		rflags |= (u64)v->gate.iopl << 12;
	return rflags;
}

static void enter_handler(struct cpu_user_regs *regs, u64 rip, u64 sp)
{
	regs->rip = rip;
	regs->cs = SEL_USER_CS64;
	regs->ss = SEL_USER_DS;
	regs->rsp = sp;
	regs->rflags &= ~BOUNCE_CLEARS;
	/* rcx and r11 are on the new stack */
	regs->entry_vector = ENTRY_SYSRET;
}

/*
 * Push @n words, lowest address first in @words, above them the hardware
 * frame of @regs, and continue at @rip.
 */
static void push_frame(struct vcpu *v, struct cpu_user_regs *regs, u64 *words,
		       unsigned int n, u64 rip, bool mask)
{
	bool from_kernel = v->gate.kernel;
	u64 sp;

	words[n++] = regs->rip;
	words[n++] = (from_kernel ? regs->cs & ~3u : regs->cs) |
		     (u64)v->info->evtchn_upcall_mask << 32;
	words[n++] = virtual_flags(v, regs->rflags);
	words[n++] = regs->rsp;
	words[n++] = regs->ss;

	sp = from_kernel ? regs->rsp : v->gate.kernel_sp;
	sp = ROUND_DOWN(sp, 16) - n * 8ul;
	guest_set_mode(v, true);
	if (copy_out(GPTR(sp), words, n * 8)) {
		domain_crash(v->d, "no stack at %lx for a handler frame", sp);
		return;
	}
	if (mask)
		WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
	enter_handler(regs, rip, sp);
}

void gate_no_stack(struct cpu_user_regs *regs)
{
	domain_crash(current->d, "no stack at %lx for a system call",
		     (unsigned long)current->gate.kernel_sp);
}

void bounce_to_guest(struct cpu_user_regs *regs, const struct bounce *b)
{
	u64 words[8];
	unsigned int n = 0;

	words[n++] = regs->rcx;
	words[n++] = regs->r11;
	if (b->has_error)
		words[n++] = b->error;
	push_frame(current, regs, words, n, b->rip, b->mask_events);
}

void guest_inject_failsafe(u16 ds, u16 es, u16 fs, u16 gs)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_regs();
	u64 words[11];
	unsigned int n = 0;

	if (!v->gate.cb_failsafe) {
		domain_crash(v->d, "bad selector and no failsafe callback");
		return;
	}
	words[n++] = regs->rcx;
	words[n++] = regs->r11;
	words[n++] = ds;
	words[n++] = es;
	words[n++] = fs;
	words[n++] = gs;
	push_frame(v, regs, words, n, v->gate.cb_failsafe,
		   v->gate.cb_failsafe_mask);
}

void guest_inject_trap(unsigned int vector, u32 error_code)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_regs();
	const struct trap_info *t = gate_trap(v, vector);
	struct bounce b = {
		.rip = t->address,
		.mask_events = TI_GET_IF(t),
		.has_error = vector < 32 && (TRAP_HAS_ERRCODE >> vector & 1),
		.error = error_code,
	};

	if (!b.rip) {
		domain_crash(v->d, "exception %u (error %x) without a handler",
			     vector, error_code);
		return;
	}
	bounce_to_guest(regs, &b);
}

void guest_inject_gp(u32 error_code)
{
	guest_inject_trap(13, error_code);
}

void guest_inject_pf(u64 va, u32 error_code)
{
	struct vcpu *v = current;

	error_code &= ~PFEC_USER;
	if (!v->gate.kernel)
		error_code |= PFEC_USER;
	v->info->arch.cr2 = va;
	guest_inject_trap(14, error_code);
}

/* The iret hypercall: 23. Its frame is on the guest kernel's stack. */
long hc_iret(void)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_regs();
	struct iret_context f;

	if (copy_in(&f, GPTR(regs->rsp), sizeof(f))) {
		domain_crash(v->d, "iret frame at %lx not readable",
			     (unsigned long)regs->rsp);
		return 0;
	}
	if ((f.cs & 3) == 3) {
		if (mfn_none(v->pt.user_root)) {
			domain_crash(v->d, "iret to user without user root");
			return 0;
		}
		guest_set_mode(v, false);
	}
	regs->rip = f.rip;
	regs->cs = (u16)(f.cs | 3);
	regs->rflags = gate_sanitize_flags(f.rflags);
	if (assist_on(v, VMASST_TYPE_architectural_iopl))
		v->gate.iopl = f.rflags >> 12 & 3;
	regs->rsp = f.rsp;
	regs->ss = (u16)(f.ss | 3);
	if (f.flags & VGCF_in_syscall) {
		regs->entry_vector = ENTRY_SYSRET;
	} else {
		regs->r11 = f.r11;
		regs->rcx = f.rcx;
		regs->entry_vector = 0;
	}
	v->gate.nmi_masked = false;
	/* After this store an event may be delivered; exit work looks. */
	WRITE_ONCE(v->info->evtchn_upcall_mask, !(f.rflags & EFLAGS_IF));
	return (long)f.rax;
}
