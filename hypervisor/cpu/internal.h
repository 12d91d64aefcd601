/*
 * cpu/internal.h: shared by the files of cpu/
 */
#ifndef CPU_INTERNAL_H
#define CPU_INTERNAL_H

#include <hv/cpu.h>

/* Expands to an extable entry: a fault at label @insn goes on at @fixup. */
#define EXTABLE(insn, fixup)                      \
	".pushsection .ex_table, \"a\"\n\t"       \
	".balign 4\n\t"                           \
	".long " #insn " - ., " #fixup " - .\n\t" \
	".popsection\n\t"

/* The same for code that tells by clearing a byte: a fault at @insn makes
 * operand @ok 0 and goes on at @next. */
#define FIXUP_CLEAR(insn, next, ok)          \
	".pushsection .text.fixup, \"ax\"\n" \
	"9: movb $0, " ok "\n"               \
	"jmp " #next "\n"                    \
	".popsection\n" EXTABLE(insn, 9b)

/** cpuid_wants_fsgsbase() - shall guests have these instructions?
 * docs/design/fsgsbase.md */
bool cpuid_wants_fsgsbase(void);

#define MAX_TRACE 24
/* What a pcpu was doing, for another to print */
struct pcpu_state {
	struct cpu_user_regs regs;
	bool has_vcpu, kernel;
	u32 domid, vcpu;
	u64 cr2, cr3;
	u32 held_ranks; /* debug builds */
	unsigned int nr_trace;
	u64 trace[MAX_TRACE]; /* return addresses in the hypervisor */
};
/** state_take() - of this pcpu, interrupted at @regs */
void state_take(struct pcpu_state *s, const struct cpu_user_regs *regs);
/** state_show() - print it, of @p */
void state_show(const struct pcpu *p, const struct pcpu_state *s);

/** gdt_init_pcpu() - @p's reserved GDT page, TSS and IST stacks; loads them
 * on the running CPU */
void gdt_init_pcpu(struct pcpu *p);
/** cpu_load_flat_segments() - CS and SS from the GDT just loaded */
void cpu_load_flat_segments(void);
/** fpu_probe() - xsave_size, xcr0_guest_mask; CR4 not yet written */
void fpu_probe(void);
/** fpu_init_pcpu() - XCR0, clean registers, CR0.TS set */
void fpu_init_pcpu(void);

#endif
