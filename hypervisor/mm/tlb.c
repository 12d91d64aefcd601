/*
 * mm/tlb.c: knowing when stale translations are gone
 */
#include <hv/cpu.h>
#include <hv/mm.h>

u32 tlb_epoch = 1;

void tlb_flush_everywhere(void)
{
	DECLARE_BITMAP(all, NR_PCPUS) = {0};
	unsigned int i;

	if (nr_pcpus > 1) {
		for (i = 0; i < nr_pcpus; i++)
			all[i / 64] |= 1ull << (i % 64);
		cpu_flush_mask(all, ~0ull);
	} else {
		cpu_flush_guest();
	}
	__atomic_fetch_add(&tlb_epoch, 1, __ATOMIC_SEQ_CST);
}

void tlb_flush_local(void)
{
	if (nr_pcpus > 1)
		cpu_flush_guest();
	else
		tlb_flush_everywhere();
}

void tlb_settle(const struct page *pg)
{
	if (READ_ONCE(pg->tlbstamp) == READ_ONCE(tlb_epoch))
		tlb_flush_everywhere();
}
