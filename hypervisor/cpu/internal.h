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

/** gdt_init_pcpu() - @p's reserved GDT page, TSS and IST stacks; loads them
 * on the running CPU */
void gdt_init_pcpu(struct pcpu *p);
/** fpu_probe() - xsave_size, xcr0_guest_mask; CR4 not yet written */
void fpu_probe(void);
/** fpu_init_pcpu() - XCR0, clean registers, CR0.TS set */
void fpu_init_pcpu(void);

#endif
