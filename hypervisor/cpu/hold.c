/*
 * cpu/hold.c: all other pcpus stand still, for checks of shared state
 *
 * They stop where they leave for a guest or idle, so none of them is in the
 * middle of a hypercall. Who asks must hold no lock; a pcpu that waits for
 * the asker itself does not arrive, therefore the patience is limited.
 */
#include <hv/cpu.h>
#include <hv/irq.h>

#define PATIENCE (1u << 24) /* turns of waiting */

static u32 wanted; /* others are to stop */
static u32 held;   /* how many have */

void cpu_hold_point(void)
{
	if (!LOAD_ACQ(wanted))
		return;
	__atomic_fetch_add(&held, 1, __ATOMIC_ACQ_REL);
	while (LOAD_ACQ(wanted))
		cpu_relax();
	__atomic_fetch_sub(&held, 1, __ATOMIC_ACQ_REL);
}

bool cpu_hold_others(void)
{
	unsigned int i, turns, others = 0;

	if (__atomic_exchange_n(&wanted, 1, __ATOMIC_ACQ_REL))
		return false;
	for (i = 0; i < nr_pcpus; i++)
		if (pcpus[i] != this_pcpu() && LOAD_ACQ(pcpus[i]->online)) {
			others++;
			lapic_send_ipi(pcpus[i]->apic_id, VEC_CALL_FUNCTION);
		}
	for (turns = 0; turns < PATIENCE && LOAD_ACQ(held) < others; turns++)
		cpu_relax();
	if (LOAD_ACQ(held) == others)
		return true;
	cpu_release_others();
	return false;
}

void cpu_release_others(void)
{
	STORE_REL(wanted, 0);
	while (LOAD_ACQ(held))
		cpu_relax();
}
