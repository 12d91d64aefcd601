/*
 * pcpu.c: what a processor needs before it may run C and guests
 */
#include <hv/boot.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include "internal.h"

struct pcpu *pcpus[NR_PCPUS];
unsigned int nr_pcpus;
u64 cpu_cr4;
bool cpu_null_clears_base;

_Static_assert(sizeof(struct stack_info) + 8 <= STACK_INFO_ROOM,
	       "room at the top of the stacks");

void cpu_init_this(void)
{
	struct stack_info *si = stack_info();
	struct pcpu *p = &si->own;

	p->stack = boot_stack;
	p->gdt = boot_gdt;
	p->cr3 = read_cr3();
	pcpus[0] = p;
	nr_pcpus = 1;
	si->pcpu = p;
	si->fast_root = FAST_NONE;
}

/* Some of AMD's keep a segment's base when it gets a null selector. */
static bool null_clears_base(void)
{
	u64 base = rdmsr(MSR_FS_BASE);
	bool cleared;

	wrmsr(MSR_FS_BASE, 1);
	__asm__ volatile("mov %0, %%fs" : : "r"(0));
	cleared = rdmsr(MSR_FS_BASE) == 0;
	wrmsr(MSR_FS_BASE, base);
	return cleared;
}

/* The features of CPUID leaves 1 and 7 that CR4 switches on */
static u64 wanted_cr4(void)
{
	u64 cr4 = X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
	u32 r[4];

	cpuid(1, 0, r);
	if (r[3] & (1u << 7))
		cr4 |= X86_CR4_MCE;
	if (r[3] & (1u << 13))
		cr4 |= X86_CR4_PGE;
	if (cpu_has_xsave)
		cr4 |= X86_CR4_OSXSAVE;
	cpuid(0, 0, r);
	if (r[0] < 7)
		return cr4;
	cpuid(7, 0, r);
	if ((r[1] & (1u << 0)) && cpuid_wants_fsgsbase())
		cr4 |= X86_CR4_FSGSBASE;
	if (r[1] & (1u << 7))
		cr4 |= X86_CR4_SMEP;
	return cr4;
}

static void load_control_registers(void)
{
	cpu_write_cr4(cpu_cr4);
	cpu_write_cr0(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET |
		      X86_CR0_MP | X86_CR0_PE);
	wrmsr(MSR_PAT, PAT_VALUE);
}

void cpu_init_boot(void)
{
	struct pcpu *p = this_pcpu();
	u32 r[4];

	cpuid(1, 0, r);
	p->apic_id = r[1] >> 24;
	cpu_null_clears_base = null_clears_base();
	cpu_cr4 = wanted_cr4();
	load_control_registers();
	gdt_init_pcpu(p);
	fpu_init_pcpu();
	p->online = true;
}

struct pcpu *cpu_alloc(unsigned int id)
{
	u8 *stack = vmap_stack(IST_DB);
	struct stack_info *si;
	struct pcpu *p;

	if (!stack)
		return NULL;
	si = stack_info_of(stack);
	p = &si->own;
	si->pcpu = p;
	si->fast_root = FAST_NONE;
	p->stack = stack;
	p->id = id;
	p->gdt = page_alloc_hv();
	if (!p->gdt)
		return NULL; /* the caller gives up on the machine */
	memcpy(p->gdt, boot_gdt, PAGE_SIZE);
	return p;
}

void cpu_init_ap(struct pcpu *p)
{
	load_control_registers();
	gdt_init_pcpu(p);
	cpu_load_flat_segments();
	fpu_init_pcpu();
}

void softirq_raise(struct pcpu *p, enum softirq s)
{
	if (bit_test_set(&p->softirqs, s))
		return;
	if (p != this_pcpu())
		lapic_send_ipi(p->apic_id, VEC_EVENT_CHECK);
}

void cpu_idle(void)
{
	/* sti takes effect after hlt began: no interrupt is lost between. */
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}
