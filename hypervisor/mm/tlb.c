/*
 * mm/tlb.c: knowing when stale translations are gone
 */
#include <hv/cpu.h>
#include <hv/mm.h>

/*
 * Starts far from 0: a pcpu that has noted nothing counts as never flushed.
 * One more, for a frame that was never stamped is older than any flush.
 */
u64 tlb_clock = (1ull << 33) + 1;

void tlb_flush_everywhere(void)
{
	DECLARE_BITMAP(all, NR_PCPUS) = {0};
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++)
		all[i / 64] |= 1ull << (i % 64);
	cpu_flush_mask(all, ~0ull);
}

/* Times further back than stamps can tell count as older than any stamp. */
static bool may_have(const struct pcpu *p, u32 stamp)
{
	u64 now = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
	u64 then = LOAD_ACQ(p->tlb_time), gone = now - then;

	return gone >> 32 || (u32)(stamp - (u32)then) < (u32)gone;
}

bool tlb_may_have(const struct page *pg)
{
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++)
		if (may_have(pcpus[i], READ_ONCE(pg->tlbstamp)))
			return true;
	return false;
}

void tlb_settle(const struct page *pg)
{
	DECLARE_BITMAP(mask, NR_PCPUS) = {0};
	u32 stamp = READ_ONCE(pg->tlbstamp);
	unsigned int i;
	bool any = false;

	for (i = 0; i < nr_pcpus; i++)
		if (may_have(pcpus[i], stamp)) {
			mask[i / 64] |= 1ull << (i % 64);
			any = true;
		}
	if (any)
		cpu_flush_mask(mask, ~0ull);
}

u32 tlb_old_stamp(void)
{
	return (u32)READ_ONCE(tlb_clock) - (1u << 31);
}

u32 tlb_newer(u32 a, u32 b)
{
	u32 now = (u32)READ_ONCE(tlb_clock);

	return (u32)(now - a) < (u32)(now - b) ? a : b;
}
