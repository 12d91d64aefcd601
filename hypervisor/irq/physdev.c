/*
 * irq/physdev.c: physdev_op: lines, messages, PCI devices, I/O rights
 *
 * ABI: pvabi/xen/physdev.h, ABI-NOTES 2.3
 */
#include <hv/boot.h>
#include <hv/domain.h>
#include <xen/physdev.h>
#include "internal.h"

typedef long (*physdev_fn)(gptr_t arg);

static long op_eoi(gptr_t arg)
{
	struct physdev_eoi eoi;

	if (copy_in(&eoi, arg, sizeof(eoi)))
		return -EFAULT;
	return pirq_eoi(current->d, eoi.irq);
}

static long eoi_map(gptr_t arg, bool auto_unmask)
{
	struct physdev_pirq_eoi_gmfn info;

	if (copy_in(&info, arg, sizeof(info)))
		return -EFAULT;
	return pirq_set_eoi_map(current->d, info.gmfn, auto_unmask);
}

static long op_eoi_map_v1(gptr_t arg)
{
	return eoi_map(arg, true);
}

static long op_eoi_map_v2(gptr_t arg)
{
	return eoi_map(arg, false);
}

static long op_status(gptr_t arg)
{
	struct physdev_irq_status_query q;
	int rc;

	if (copy_in(&q, arg, sizeof(q)))
		return -EFAULT;
	rc = pirq_status(current->d, q.irq, &q.flags);
	if (!rc && copy_out(arg, &q, sizeof(q)))
		return -EFAULT;
	return rc;
}

static long op_set_iopl(gptr_t arg)
{
	struct physdev_set_iopl iopl;

	if (copy_in(&iopl, arg, sizeof(iopl)))
		return -EFAULT;
	if (iopl.iopl > 3)
		return -EINVAL;
	current->gate.iopl = iopl.iopl;
	return 0;
}

static long op_set_iobitmap(gptr_t arg)
{
	struct physdev_set_iobitmap map;
	struct vcpu *v = current;

	if (copy_in(&map, arg, sizeof(map)))
		return -EFAULT;
	if (map.nr_ports > 65536 ||
	    !guest_va_ok(GPTR_OF(map.bitmap).va, map.nr_ports / 8))
		return -EINVAL;
	v->iobmp = GPTR_OF(map.bitmap);
	v->iobmp_limit = map.nr_ports;
	return 0;
}

static long op_apic_read(gptr_t arg)
{
	struct physdev_apic apic;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&apic, arg, sizeof(apic)))
		return -EFAULT;
	if (!ioapic_read_reg(apic.apic_physbase, apic.reg, &apic.value))
		return -EINVAL;
	return copy_out(arg, &apic, sizeof(apic)) ? -EFAULT : 0;
}

/* Lines are ours to program: setup_gsi says what dom0 may say. */
static long op_apic_write(gptr_t arg)
{
	return -EPERM;
}

static long op_alloc_vector(gptr_t arg)
{
	struct physdev_irq irq;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&irq, arg, sizeof(irq)))
		return -EFAULT;
	if (irq.irq >= irq_nr_gsis())
		return -EINVAL;
	irq.vector = irq.irq;
	return copy_out(arg, &irq, sizeof(irq)) ? -EFAULT : 0;
}

/* Mapping for another domain: dom0 only, and messages for dom0 itself. */
static long op_map_pirq(gptr_t arg)
{
	struct physdev_map_pirq map;
	struct domain *d;
	long rc;

	if (copy_in(&map, arg, sizeof(map)))
		return -EFAULT;
	d = domain_resolve(map.domid);
	if (!d)
		return -ESRCH;
	rc = is_control_domain(current->d) ? 0 : -EPERM;
	if (!rc)
		rc = pirq_map(d, &map);
	domain_put(d);
	if (rc >= 0 && copy_out(arg, &map, sizeof(map)))
		return -EFAULT;
	return rc;
}

static long op_unmap_pirq(gptr_t arg)
{
	struct physdev_unmap_pirq unmap;
	struct domain *d;
	long rc;

	if (copy_in(&unmap, arg, sizeof(unmap)))
		return -EFAULT;
	d = domain_resolve(unmap.domid);
	if (!d)
		return -ESRCH;
	rc = d == current->d || is_control_domain(current->d) ? 0 : -EPERM;
	if (!rc)
		rc = pirq_unmap(d, (unsigned int)unmap.pirq);
	domain_put(d);
	return rc;
}

static long op_setup_gsi(gptr_t arg)
{
	struct physdev_setup_gsi setup;
	struct irq_desc *desc;
	long rc = 0;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&setup, arg, sizeof(setup)))
		return -EFAULT;
	if (setup.gsi < 0)
		return -EINVAL;
	spin_lock(&irq_lock);
	desc = irq_desc_line((unsigned int)setup.gsi);
	if (!desc || desc->fn)
		rc = -EINVAL;
	else if (desc->configured)
		rc = -EEXIST;
	if (!rc) {
		spin_lock(&desc->lock);
		desc->configured = true;
		desc->level = setup.triggering;
		desc->active_low = setup.polarity;
		if (desc->nr_guests)
			pirq_trigger_chosen(desc);
		spin_unlock(&desc->lock);
	}
	spin_unlock(&irq_lock);
	return rc;
}

static long op_get_free_pirq(gptr_t arg)
{
	struct physdev_get_free_pirq get;
	int pirq;

	if (copy_in(&get, arg, sizeof(get)))
		return -EFAULT;
	spin_lock(&irq_lock);
	pirq = pirq_find_free(current->d);
	spin_unlock(&irq_lock);
	if (pirq < 0)
		return pirq;
	get.pirq = (u32)pirq;
	return copy_out(arg, &get, sizeof(get)) ? -EFAULT : 0;
}

/* Configuration cycles need no list of devices, so arrival is only noted. */
static long op_pci_device(gptr_t arg)
{
	struct physdev_pci_device dev;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&dev, arg, sizeof(dev)))
		return -EFAULT;
	printk(LOG_DEBUG, "PCI device %04x:%02x:%02x.%u\n", dev.seg, dev.bus,
	       dev.devfn >> 3, dev.devfn & 7);
	return 0;
}

static long op_pci_manage(gptr_t arg)
{
	struct physdev_manage_pci dev;

	if (!is_control_domain(current->d))
		return -EPERM;
	return copy_in(&dev, arg, sizeof(dev)) ? -EFAULT : 0;
}

/* dom0 found that firmware reserves this window: we knew it from MCFG. */
static long op_mmcfg_reserved(gptr_t arg)
{
	struct physdev_pci_mmcfg_reserved info;
	unsigned int i;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&info, arg, sizeof(info)))
		return -EFAULT;
	for (i = 0; i < acpi.nr_mmcfg; i++)
		if (acpi.mmcfg[i].maddr == info.address &&
		    acpi.mmcfg[i].segment == info.segment)
			return 0;
	return -ENODEV;
}

static long restore(u16 seg, u8 bus, u8 devfn)
{
	int rc;

	spin_lock(&irq_lock);
	rc = msi_restore(seg, bus, devfn);
	spin_unlock(&irq_lock);
	return rc;
}

static long op_restore_msi(gptr_t arg)
{
	struct physdev_restore_msi r;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&r, arg, sizeof(r)))
		return -EFAULT;
	return restore(0, r.bus, r.devfn);
}

static long op_restore_msi_ext(gptr_t arg)
{
	struct physdev_pci_device r;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&r, arg, sizeof(r)))
		return -EFAULT;
	return restore(r.seg, r.bus, r.devfn);
}

/* No debug port is in use by us, and no table is hidden from dom0. */
static long op_nothing(gptr_t arg)
{
	return is_control_domain(current->d) ? 0 : -EPERM;
}

static const physdev_fn ops[] = {
	[PHYSDEVOP_irq_status_query] = op_status,
	[PHYSDEVOP_set_iopl] = op_set_iopl,
	[PHYSDEVOP_set_iobitmap] = op_set_iobitmap,
	[PHYSDEVOP_apic_read] = op_apic_read,
	[PHYSDEVOP_apic_write] = op_apic_write,
	[PHYSDEVOP_alloc_irq_vector] = op_alloc_vector,
	[PHYSDEVOP_eoi] = op_eoi,
	[PHYSDEVOP_pirq_eoi_gmfn_v1] = op_eoi_map_v1,
	[PHYSDEVOP_pirq_eoi_gmfn_v2] = op_eoi_map_v2,
	[PHYSDEVOP_map_pirq] = op_map_pirq,
	[PHYSDEVOP_unmap_pirq] = op_unmap_pirq,
	[PHYSDEVOP_manage_pci_add] = op_pci_manage,
	[PHYSDEVOP_manage_pci_remove] = op_pci_manage,
	[PHYSDEVOP_manage_pci_add_ext] = op_pci_manage,
	[PHYSDEVOP_restore_msi] = op_restore_msi,
	[PHYSDEVOP_setup_gsi] = op_setup_gsi,
	[PHYSDEVOP_get_free_pirq] = op_get_free_pirq,
	[PHYSDEVOP_pci_mmcfg_reserved] = op_mmcfg_reserved,
	[PHYSDEVOP_pci_device_add] = op_pci_device,
	[PHYSDEVOP_pci_device_remove] = op_pci_device,
	[PHYSDEVOP_restore_msi_ext] = op_restore_msi_ext,
	[PHYSDEVOP_dbgp_op] = op_nothing,
	[PHYSDEVOP_prepare_msix] = op_nothing,
	[PHYSDEVOP_release_msix] = op_nothing,
};

long hc_physdev_op(u64 cmd, u64 arg)
{
	if (cmd >= ARRAY_SIZE(ops))
		return -ENOSYS;
	cmd = index_nospec(cmd, ARRAY_SIZE(ops));
	return ops[cmd] ? ops[cmd](GPTR(arg)) : -ENOSYS;
}
