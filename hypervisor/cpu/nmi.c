/*
 * cpu/nmi.c: NMIs: to stop other pcpus, to ask what they do, and of others
 *
 * Who is asked copies its state and goes on; who asks prints that, for the
 * console's lock may be the very one the other holds or waits for. Questions
 * are put one at a time:
 *
 *   NONE -> id + 1 of the one asked -> ANSWERING -> ANSWERED -> NONE
 */
#include <hv/irq.h>
#include <hv/time.h>
#include "internal.h"

#define NONE	    0u
#define ANSWERING   (~0u - 1)
#define ANSWERED    (~0u)
#define PATIENCE_NS (500 * NS_PER_MS)
#define NMI_REASON  0x61

static u32 asking; /* somebody does; atomic */
static u32 question;
static struct pcpu_state reply;
static bool stopping, halting;

static bool move_question(u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&question, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* False: it was not about us. */
static bool answer(const struct cpu_user_regs *regs)
{
	if (!move_question(this_pcpu()->id + 1, ANSWERING))
		return false;
	state_take(&reply, regs);
	STORE_REL(question, ANSWERED);
	return true;
}

static void stop_here(const struct cpu_user_regs *regs) __noreturn;
static void stop_here(const struct cpu_user_regs *regs)
{
	while (!LOAD_ACQ(halting)) {
		answer(regs);
		__builtin_ia32_pause();
	}
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Nobody sent it: a button, or memory. Counted only, if nothing is wrong, for
 * the console's lock may be ours already. */
static void nmi_of_machine(void)
{
	u8 reason = inb(NMI_REASON);

	if (reason & 0xc0)
		panic("NMI: %s error (port 61h: %02x)",
		      reason & 0x80 ? "memory parity" : "I/O check", reason);
	this_pcpu()->nmis++;
}

void cpu_nmi(struct cpu_user_regs *regs)
{
	bool asked = answer(regs);

	if (LOAD_ACQ(stopping))
		stop_here(regs);
	if (!asked)
		nmi_of_machine();
}

static bool await_answer(const struct pcpu *p)
{
	u64 end = now() + PATIENCE_NS;

	while (LOAD_ACQ(question) != ANSWERED) {
		if (now() > end && move_question(p->id + 1, NONE))
			return false;
		cpu_relax();
	}
	return true;
}

void cpu_dump(const struct pcpu *p)
{
	if (__atomic_exchange_n(&asking, 1, __ATOMIC_ACQUIRE))
		return; /* whoever asks already prints */
	STORE_REL(question, p->id + 1);
	lapic_send_nmi(p->apic_id);
	if (await_answer(p)) {
		state_show(p, &reply);
		STORE_REL(question, NONE);
	} else {
		printk(LOG_ERR, "CPU %u does not answer an NMI\n", p->id);
	}
	STORE_REL(asking, 0);
}

void cpu_dump_others(void)
{
	unsigned int i;

	for (i = 0; i < nr_pcpus; i++)
		if (pcpus[i] != this_pcpu() && LOAD_ACQ(pcpus[i]->online))
			cpu_dump(pcpus[i]);
}

void cpu_stop_all(void)
{
	unsigned int i;

	if (__atomic_exchange_n(&stopping, true, __ATOMIC_SEQ_CST))
		return;
	for (i = 0; i < nr_pcpus; i++)
		if (pcpus[i] != this_pcpu() && pcpus[i]->online)
			lapic_send_nmi(pcpus[i]->apic_id);
}

void cpu_halt_all(void)
{
	cpu_stop_all();
	STORE_REL(halting, true);
}
