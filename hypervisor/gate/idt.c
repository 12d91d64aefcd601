/*
 * gate/idt.c: the interrupt descriptor table, and SYSCALL's way in
 */
#include <hv/gate.h>
#include <hv/mm.h>
#include "internal.h"

struct idt_gate {
	u64 lo, hi;
};

#define GATE_INTERRUPT 0x8eull

static struct idt_gate idt[256] __aligned(16);

static unsigned int vector_ist(unsigned int vec)
{
	switch (vec) {
	case 1:
		return IST_DB;
	case 2:
		return IST_NMI;
	case 8:
		return IST_DF;
	case 18:
		return IST_MC;
	default:
		return 0;
	}
}

/* int3, into and int 0x80 are for guests to execute. */
static unsigned int vector_dpl(unsigned int vec)
{
	return vec == 3 || vec == 4 || vec == 0x80 ? 3 : 0;
}

void gate_load_idt(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed idtr = {sizeof(idt) - 1, (u64)idt};

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

void gate_idt_init(void)
{
	unsigned int v;

	for (v = 0; v < 256; v++) {
		u64 a = gate_vectors[v];
		u64 type = GATE_INTERRUPT | vector_dpl(v) << 5;

		idt[v].lo = (a & 0xffff) | (u64)SEL_HV_CS << 16 |
			    (u64)vector_ist(v) << 32 | type << 40 |
			    (a >> 16 & 0xffff) << 48;
		idt[v].hi = a >> 32;
	}
	gate_load_idt();
}

/* ---- entry stubs ---- */

static u8 *emit(u8 *p, const void *bytes, unsigned int n)
{
	memcpy(p, bytes, n);
	return p + n;
}

static u8 *emit_u64(u8 *p, u64 v)
{
	return emit(p, &v, sizeof(v));
}

/* jmp rel32, from the address @at that the byte at @p will run at */
static u8 *emit_jmp(u8 *p, u64 at, const char *to)
{
	s32 rel = (s32)((u64)to - (at + 5));

	*p++ = 0xe9;
	return emit(p, &rel, sizeof(rel));
}

/*
 * SYSCALL changes neither stack nor GS, and GS is the guest's. So each pcpu
 * has its own code, which knows the stack by its address:
 *	movabs %rax, (frame's rax);  mov %rsp, %rax;  movabs @stack, %rsp;  jmp
 * Returns bytes written.
 */
static unsigned int emit_syscall_stub(u8 *p, u64 at, struct stack_info *si,
				      const void *stack, const char *entry)
{
	u8 *start = p;

	p = emit(p, "\x48\xa3", 2);
	p = emit_u64(p, (u64)&si->regs.rax);
	p = emit(p, "\x48\x89\xe0", 3);
	p = emit(p, "\x48\xbc", 2);
	p = emit_u64(p, (u64)stack);
	p = emit_jmp(p, at + (u64)(p - start), entry);
	return (unsigned int)(p - start);
}

void gate_init_pcpu(struct pcpu *p)
{
	struct stack_info *si = stack_info_of(p->stack);
	u8 *at = gate_stubs + p->id * ENTRY_STUB_SIZE;
	/* .text is read-only; its frames are writable in the direct map */
	u8 *w = maddr_to_virt(virt_to_maddr(at));
	unsigned int n, m;

	n = emit_syscall_stub(w, (u64)at, si, &si->regs, syscall_entry);
	m = emit_syscall_stub(w + 64, (u64)at + 64, si, &si->regs.es,
			      syscall32_entry);
	BUG_ON(n > 64 || m > 64);

	/* SYSRET takes CS from here + 16, SS from here + 8 */
	wrmsr(MSR_STAR, (u64)SEL_USER_CS32 << 48 | (u64)SEL_HV_CS << 32);
	wrmsr(MSR_LSTAR, (u64)at);
	wrmsr(MSR_CSTAR, (u64)at + 64);
	wrmsr(MSR_SFMASK, EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL |
				  EFLAGS_NT | EFLAGS_RF | EFLAGS_AC);
	wrmsr(MSR_SYSENTER_CS, SEL_HV_CS);
	wrmsr(MSR_SYSENTER_ESP, (u64)&si->regs.es);
	wrmsr(MSR_SYSENTER_EIP, (u64)sysenter_entry);
}
