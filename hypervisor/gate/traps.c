/*
 * gate/traps.c: exceptions of guests, and faults while we ran
 */
#include <hv/domain.h>
#include <hv/emul.h>
#include <hv/irq.h>
#include <hv/memmap.h>
#include "internal.h"

#define ERR_IDT	   2u /* #GP error code: an IDT entry was named */
#define DR6_ALWAYS 0xffff0ff0ull

/* `int n` that the IDT's DPL refused, or int 0x80: the guest's table says. */
static void software_interrupt(struct cpu_user_regs *regs, unsigned int vec,
			       unsigned int insn_len)
{
	struct vcpu *v = current;
	const struct trap_info *t = gate_trap(v, vec);

	if (!t->address || TI_GET_DPL(t) < (v->gate.kernel ? 1 : 3)) {
		guest_inject_gp(vec << 3 | ERR_IDT);
		return;
	}
	regs->rip += insn_len;
	guest_inject_trap(vec, 0);
}

static void general_protection(struct cpu_user_regs *regs)
{
	u32 err = regs->error_code;

	if ((err & 7) == ERR_IDT)
		software_interrupt(regs, err >> 3 & 0xff, 2);
	else if (err || !emul_privileged(regs))
		guest_inject_gp(err);
}

/*
 * The LDT lives in our window; the CPU touches it for the guest, as supervisor.
 * Where the window has nothing to show, the fault is the guest's: at its LDT.
 */
static bool ldt_offset(const struct vcpu *v, u64 va, u32 err, u64 *off)
{
	*off = va - v->pt.win - 16 * PAGE_SIZE;
	return *off < 16 * PAGE_SIZE && !(err & PFEC_USER);
}

static void page_fault(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	u64 va = read_cr2(), off;
	u32 err = regs->error_code;

	if (ldt_offset(v, va, err, &off)) {
		if (!pt_ldt_fault(v, off))
			guest_inject_pf(v->pt.ldt_base + off, err);
		return;
	}
	if (v->gate.kernel &&
	    (err & (PFEC_PRESENT | PFEC_WRITE)) ==
		    (PFEC_PRESENT | PFEC_WRITE) &&
	    !(va >= HV_VA_START && va < HV_VA_END) &&
	    pt_emulate_write(regs, va)) {
		perf_inc(PTE_EMUL);
		return;
	}
	guest_inject_pf(va, err);
}

static void debug_trap(void)
{
	struct vcpu *v = current;
	u64 dr6;

	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	__asm__ volatile("mov %0, %%dr6" : : "r"(DR6_ALWAYS));
	v->dr[6] = dr6;
	guest_inject_trap(1, 0);
}

static void device_not_available(struct vcpu *v)
{
	bool ts = v->cr0_ts;

	v->cr0_ts = false;
	fpu_restore(v);
	if (ts)
		guest_inject_trap(7, 0);
}

void gate_exception(struct cpu_user_regs *regs)
{
	unsigned int vec = regs->entry_vector;

	perf_inc(EXCEPTION);
	switch (vec) {
	case 1:
		debug_trap();
		break;
	case 2:
		cpu_nmi(regs);
		break;
	case 6:
		if (!emul_forced(regs))
			guest_inject_trap(6, 0);
		break;
	case 7:
		device_not_available(current);
		break;
	case 8:
	case 18:
		hv_exception(regs);
		break;
	case 13:
		general_protection(regs);
		break;
	case 14:
		page_fault(regs);
		break;
	case 0x80:
		regs->rip -= 2;
		software_interrupt(regs, 0x80, 2);
		break;
	default:
		guest_inject_trap(vec, regs->error_code);
		break;
	}
}

/*
 * The exit's IRETQ faulted: the guest's CS, SS or RIP cannot be loaded. Its
 * general registers are still those of the interrupted frame; put them where
 * a guest frame belongs and report the fault from there.
 */
static struct cpu_user_regs *failed_exit(struct cpu_user_regs *regs)
{
	struct cpu_user_regs *g = guest_regs();
	struct cpu_user_regs copy = *regs;
	u64 off;

	/* The two frames overlap; the hardware part of *g is intact. */
	memcpy(g, &copy, offsetof(struct cpu_user_regs, error_code));
	g->error_code = copy.error_code;
	g->entry_vector = copy.entry_vector;
	if (copy.entry_vector == 14 &&
	    ldt_offset(current, read_cr2(), copy.error_code, &off))
		guest_inject_pf(current->pt.ldt_base + off, copy.error_code);
	else
		guest_inject_trap(copy.entry_vector, copy.error_code);
	return g;
}

struct cpu_user_regs *gate_from_hv(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	u64 off;

	if (regs->entry_vector >= 32) {
		irq_dispatch(regs);
		return NULL;
	}
	if (regs->entry_vector == 14 && v) {
		if (ldt_offset(v, read_cr2(), regs->error_code, &off) &&
		    pt_ldt_fault(v, off))
			return NULL;
	}
	if (regs->rip == (u64)gate_iretq && regs->entry_vector >= 11 &&
	    regs->entry_vector <= 14)
		return failed_exit(regs);
	if (regs->entry_vector == 2)
		cpu_nmi(regs);
	else
		hv_exception(regs);
	return NULL;
}
