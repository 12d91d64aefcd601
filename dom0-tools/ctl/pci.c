#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/hotplug.h"
#include "ctl/pci.h"
#include "ctl/table.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define READY_MS      10000
#define PCI_BACK_ENDS "/local/domain/0/backend/pci"

/* -- whose ---------------------------------------------------------------- */

/* The domain that drives it, 0 without one. */
static domid_t owner_of(struct ctl *c, const struct pci_dev *p)
{
	domid_t domid, owner = 0;
	struct device dev;
	unsigned int n, i;
	char **doms;

	if (xsc_directory(c->xs, XSC_NO_TX, PCI_BACK_ENDS, &doms, &n))
		return 0;
	for (i = 0; i < n && !owner; i++) {
		domid = strtoul(doms[i], NULL, 10);
		if (!device_find(c->xs, domid, DEV_PCI, 0, &dev) &&
		    pci_number(c, &dev, p) >= 0)
			owner = domid;
	}
	free(doms);
	return owner;
}

static bool is_listed(const char *device, const struct pci_dev *devs, size_t n)
{
	char other[PCI_TEXT];

	while (n--) {
		pci_format(other, &devs[n]);
		if (!strcmp(device, other))
			return true;
	}
	return false;
}

int pci_check_free(struct ctl *c, const struct pci_dev *devs, size_t n)
{
	char device[PCI_TEXT];
	domid_t owner;
	size_t i;

	for (i = 0; i < n; i++) {
		pci_format(device, &devs[i]);
		if (is_listed(device, devs, i))
			return err_set(-EINVAL, "PCI device %s is given twice",
				       device);
		owner = owner_of(c, &devs[i]);
		if (owner)
			return err_set(-EBUSY,
				       "domain %u drives PCI device %s: run "
				       "vane pci-detach %u %s",
				       owner, device, owner, device);
	}
	return 0;
}

/* -- giving -------------------------------------------------------------- */

void pci_describe(const struct pci_dev *p, size_t i, struct dev_nodes *back)
{
	char device[PCI_TEXT], key[32];

	pci_format(device, p);
	snprintf(key, sizeof(key), "key-%zu", i);
	dev_nodes_add(back, key, "%s", device);
	snprintf(key, sizeof(key), "dev-%zu", i);
	dev_nodes_add(back, key, "%s", device);
	if (p->vslot >= 0) {
		snprintf(key, sizeof(key), "vdevfn-%zu", i);
		dev_nodes_add(back, key, "%x", p->vslot << 3 | p->function);
	}
	snprintf(key, sizeof(key), "opts-%zu", i);
	dev_nodes_add(back, key, "msitranslate=0,power_mgmt=0,permissive=%d",
		      p->permissive);
	snprintf(key, sizeof(key), "state-%zu", i);
	dev_nodes_add(back, key, "%d", DEV_INITIALISING);
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

static void describe_all(struct ctl *c, domid_t domid,
			 const struct pci_dev *devs, size_t n,
			 struct dev_nodes *back)
{
	char *name = ctl_name(c, domid);
	size_t i;

	dev_nodes_add(back, "domain", "%s", name);
	for (i = 0; i < n; i++)
		pci_describe(&devs[i], i, back);
	dev_nodes_add(back, "num_devs", "%zu", n);
	free(name);
}

/* The devices' rights come before their nodes: a guest that runs uses them. */
static int export(struct ctl *c, const struct device *dev,
		  const struct pci_dev *devs, size_t n,
		  const struct dev_nodes *back)
{
	const struct dev_nodes front = {NULL, 0};
	size_t i;
	int rc = 0;

	for (i = 0; i < n && !rc; i++)
		rc = pci_allow(c, dev->domid, &devs[i]);
	if (!rc)
		rc = device_write(c->xs, dev, &front, back, NULL);
	if (!rc)
		rc = wait_exported(c, dev);
	return rc ? rc : device_complete(c->xs, dev);
}

static void undo(struct ctl *c, const struct device *dev, int rc)
{
	char *why = xstrdup(err_text());

	pci_forbid_all(c, dev);
	if (device_remove_locked(c, dev, true))
		log_warn("while cleaning up: %s", err_text());
	err_set(rc, "%s", why);
	free(why);
}

int pci_attach_locked(struct ctl *c, domid_t domid, const struct pci_dev *devs,
		      size_t n)
{
	struct device dev = {.kind = DEV_PCI, .domid = domid};
	struct dev_nodes back = {NULL, 0};
	size_t i;
	int rc = pci_check_free(c, devs, n);

	for (i = 0; i < n && !rc; i++)
		rc = pci_need_back(&devs[i]);
	if (rc)
		return rc;
	describe_all(c, domid, devs, n, &back);
	rc = device_announce(c->xs, &dev, &back);
	if (!rc) {
		rc = export(c, &dev, devs, n, &back);
		if (rc)
			undo(c, &dev, rc);
	}
	dev_nodes_free(&back);
	return rc;
}

int pci_attach(struct ctl *c, domid_t domid, const struct pci_dev *devs,
	       size_t n)
{
	int rc, lock;

	if (!n)
		return 0;
	lock = devices_lock();
	if (lock < 0)
		return lock;
	rc = pci_attach_locked(c, domid, devs, n);
	close(lock);
	return rc;
}

/* -- commands ------------------------------------------------------------ */

int cmd_pci_assignable_add(struct ctl *c, int argc, char **argv)
{
	struct pci_dev p;
	int rc;

	if (argc != 2)
		return ctl_usage(c);
	rc = pci_parse(argv[1], &p);
	return rc ? rc : pci_assign(&p);
}

static int release(struct ctl *c, const struct pci_dev *p)
{
	int lock = devices_lock(), rc;

	if (lock < 0)
		return lock;
	rc = pci_check_free(c, p, 1);
	if (!rc)
		rc = pci_release(p);
	close(lock);
	return rc;
}

int cmd_pci_assignable_remove(struct ctl *c, int argc, char **argv)
{
	struct pci_dev p;
	int rc;

	if (argc != 2)
		return ctl_usage(c);
	rc = pci_parse(argv[1], &p);
	return rc ? rc : release(c, &p);
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
	dir = opendir(PCI_BACK_DIR);
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
		if (!name)
			continue; /* detached */
		snprintf(key, sizeof(key), "vdev-%d", i);
		where = device_back_read(c->xs, &dev, key);
		table_row(&t, where, name);
		free(name);
		free(where);
	}
	table_print(&t, c->json);
	return 0;
}
