/*
 * pci.c: configuration space, through ports or memory
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/lock.h>
#include <hv/mm.h>

#define ADDRESS	       0xcf8
#define DATA	       0xcfc
#define ENABLE	       0x80000000u
#define LEGACY_BYTES   256
#define EXTENDED_BYTES 4096
#define BUS_BYTES      (1u << 20) /* of memory-mapped configuration */

static spinlock_t lock = SPINLOCK_INIT(DEV);
/* Mapped by need: one window per bus of each MMCFG range. */
static u8 *window[ARRAY_SIZE(((struct acpi_facts *)0)->mmcfg)][256];

static u32 ones(unsigned int bytes)
{
	return bytes == 4 ? ~0u : (1u << (8 * bytes)) - 1;
}

static bool size_ok(unsigned int reg, unsigned int bytes)
{
	return (bytes == 1 || bytes == 2 || bytes == 4) &&
	       (reg & 3) + bytes <= 4 && reg + bytes <= EXTENDED_BYTES;
}

static bool by_ports(u16 seg, unsigned int reg)
{
	return seg == 0 && reg < LEGACY_BYTES;
}

static void select(u8 bus, u8 devfn, unsigned int reg)
{
	outl(ADDRESS, ENABLE | (u32)bus << 16 | (u32)devfn << 8 | (reg & 0xfc));
}

/* Register @reg in memory, or NULL where no range covers it */
static u8 *mmcfg_register(u16 seg, u8 bus, u8 devfn, unsigned int reg)
{
	for (unsigned int i = 0; i < acpi.nr_mmcfg; i++) {
		u8 **w = &window[i][bus];

		if (acpi.mmcfg[i].segment != seg ||
		    bus < acpi.mmcfg[i].bus_first ||
		    bus > acpi.mmcfg[i].bus_last)
			continue;
		/* The base is where bus 0 would be. */
		if (!*w)
			*w = vmap_mmio(MADDR(acpi.mmcfg[i].maddr +
					     (u64)bus * BUS_BYTES),
				       BUS_BYTES, MAP_NX | MAP_UC);
		return *w ? *w + ((u32)devfn << 12) + reg : NULL;
	}
	return NULL;
}

/* The compiler must neither split nor widen device accesses. */
static u32 mmio_read(const u8 *a, unsigned int bytes)
{
	u32 v = 0;

	if (bytes == 1)
		__asm__ volatile("movb (%1), %b0" : "+q"(v) : "r"(a));
	else if (bytes == 2)
		__asm__ volatile("movw (%1), %w0" : "+r"(v) : "r"(a));
	else
		__asm__ volatile("movl (%1), %0" : "=r"(v) : "r"(a));
	return v;
}

static void mmio_write(u8 *a, unsigned int bytes, u32 v)
{
	if (bytes == 1)
		__asm__ volatile("movb %b0, (%1)"
				 :
				 : "q"(v), "r"(a)
				 : "memory");
	else if (bytes == 2)
		__asm__ volatile("movw %w0, (%1)"
				 :
				 : "r"(v), "r"(a)
				 : "memory");
	else
		__asm__ volatile("movl %0, (%1)" : : "r"(v), "r"(a) : "memory");
}

static u32 port_read(u8 bus, u8 devfn, unsigned int reg, unsigned int bytes)
{
	u16 port = (u16)(DATA + (reg & 3));

	select(bus, devfn, reg);
	return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static void port_write(u8 bus, u8 devfn, unsigned int reg, unsigned int bytes,
		       u32 val)
{
	u16 port = (u16)(DATA + (reg & 3));

	select(bus, devfn, reg);
	if (bytes == 1)
		outb(port, (u8)val);
	else if (bytes == 2)
		outw(port, (u16)val);
	else
		outl(port, val);
}

u32 pci_read(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes)
{
	u32 val = ones(bytes);
	u8 *a;

	if (!size_ok(reg, bytes))
		return val;
	if (by_ports(seg, reg)) {
		spin_lock(&lock);
		val = port_read(bus, devfn, reg, bytes);
		spin_unlock(&lock);
		return val;
	}
	a = mmcfg_register(seg, bus, devfn, reg);
	return a ? mmio_read(a, bytes) : val;
}

void pci_write(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes,
	       u32 val)
{
	u8 *a;

	if (!size_ok(reg, bytes))
		return;
	if (by_ports(seg, reg)) {
		spin_lock(&lock);
		port_write(bus, devfn, reg, bytes, val);
		spin_unlock(&lock);
		return;
	}
	a = mmcfg_register(seg, bus, devfn, reg);
	if (a)
		mmio_write(a, bytes, val);
}
