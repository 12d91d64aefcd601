/*
 * irq/ioapic.c: IOAPICs and their redirection entries
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/mm.h>
#include "internal.h"

#define IOREGSEL       0x00
#define IOWIN	       0x10
#define REG_VERSION    0x01
#define REG_RTE(pin)   (0x10 + 2 * (pin))

#define RTE_ACTIVE_LOW (1u << 13)
#define RTE_LEVEL      (1u << 15)
#define RTE_MASKED     (1u << 16)

struct ioapic {
	spinlock_t lock; /* DEV: a register is reached in two steps */
	volatile u32 *regs;
	u64 maddr;
	unsigned int gsi_base, pins;
};

static struct ioapic ioapics[ARRAY_SIZE(acpi.ioapic)];
static unsigned int nr_ioapics, nr_gsis;

static u32 rd(const struct ioapic *io, u32 reg)
{
	io->regs[IOREGSEL / 4] = reg;
	return io->regs[IOWIN / 4];
}

static void wr(const struct ioapic *io, u32 reg, u32 val)
{
	io->regs[IOREGSEL / 4] = reg;
	io->regs[IOWIN / 4] = val;
}

unsigned int irq_nr_gsis(void)
{
	return nr_gsis;
}

static struct ioapic *find(unsigned int gsi, unsigned int *pin)
{
	unsigned int i;

	for (i = 0; i < nr_ioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].pins) {
			*pin = gsi - ioapics[i].gsi_base;
			return &ioapics[i];
		}
	return NULL;
}

void ioapic_program(const struct irq_desc *desc, bool masked)
{
	unsigned int pin;
	struct ioapic *io = find(desc->irq, &pin);
	u32 lo = desc->vector;

	if (!io)
		return;
	if (desc->active_low)
		lo |= RTE_ACTIVE_LOW;
	if (desc->level)
		lo |= RTE_LEVEL;
	spin_lock(&io->lock);
	/* Mask while the halves disagree. */
	wr(io, REG_RTE(pin), lo | RTE_MASKED);
	wr(io, REG_RTE(pin) + 1, pcpus[0]->apic_id << 24);
	if (!masked)
		wr(io, REG_RTE(pin), lo);
	spin_unlock(&io->lock);
}

void ioapic_set_mask(unsigned int gsi, bool masked)
{
	unsigned int pin;
	struct ioapic *io = find(gsi, &pin);
	u32 lo;

	if (!io)
		return;
	spin_lock(&io->lock);
	lo = rd(io, REG_RTE(pin));
	wr(io, REG_RTE(pin), masked ? lo | RTE_MASKED : lo & ~RTE_MASKED);
	spin_unlock(&io->lock);
}

bool ioapic_read_reg(u64 maddr, u32 reg, u32 *val)
{
	unsigned int i;

	for (i = 0; i < nr_ioapics; i++)
		if (ioapics[i].maddr == maddr) {
			spin_lock(&ioapics[i].lock);
			*val = rd(&ioapics[i], reg & 0xff);
			spin_unlock(&ioapics[i].lock);
			return true;
		}
	return false;
}

/* MADT override flags: bits 1:0 polarity, 3:2 trigger; 0 as the bus does */
void ioapic_line_defaults(unsigned int gsi, bool *level, bool *active_low)
{
	unsigned int i;

	*level = *active_low = gsi >= 16; /* PCI */
	for (i = 0; i < acpi.nr_overrides; i++) {
		u16 flags = acpi.override[i].flags;

		if (acpi.override[i].gsi != gsi)
			continue;
		*active_low = (flags & 3) == 3;
		*level = (flags >> 2 & 3) == 3;
	}
}

static void add(u64 maddr, unsigned int gsi_base)
{
	struct ioapic *io = &ioapics[nr_ioapics];
	unsigned int pin;

	io->regs = vmap_mmio(MADDR(maddr), PAGE_SIZE, MAP_UC | MAP_NX);
	if (!io->regs)
		panic("IOAPIC at %lx: no room to map it", (unsigned long)maddr);
	spin_lock_init(&io->lock, LOCK_DEV);
	io->maddr = maddr;
	io->gsi_base = gsi_base;
	io->pins = (rd(io, REG_VERSION) >> 16 & 0xff) + 1;
	for (pin = 0; pin < io->pins; pin++)
		wr(io, REG_RTE(pin), RTE_MASKED);
	nr_ioapics++;
	nr_gsis = max(nr_gsis, gsi_base + io->pins);
	printk(LOG_INFO, "IOAPIC at %lx: GSI %u-%u\n", (unsigned long)maddr,
	       gsi_base, gsi_base + io->pins - 1);
}

void ioapic_init(void)
{
	unsigned int i;

	irq_descs_init();
	i8259_disable();
	for (i = 0; i < acpi.nr_ioapics; i++)
		add(acpi.ioapic[i].maddr, acpi.ioapic[i].gsi_base);
	if (!nr_ioapics)
		printk(LOG_WARN,
		       "no IOAPIC: devices will have no interrupts\n");
	nr_gsis = min(nr_gsis, (unsigned int)MAX_IRQS / 2);
}
