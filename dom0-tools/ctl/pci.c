#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/hotplug.h"
#include "ctl/pci.h"
#include "ctl/table.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"

#define DEVICES	     "/sys/bus/pci/devices"
#define PCIBACK	     "/sys/bus/pci/drivers/pciback"
#define NR_RESOURCES 7	   /* six BARs and the ROM */
#define FLAG_IO	     0x100 /* as sysfs's resource files have them */
#define FLAG_MEM     0x200
#define PAGE_BYTES   4096ull
#define READY_MS     10000

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
	if (access(PCIBACK, F_OK))
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
		rc = write_file(PCIBACK "/new_slot", device);
	if (!rc)
		rc = write_file(PCIBACK "/bind", device);
	return rc;
}

static int release(const struct pci_dev *p)
{
	char device[PCI_TEXT];
	int rc;

	pci_format(device, p);
	rc = check_there(device);
	if (!rc)
		rc = write_file(PCIBACK "/unbind", device);
	if (!rc)
		rc = write_file(PCIBACK "/remove_slot", device);
	if (!rc)
		rc = write_file("/sys/bus/pci/drivers_probe", device);
	return rc;
}

static int need_pciback(const struct pci_dev *p)
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

static int allow_resource(struct ctl *c, domid_t domid, const char *device,
			  unsigned long long first, unsigned long long last,
			  unsigned long long flags)
{
	unsigned long long mfn = first / PAGE_BYTES;
	int rc;

	if (flags & FLAG_IO) {
		rc = dom_allow_ioports(c->hv, domid, first, last - first + 1);
		return rc ? refused(rc, device, "I/O ports") : 0;
	}
	if (!(flags & FLAG_MEM))
		return 0;
	rc = dom_allow_iomem(c->hv, domid, mfn, last / PAGE_BYTES - mfn + 1);
	return rc ? refused(rc, device, "memory") : 0;
}

static int allow_resources(struct ctl *c, domid_t domid, const char *device)
{
	unsigned long long first, last, flags;
	char path[128];
	int i, rc = 0;
	FILE *f;

	snprintf(path, sizeof(path), DEVICES "/%s/resource", device);
	f = fopen(path, "re");
	if (!f)
		return err_set(-errno, "cannot open %s: %s", path,
			       err_str(errno));
	for (i = 0; i < NR_RESOURCES && !rc; i++) {
		if (fscanf(f, "%llx %llx %llx", &first, &last, &flags) != 3)
			break;
		if (last)
			rc = allow_resource(c, domid, device, first, last,
					    flags);
	}
	fclose(f);
	return rc;
}

static int allow_line(struct ctl *c, domid_t domid, const char *device)
{
	char path[128];
	int gsi = 0, pirq, rc;
	FILE *f;

	snprintf(path, sizeof(path), DEVICES "/%s/irq", device);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%d", &gsi) != 1)
		gsi = 0;
	if (f)
		fclose(f);
	if (!gsi)
		return 0; /* messages only */
	rc = dom_map_line(c->hv, domid, gsi, &pirq);
	if (!rc)
		rc = dom_allow_irq(c->hv, domid, pirq);
	return rc ? refused(rc, device, "interrupt") : 0;
}

static int allow(struct ctl *c, domid_t domid, const struct pci_dev *p)
{
	char device[PCI_TEXT];
	int rc;

	pci_format(device, p);
	rc = allow_resources(c, domid, device);
	if (!rc)
		rc = allow_line(c, domid, device);
	if (!rc && p->permissive)
		rc = write_file(PCIBACK "/permissive", device);
	return rc;
}

/* -- giving -------------------------------------------------------------- */

static void describe(const struct pci_dev *devs, size_t n, const char *name,
		     struct dev_nodes *back)
{
	char device[PCI_TEXT], key[32];
	size_t i;

	dev_nodes_add(back, "domain", "%s", name);
	for (i = 0; i < n; i++) {
		pci_format(device, &devs[i]);
		snprintf(key, sizeof(key), "key-%zu", i);
		dev_nodes_add(back, key, "%s", device);
		snprintf(key, sizeof(key), "dev-%zu", i);
		dev_nodes_add(back, key, "%s", device);
		if (devs[i].vslot >= 0) {
			snprintf(key, sizeof(key), "vdevfn-%zu", i);
			dev_nodes_add(back, key, "%x",
				      devs[i].vslot << 3 | devs[i].function);
		}
		snprintf(key, sizeof(key), "opts-%zu", i);
		dev_nodes_add(back, key,
			      "msitranslate=0,power_mgmt=0,permissive=%d",
			      devs[i].permissive);
		snprintf(key, sizeof(key), "state-%zu", i);
		dev_nodes_add(back, key, "1");
	}
	dev_nodes_add(back, "num_devs", "%zu", n);
}

static int wait_exported(struct ctl *c, const struct device *dev)
{
	enum dev_state last;
	char *why;
	int rc = device_wait_back(c->xs, dev,
				  1u << DEV_INITIALISED | 1u << DEV_CONNECTED |
					  1u << DEV_CLOSING | 1u << DEV_CLOSED,
				  READY_MS, &last);

	if (!rc && last != DEV_CLOSING && last != DEV_CLOSED)
		return 0;
	if (rc && rc != -ETIMEDOUT)
		return rc;
	if (xsc_readf(c->xs, XSC_NO_TX, &why,
		      "/local/domain/0/error/backend/pci/%u/0/error",
		      dev->domid))
		return err_set(-ETIMEDOUT,
			       "pciback did not take the devices within %d s "
			       "(it is %s)",
			       READY_MS / 1000, dev_state_name(last));
	rc = err_set(-EIO, "pciback refused the devices: %s", why);
	free(why);
	return rc;
}

static int export(struct ctl *c, domid_t domid, const struct pci_dev *devs,
		  size_t n)
{
	struct device dev = {.kind = DEV_PCI, .domid = domid};
	struct dev_parts p = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	char *name = ctl_name(c, domid);
	int rc;

	describe(devs, n, name, &p.back);
	free(name);
	rc = device_write(c->xs, &dev, &p.front, &p.back, &p.record);
	dev_parts_free(&p);
	if (!rc)
		rc = wait_exported(c, &dev);
	return rc ? rc : device_complete(c->xs, &dev);
}

int pci_attach(struct ctl *c, domid_t domid, const struct pci_dev *devs,
	       size_t n)
{
	char device[PCI_TEXT];
	size_t i;
	int rc = 0, lock;

	if (!n)
		return 0;
	lock = devices_lock();
	if (lock < 0)
		return lock;
	for (i = 0; i < n && !rc; i++) {
		pci_format(device, &devs[i]);
		rc = need_pciback(&devs[i]);
		if (!rc)
			rc = allow(c, domid, &devs[i]);
		if (!rc)
			log_warn("domain %u drives %s: without an IOMMU it can "
				 "reach all memory by DMA",
				 domid, device);
	}
	if (!rc)
		rc = export(c, domid, devs, n);
	close(lock);
	return rc;
}

/* -- commands ------------------------------------------------------------ */

static int one_device(struct ctl *c, int argc, char **argv,
		      int (*act)(const struct pci_dev *p))
{
	struct pci_dev p;
	int rc;

	if (argc != 2)
		return ctl_usage(c);
	rc = pci_parse(argv[1], &p);
	return rc ? rc : act(&p);
}

int cmd_pci_assignable_add(struct ctl *c, int argc, char **argv)
{
	return one_device(c, argc, argv, pci_assign);
}

int cmd_pci_assignable_remove(struct ctl *c, int argc, char **argv)
{
	return one_device(c, argc, argv, release);
}

static const struct column assignable_cols[] = {
	{"", "BDF", "", "device", CELL_STR, 0},
};

int cmd_pci_assignable_list(struct ctl *c, int argc, char **argv)
{
	struct dirent *e;
	struct table t;
	DIR *dir;

	if (argc != 1)
		return ctl_usage(c);
	dir = opendir(PCIBACK);
	if (!dir)
		return err_set(-ENODEV, "this kernel lends no PCI devices: run "
					"modprobe xen-pciback");
	table_init(&t, assignable_cols, 1);
	while ((e = readdir(dir)))
		if (strchr(e->d_name, ':'))
			table_row(&t, e->d_name);
	closedir(dir);
	table_print(&t, c->json);
	return 0;
}

static const struct column pci_cols[] = {
	{"", "Vdev", "", "vdev", CELL_STR, -4},
	{" ", "Device", " ", "device", CELL_STR, 0},
};

int cmd_pci_list(struct ctl *c, int argc, char **argv)
{
	struct device dev;
	struct table t;
	char *n, *name, *where;
	char key[32];
	domid_t domid;
	int rc, i, count;

	if (argc != 2)
		return ctl_usage(c);
	rc = ctl_find(c, argv[1], &domid);
	if (rc)
		return rc;
	table_init(&t, pci_cols, 2);
	n = device_find(c->xs, domid, DEV_PCI, 0, &dev)
		    ? NULL
		    : device_record_read(c->xs, &dev, "num_devs");
	count = n ? atoi(n) : 0;
	free(n);
	for (i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "dev-%d", i);
		name = device_record_read(c->xs, &dev, key);
		snprintf(key, sizeof(key), "vdev-%d", i);
		where = device_back_read(c->xs, &dev, key);
		table_row(&t, where, name);
		free(name);
		free(where);
	}
	table_print(&t, c->json);
	return 0;
}
