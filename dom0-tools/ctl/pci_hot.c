/*
 * PCI devices that come and go while their domain runs
 *
 * Both ends have one connection for all devices of a domain, and reconfigure
 * it: tools write the device's nodes and state 7, pcifront follows with 7,
 * pciback answers with 8, pcifront returns to 4, and so does pciback. Numbers
 * of devices stay; the highest one ends the list.
 *
 * The node "changing" of the record names the device being worked on. One left
 * by a tool that died is taken away by the next.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/pci.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define GUEST_MS  30000
#define FORCED_MS 3000
#define TX_TRIES  100
#define CHANGING  "changing"
#define FIRST_PCI 0 /* number of the connection */

static int count_of(struct ctl *c, const struct device *dev)
{
	char *n = device_record_read(c->xs, dev, "num_devs");
	int count = n ? atoi(n) : 0;

	free(n);
	return count;
}

static char *text_of(struct ctl *c, const struct device *dev, int i)
{
	char key[32];

	snprintf(key, sizeof(key), "dev-%d", i);
	return device_record_read(c->xs, dev, key);
}

int pci_number(struct ctl *c, const struct device *dev, const struct pci_dev *p)
{
	int i, n = count_of(c, dev), found = -1;
	char want[PCI_TEXT], *text;

	pci_format(want, p);
	for (i = 0; i < n && found < 0; i++) {
		text = text_of(c, dev, i);
		if (text && !strcmp(text, want))
			found = i;
		free(text);
	}
	return found;
}

/* -- nodes ---------------------------------------------------------------- */

static int put(struct ctl *c, uint32_t tx, const char *dir,
	       const struct dev_nodes *l)
{
	char *path;
	size_t i;
	int rc = 0;

	for (i = 0; i < l->n && !rc; i++) {
		path = xasprintf("%s/%s", dir, l->node[i].key);
		rc = xsc_write(c->xs, tx, path, l->node[i].val,
			       strlen(l->node[i].val));
		free(path);
	}
	return rc;
}

/* Both lists at once; either may be empty. */
static int put_nodes(struct ctl *c, const struct device *dev,
		     const struct dev_nodes *record,
		     const struct dev_nodes *back)
{
	char r[DEVICE_PATH], b[DEVICE_PATH];
	int tries, rc = -EAGAIN;
	uint32_t tx;

	device_record_path(r, dev);
	device_back_path(b, dev);
	for (tries = 0; rc == -EAGAIN && tries < TX_TRIES; tries++) {
		rc = xsc_tx_start(c->xs, &tx);
		if (rc)
			break;
		rc = put(c, tx, r, record);
		if (!rc)
			rc = put(c, tx, b, back);
		if (rc)
			xsc_tx_end(c->xs, tx, false);
		else
			rc = xsc_tx_end(c->xs, tx, true);
	}
	return rc ? err_set(rc, "cannot write the store nodes of %s: %s", b,
			    err_str(rc))
		  : 0;
}

static int rm(struct ctl *c, const char *dir, const char *key)
{
	char *path = xasprintf("%s/%s", dir, key);
	int rc = xsc_rm(c->xs, XSC_NO_TX, path);

	if (rc && rc != -ENOENT)
		err_set(rc, "cannot remove %s: %s", path, err_str(rc));
	free(path);
	return rc == -ENOENT ? 0 : rc;
}

static int done(struct ctl *c, const struct device *dev)
{
	char path[DEVICE_PATH];

	device_record_path(path, dev);
	return rm(c, path, CHANGING);
}

/* @p: a device that comes; who sweeps must know whose rights to take. */
static int mark(struct ctl *c, const struct device *dev, int i,
		const struct pci_dev *p)
{
	struct dev_nodes record = {NULL, 0}, none = {NULL, 0};
	int rc;

	dev_nodes_add(&record, CHANGING, "%d", i);
	if (p)
		pci_describe(p, i, &record);
	rc = put_nodes(c, dev, &record, &none);
	dev_nodes_free(&record);
	return rc;
}

static int forget(struct ctl *c, const struct device *dev, int i)
{
	static const char *const parts[] = {"dev",    "key",  "vdev",
					    "vdevfn", "opts", "state"};
	char record[DEVICE_PATH], back[DEVICE_PATH], key[32];
	size_t p;
	int rc = 0;

	device_record_path(record, dev);
	device_back_path(back, dev);
	for (p = sizeof(parts) / sizeof(*parts); p-- > 0 && !rc;) {
		snprintf(key, sizeof(key), "%s-%d", parts[p], i);
		rc = rm(c, back, key);
		if (!rc)
			rc = rm(c, record, key);
	}
	return rc;
}

/* -- taking away ---------------------------------------------------------- */

static int wait_connected(struct ctl *c, const struct device *dev, int ms)
{
	enum dev_state last;
	int rc = device_wait_back(c->xs, dev, 1u << DEV_CONNECTED, ms, &last);

	return rc == -ETIMEDOUT
		       ? err_set(rc,
				 "domain %u did not answer within %d s (the "
				 "back end is %s): see whether its driver "
				 "xen-pcifront is loaded",
				 dev->domid, ms / 1000, dev_state_name(last))
		       : rc;
}

/*
 * What a tool began and did not see ended, the two ends go on with. They read
 * the nodes of their devices meanwhile: none may be taken away.
 */
static int settle(struct ctl *c, const struct device *dev, int ms)
{
	enum dev_state s = device_back_state(c->xs, dev);

	return s == DEV_RECONFIGURING || s == DEV_RECONFIGURED
		       ? wait_connected(c, dev, ms)
		       : 0;
}

static int ask_to_close(struct ctl *c, const struct device *dev, int i, int ms)
{
	struct dev_nodes back = {NULL, 0}, none = {NULL, 0};
	char key[32];
	int rc;

	snprintf(key, sizeof(key), "state-%d", i);
	dev_nodes_add(&back, key, "%d", DEV_CLOSING);
	dev_nodes_add(&back, "state", "%d", DEV_RECONFIGURING);
	rc = put_nodes(c, dev, &none, &back);
	dev_nodes_free(&back);
	return rc ? rc : wait_connected(c, dev, ms);
}

/* All but one; malloc'ed, *n of them. */
static struct pci_dev *others(struct ctl *c, const struct device *dev, int but,
			      size_t *n)
{
	int i, count = count_of(c, dev);
	struct pci_dev *list = xcalloc(count + 1, sizeof(*list));
	char *text;

	*n = 0;
	for (i = 0; i < count; i++) {
		text = i == but ? NULL : text_of(c, dev, i);
		if (text && !pci_parse(text, &list[*n]))
			++*n;
		free(text);
	}
	return list;
}

/*
 * Only a number that the back end has given out: pcifront closes for good when
 * it is to let go of one without a place (vdev). A tool that died may have left
 * one that was never announced, is on its way out already, or is half
 * forgotten.
 */
static bool must_ask(struct ctl *c, const struct device *dev, int i)
{
	char state[32], place[32], *vdev;
	bool given;

	snprintf(state, sizeof(state), "state-%d", i);
	snprintf(place, sizeof(place), "vdev-%d", i);
	vdev = device_back_read(c->xs, dev, place);
	given = vdev && dev_state_parse(device_back_read(c->xs, dev, state)) ==
				DEV_INITIALISED;
	free(vdev);
	return given && device_back_state(c->xs, dev) == DEV_CONNECTED;
}

static int take_rights(struct ctl *c, const struct device *dev, int i,
		       size_t *left)
{
	struct pci_dev p, *rest = others(c, dev, i, left);
	char *text = text_of(c, dev, i);
	int rc = 0;

	if (text && !pci_parse(text, &p))
		rc = pci_forbid(c, dev->domid, &p, rest, *left);
	free(text);
	free(rest);
	return rc;
}

/* The last one takes the connection along. */
static int unplug(struct ctl *c, const struct device *dev, int i, bool force)
{
	int ms = force ? FORCED_MS : GUEST_MS, rc = mark(c, dev, i, NULL);
	size_t left = 0;

	if (!rc)
		rc = settle(c, dev, ms);
	if (!rc && must_ask(c, dev, i))
		rc = ask_to_close(c, dev, i, ms);
	if (rc == -ETIMEDOUT && force)
		rc = 0;
	if (!rc)
		rc = take_rights(c, dev, i, &left);
	if (rc)
		return rc;
	if (!left)
		return device_remove_locked(c, dev, true);
	rc = forget(c, dev, i);
	return rc ? rc : done(c, dev);
}

void pci_forbid_all(struct ctl *c, const struct device *dev)
{
	struct pci_dev *all;
	size_t n;

	all = others(c, dev, -1, &n);
	while (n--)
		if (pci_forbid(c, dev->domid, &all[n], all, n))
			log_warn("%s", err_text());
	free(all);
}

void pci_sweep(struct ctl *c, const struct device *dev)
{
	char *text = device_record_read(c->xs, dev, CHANGING);
	enum dev_state s = device_back_state(c->xs, dev);

	if (text && s != DEV_RECONFIGURING && s != DEV_RECONFIGURED &&
	    unplug(c, dev, atoi(text), true))
		log_warn("%s", err_text());
	free(text);
}

/* -- giving --------------------------------------------------------------- */

static int announce(struct ctl *c, const struct device *dev,
		    const struct pci_dev *p, int i)
{
	struct dev_nodes nodes = {NULL, 0}, back = {NULL, 0};
	int n = count_of(c, dev), rc;

	pci_describe(p, i, &nodes);
	dev_nodes_add(&nodes, "num_devs", "%d", i < n ? n : i + 1);
	pci_describe(p, i, &back);
	dev_nodes_add(&back, "num_devs", "%d", i < n ? n : i + 1);
	dev_nodes_add(&back, "state", "%d", DEV_RECONFIGURING);
	rc = put_nodes(c, dev, &nodes, &back);
	dev_nodes_free(&nodes);
	dev_nodes_free(&back);
	return rc ? rc : wait_connected(c, dev, GUEST_MS);
}

static int free_number(struct ctl *c, const struct device *dev)
{
	int i, n = count_of(c, dev);
	char *text;

	for (i = 0; i < n; i++) {
		text = text_of(c, dev, i);
		free(text);
		if (!text)
			break;
	}
	return i;
}

static void undo(struct ctl *c, const struct device *dev, int i, int rc)
{
	char *why = xstrdup(err_text());

	if (unplug(c, dev, i, true))
		log_warn("while cleaning up: %s", err_text());
	err_set(rc, "%s", why);
	free(why);
}

static int plug(struct ctl *c, const struct device *dev,
		const struct pci_dev *p)
{
	int i = free_number(c, dev), rc;

	if (pci_number(c, dev, p) >= 0)
		return err_set(-EEXIST, "domain %u has that device already",
			       dev->domid);
	rc = pci_check_free(c, p, 1);
	if (!rc)
		rc = pci_need_back(p);
	if (!rc)
		rc = wait_connected(c, dev, GUEST_MS);
	if (!rc)
		rc = mark(c, dev, i, p);
	if (rc)
		return rc;
	rc = pci_allow(c, dev->domid, p);
	if (!rc)
		rc = announce(c, dev, p, i);
	if (!rc)
		rc = done(c, dev);
	if (rc)
		undo(c, dev, i, rc);
	return rc;
}

/* -- commands ------------------------------------------------------------- */

/* What a dead tool began is undone before anything is added. */
static int attach_locked(struct ctl *c, domid_t domid, const struct pci_dev *p)
{
	struct device dev;

	if (!device_find(c->xs, domid, DEV_PCI, FIRST_PCI, &dev)) {
		int rc = settle(c, &dev, GUEST_MS);

		if (rc)
			return rc;
		pci_sweep(c, &dev);
	}
	return device_find(c->xs, domid, DEV_PCI, FIRST_PCI, &dev)
		       ? pci_attach_locked(c, domid, p, 1)
		       : plug(c, &dev, p);
}

static int attach(struct ctl *c, domid_t domid, const struct pci_dev *p)
{
	int lock = devices_lock(), rc;

	if (lock < 0)
		return lock;
	rc = attach_locked(c, domid, p);
	close(lock);
	return rc;
}

static int detach(struct ctl *c, domid_t domid, const struct pci_dev *p,
		  bool force)
{
	int lock = devices_lock(), i = -1, rc;
	char text[PCI_TEXT];
	struct device dev;

	if (lock < 0)
		return lock;
	pci_format(text, p);
	if (!device_find(c->xs, domid, DEV_PCI, FIRST_PCI, &dev))
		i = pci_number(c, &dev, p);
	rc = i < 0 ? err_set(-ENOENT,
			     "domain %u does not drive %s; see vane pci-list",
			     domid, text)
		   : unplug(c, &dev, i, force);
	close(lock);
	return rc;
}

static int parse(struct ctl *c, char **argv, domid_t *domid, struct pci_dev *p)
{
	int rc = ctl_find(c, argv[1], domid);

	if (!rc)
		rc = pci_parse(argv[2], p);
	if (!rc)
		devices_sweep(c);
	return rc;
}

int cmd_pci_attach(struct ctl *c, int argc, char **argv)
{
	struct pci_dev p;
	domid_t domid;
	int rc;

	if (argc != 3)
		return ctl_usage(c);
	rc = parse(c, argv, &domid, &p);
	return rc ? rc : attach(c, domid, &p);
}

int cmd_pci_detach(struct ctl *c, int argc, char **argv)
{
	bool force = argc == 4 && !strcmp(argv[3], "--force");
	struct pci_dev p;
	domid_t domid;
	int rc;

	if (argc != 3 && !force)
		return ctl_usage(c);
	rc = parse(c, argv, &domid, &p);
	return rc ? rc : detach(c, domid, &p, force);
}
