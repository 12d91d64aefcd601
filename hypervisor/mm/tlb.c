/*
 * mm/tlb.c: knowing when stale translations are gone
 */
#include <hv/cpu.h>
#include <hv/mm.h>

u32 tlb_epoch = 1, tlb_flushed = 1;

static void flush_all_pcpus(void)
{
	DECLARE_BITMAP(all, NR_PCPUS) = {0};
	unsigned int i;

	if (nr_pcpus <= 1) {
		cpu_flush_guest();
		return;
	}
	for (i = 0; i < nr_pcpus; i++)
		all[i / 64] |= 1ull << (i % 64);
	cpu_flush_mask(all, ~0ull);
}

/*
 * The number is taken before any pcpu flushes: a stamp that is smaller was
 * made, and its translation gone, before that. Of flushes that overlap the
 * highest number wins.
 */
void tlb_flush_everywhere(void)
{
	u32 mine = __atomic_add_fetch(&tlb_epoch, 1, __ATOMIC_SEQ_CST);
	u32 seen = READ_ONCE(tlb_flushed);

	flush_all_pcpus();
	while ((s32)(mine - seen) > 0 &&
	       !__atomic_compare_exchange_n(&tlb_flushed, &seen, mine, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
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
	if (tlb_stale(READ_ONCE(pg->tlbstamp)))
		tlb_flush_everywhere();
}
