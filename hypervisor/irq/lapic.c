/*
 * irq/lapic.c: the local APIC, in xAPIC mode through its registers
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include "internal.h"

#define LAPIC_ID	 0x020
#define LAPIC_TPR	 0x080
#define LAPIC_EOI	 0x0b0
#define LAPIC_SVR	 0x0f0
#define LAPIC_ESR	 0x280
#define LAPIC_ICR_LO	 0x300
#define LAPIC_ICR_HI	 0x310
#define LAPIC_LVT_TIMER	 0x320
#define LAPIC_LVT_LINT0	 0x350
#define LAPIC_LVT_LINT1	 0x360
#define LAPIC_LVT_ERROR	 0x370
#define LAPIC_TIMER_INIT 0x380
#define LAPIC_TIMER_CUR	 0x390
#define LAPIC_TIMER_DIV	 0x3e0

#define LVT_MASKED	 (1u << 16)
#define LVT_NMI		 (4u << 8)
#define ICR_NMI		 (4u << 8)
#define ICR_INIT	 (5u << 8)
#define ICR_STARTUP	 (6u << 8)
#define ICR_BUSY	 (1u << 12)
#define ICR_ASSERT	 (1u << 14)
#define SVR_ENABLE	 (1u << 8)
#define TIMER_DIV_1	 0xbu

#define APIC_BASE_ENABLE (1ull << 11)
#define APIC_BASE_ADDR	 0xffffff000ull

static volatile u32 *lapic;
u64 lapic_timer_hz;

static u32 rd(unsigned int reg)
{
	return lapic[reg / 4];
}

static void wr(unsigned int reg, u32 val)
{
	lapic[reg / 4] = val;
}

static void enable(void)
{
	wr(LAPIC_TPR, 0);
	wr(LAPIC_LVT_TIMER, LVT_MASKED | VEC_TIMER);
	wr(LAPIC_LVT_LINT0, LVT_MASKED);
	wr(LAPIC_LVT_LINT1, LVT_NMI);
	wr(LAPIC_LVT_ERROR, VEC_ERROR);
	wr(LAPIC_SVR, SVR_ENABLE | VEC_SPURIOUS);
	wr(LAPIC_ESR, 0);
	wr(LAPIC_EOI, 0);
	wr(LAPIC_TIMER_DIV, TIMER_DIV_1);
	this_pcpu()->apic_id = lapic_id();
}

void lapic_init(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);
	u64 addr = acpi.lapic_maddr ? acpi.lapic_maddr : base & APIC_BASE_ADDR;

	if (!(base & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	lapic = vmap_mmio(MADDR(addr), PAGE_SIZE, MAP_UC | MAP_NX);
	if (!lapic)
		panic("local APIC at %lx: no room to map it",
		      (unsigned long)addr);
	enable();
}

void lapic_init_ap(void)
{
	enable();
}

void lapic_eoi(void)
{
	wr(LAPIC_EOI, 0);
}

u32 lapic_id(void)
{
	return rd(LAPIC_ID) >> 24;
}

static void send(u32 apic_id, u32 command)
{
	while (rd(LAPIC_ICR_LO) & ICR_BUSY)
		cpu_relax();
	wr(LAPIC_ICR_HI, apic_id << 24);
	wr(LAPIC_ICR_LO, command | ICR_ASSERT);
}

void lapic_send_ipi(u32 apic_id, u8 vector)
{
	send(apic_id, vector);
}

void lapic_send_nmi(u32 apic_id)
{
	send(apic_id, ICR_NMI);
}

void lapic_send_init(u32 apic_id)
{
	send(apic_id, ICR_INIT);
}

void lapic_send_startup(u32 apic_id, u8 page)
{
	send(apic_id, ICR_STARTUP | page);
}

void lapic_timer_set(u32 ticks)
{
	/* Unmasking first: a count of 1 may expire before the next store. */
	if (ticks)
		wr(LAPIC_LVT_TIMER, VEC_TIMER);
	wr(LAPIC_TIMER_INIT, ticks);
}

u32 lapic_timer_read(void)
{
	return rd(LAPIC_TIMER_CUR);
}

void lapic_error(void)
{
	wr(LAPIC_ESR, 0);
	printk(LOG_WARN, "local APIC error, ESR %x\n", rd(LAPIC_ESR));
}
