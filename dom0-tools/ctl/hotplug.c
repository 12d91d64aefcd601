#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctl/guard.h"
#include "ctl/hotplug.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define SCRIPT_MS  40000
#define DRIVERS	   "/sys/bus/xen-backend/drivers"
#define SCRIPT_LOG "/var/log/xen/xen-hotplug.log"

static const struct driver {
	const char *name, *module;
} drivers[NR_DEV_KINDS] = {
	[DEV_VBD] = {"vbd", "xen-blkback"},
	[DEV_VIF] = {"vif", "xen-netback"},
	[DEV_PCI] = {"pciback", "xen-pciback"},
};

static const struct builtin {
	const char *name;
	int (*up)(struct xs_client *xs, const struct device *dev);
	int (*down)(struct xs_client *xs, const struct device *dev);
} builtins[] = {
	{"block", hotplug_block_up, NULL},
	{"vif-bridge", hotplug_bridge_up, NULL},
	{"vif-route", hotplug_route_up, NULL},
	{"vif-nat", hotplug_nat_up, hotplug_nat_down},
};

char *hotplug_script_path(const char *script)
{
	if (*script == '/')
		return xstrdup(script);
	return xasprintf(SCRIPTS_DIR "/%s", script);
}

int hotplug_check_driver(enum dev_kind kind)
{
	char path[128];

	snprintf(path, sizeof(path), DRIVERS "/%s", drivers[kind].name);
	if (!access(path, F_OK))
		return 0;
	return err_set(-ENODEV,
		       "this kernel has no back end for %s devices: run "
		       "modprobe %s",
		       device_kind_name(kind), drivers[kind].module);
}

int hotplug_write(struct xs_client *xs, const struct device *dev,
		  const char *node, const char *val)
{
	char path[DEVICE_PATH];
	char *full;
	int rc;

	device_back_path(path, dev);
	full = xasprintf("%s/%s", path, node);
	rc = xsc_write(xs, XSC_NO_TX, full, val, strlen(val));
	if (rc)
		err_set(rc, "cannot write %s: %s", full, err_str(rc));
	free(full);
	return rc;
}

/* -- scripts ------------------------------------------------------------- */

/*
 * The child: environment and arguments as Xen's scripts expect them, in a
 * session of its own, so that what the script started can end with it. Who
 * repairs after a killed tool must not meet its script: it ends with the tool.
 */
static void exec_script(const char *script, const struct device *dev,
			const char *action, const char *ifname)
{
	char path[DEVICE_PATH];
	int log;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	guard_drop();
	snprintf(path, sizeof(path), "backend/%s/%u/%u",
		 device_kind_name(dev->kind), dev->domid, dev->devid);
	setenv("script", script, 1);
	setenv("XENBUS_TYPE", device_kind_name(dev->kind), 1);
	setenv("XENBUS_PATH", path, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	mkdir("/var/log/xen", 0755);
	log = open(SCRIPT_LOG, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (log >= 0) {
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
	}
	if (chdir("/"))
		_exit(126);
	if (dev->kind == DEV_VIF) {
		setenv("vif", ifname, 1);
		execl(script, script, action, "type_if=vif", (char *)NULL);
	} else {
		execl(script, script, action, (char *)NULL);
	}
	_exit(127);
}

static int script_failed(const char *script, const char *action, int status)
{
	if (WIFSIGNALED(status))
		return err_set(-EIO, "%s %s was killed by signal %d", script,
			       action, WTERMSIG(status));
	return err_set(-EIO, "%s %s ended with status %d; see " SCRIPT_LOG,
		       script, action, WEXITSTATUS(status));
}

static int run_script(const char *script, const struct device *dev,
		      const char *action, const char *ifname)
{
	int status = 0, ms;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_set(-errno, "cannot fork: %s", err_str(errno));
	if (!pid)
		exec_script(script, dev, action, ifname);
	for (ms = 0; ms < SCRIPT_MS; ms += 2) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status ? script_failed(script, action, status)
				      : 0;
		usleep(2000);
	}
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	return err_set(-ETIMEDOUT, "%s %s did not end within %d s", script,
		       action, SCRIPT_MS / 1000);
}

/* What the script says about its success. */
static int script_result(struct xs_client *xs, const struct device *dev,
			 const char *script)
{
	char *status = NULL, *why;
	int rc =
		device_wait_node(xs, dev, "hotplug-status", SCRIPT_MS, &status);

	if (rc == -ETIMEDOUT)
		return err_set(rc, "%s did not report its success within %d s",
			       script, SCRIPT_MS / 1000);
	if (rc)
		return rc;
	if (strcmp(status, "connected")) {
		why = device_back_read(xs, dev, "hotplug-error");
		rc = err_set(-EIO, "%s: %s", script, why ? why : status);
		free(why);
	}
	free(status);
	return rc;
}

static int script_up(struct xs_client *xs, const struct device *dev,
		     const char *script)
{
	char ifname[16] = "";
	int rc = 0;

	if (access(script, X_OK))
		return err_set(-ENOENT, "no hotplug script %s", script);
	if (dev->kind == DEV_VIF)
		rc = hotplug_wait_interface(xs, dev, ifname);
	if (!rc)
		rc = run_script(script, dev,
				dev->kind == DEV_VIF ? "online" : "add",
				ifname);
	return rc ? rc : script_result(xs, dev, script);
}

/* -- up and down --------------------------------------------------------- */

/* The row of a script's name, unless somebody installed the script itself. */
static const struct builtin *find_builtin(const char *script)
{
	const char *name = strrchr(script, '/');
	size_t i;

	name = name ? name + 1 : script;
	if (!access(script, X_OK))
		return NULL;
	for (i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	return NULL;
}

bool hotplug_is_builtin(const char *script)
{
	char *path = hotplug_script_path(script);
	bool is = find_builtin(path);

	free(path);
	return is;
}

static void report_failure(struct xs_client *xs, const struct device *dev)
{
	char *why = xstrdup(err_text());

	hotplug_write(xs, dev, "hotplug-error", why);
	hotplug_write(xs, dev, "hotplug-status", "error");
	err_set(-EIO, "%s", why);
	free(why);
}

int hotplug_up(struct xs_client *xs, const struct device *dev)
{
	char *script = device_back_read(xs, dev, "script");
	const struct builtin *b;
	int rc;

	if (!script)
		return 0; /* nothing to prepare */
	b = find_builtin(script);
	rc = b ? b->up(xs, dev) : script_up(xs, dev, script);
	if (!rc && b)
		rc = hotplug_write(xs, dev, "hotplug-status", "connected");
	if (rc)
		report_failure(xs, dev);
	free(script);
	return rc;
}

static int script_down(struct xs_client *xs, const struct device *dev,
		       const char *script)
{
	char *name = device_back_read(xs, dev, "vifname");
	int rc;

	if (!name)
		name = xasprintf("vif%u.%u", dev->domid, dev->devid);
	rc = run_script(script, dev,
			dev->kind == DEV_VIF ? "offline" : "remove", name);
	free(name);
	return rc;
}

/* Loop devices, ports and addresses end with what uses them. */
int hotplug_down(struct xs_client *xs, const struct device *dev)
{
	char *script = device_back_read(xs, dev, "script");
	const struct builtin *b = script ? find_builtin(script) : NULL;
	int rc = 0;

	if (b && b->down)
		rc = b->down(xs, dev);
	else if (script && !b && !access(script, X_OK))
		rc = script_down(xs, dev, script);
	free(script);
	return rc;
}
