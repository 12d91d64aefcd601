/*
 * machine.c: the ways a machine ends
 */
#include <hv/boot.h>
#include <hv/dev.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/time.h>
#include "internal.h"

#define SPACE_MEMORY 0
#define SPACE_IO     1
#define KBC_STATUS   0x64
#define KBC_RESET    0xfe
#define PCI_RESET    0xcf9

/* A reset register in memory, mapped beforehand: a panic may happen anywhere,
 * with the locks of a mapping held. */
static volatile u8 *reset_mapped;

void machine_init(void)
{
	if (acpi.reset_ok && acpi.reset_space == SPACE_MEMORY)
		reset_mapped =
			vmap_mmio(MADDR(acpi.reset_reg), 1, MAP_NX | MAP_UC);
}

void machine_halt(void)
{
	cpu_halt_all();
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Works before clocks are calibrated: port 0x80 takes about 1 us. */
static void io_delay(unsigned int us)
{
	while (us--)
		outb(0x80, 0);
}

static void reset_by_acpi(void)
{
	if (!acpi.reset_ok)
		return;
	if (acpi.reset_space == SPACE_IO) {
		outb((u16)acpi.reset_reg, acpi.reset_value);
	} else if (reset_mapped) {
		*reset_mapped = acpi.reset_value;
	}
	io_delay(20000);
}

static void reset_by_keyboard(void)
{
	for (unsigned int i = 0; i < 1000 && (inb(KBC_STATUS) & 2); i++)
		io_delay(10);
	outb(KBC_STATUS, KBC_RESET);
	io_delay(20000);
}

static void reset_by_pci(void)
{
	outb(PCI_RESET, 0x02);
	io_delay(50);
	outb(PCI_RESET, 0x06);
	io_delay(20000);
}

static void triple_fault(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed none = {0, 0};

	__asm__ volatile("lidt %0; int3" : : "m"(none));
}

void machine_restart(void)
{
	cpu_stop_all();
	console_start_sync(); /* who was stopped may have held its lock */
	if (opt_noreboot) {
		printk(LOG_ERR, "noreboot: halted, reset by hand\n");
		machine_halt();
	}
	printk(LOG_ERR, "Restarting the machine\n");
	reset_by_acpi();
	reset_by_keyboard();
	reset_by_pci();
	triple_fault();
	machine_halt();
}
