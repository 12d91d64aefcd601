/*
 * Whose a PCI device is: dom0's own driver's, pciback's or, by the rights that
 * the hypervisor keeps, a domain's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/pci.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"

#define DEVICES	     "/sys/bus/pci/devices"
#define NR_RESOURCES 7	   /* six BARs and the ROM */
#define FLAG_IO	     0x100 /* as sysfs's resource files have them */
#define FLAG_MEM     0x200
#define PAGE_BYTES   4096ull

/* -- sysfs --------------------------------------------------------------- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc ? err_set(rc, "cannot write %s to %s: %s", text, path,
			    err_str(rc))
		  : 0;
}

/* Name of the driver a device has, "" without one. */
static void driver_of(const char *device, char *out, size_t room)
{
	char path[128], link[256];
	ssize_t n;

	snprintf(path, sizeof(path), DEVICES "/%s/driver", device);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	snprintf(out, room, "%.63s",
		 strrchr(link, '/') ? strrchr(link, '/') + 1 : link);
}

static int check_there(const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), DEVICES "/%s", device);
	if (access(path, F_OK))
		return err_set(-ENODEV, "there is no PCI device %s; see lspci",
			       device);
	if (access(PCI_BACK_DIR, F_OK))
		return err_set(-ENODEV, "this kernel lends no PCI devices: run "
					"modprobe xen-pciback");
	return 0;
}

int pci_assign(const struct pci_dev *p)
{
	char device[PCI_TEXT], driver[64], path[160];
	int rc;

	pci_format(device, p);
	rc = check_there(device);
	driver_of(device, driver, sizeof(driver));
	if (rc || !strcmp(driver, "pciback"))
		return rc;
	if (*driver) {
		snprintf(path, sizeof(path), DEVICES "/%s/driver/unbind",
			 device);
		rc = write_file(path, device);
	}
	if (!rc)
		rc = write_file(PCI_BACK_DIR "/new_slot", device);
	if (!rc)
		rc = write_file(PCI_BACK_DIR "/bind", device);
	return rc;
}

int pci_release(const struct pci_dev *p)
{
	char device[PCI_TEXT];
	int rc;

	pci_format(device, p);
	rc = check_there(device);
	if (!rc)
		rc = write_file(PCI_BACK_DIR "/unbind", device);
	if (!rc)
		rc = write_file(PCI_BACK_DIR "/remove_slot", device);
	if (!rc)
		rc = write_file("/sys/bus/pci/drivers_probe", device);
	return rc;
}

int pci_need_back(const struct pci_dev *p)
{
	char device[PCI_TEXT], driver[64];
	int rc;

	pci_format(device, p);
	rc = check_there(device);
	if (rc)
		return rc;
	if (p->seize)
		return pci_assign(p);
	driver_of(device, driver, sizeof(driver));
	if (!strcmp(driver, "pciback"))
		return 0;
	return err_set(-EBUSY,
		       "%s is %s%s here: run vane pci-assignable-add %s",
		       device, *driver ? "driven by " : "not assignable",
		       driver, device);
}

/* -- rights -------------------------------------------------------------- */

static int refused(int rc, const char *device, const char *what)
{
	return err_set(rc, "the hypervisor refused the %s of %s: %s", what,
		       device, err_str(rc));
}

/* One range of ports or memory, as a line of sysfs has it. */
static int set_resource(struct ctl *c, domid_t domid, const char *device,
			const unsigned long long range[3], bool allow)
{
	unsigned long long first = range[0], last = range[1], flags = range[2];
	unsigned long long mfn = first / PAGE_BYTES;
	int rc;

	if (flags & FLAG_IO) {
		rc = dom_allow_ioports(c->hv, domid, first, last - first + 1,
				       allow);
		return rc ? refused(rc, device, "I/O ports") : 0;
	}
	if (!(flags & FLAG_MEM))
		return 0;
	rc = dom_allow_iomem(c->hv, domid, mfn, last / PAGE_BYTES - mfn + 1,
			     allow);
	return rc ? refused(rc, device, "memory") : 0;
}

static int set_resources(struct ctl *c, domid_t domid, const char *device,
			 bool allow)
{
	unsigned long long range[3];
	char path[128];
	int i, rc = 0;
	FILE *f;

	snprintf(path, sizeof(path), DEVICES "/%s/resource", device);
	f = fopen(path, "re");
	if (!f)
		return err_set(-errno, "cannot open %s: %s", path,
			       err_str(errno));
	for (i = 0; i < NR_RESOURCES && !rc; i++) {
		if (fscanf(f, "%llx %llx %llx", &range[0], &range[1],
			   &range[2]) != 3)
			break;
		if (range[1])
			rc = set_resource(c, domid, device, range, allow);
	}
	fclose(f);
	return rc;
}

/* Its interrupt line; 0 when it sends messages only. */
static int line_of(const char *device)
{
	char path[128];
	int gsi;
	FILE *f;

	snprintf(path, sizeof(path), DEVICES "/%s/irq", device);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%d", &gsi) != 1)
		gsi = 0;
	if (f)
		fclose(f);
	return gsi;
}

static int allow_line(struct ctl *c, domid_t domid, const char *device)
{
	int gsi = line_of(device), pirq, rc;

	if (!gsi)
		return 0;
	rc = dom_map_line(c->hv, domid, gsi, &pirq);
	if (!rc)
		rc = dom_allow_irq(c->hv, domid, pirq, true);
	return rc ? refused(rc, device, "interrupt") : 0;
}

static int forbid_line(struct ctl *c, domid_t domid, const char *device)
{
	int gsi = line_of(device), rc;

	if (!gsi)
		return 0;
	rc = dom_allow_irq(c->hv, domid, gsi, false);
	if (!rc)
		rc = dom_unmap_line(c->hv, domid, gsi);
	/* -EINVAL: the guest has unmapped it before us */
	return rc && rc != -EINVAL ? refused(rc, device, "interrupt") : 0;
}

int pci_allow(struct ctl *c, domid_t domid, const struct pci_dev *p)
{
	char device[PCI_TEXT];
	int rc;

	pci_format(device, p);
	rc = set_resources(c, domid, device, true);
	if (!rc)
		rc = allow_line(c, domid, device);
	if (!rc && p->permissive)
		rc = write_file(PCI_BACK_DIR "/permissive", device);
	if (!rc)
		log_warn("domain %u drives %s: without an IOMMU it can reach "
			 "all memory by DMA",
			 domid, device);
	return rc;
}

int pci_forbid(struct ctl *c, domid_t domid, const struct pci_dev *p,
	       const struct pci_dev *rest, size_t n)
{
	char device[PCI_TEXT], other[PCI_TEXT];
	bool shared = false;
	size_t i;
	int rc;

	pci_format(device, p);
	rc = set_resources(c, domid, device, false);
	for (i = 0; i < n && !rc; i++) {
		pci_format(other, &rest[i]);
		shared |= line_of(other) == line_of(device);
		/* BARs smaller than a page may share one */
		rc = set_resources(c, domid, other, true);
	}
	return rc || shared ? rc : forbid_line(c, domid, device);
}
