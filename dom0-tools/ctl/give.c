/*
 * Disks and interfaces: from a configuration's words to the nodes of a device
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/attach.h"
#include "ctl/hotplug.h"
#include "ctl/pci.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define DOM0	       0
#define DEFAULT_BRIDGE "xenbr0"

/* Back ends in other domains are found by name again, should they restart. */
static int find_backend(struct ctl *c, const char *name, domid_t *domid)
{
	int rc;

	*domid = DOM0;
	if (!name)
		return 0;
	rc = ctl_find(c, name, domid);
	return rc ? err_prefix(rc, "backend=%s", name) : 0;
}

static void add_script(struct dev_nodes *l, const char *script)
{
	char *path = hotplug_script_path(script);

	dev_nodes_add(l, "script", "%s", path);
	free(path);
}

/* -- disks --------------------------------------------------------------- */

static void disk_nodes(const struct disk *d, const char *target,
		       struct dev_parts *p)
{
	const char *type = d->cdrom ? "cdrom" : "disk";

	dev_nodes_add(&p->back, "removable", "%d", d->removable);
	dev_nodes_add(&p->back, "bootable", "1");
	dev_nodes_add(&p->back, "dev", "%s", d->vdev);
	dev_nodes_add(&p->back, "type", "phy");
	dev_nodes_add(&p->back, "mode", "%s", d->writable ? "w" : "r");
	dev_nodes_add(&p->back, "device-type", "%s", type);
	dev_nodes_add(&p->back, "params", "%s", target);
	add_script(&p->back, d->script ? d->script : "block");
	if (d->discard >= 0)
		dev_nodes_add(&p->back, "discard-enable", "%d", d->discard);
	if (d->direct_io_safe)
		dev_nodes_add(&p->back, "direct-io-safe", "1");
	if (d->shared)
		dev_nodes_add(&p->back, "sharing", "1");
}

/* Images of ours are named from the root; other domains know their own. */
static int full_target(const struct disk *d, domid_t backend, char **out)
{
	*out = NULL;
	if (!d->target)
		*out = xstrdup("");
	else if (backend != DOM0 || d->script)
		*out = xstrdup(d->target);
	else
		*out = realpath(d->target, NULL);
	return *out ? 0
		    : err_set(-errno, "cannot open %s: %s", d->target,
			      err_str(errno));
}

static int check_disk(struct ctl *c, const struct device *dev,
		      const struct disk *d, const char *target)
{
	struct device other;

	if (!device_find(c->xs, dev->domid, DEV_VBD, dev->devid, &other))
		return err_set(-EEXIST, "domain %u has that disk already",
			       dev->domid);
	if (!*target || dev->backend != DOM0 ||
	    !hotplug_is_builtin(d->script ? d->script : "block"))
		return 0;
	return hotplug_check_image(c->xs, dev, target, d->writable, d->shared);
}

static int disk_attach_locked(struct ctl *c, domid_t domid,
			      const struct disk *d)
{
	struct device dev = {
		.kind = DEV_VBD, .domid = domid, .devid = d->devid};
	struct dev_parts p = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	char *target;
	int rc = find_backend(c, d->backend, &dev.backend);

	if (!rc)
		rc = full_target(d, dev.backend, &target);
	if (rc)
		return rc;
	rc = check_disk(c, &dev, d, target);
	disk_nodes(d, target, &p);
	device_front_nodes(&p.back, &dev, &p.front);
	free(target);
	if (!rc)
		rc = device_attach_locked(c, &dev, &p, d->backend);
	dev_parts_free(&p);
	return rc;
}

int disk_attach(struct ctl *c, domid_t domid, const struct disk *d)
{
	int lock = devices_lock(), rc;

	if (lock < 0)
		return lock;
	rc = disk_attach_locked(c, domid, d);
	close(lock);
	return rc ? err_prefix(rc, "disk %s", d->vdev) : 0;
}

/* -- networks ------------------------------------------------------------ */

static void vif_nodes(const struct vif *v, unsigned int devid,
		      struct dev_parts *p)
{
	add_script(&p->back, v->script ? v->script : "vif-bridge");
	if (v->vifname)
		dev_nodes_add(&p->back, "vifname", "%s", v->vifname);
	dev_nodes_add(&p->back, "mac", "%s", v->mac);
	if (v->ip)
		dev_nodes_add(&p->back, "ip", "%s", v->ip);
	if (v->gatewaydev)
		dev_nodes_add(&p->back, "gatewaydev", "%s", v->gatewaydev);
	if (v->rate_bytes)
		dev_nodes_add(&p->back, "rate", "%llu,%u",
			      (unsigned long long)v->rate_bytes, v->rate_usecs);
	dev_nodes_add(&p->back, "bridge", "%s",
		      v->bridge ? v->bridge : DEFAULT_BRIDGE);
	dev_nodes_add(&p->back, "handle", "%u", devid);
	dev_nodes_add(&p->back, "type", "vif");
	if (v->mtu)
		dev_nodes_add(&p->back, "mtu", "%u", v->mtu);
}

static int check_vif(const struct device *dev, const struct vif *v)
{
	const char *script = v->script ? v->script : "vif-bridge";

	if (v->vifname && dev->backend == DOM0 && if_nametoindex(v->vifname))
		return err_set(-EEXIST,
			       "there is an interface called %s already: "
			       "choose another vifname",
			       v->vifname);
	if (dev->backend != DOM0 || strcmp(script, "vif-bridge") ||
	    !hotplug_is_builtin(script))
		return 0;
	return hotplug_check_bridge(v->bridge ? v->bridge : DEFAULT_BRIDGE);
}

static int vif_attach_locked(struct ctl *c, domid_t domid, const struct vif *v)
{
	struct device dev = {.kind = DEV_VIF, .domid = domid};
	struct dev_parts p = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	int rc = find_backend(c, v->backend, &dev.backend), id = v->devid;

	if (!rc && id < 0)
		id = device_free_id(c->xs, domid, DEV_VIF);
	if (rc || id < 0)
		return rc ? rc : id;
	dev.devid = id;
	rc = check_vif(&dev, v);
	vif_nodes(v, id, &p);
	device_front_nodes(&p.back, &dev, &p.front);
	if (!rc)
		rc = device_attach_locked(c, &dev, &p, v->backend);
	dev_parts_free(&p);
	return rc;
}

int vif_attach(struct ctl *c, domid_t domid, const struct vif *v)
{
	int lock = devices_lock(), rc;

	if (lock < 0)
		return lock;
	rc = vif_attach_locked(c, domid, v);
	close(lock);
	return rc ? err_prefix(rc, "vif %s", v->mac) : 0;
}

int devices_attach(struct ctl *c, domid_t domid, const struct config *conf)
{
	size_t i;
	int rc = pci_attach(c, domid, conf->pcis.p, conf->pcis.n);

	for (i = 0; i < conf->disks.n && !rc; i++)
		rc = disk_attach(c, domid, &conf->disks.d[i]);
	for (i = 0; i < conf->vifs.n && !rc; i++)
		rc = vif_attach(c, domid, &conf->vifs.v[i]);
	return rc;
}
