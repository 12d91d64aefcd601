#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <xen/sched.h>

#include "ctl/attach.h"
#include "ctl/creating.h"
#include "ctl/guard.h"
#include "ctl/life.h"
#include "ctl/monitor.h"
#include "ctl/nodes.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#define LOG_DIR	       "/var/log/xen"
#define RELEASE_WATCH  "@releaseDomain"
#define RECHECK_MS     30000 /* in case an event was lost with the store */
#define AGAIN_MS       10000 /* some client was not ready */
#define RECONNECT_US   500000
#define MIN_LIFETIME_S 2 /* restarts of a domain that dies at once */

struct monitor {
	struct ctl c;
	struct config *conf;
	domid_t domid;
	time_t started; /* monotonic seconds */
	char ready[64]; /* watched: its devd says there that it serves */
	bool again;	/* some clients were not ready to return to it */
};

enum state { ALIVE, SHUT_DOWN, DYING, GONE };

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The domain's state and, when it shut down, SHUTDOWN_*. */
static enum state look(struct monitor *m, unsigned int *reason)
{
	struct xen_domctl_getdomaininfo info;

	if (dom_info(m->c.hv, m->domid, &info) ||
	    memcmp(info.handle, m->conf->uuid, sizeof(info.handle)))
		return GONE;
	if (info.flags & XEN_DOMINF_dying)
		return DYING;
	if (!(info.flags & XEN_DOMINF_shutdown))
		return ALIVE;
	*reason = info.flags >> XEN_DOMINF_shutdownshift &
		  XEN_DOMINF_shutdownmask;
	return SHUT_DOWN;
}

static void unwatch_ready(struct monitor *m)
{
	if (*m->ready)
		xsc_unwatch(m->c.xs, m->ready, "monitor");
	*m->ready = '\0';
}

/* Clients of a driver domain's former self want to know when it serves. */
static int watch_ready(struct monitor *m)
{
	if (!m->conf->driver_domain)
		return 0;
	snprintf(m->ready, sizeof(m->ready), "/local/domain/%u/data/devd",
		 m->domid);
	return xsc_watch(m->c.xs, m->ready, "monitor");
}

static int connect_store(struct monitor *m)
{
	int rc = ctl_open_xs(&m->c);

	if (!rc) {
		rc = xsc_watch(m->c.xs, RELEASE_WATCH, "monitor");
		if (!rc)
			rc = watch_ready(m);
		if (rc)
			err_set(rc, "cannot watch the store: %s", err_str(rc));
	}
	if (rc) {
		xsc_close(m->c.xs);
		m->c.xs = NULL;
	}
	return rc;
}

/* Clients of a driver domain's former self return to it. */
static void reattach(struct monitor *m)
{
	int n = devices_reattach(&m->c, m->conf->name, m->domid, &m->again);

	if (n < 0)
		log_error("%s", err_text());
	else if (n)
		log_info("domain %u serves %d devices again", m->domid, n);
}

static void serve_clients(struct monitor *m)
{
	char *ready;

	if (!*m->ready || xsc_read(m->c.xs, XSC_NO_TX, m->ready, &ready, NULL))
		return;
	free(ready);
	unwatch_ready(m);
	reattach(m);
}

/* Sleep until something may have ended; reconnect to a restarted store. */
static void wait_event(struct monitor *m)
{
	struct xsc_event ev;
	int rc = xsc_next_event(m->c.xs, &ev, m->again ? AGAIN_MS : RECHECK_MS);

	if (!rc)
		free(ev.path);
	if (rc == -EAGAIN && m->again)
		reattach(m);
	if (!rc || rc == -EAGAIN) {
		serve_clients(m);
		return;
	}
	log_warn("lost the store daemon: %s", err_str(rc));
	xsc_close(m->c.xs);
	m->c.xs = NULL;
	while (connect_store(m))
		usleep(RECONNECT_US);
	log_info("the store daemon is back");
}

static enum on_event choose(const struct config *conf, unsigned int reason,
			    const char **word)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		*word = "powered off";
		return conf->on_poweroff;
	case SHUTDOWN_reboot:
		*word = "reboots";
		return conf->on_reboot;
	case SHUTDOWN_watchdog:
		*word = "was stopped by its watchdog";
		return conf->on_watchdog;
	default:
		*word = "crashed";
		return conf->on_crash;
	}
}

static void destroy(struct monitor *m)
{
	if (life_destroy(&m->c, m->domid))
		log_error("%s", err_text());
}

/* The dead domain stays for inspection under another name and uuid. */
static int set_aside(struct monitor *m)
{
	char *name = xasprintf("%s-%u", m->conf->name, m->domid);
	uint8_t uuid[16];
	int rc = uuid_random(uuid);

	if (!rc)
		rc = dom_set_handle(m->c.hv, m->domid, uuid);
	if (!rc)
		rc = nodes_rename(m->c.xs, m->domid, name, uuid);
	if (rc)
		log_error("cannot set domain %u aside: %s", m->domid,
			  err_str(rc));
	else
		log_info("domain %u is kept as \"%s\"", m->domid, name);
	free(name);
	return rc;
}

/* False when the domain stays dead. */
static bool start_again(struct monitor *m)
{
	time_t lived = seconds() - m->started;
	int rc;

	if (lived < MIN_LIFETIME_S)
		sleep(MIN_LIFETIME_S - lived);
	unwatch_ready(m);
	m->again = false;
	rc = life_create(&m->c, m->conf, &m->domid);
	if (!rc) {
		creating_end();
		rc = dom_unpause(m->c.hv, m->domid);
		if (rc) {
			err_set(rc, "cannot start it: %s", err_str(rc));
			life_undo(&m->c, m->domid, rc);
		}
	}
	if (rc) {
		log_error("restart of \"%s\" failed: %s", m->conf->name,
			  err_text());
		return false;
	}
	m->started = seconds();
	rc = watch_ready(m);
	if (rc)
		log_error("cannot watch %s: %s", m->ready, err_str(rc));
	log_info("\"%s\" restarted as domain %u", m->conf->name, m->domid);
	return true;
}

/* What the configuration wants after a shutdown; false ends the monitor. */
static bool react(struct monitor *m, unsigned int reason)
{
	const char *word;
	enum on_event what = choose(m->conf, reason, &word);

	log_info("domain %u %s (reason %u): %s", m->domid, word, reason,
		 on_event_name(what));
	switch (what) {
	case ON_PRESERVE:
		return false;
	case ON_RENAME_RESTART:
		return !set_aside(m) && start_again(m);
	case ON_RESTART:
		destroy(m);
		return start_again(m);
	default:
		destroy(m);
		return false;
	}
}

static void watch_over(struct monitor *m)
{
	unsigned int reason = 0;
	bool more = true;

	while (more) {
		switch (look(m, &reason)) {
		case ALIVE:
			wait_event(m);
			break;
		case SHUT_DOWN:
			/* Suspended: whoever asked for it goes on. */
			if (reason == SHUTDOWN_suspend)
				wait_event(m);
			else
				more = react(m, reason);
			break;
		case DYING:
		case GONE:
			log_info("domain %u was destroyed", m->domid);
			destroy(m);
			more = false;
			break;
		}
	}
}

static void open_log(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), LOG_DIR "/vane-%s.log", name);
	mkdir("/var/log", 0755);
	mkdir(LOG_DIR, 0755);
	log_init("vane", LOG_LVL_INFO);
	/* Without a log the monitor does its work all the same. */
	log_to_file(path);
}

static void detach(const char *name)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (chdir("/"))
		log_warn("cannot leave the directory: %s", err_str(errno));
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	signal(SIGHUP, SIG_IGN);
	guard_drop();
	open_log(name);
}

/* Paths may be relative to where the user was; the monitor moves away. */
static void absolute(char **path)
{
	char *full = *path ? realpath(*path, NULL) : NULL;

	if (full) {
		free(*path);
		*path = full;
	}
}

static int run_child(const struct config *conf, domid_t domid, int ready)
{
	struct config own = *conf;
	struct monitor m = {.conf = &own, .domid = domid, .started = seconds()};
	char ok = 1;
	size_t i;
	int rc = ctl_open_hv(&m.c);

	if (!rc)
		rc = connect_store(&m);
	if (rc) {
		if (write(ready, err_text(), strlen(err_text())) < 0)
			return 1;
		return 1;
	}
	absolute(&own.kernel);
	absolute(&own.ramdisk);
	for (i = 0; i < own.disks.n; i++)
		absolute(&own.disks.d[i].target);
	detach(conf->name);
	log_info("watching over domain %u", domid);
	if (write(ready, &ok, 1) != 1)
		log_warn("nobody waits for the monitor");
	close(ready);
	watch_over(&m);
	xsc_close(m.c.xs);
	hv_close(m.c.hv);
	return 0;
}

int monitor_start(struct ctl *c, const struct config *conf, domid_t domid)
{
	char msg[512];
	int fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return err_set(-errno, "no pipe: %s", err_str(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return err_set(-errno, "cannot fork: %s", err_str(errno));
	}
	if (!pid) {
		close(fds[0]);
		creating_forget();
		xsc_close(c->xs);
		hv_close(c->hv);
		_exit(run_child(conf, domid, fds[1]));
	}
	close(fds[1]);
	n = read(fds[0], msg, sizeof(msg) - 1);
	close(fds[0]);
	if (n == 1 && msg[0] == 1)
		return 0;
	msg[n > 0 ? n : 0] = '\0';
	return err_set(-EIO, "the domain's monitor did not start: %s",
		       n > 0 ? msg : "it died");
}
