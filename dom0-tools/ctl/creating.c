#include "ctl/creating.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ctl/life.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sysctl.h"

#define RUN_DIR "/run/paravane"
#define PREFIX	"creating-"

/* Of the domain being created; -1 = none. */
static int locked = -1;
static char locked_path[sizeof(RUN_DIR "/" PREFIX) + UUID_TEXT];

int creating_begin(const struct config *conf)
{
	char uuid[UUID_TEXT];

	uuid_format(uuid, conf->uuid);
	snprintf(locked_path, sizeof(locked_path), RUN_DIR "/" PREFIX "%s",
		 uuid);
	locked = open(locked_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (locked >= 0 && !flock(locked, LOCK_EX | LOCK_NB))
		return 0;
	if (locked >= 0 && errno == EWOULDBLOCK) {
		creating_forget();
		return err_set(-EBUSY,
			       "a domain of the uuid %s is being created",
			       uuid);
	}
	creating_forget();
	return err_set(-errno, "cannot lock %s: %s", locked_path,
		       err_str(errno));
}

void creating_end(void)
{
	if (locked < 0)
		return;
	unlink(locked_path);
	creating_forget();
}

void creating_forget(void)
{
	int why = errno;

	if (locked >= 0)
		close(locked);
	locked = -1;
	errno = why;
}

/* One that has never run; another may have been given the same uuid. */
static bool find_unborn(struct ctl *c, const uint8_t uuid[16], domid_t *domid)
{
	struct xen_domctl_getdomaininfo *list;
	int n = sys_domain_list(c->hv, &list), i;
	bool found = false;

	if (n < 0)
		return false;
	for (i = 0; i < n && !found; i++) {
		found = !memcmp(list[i].handle, uuid, 16) &&
			list[i].flags & XEN_DOMINF_paused && !list[i].cpu_time;
		if (found)
			*domid = list[i].domain;
	}
	free(list);
	return found;
}

static void sweep_one(struct ctl *c, const char *name, const uint8_t uuid[16])
{
	char path[sizeof(RUN_DIR) + 256];
	domid_t domid;
	int fd, rc = 0;

	snprintf(path, sizeof(path), RUN_DIR "/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		if (find_unborn(c, uuid, &domid)) {
			log_warn("domain %u is destroyed: its creation was "
				 "killed",
				 domid);
			rc = life_destroy(c, domid);
		}
		if (rc)
			log_warn("%s", err_text());
		else
			unlink(path);
	}
	close(fd);
}

/* Of a domain whose end was killed, and its monitor, too. */
static void sweep_nodes(struct ctl *c)
{
	struct xen_domctl_getdomaininfo info;
	unsigned int n, i;
	domid_t domid;
	char **ids;

	if (xsc_directory(c->xs, XSC_NO_TX, "/local/domain", &ids, &n))
		return;
	for (i = 0; i < n; i++) {
		domid = strtoul(ids[i], NULL, 10);
		if (dom_info(c->hv, domid, &info) == -ESRCH &&
		    life_forget(c, domid))
			log_warn("%s", err_text());
	}
	free(ids);
}

void creating_sweep(struct ctl *c)
{
	DIR *dir = opendir(RUN_DIR);
	struct dirent *e;
	uint8_t uuid[16];

	while (dir && (e = readdir(dir)))
		if (!strncmp(e->d_name, PREFIX, strlen(PREFIX)) &&
		    uuid_parse(uuid, e->d_name + strlen(PREFIX)))
			sweep_one(c, e->d_name, uuid);
	if (dir)
		closedir(dir);
	sweep_nodes(c);
	err_clear();
}
