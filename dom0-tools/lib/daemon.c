#include "lib/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

static int ready_pipe = -1;

void daemon_make_dirs(const char *path)
{
	char dir[512], *p;

	snprintf(dir, sizeof(dir), "%s", path);
	for (p = strchr(dir + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(dir, 0755) && errno != EEXIST)
			return;
		*p = '/';
	}
}

int daemon_detach(void)
{
	int fds[2];
	pid_t pid;
	char ok;

	if (pipe2(fds, O_CLOEXEC))
		return err_set(-errno, "pipe: %s", err_str(errno));
	pid = fork();
	if (pid < 0)
		return err_set(-errno, "fork: %s", err_str(errno));
	if (pid) {
		close(fds[1]);
		_exit(read(fds[0], &ok, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	setsid();
	ready_pipe = fds[1];
	return 0;
}

static int write_pid(const char *pidfile)
{
	FILE *f;

	daemon_make_dirs(pidfile);
	f = fopen(pidfile, "we");
	if (!f)
		return err_set(-errno, "cannot write %s: %s", pidfile,
			       err_str(errno));
	fprintf(f, "%d\n", (int)getpid());
	if (fclose(f))
		return err_set(-errno, "cannot write %s: %s", pidfile,
			       err_str(errno));
	return 0;
}

int daemon_ready(const char *pidfile)
{
	int rc = pidfile ? write_pid(pidfile) : 0;
	int null;

	if (rc || ready_pipe < 0)
		return rc;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || chdir("/") || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0 || write(ready_pipe, "", 1) != 1)
		return err_set(-errno, "cannot detach: %s", err_str(errno));
	close(null);
	close(ready_pipe);
	ready_pipe = -1;
	return 0;
}

int daemon_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(-errno, "signalfd: %s", err_str(errno)) : fd;
}

int daemon_signal(int fd)
{
	struct signalfd_siginfo si;

	return read(fd, &si, sizeof(si)) == sizeof(si) ? (int)si.ssi_signo : 0;
}
