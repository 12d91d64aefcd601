/*
 * domain/dom0_rights.c: the hardware dom0 may touch: all but ours
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/dev.h>
#include <hv/irq.h>
#include "dom0.h"

/* Interrupt messages are memory writes to this window. */
#define MSI_FIRST 0xfee00ull
#define MSI_LAST  0xfeeffull

static int deny_page(struct domain *d, u64 maddr)
{
	u64 frame = maddr >> PAGE_SHIFT;

	return maddr ? rangeset_remove(d->iomem, frame, frame) : 0;
}

/* The first MiB is no domain's memory: firmware data that drivers look at. */
static int deny_ram(struct domain *d)
{
	const struct e820_map *m = &boot_info.e820;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < m->nr && !rc; i++) {
		u64 first = max(DIV_UP(m->r[i].start, PAGE_SIZE), 0x100ull);
		u64 end = (m->r[i].start + m->r[i].size) >> PAGE_SHIFT;

		if (m->r[i].type == E820_RAM && first < end)
			rc = rangeset_remove(d->iomem, first, end - 1);
	}
	return rc;
}

/* The HPET stays: we use it at boot only, and Linux maps it to look. */
static int iomem_rights(struct domain *d)
{
	u64 last = (1ull << (cpu_maddr_bits - PAGE_SHIFT)) - 1;
	unsigned int i;
	int rc = rangeset_add(d->iomem, 0, last);

	if (!rc)
		rc = deny_ram(d);
	if (!rc)
		rc = deny_page(d, acpi.lapic_maddr);
	for (i = 0; i < acpi.nr_ioapics && !rc; i++)
		rc = deny_page(d, acpi.ioapic[i].maddr);
	if (!rc)
		rc = rangeset_remove(d->iomem, MSI_FIRST, MSI_LAST);
	return rc;
}

void dom0_grant_rights(struct domain *d)
{
	unsigned int gsis = irq_nr_gsis();
	int rc = iomem_rights(d);

	if (!rc)
		rc = ioport_dom0_rights(d);
	if (!rc && gsis)
		rc = rangeset_add(d->irqs, 0, gsis - 1);
	if (rc)
		panic("dom0 rights: error %d", -rc);
	d->cache_flush_ok = true;
}
