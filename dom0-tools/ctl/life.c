#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/cache.h"
#include "builder/domain.h"
#include "builder/initrd.h"
#include "ctl/attach.h"
#include "ctl/creating.h"
#include "ctl/guard.h"
#include "ctl/life.h"
#include "ctl/nodes.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/memory.h"
#include "lib/sysctl.h"

#define RUN_DIR		"/run/paravane"
#define LOCK_PATH	RUN_DIR "/lock"

#define PAGES_PER_MIB	256ull
#define OVERHEAD_MIB	2ull /* the hypervisor's own needs for one domain */
#define GONE_TIMEOUT_MS 10000
#define DOM0		0

static int load_initrd(const struct config *conf, struct blob *initrd)
{
	int rc;

	if (!conf->ramdisk)
		return 0;
	rc = blob_read_file(initrd, conf->ramdisk);
	if (rc)
		return rc;
	rc = initrd_check(initrd);
	if (rc)
		err_prefix(rc, "%s", conf->ramdisk);
	return rc;
}

int life_load(const struct config *conf, struct images *im)
{
	struct layout_in in = {
		.elf = &im->kernel.elf,
		.notes = &im->kernel.notes,
		.nr_pages = conf->memory_mib * PAGES_PER_MIB,
	};
	int rc;

	memset(im, 0, sizeof(*im));
	rc = kernel_load(&im->kernel, conf->kernel, cache_dir());
	if (!rc)
		rc = load_initrd(conf, &im->initrd);
	in.initrd_len = im->initrd.len;
	if (!rc)
		rc = layout_compute(&in, &im->layout);
	if (rc)
		life_unload(im);
	return rc;
}

void life_unload(struct images *im)
{
	kernel_free(&im->kernel);
	blob_free(&im->initrd);
}

/* Creations run one at a time: names and free memory are looked at first. */
static int lock_creation(void)
{
	int fd;

	if (mkdir(RUN_DIR, 0755) && errno != EEXIST)
		return err_set(-errno, "cannot make %s: %s", RUN_DIR,
			       err_str(errno));
	fd = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(-errno, "cannot open %s: %s", LOCK_PATH,
			       err_str(errno));
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		close(fd);
		return err_set(-errno, "cannot lock %s: %s", LOCK_PATH,
			       err_str(errno));
	}
	return fd;
}

static int check_name_free(struct ctl *c, const struct config *conf)
{
	domid_t other;

	if (!ctl_find(c, conf->name, &other))
		return err_set(-EEXIST,
			       "a domain named \"%s\" is running "
			       "already (domain %u): destroy it or "
			       "choose another name",
			       conf->name, other);
	err_clear();
	return 0;
}

static int check_memory_free(struct ctl *c, const struct config *conf)
{
	struct xen_sysctl_physinfo info;
	uint64_t free_mib;
	int rc = sys_physinfo(c->hv, &info);

	if (rc)
		return err_set(rc, "cannot ask for free memory: %s",
			       err_str(rc));
	free_mib = (info.free_pages - info.outstanding_pages) / PAGES_PER_MIB;
	if (conf->memory_mib + OVERHEAD_MIB <= free_mib)
		return 0;
	return err_set(-ENOMEM,
		       "not enough free memory: \"%s\" wants %llu MiB, %llu "
		       "MiB are free; lower memory= or destroy a domain",
		       conf->name, (unsigned long long)conf->memory_mib,
		       (unsigned long long)free_mib);
}

static int refused(int rc, const char *what)
{
	return err_set(rc, "the hypervisor refused to %s: %s", what,
		       err_str(rc));
}

static int make_empty(struct ctl *c, const struct config *conf, domid_t *domid)
{
	struct xen_domctl_createdomain cfg = {
		.max_vcpus = conf->maxvcpus,
		.max_evtchn_port = conf->max_event_channels,
		.max_grant_frames = conf->max_grant_frames,
		.max_maptrack_frames = conf->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(conf->max_grant_version),
	};
	int rc;

	memcpy(cfg.handle, conf->uuid, sizeof(cfg.handle));
	rc = dom_create(c->hv, &cfg, domid);
	return rc ? refused(rc, "create a domain") : 0;
}

/* Everything that must be set before memory is given. */
static int set_limits(struct ctl *c, const struct config *conf, domid_t domid)
{
	uint64_t kib = conf->maxmem_mib << 10;
	int rc = dom_set_max_vcpus(c->hv, domid, conf->maxvcpus);

	if (rc)
		return refused(rc, "give the domain its vcpus");
	rc = dom_set_address_size(c->hv, domid, 64);
	if (rc)
		return refused(rc, "make the domain a 64-bit one");
	rc = dom_set_max_mem(c->hv, domid, kib + MAXMEM_SLACK);
	if (rc)
		return refused(rc, "set the memory limit");
	rc = mem_set_map(c->hv, domid, (kib + MAXMEM_SLACK) << 10);
	if (rc)
		return refused(rc, "set the memory map");
	rc = dom_set_tsc(c->hv, domid, conf->tsc_mode);
	return rc ? refused(rc, "set the time stamp counter mode") : 0;
}

static int make_ports(struct ctl *c, domid_t domid, struct node_ports *p)
{
	int rc = mem_alloc_port(c->hv, domid, DOM0);

	if (rc >= 0) {
		p->store_port = rc;
		rc = mem_alloc_port(c->hv, domid, DOM0);
	}
	if (rc < 0)
		return refused(rc, "allocate event channels");
	p->console_port = rc;
	return 0;
}

static int build(struct ctl *c, const struct config *conf,
		 const struct images *im, domid_t domid, struct node_ports *p)
{
	struct domain_in in = {
		.domid = domid,
		.kernel = &im->kernel,
		.initrd = &im->initrd,
		.layout = &im->layout,
		.cmdline = conf->cmdline,
		.store_domid = DOM0,
		.console_domid = DOM0,
	};
	struct domain_out out;
	int rc = set_limits(c, conf, domid);

	if (!rc)
		rc = make_ports(c, domid, p);
	if (rc)
		return rc;
	in.store_port = p->store_port;
	in.console_port = p->console_port;
	rc = domain_build(c->hv, &in, &out);
	if (rc)
		return rc;
	p->store_mfn = out.store_mfn;
	p->console_mfn = out.console_mfn;
	return 0;
}

static int introduce(struct ctl *c, domid_t domid, const struct node_ports *p)
{
	int rc = xsc_introduce(c->xs, domid, p->store_mfn, p->store_port);

	if (rc)
		return err_set(rc,
			       "the store daemon refused the new domain: "
			       "%s",
			       err_str(rc));
	return nodes_wait_tty(c->xs, domid, NULL);
}

void life_config_path(char *out, size_t room, domid_t domid)
{
	snprintf(out, room, RUN_DIR "/domain-%u.json", domid);
}

static int remember_config(const struct config *conf, domid_t domid)
{
	struct json_object *o = config_json(conf);
	char path[64];
	int rc;

	life_config_path(path, sizeof(path), domid);
	rc = json_object_to_file(path, o);
	json_object_put(o);
	return rc ? err_set(-EIO, "cannot write %s: %s", path, err_str(errno))
		  : 0;
}

/* Fill an empty domain, tell everybody; -EINTR between any two steps. */
static int furnish(struct ctl *c, const struct config *conf,
		   const struct images *im, domid_t domid)
{
	struct node_ports ports;
	int rc = build(c, conf, im, domid, &ports);

	if (!rc)
		rc = guard_check();
	if (!rc)
		rc = remember_config(conf, domid);
	if (!rc)
		rc = nodes_write(c->xs, domid, conf, &ports);
	log_debug("store nodes written");
	if (!rc)
		rc = introduce(c, domid, &ports);
	if (!rc)
		rc = guard_check();
	if (!rc)
		rc = devices_attach(c, domid, conf);
	if (!rc)
		rc = guard_check();
	log_debug("domain %u is ready", domid);
	return rc;
}

int life_undo(struct ctl *c, domid_t domid, int rc)
{
	char why[1024];

	snprintf(why, sizeof(why), "%s", err_text());
	if (life_destroy(c, domid))
		log_warn("while cleaning up: %s", err_text());
	creating_end();
	return err_set(rc, "%s", why);
}

int life_create(struct ctl *c, const struct config *conf, domid_t *domidp)
{
	struct images im;
	struct guard guard;
	domid_t domid;
	int rc, lock;

	lock = lock_creation();
	if (lock < 0)
		return lock;
	creating_sweep(c);
	devices_sweep(c);
	rc = check_name_free(c, conf);
	if (!rc)
		rc = check_memory_free(c, conf);
	if (!rc)
		rc = life_load(conf, &im);
	if (rc)
		goto unlock;
	log_debug("images read");
	guard_begin(&guard);
	rc = guard_check();
	if (!rc)
		rc = creating_begin(conf);
	if (!rc)
		rc = make_empty(c, conf, &domid);
	if (rc) {
		creating_end();
		goto unload;
	}
	rc = furnish(c, conf, &im, domid);
	if (rc)
		rc = life_undo(c, domid, rc);
	else
		*domidp = domid;
unload:
	guard_end(&guard);
	life_unload(&im);
unlock:
	close(lock);
	return rc;
}

/* Back ends may hold pages for a moment after the domain's end. */
static int wait_gone(struct ctl *c, domid_t domid)
{
	struct xen_domctl_getdomaininfo info;
	int ms;

	for (ms = 0; ms < GONE_TIMEOUT_MS; ms += 2) {
		if (dom_info(c->hv, domid, &info))
			return 0;
		usleep(2000);
	}
	return err_set(-EBUSY,
		       "domain %u is dead, but dom0 or another domain still "
		       "holds its memory",
		       domid);
}

int life_forget(struct ctl *c, domid_t domid)
{
	char path[64];
	int rc;

	life_config_path(path, sizeof(path), domid);
	unlink(path);
	rc = nodes_remove(c->xs, domid);
	return rc ? err_set(rc,
			    "cannot remove the store nodes of domain %u: %s",
			    domid, err_str(rc))
		  : 0;
}

int life_destroy(struct ctl *c, domid_t domid)
{
	int rc, rc2;

	/* Back ends let go first: they hold pages of the domain. */
	dom_pause(c->hv, domid);
	if (devices_remove(c, domid))
		log_warn("%s", err_text());
	rc = dom_destroy(c->hv, domid);
	if (rc && rc != -ESRCH)
		return err_set(rc, "cannot destroy domain %u: %s", domid,
			       err_str(rc));
	rc = wait_gone(c, domid);
	rc2 = life_forget(c, domid);
	return rc2 ? rc2 : rc;
}
