/*
 * irq/msi.c: messages of PCI devices
 *
 * The guest's driver finds and enables the capability; address, data and
 * mask are ours: a device must not write where a guest chooses.
 */
#include <hv/cpu.h>
#include <hv/mm.h>
#include "internal.h"

#define PCI_STATUS	0x06
#define PCI_STATUS_CAPS 0x10
#define PCI_CAP_PTR	0x34
#define PCI_CAP_MSI	0x05
#define PCI_CAP_MSIX	0x11

#define MSI_CTRL	2
#define MSI_CTRL_ENABLE (1u << 0)
#define MSI_CTRL_QUEUE	(7u << 4) /* vectors enabled, log2 */
#define MSI_CTRL_64BIT	(1u << 7)
#define MSI_CTRL_MASK	(1u << 8)
#define MSIX_CTRL_SIZE	0x7ffu
#define MSIX_TABLE	4
#define MSIX_ENTRY	16 /* bytes of a table entry */

#define MSI_ADDR_BASE	0xfee00000u

struct msi {
	struct msi_where at;
	unsigned int cap;    /* config offset of the capability */
	u16 ctrl;	     /* MSI control, when enabled */
	volatile u32 *entry; /* MSI-X: address lo, hi, data, ctrl */
	void *map;	     /* page of .entry */
	struct irq_desc *desc;
	struct list list;
};

static struct list all_msi = LIST_INIT(all_msi);

static u32 cfg_read(const struct msi_where *w, unsigned int reg,
		    unsigned int bytes)
{
	return pci_read(w->seg, w->bus, w->devfn, reg, bytes);
}

static void cfg_write(const struct msi_where *w, unsigned int reg,
		      unsigned int bytes, u32 val)
{
	pci_write(w->seg, w->bus, w->devfn, reg, bytes, val);
}

static unsigned int find_cap(const struct msi_where *w, u8 id)
{
	unsigned int pos, ttl = 48;

	if (!(cfg_read(w, PCI_STATUS, 2) & PCI_STATUS_CAPS))
		return 0;
	pos = cfg_read(w, PCI_CAP_PTR, 1) & ~3u;
	while (pos >= 0x40 && ttl--) {
		u32 head = cfg_read(w, pos, 2);

		if ((head & 0xff) == id)
			return pos;
		pos = head >> 8 & ~3u;
	}
	return 0;
}

static u32 message_address(void)
{
	return MSI_ADDR_BASE | pcpus[0]->apic_id << 12;
}

static unsigned int mask_offset(u16 ctrl)
{
	return ctrl & MSI_CTRL_64BIT ? 0x10 : 0x0c;
}

static void write_msi(struct msi *m)
{
	const struct msi_where *w = &m->at;
	bool wide = m->ctrl & MSI_CTRL_64BIT;

	cfg_write(w, m->cap + 4, 4, message_address());
	if (wide)
		cfg_write(w, m->cap + 8, 4, 0);
	cfg_write(w, m->cap + (wide ? 12 : 8), 2, m->desc->vector);
	/* one vector */
	cfg_write(w, m->cap + MSI_CTRL, 2,
		  (m->ctrl & ~MSI_CTRL_QUEUE) | MSI_CTRL_ENABLE);
}

static void write_msix(struct msi *m, bool masked)
{
	m->entry[3] = 1;
	m->entry[0] = message_address();
	m->entry[1] = 0;
	m->entry[2] = m->desc->vector;
	m->entry[3] = masked;
}

/* Where the BAR with the device's MSI-X table begins, from its own registers;
 * *@off: where the table is in it. */
static u64 msix_bar(const struct msi_where *w, unsigned int cap, u32 *off)
{
	u32 place = cfg_read(w, cap + MSIX_TABLE, 4);
	unsigned int bar = 0x10 + 4 * (place & 7);
	u64 base;

	*off = place & ~7u;
	if ((place & 7) > 5)
		return 0;
	base = cfg_read(w, bar, 4);
	if (base & 1)
		return 0; /* an I/O BAR */
	if ((base & 6) == 4)
		base |= (u64)cfg_read(w, bar + 4, 4) << 32;
	return base & ~0xfull;
}

static int enable_msix(struct msi *m)
{
	struct msi_where *w = &m->at;
	u64 bar, at;
	u32 off;

	m->cap = find_cap(w, PCI_CAP_MSIX);
	if (!m->cap)
		return -ENODEV;
	if (w->entry > (cfg_read(w, m->cap + MSI_CTRL, 2) & MSIX_CTRL_SIZE))
		return -EINVAL;
	bar = msix_bar(w, m->cap, &off);
	/* The guest's word is checked against the device's. */
	if (!bar || bar != w->table)
		return -EINVAL;
	at = bar + off + w->entry * MSIX_ENTRY;
	m->map = vmap_mmio(MADDR(ROUND_DOWN(at, PAGE_SIZE)), PAGE_SIZE,
			   MAP_UC | MAP_NX);
	if (!m->map)
		return -ENOMEM;
	m->entry = (volatile u32 *)((char *)m->map + at % PAGE_SIZE);
	write_msix(m, true);
	return 0;
}

static int enable_msi(struct msi *m)
{
	const struct msi_where *w = &m->at;

	m->cap = find_cap(w, PCI_CAP_MSI);
	if (!m->cap)
		return -ENODEV;
	m->ctrl = (u16)cfg_read(w, m->cap + MSI_CTRL, 2);
	if (m->ctrl & MSI_CTRL_MASK)
		cfg_write(w, m->cap + mask_offset(m->ctrl), 4, ~0u);
	write_msi(m);
	return 0;
}

static bool in_use(const struct msi_where *w)
{
	struct msi *m;

	list_for_each (m, &all_msi, list)
		if (m->at.seg == w->seg && m->at.bus == w->bus &&
		    m->at.devfn == w->devfn && m->at.entry == w->entry &&
		    !m->at.table == !w->table)
			return true;
	return false;
}

int msi_enable(struct irq_desc *desc, const struct msi_where *w)
{
	struct msi *m;
	int rc;

	if (in_use(w))
		return -EBUSY;
	m = hv_new(struct msi);
	if (!m)
		return -ENOMEM;
	m->at = *w;
	m->desc = desc;
	rc = w->table ? enable_msix(m) : enable_msi(m);
	if (rc) {
		hv_free(m);
		return rc;
	}
	list_add_tail(&m->list, &all_msi);
	desc->msi = m;
	return 0;
}

void msi_disable(struct irq_desc *desc)
{
	struct msi *m = desc->msi;
	const struct msi_where *w = &m->at;

	if (m->entry) {
		m->entry[3] = 1;
		vmap_unmap(m->map, PAGE_SIZE);
	} else {
		cfg_write(w, m->cap + MSI_CTRL, 2,
			  cfg_read(w, m->cap + MSI_CTRL, 2) & ~MSI_CTRL_ENABLE);
	}
	list_del(&m->list);
	hv_free(m);
	desc->msi = NULL;
}

void msi_set_mask(struct irq_desc *desc, bool masked)
{
	struct msi *m = desc->msi;

	if (m->entry)
		m->entry[3] = masked;
	else if (m->ctrl & MSI_CTRL_MASK)
		cfg_write(&m->at, m->cap + mask_offset(m->ctrl), 4, masked);
}

int msi_restore(u16 seg, u8 bus, u8 devfn)
{
	struct msi *m;
	int rc = -ESRCH;

	list_for_each (m, &all_msi, list) {
		if (m->at.seg != seg || m->at.bus != bus ||
		    m->at.devfn != devfn)
			continue;
		spin_lock(&m->desc->lock);
		if (m->entry)
			write_msix(m, !m->desc->nr_guests);
		else
			write_msi(m);
		spin_unlock(&m->desc->lock);
		rc = 0;
	}
	return rc;
}
