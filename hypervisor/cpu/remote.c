/*
 * cpu/remote.c: what one pcpu asks of others
 *
 * Interrupts are off in the hypervisor, so an IPI waits until its target
 * leaves for a guest or idles. Flushes cannot wait that long: a pcpu that
 * spins, for a lock or for another's answer, serves them itself through
 * cpu_relax(). Thus whoever waits for a flush may hold locks.
 */
#include <hv/domain.h>
#include <hv/gate.h>
#include <hv/irq.h>
#include "internal.h"

/* One flush at a time: who asks for the next spins, and serves this one. */
static u32 flush_busy;
static u64 flush_va;
static u32 flush_left;

static void flush_here(u64 va)
{
	if (va == ~0ull)
		cpu_flush_guest();
	else
		cpu_flush_page(va);
}

void cpu_serve_flush(void)
{
	struct pcpu *p = this_pcpu();

	if (!__atomic_exchange_n(&p->flush_wanted, false, __ATOMIC_ACQ_REL))
		return;
	flush_here(flush_va);
	__atomic_fetch_sub(&flush_left, 1, __ATOMIC_ACQ_REL);
}

static void flush_remote(const u64 *mask, u64 va)
{
	unsigned int i, n = 0;

	while (__atomic_exchange_n(&flush_busy, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	flush_va = va;
	for (i = 0; i < nr_pcpus; i++)
		if (bit_test(mask, i) && pcpus[i] != this_pcpu() &&
		    LOAD_ACQ(pcpus[i]->online))
			n++;
	STORE_REL(flush_left, n);
	for (i = 0; i < nr_pcpus && n; i++) {
		if (!bit_test(mask, i) || pcpus[i] == this_pcpu() ||
		    !pcpus[i]->online)
			continue;
		STORE_REL(pcpus[i]->flush_wanted, true);
		lapic_send_ipi(pcpus[i]->apic_id, VEC_TLB_FLUSH);
	}
	while (LOAD_ACQ(flush_left))
		cpu_relax();
	STORE_REL(flush_busy, 0);
}

void cpu_flush_mask(const u64 *mask, u64 va)
{
	unsigned int me = this_pcpu()->id, i, others = 0;

	if (bit_test(mask, me))
		flush_here(va);
	for (i = 0; i < nr_pcpus; i++)
		others += i != me && bit_test(mask, i);
	if (others)
		flush_remote(mask, va);
}

void cpu_ask_unload(struct pcpu *p)
{
	lapic_send_ipi(p->apic_id, VEC_CALL_FUNCTION);
}
