/*
 * ioport.c: ports dom0 has, and those it sees through us
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/irq.h>
#include "internal.h"
#include "pit.h"

#define PIT_CH2	     0x42
#define PIT_CONTROL  0x43
#define SPEAKER_PORT 0x61
#define RTC_INDEX    0x70
#define RTC_DATA     0x71
#define PCI_ADDRESS  0xcf8
#define PCI_DATA     0xcfc
#define PCI_ENABLE   0x80000000u

static spinlock_t lock = SPINLOCK_INIT(DEV);
static struct pit2 pit; /* DEV; dom0's */
static u32 pci_address; /* DEV; what dom0 wrote to 0xcf8 */

static u32 ones(unsigned int bytes)
{
	return bytes == 4 ? ~0u : (1u << (8 * bytes)) - 1;
}

static u32 pci_data_read(u16 port, unsigned int bytes)
{
	u32 a = READ_ONCE(pci_address);

	if (!(a & PCI_ENABLE) || (port & 3) + bytes > 4)
		return ones(bytes);
	return pci_read(0, (u8)(a >> 16), (u8)(a >> 8),
			(a & 0xfc) | (port & 3u), bytes);
}

static void pci_data_write(u16 port, unsigned int bytes, u32 val)
{
	u32 a = READ_ONCE(pci_address);

	if (!(a & PCI_ENABLE) || (port & 3) + bytes > 4)
		return;
	pci_write(0, (u8)(a >> 16), (u8)(a >> 8), (a & 0xfc) | (port & 3u),
		  bytes, val);
}

static u8 read_byte(struct domain *d, u16 port)
{
	u8 v = 0xff;

	switch (port) {
	case PIT_CH2:
		spin_lock(&lock);
		v = pit2_read(&pit, now());
		spin_unlock(&lock);
		break;
	case SPEAKER_PORT:
		spin_lock(&lock);
		v = pit2_port61_read(&pit, now());
		spin_unlock(&lock);
		break;
	case RTC_DATA:
		v = rtc_emul_read(d);
		break;
	}
	return v;
}

static void write_byte(struct domain *d, u16 port, u8 val)
{
	switch (port) {
	case PIT_CH2:
		spin_lock(&lock);
		pit2_write(&pit, val, now());
		spin_unlock(&lock);
		break;
	case PIT_CONTROL:
		spin_lock(&lock);
		pit2_control(&pit, val, now());
		spin_unlock(&lock);
		break;
	case SPEAKER_PORT:
		spin_lock(&lock);
		pit2_port61_write(&pit, val, now());
		spin_unlock(&lock);
		break;
	case RTC_INDEX:
		rtc_emul_index(d, val);
		break;
	case RTC_DATA:
		rtc_emul_write(d, val);
		break;
	}
}

u32 ioport_guest_read(struct vcpu *v, u16 port, unsigned int bytes)
{
	u32 val = 0;

	if (!v->d->privileged)
		return ones(bytes);
	if (port == PCI_ADDRESS && bytes == 4)
		return READ_ONCE(pci_address);
	if ((port & 0xfffc) == PCI_DATA)
		return pci_data_read(port, bytes);
	/* Wider accesses are so many single ones, as on the ISA bus. */
	for (unsigned int i = 0; i < bytes; i++)
		val |= (u32)read_byte(v->d, (u16)(port + i)) << (8 * i);
	return val;
}

void ioport_guest_write(struct vcpu *v, u16 port, unsigned int bytes, u32 val)
{
	if (!v->d->privileged)
		return;
	if (port == PCI_ADDRESS && bytes == 4) {
		WRITE_ONCE(pci_address, val);
		return;
	}
	if ((port & 0xfffc) == PCI_DATA) {
		pci_data_write(port, bytes, val);
		return;
	}
	for (unsigned int i = 0; i < bytes; i++)
		write_byte(v->d, (u16)(port + i), (u8)(val >> (8 * i)));
}

/* All ports but these: ours, or seen through us. */
int ioport_dom0_rights(struct domain *d)
{
	const struct {
		u16 first, last;
	} never[] = {
		{0x20, 0x21}, /* interrupt controllers */
		{0xa0, 0xa1},
		{0x40, 0x43}, /* timer, and its gate */
		{SPEAKER_PORT, SPEAKER_PORT},
		{RTC_INDEX, RTC_DATA},
		{PCI_ADDRESS, PCI_ADDRESS},
		{PCI_DATA, PCI_DATA + 3},
		{acpi.pm_timer_port, (u16)(acpi.pm_timer_port + 3)},
		{uart_port(), (u16)(uart_port() + 7)},
	};
	int rc = rangeset_add(d->ioports, 0, 0xffff);

	pit2_reset(&pit);
	for (unsigned int i = 0; !rc && i < ARRAY_SIZE(never); i++)
		if (never[i].first)
			rc = rangeset_remove(d->ioports, never[i].first,
					     never[i].last);
	return rc;
}
