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

static void flush_here(u64 va)
{
	if (va == ~0ull)
		cpu_flush_guest();
	else
		cpu_flush_page(va);
}

/*
 * Each pcpu has one request, its own: flush_va, and how many are yet to do it.
 * Whom it asks finds a bit for it among flush_from. No two pcpus that ask
 * different others write to the same line.
 */
static void answer(unsigned int asker, bool done)
{
	struct pcpu *p = pcpus[asker];

	if (!done)
		flush_here(p->flush_va);
	__atomic_fetch_sub(&p->flush_left, 1, __ATOMIC_ACQ_REL);
}

static void serve_word(unsigned int first, u64 askers)
{
	/* several at once: everything goes, before any of them is told */
	bool all = askers & (askers - 1);

	if (all)
		cpu_flush_all();
	for (; askers; askers &= askers - 1)
		answer(first + (unsigned int)__builtin_ctzll(askers), all);
}

void cpu_serve_flush(void)
{
	struct pcpu *p = this_pcpu();
	unsigned int i;
	u64 askers;

	/* the mark goes first: who sets a bit from here on sets it again */
	if (!READ_ONCE(p->flush_wanted) ||
	    !__atomic_exchange_n(&p->flush_wanted, false, __ATOMIC_SEQ_CST))
		return;
	for (i = 0; i < DIV_UP(nr_pcpus, 64); i++) {
		if (!READ_ONCE(p->flush_from[i]))
			continue;
		askers = __atomic_exchange_n(&p->flush_from[i], 0,
					     __ATOMIC_SEQ_CST);
		serve_word(i * 64, askers);
	}
}

static void ask(struct pcpu *p, const struct pcpu *me)
{
	__atomic_fetch_or(&p->flush_from[me->id / 64], 1ull << me->id % 64,
			  __ATOMIC_SEQ_CST);
	if (!__atomic_exchange_n(&p->flush_wanted, true, __ATOMIC_SEQ_CST))
		lapic_send_ipi(p->apic_id, VEC_TLB_FLUSH);
}

/* @mask: online ones, and not this */
static void flush_remote(const u64 *mask, u64 va, u32 n)
{
	struct pcpu *me = this_pcpu();
	unsigned int i;
	u64 todo;

	me->flush_va = va;
	STORE_REL(me->flush_left, n);
	for (i = 0; i < DIV_UP(nr_pcpus, 64); i++)
		for (todo = mask[i]; todo; todo &= todo - 1)
			ask(pcpus[i * 64 + (unsigned int)__builtin_ctzll(todo)],
			    me);
	while (LOAD_ACQ(me->flush_left)) {
		cpu_relax();
		cpu_serve_flush();
	}
}

void cpu_flush_mask(const u64 *mask, u64 va)
{
	DECLARE_BITMAP(others, NR_PCPUS);
	unsigned int me = this_pcpu()->id, i, n = 0;

	if (bit_test(mask, me))
		flush_here(va);
	memset(others, 0, sizeof(others));
	for (i = 0; i < nr_pcpus; i++) {
		if (i == me || !bit_test(mask, i) ||
		    !LOAD_ACQ(pcpus[i]->online))
			continue;
		bit_set(others, i);
		n++;
	}
	if (n)
		flush_remote(others, va, n);
}

void cpu_ask_unload(struct pcpu *p)
{
	lapic_send_ipi(p->apic_id, VEC_CALL_FUNCTION);
}
