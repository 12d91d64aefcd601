/*
 * tlb.c: flushing this pcpu
 */
#include <hv/gate.h>
#include <hv/domain.h>
#include "internal.h"

void cpu_flush_all(void)
{
	u64 cr4 = cpu_read_cr4();
	u64 now = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);

	/* Leaving CR4.PGE drops global entries too. */
	cpu_write_cr4(cr4 & ~X86_CR4_PGE);
	cpu_write_cr4(cr4);
	if (cr4 & X86_CR4_PGE)
		STORE_REL(this_pcpu()->tlb_time, now); /* as of a new root */
	else
		cpu_flush_guest();
	perf_inc(TLB_FLUSH);
}

void cpu_flush_guest(void)
{
	cpu_write_cr3(read_cr3());
	perf_inc(TLB_FLUSH);
}
