/*
 * boot/smp.c: the other processors
 *
 * One at a time, in the MADT's order: stacks and tables are made here, then
 * INIT and start-up IPIs, then the newcomer sets itself up in ap_main(),
 * compares its clock with the boot CPU's, says online, and looks for work. What
 * does not answer is left alone.
 */
#include <hv/boot.h>
#include <hv/gate.h>
#include <hv/irq.h>
#include <hv/lib.h>
#include <hv/memmap.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/time.h>
#include "smp.h"

#define INIT_WAIT_US  10000
#define SIPI_WAIT_US  200
#define AWAKE_WAIT_MS 1000
#define TABLE	      (3ull)	/* present, writable */
#define LARGE	      (0x83ull) /* the same, 2 MiB */

static unsigned int opt_maxcpus = NR_PCPUS;
static bool opt_nosmp;
OPTION_UINT("maxcpus", opt_maxcpus);
OPTION_BOOL("nosmp", opt_nosmp);

/* A root for the way up: ours, and the first 2 MiB at their own address. */
static u64 *low_root;

static bool make_low_root(void)
{
	u64 *table[3]; /* L4, L3, L2 */
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct page *pg = heap_alloc(0, 32);

		if (!pg)
			return false;
		table[i] = page_to_virt(pg);
	}
	memcpy(&table[0][HV_FIRST_SLOT], &hv_l4()[HV_FIRST_SLOT],
	       (HV_LAST_SLOT - HV_FIRST_SLOT + 1) * sizeof(u64));
	table[0][0] = virt_to_maddr(table[1]).v | TABLE;
	table[1][0] = virt_to_maddr(table[2]).v | TABLE;
	table[2][0] = LARGE;
	low_root = table[0];
	return true;
}

static void free_table(void *t)
{
	heap_free(mfn_to_page(virt_to_mfn(t)), 0);
}

static void free_low_root(void)
{
	u64 *l3 = maddr_to_virt(MADDR(low_root[0] & ~0xfffull));
	u64 *l2 = maddr_to_virt(MADDR(l3[0] & ~0xfffull));

	free_table(l2);
	free_table(l3);
	free_table(low_root);
	low_root = NULL;
}

/* ---- the newcomer ---- */

/* Not to be used; nobody knows of it any more. */
static void park(void) __noreturn;
static void park(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void ap_main(struct pcpu *p)
{
	cpu_write_cr3(hv_root_maddr);
	gate_load_idt();
	cpu_init_ap(p);
	gate_init_pcpu(p);
	lapic_init_ap();
	STORE_REL(p->awake, true);
	if (!tsc_sync_ap())
		park();
	STORE_REL(p->online, true);
	watchdog_start();
	softirq_raise(p, SOFTIRQ_SCHED);
	gate_enter_guest();
}

/* ---- the boot CPU ---- */

static struct pcpu *make_pcpu(unsigned int id, u32 apic_id, u32 acpi_id)
{
	struct pcpu *p = cpu_alloc(id);

	if (!p)
		panic("no memory for pcpu %u", id);
	p->apic_id = apic_id;
	p->acpi_id = acpi_id;
	time_init_pcpu(p);
	sched_init_pcpu(p);
	return p;
}

static void prepare_trampoline(struct pcpu *p)
{
	u8 *at = maddr_to_virt(MADDR(TRAMPOLINE_PA));
	u64 words[4] = {
		virt_to_maddr(low_root).v,
		(u64)p->stack + STACK_SIZE - STACK_INFO_ROOM,
		(u64)ap_main,
		(u64)p,
	};

	memcpy(at, trampoline, (size_t)(trampoline_end - trampoline));
	memcpy(at + (trampoline_words - trampoline), words, sizeof(words));
}

static bool wait_awake(const struct pcpu *p, unsigned int ms)
{
	u64 end = now() + ms * NS_PER_MS;

	while (!LOAD_ACQ(p->awake) && now() < end)
		cpu_relax();
	return LOAD_ACQ(p->awake);
}

static bool start(struct pcpu *p)
{
	prepare_trampoline(p);
	tsc_sync_prepare();
	lapic_send_init(p->apic_id);
	udelay(INIT_WAIT_US);
	lapic_send_startup(p->apic_id, TRAMPOLINE_PA >> PAGE_SHIFT);
	if (wait_awake(p, 10))
		return true;
	udelay(SIPI_WAIT_US);
	lapic_send_startup(p->apic_id, TRAMPOLINE_PA >> PAGE_SHIFT);
	return wait_awake(p, AWAKE_WAIT_MS);
}

/* False: its clock cannot be made ours. */
static bool join(struct pcpu *p)
{
	u64 differs;
	bool ok = tsc_sync_boot(&differs);

	if (differs)
		printk(LOG_WARN, "CPU %u: TSC differs by %llu ticks, %s\n",
		       p->id, (unsigned long long)differs,
		       ok ? "adjusted"
			  : "which cannot be mended: CPU not used");
	while (ok && !LOAD_ACQ(p->online))
		cpu_relax();
	return ok;
}

static void bring_up(unsigned int i)
{
	struct pcpu *p =
		make_pcpu(nr_pcpus, acpi.cpu[i].apic_id, acpi.cpu[i].acpi_id);

	pcpus[nr_pcpus] = p;
	/* It counts before it runs: flushes must reach it. */
	STORE_REL(nr_pcpus, nr_pcpus + 1);
	if (!start(p))
		panic("pcpu %u (APIC %u) did not start; boot with maxcpus=%u",
		      p->id, p->apic_id, p->id);
	if (!join(p))
		STORE_REL(nr_pcpus, nr_pcpus - 1);
}

void smp_init(void)
{
	unsigned int i, most = opt_nosmp ? 1 : max(opt_maxcpus, 1u);

	most = min(most, (unsigned int)NR_PCPUS);
	if (most == 1 || acpi.nr_cpus < 2 || !make_low_root())
		return;
	for (i = 0; i < acpi.nr_cpus && nr_pcpus < most; i++)
		if (acpi.cpu[i].enabled &&
		    acpi.cpu[i].apic_id != this_pcpu()->apic_id)
			bring_up(i);
	free_low_root();
}
