#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/nodes.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define TTY_TIMEOUT_MS 5000
#define CONSOLE_LIMIT  1048576 /* bytes of output kept for a reader */
#define GREF_STORE     1
#define TX_TRIES       100

/* One run of writes: the first failure sticks and skips the rest. */
struct writer {
	struct xs_client *xs;
	uint32_t tx;
	domid_t domid;
	char base[64];
	int rc;
};

static void put(struct writer *w, const char *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void put(struct writer *w, const char *node, const char *fmt, ...)
{
	char path[256], *val;
	va_list ap;

	if (w->rc)
		return;
	va_start(ap, fmt);
	if (vasprintf(&val, fmt, ap) < 0)
		val = NULL;
	va_end(ap);
	if (!val) {
		w->rc = -ENOMEM;
		return;
	}
	snprintf(path, sizeof(path), "%s%s%s", w->base, *node ? "/" : "", node);
	w->rc = xsc_write(w->xs, w->tx, path, val, strlen(val));
	free(val);
}

/* @guest: what the domain may do; dom0 owns nodes the guest only reads. */
static void allow(struct writer *w, const char *node, char guest)
{
	struct xsc_perm ro[] = {{0, 'n'}, {w->domid, 'r'}};
	struct xsc_perm own = {w->domid, 'n'};
	char path[256];

	if (w->rc)
		return;
	snprintf(path, sizeof(path), "%s%s%s", w->base, *node ? "/" : "", node);
	w->rc = guest == 'r' ? xsc_set_perms(w->xs, w->tx, path, ro, 2)
			     : xsc_set_perms(w->xs, w->tx, path, &own, 1);
}

/* Children inherit, so a directory's permissions come before its nodes. */
static void put_dir(struct writer *w, const char *node)
{
	put(w, node, "%s", "");
	allow(w, node, 'r');
}

/* Nodes the guest itself writes. */
static void put_guest_nodes(struct writer *w)
{
	static const char *const nodes[] = {"control/shutdown",
					    "control/feature-poweroff",
					    "control/feature-reboot",
					    "control/feature-suspend",
					    "control/sysrq",
					    "data",
					    "drivers",
					    "feature",
					    "attr",
					    "error",
					    "device/suspend/event-channel"};
	size_t i;

	for (i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		put(w, nodes[i], "%s", "");
		allow(w, nodes[i], 'w');
	}
}

static void put_cpus(struct writer *w, const struct config *conf)
{
	char node[64];
	unsigned int i;

	put_dir(w, "cpu");
	for (i = 0; i < conf->maxvcpus; i++) {
		snprintf(node, sizeof(node), "cpu/%u/availability", i);
		put(w, node, "%s", i < conf->vcpus ? "online" : "offline");
	}
}

static void put_console(struct writer *w, const struct node_ports *p)
{
	put_dir(w, "console");
	put(w, "console/backend-id", "0");
	put(w, "console/limit", "%d", CONSOLE_LIMIT);
	put(w, "console/type", "xenconsoled");
	put(w, "console/output", "pty");
	put(w, "console/tty", "%s", "");
	put(w, "console/port", "%u", p->console_port);
	put(w, "console/ring-ref", "%llu", (unsigned long long)p->console_mfn);
}

static void put_domain(struct writer *w, const struct config *conf,
		       const struct node_ports *p, const char *vm)
{
	snprintf(w->base, sizeof(w->base), "/local/domain/%u", w->domid);
	put_dir(w, "");
	put(w, "vm", "%s", vm);
	put(w, "name", "%s", conf->name);
	put(w, "domid", "%u", w->domid);
	put_dir(w, "memory");
	put(w, "memory/static-max", "%llu",
	    (unsigned long long)conf->maxmem_mib << 10);
	put(w, "memory/target", "%llu",
	    (unsigned long long)conf->memory_mib << 10);
	put_cpus(w, conf);
	put_dir(w, "device");
	put_dir(w, "control");
	put(w, "control/platform-feature-multiprocessor-suspend", "1");
	put_guest_nodes(w);
	put_dir(w, "store");
	put(w, "store/port", "%u", p->store_port);
	put(w, "store/ring-ref", "%u", GREF_STORE);
	put_console(w, p);
}

static void put_vm(struct writer *w, const char *vm, const char *name,
		   const char *uuid)
{
	snprintf(w->base, sizeof(w->base), "%s", vm);
	put_dir(w, "");
	put(w, "uuid", "%s", uuid);
	put(w, "name", "%s", name);
	put(w, "start_time", "%lld", (long long)time(NULL));
}

static void put_vm_image(struct writer *w, const struct config *conf)
{
	put(w, "image/ostype", "linux");
	put(w, "image/kernel", "%s", conf->kernel);
	put(w, "image/ramdisk", "%s", conf->ramdisk ? conf->ramdisk : "");
	put(w, "image/cmdline", "%s", conf->cmdline);
}

/* Run @fill inside transactions until one commits. */
static int transact(struct xs_client *xs, domid_t domid,
		    void (*fill)(struct writer *w, const void *arg),
		    const void *arg)
{
	struct writer w;
	int tries, rc;

	for (tries = 0; tries < TX_TRIES; tries++) {
		w = (struct writer){.xs = xs, .domid = domid};
		rc = xsc_tx_start(xs, &w.tx);
		if (rc)
			break;
		fill(&w, arg);
		rc = xsc_tx_end(xs, w.tx, !w.rc);
		if (w.rc) {
			rc = w.rc;
			break;
		}
		if (rc != -EAGAIN)
			break;
	}
	if (rc)
		err_set(rc, "cannot write the store nodes of domain %u: %s",
			domid, err_str(rc));
	return rc;
}

struct new_domain {
	const struct config *conf;
	const struct node_ports *ports;
};

static void fill_new(struct writer *w, const void *arg)
{
	const struct new_domain *new = arg;
	char uuid[UUID_TEXT], vm[64];

	uuid_format(uuid, new->conf->uuid);
	snprintf(vm, sizeof(vm), "/vm/%s", uuid);
	put_domain(w, new->conf, new->ports, vm);
	put_vm(w, vm, new->conf->name, uuid);
	put_vm_image(w, new->conf);
}

int nodes_write(struct xs_client *xs, domid_t domid, const struct config *conf,
		const struct node_ports *ports)
{
	struct new_domain new = {conf, ports};

	return transact(xs, domid, fill_new, &new);
}

struct rename {
	const char *name;
	const uint8_t *uuid;
};

static void fill_rename(struct writer *w, const void *arg)
{
	const struct rename *r = arg;
	char uuid[UUID_TEXT], vm[64], *old;

	snprintf(w->base, sizeof(w->base), "/local/domain/%u", w->domid);
	put(w, "name", "%s", r->name);
	if (r->uuid) {
		uuid_format(uuid, r->uuid);
		snprintf(vm, sizeof(vm), "/vm/%s", uuid);
		put(w, "vm", "%s", vm);
		put_vm(w, vm, r->name, uuid);
		return;
	}
	if (!w->rc &&
	    !xsc_readf(w->xs, w->tx, &old, "/local/domain/%u/vm", w->domid)) {
		snprintf(w->base, sizeof(w->base), "%s", old);
		free(old);
		put(w, "name", "%s", r->name);
	}
}

int nodes_rename(struct xs_client *xs, domid_t domid, const char *name,
		 const uint8_t *uuid)
{
	struct rename r = {name, uuid};

	return transact(xs, domid, fill_rename, &r);
}

/* A directory that only domains fill goes with the last of them. */
static void prune(struct xs_client *xs, const char *dir)
{
	unsigned int n;
	char **names;

	if (xsc_directory(xs, XSC_NO_TX, dir, &names, &n))
		return;
	free(names);
	if (!n)
		xsc_rm(xs, XSC_NO_TX, dir);
}

static int missing_is_fine(int rc)
{
	return rc == -ENOENT ? 0 : rc;
}

int nodes_remove(struct xs_client *xs, domid_t domid)
{
	char path[64], *vm;
	int rc, rc2 = 0;

	if (!xsc_readf(xs, XSC_NO_TX, &vm, "/local/domain/%u/vm", domid)) {
		if (!strncmp(vm, "/vm/", 4) && vm[4])
			rc2 = missing_is_fine(xsc_rm(xs, XSC_NO_TX, vm));
		free(vm);
		prune(xs, "/vm");
	}
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	rc = missing_is_fine(xsc_rm(xs, XSC_NO_TX, path));
	return rc ? rc : rc2;
}

static long ms_since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000 +
	       (now.tv_nsec - from->tv_nsec) / 1000000;
}

static int read_tty(struct xs_client *xs, const char *path, char **tty)
{
	char *val;
	int rc = xsc_read(xs, XSC_NO_TX, path, &val, NULL);

	if (rc)
		return rc;
	rc = *val ? 0 : -EAGAIN;
	if (!rc && tty)
		*tty = val;
	else
		free(val);
	return rc;
}

static int no_console(int rc, domid_t domid)
{
	return err_set(rc,
		       "the console daemon does not serve domain %u: start "
		       "vane-consoled",
		       domid);
}

/* Each look at the node is prompted by the watch, the first by setting it. */
int nodes_wait_tty(struct xs_client *xs, domid_t domid, char **tty)
{
	struct timespec start;
	struct xsc_event ev;
	char path[64];
	long left;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &start);
	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
	rc = xsc_watch(xs, path, "tty");
	if (rc)
		return err_set(rc, "cannot watch the store: %s", err_str(rc));
	while ((rc = read_tty(xs, path, tty)) == -EAGAIN) {
		left = TTY_TIMEOUT_MS - ms_since(&start);
		if (left <= 0)
			break;
		if (!xsc_next_event(xs, &ev, left))
			free(ev.path);
	}
	xsc_unwatch(xs, path, "tty");
	while (!xsc_next_event(xs, &ev, 0))
		free(ev.path);
	if (rc == -ENOENT)
		return err_set(rc, "domain %u has no console", domid);
	return rc ? no_console(rc == -EAGAIN ? -ETIMEDOUT : rc, domid) : 0;
}
