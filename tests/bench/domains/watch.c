/*
 * domains/watch: what a command of the tools costs dom0
 *
 *     watch LOG COMMAND [ARGUMENT...]
 *
 * Prints `elapsed used`: ns until COMMAND ended, and ns of processor time that
 * dom0 had until SETTLE_NS after that, which daemons use for the rest of the
 * work. Its time in the hypervisor is in it; under -icount shift=0 a ns is an
 * instruction. Exits as COMMAND did.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/domctl.h"
#include "lib/err.h"

#define CANNOT_RUN 127
#define SETTLE_NS  500000000L

static uint64_t elapsed_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t used_now(struct hv *hv)
{
	struct xen_domctl_getdomaininfo info;
	int rc = dom_info(hv, 0, &info);

	if (!rc)
		return info.cpu_time;
	fprintf(stderr, "watch: cannot ask about dom0: %s\n", err_str(rc));
	_exit(CANNOT_RUN);
}

static void become(const char *log, char **command)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(command[0], command);
	}
	perror("watch");
	_exit(CANNOT_RUN);
}

int main(int argc, char **argv)
{
	struct timespec settle = {.tv_nsec = SETTLE_NS};
	uint64_t begin, elapsed, used;
	struct hv *hv;
	int status;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: watch LOG COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	if (hv_open(&hv)) {
		fprintf(stderr, "watch: %s\n", err_text());
		return CANNOT_RUN;
	}
	used = used_now(hv);
	begin = elapsed_now();
	pid = fork();
	if (!pid)
		become(argv[1], argv + 2);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("watch");
		return CANNOT_RUN;
	}
	elapsed = elapsed_now() - begin;
	nanosleep(&settle, NULL);
	printf("%lu %lu\n", elapsed, used_now(hv) - used);
	hv_close(hv);
	return WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT_RUN;
}
