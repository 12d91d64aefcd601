/*
 * ctl/pci.h: PCI devices that a domain drives itself
 *
 * The device is held by dom0's pciback, which lends its configuration space;
 * its memory, ports and interrupt are the domain's by the hypervisor's rights.
 * Without an IOMMU the device reaches all of memory: docs/security.md.
 *
 * ABI: the nodes of pciback and pcifront
 */
#ifndef CTL_PCI_H
#define CTL_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "ctl/ctl.h"
#include "ctl/device.h"

#define PCI_BACK_DIR "/sys/bus/pci/drivers/pciback"

#define PCI_TEXT     13 /* "0000:00:03.0" with NUL */

struct pci_dev {
	unsigned int segment, bus, slot, function;
	int vslot; /* where the guest sees it; -1 = pciback chooses */
	bool permissive, seize;
};

/**
 * pci_parse() - "[SSSS:]BB:DD.F[@SLOT][,permissive=1][,seize=1]"
 *
 * Returns:  0 or -EINVAL with err_set()
 */
int pci_parse(const char *spec, struct pci_dev *p);

/** pci_format() - as sysfs writes it */
void pci_format(char out[PCI_TEXT], const struct pci_dev *p);

/** pci_json() - the same as an object */
struct json_object *pci_json(const struct pci_dev *p);

/**
 * pci_attach() - give a domain that has none its devices
 * @devs: @n of them; none is fine
 *
 * Returns:  0 or a negative errno with err_set()
 */
int pci_attach(struct ctl *c, domid_t domid, const struct pci_dev *devs,
	       size_t n);

/** pci_attach_locked() - the same with devices_lock() held */
int pci_attach_locked(struct ctl *c, domid_t domid, const struct pci_dev *devs,
		      size_t n);

/** pci_describe() - nodes of the back end for its device number @i */
void pci_describe(const struct pci_dev *p, size_t i, struct dev_nodes *back);

/** pci_number() - of a device among those of @dev's domain, or -1 */
int pci_number(struct ctl *c, const struct device *dev,
	       const struct pci_dev *p);

/**
 * pci_check_free() - nobody drives these devices, and each is listed once
 * @devs: @n of them
 *
 * Locks:    caller holds devices_lock()
 * Returns:  0, -EBUSY or -EINVAL with err_set()
 */
int pci_check_free(struct ctl *c, const struct pci_dev *devs, size_t n);

/**
 * pci_sweep() - finish what a tool that died did to the devices of a domain
 *
 * With devices_lock() held. What cannot be finished yet is left.
 */
void pci_sweep(struct ctl *c, const struct device *dev);

/** pci_forbid_all() - take the rights of all devices of the record; logs */
void pci_forbid_all(struct ctl *c, const struct device *dev);

/** pci_assign() - take a device from its driver and give it to pciback */
int pci_assign(const struct pci_dev *p);

/** pci_release() - give it back to the driver of dom0 */
int pci_release(const struct pci_dev *p);

/** pci_need_back() - pciback has it; -EBUSY with err_set() naming the remedy */
int pci_need_back(const struct pci_dev *p);

/** pci_allow() - the domain may use its memory, ports and interrupt line */
int pci_allow(struct ctl *c, domid_t domid, const struct pci_dev *p);

/**
 * pci_forbid() - it may no longer
 * @rest: @n devices that stay its own: what they share with it stays, too
 */
int pci_forbid(struct ctl *c, domid_t domid, const struct pci_dev *p,
	       const struct pci_dev *rest, size_t n);

#endif /* CTL_PCI_H */
