/* suite: processes made and ended */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static uint64_t fork_exit(uint64_t n, struct watch *w)
{
	uint64_t i;
	pid_t pid;

	watch_start(w);
	for (i = 0; i < n; i++) {
		pid = fork();
		if (!pid)
			_exit(0);
		wait_for(pid);
	}
	watch_stop(w);
	return n;
}

uint64_t run_fork_small(uint64_t n, struct watch *w)
{
	return fork_exit(n, w);
}

uint64_t run_fork_16m(uint64_t n, struct watch *w)
{
	void *p = map_pages(16 * MIB);

	touch(p, 16 * MIB);
	fork_exit(n, w);
	munmap(p, 16 * MIB);
	return n;
}

/*
 * The first fork takes the right to write from every page; the next ones find
 * it gone. Writing to the pages between them is not counted.
 */
uint64_t run_fork_dirty(uint64_t n, struct watch *w)
{
	void *p = map_pages(16 * MIB);
	uint64_t i;

	for (i = 0; i < n; i++) {
		touch(p, 16 * MIB);
		fork_exit(1, w);
	}
	munmap(p, 16 * MIB);
	return n;
}

static uint64_t execute(const char *const argv[], uint64_t n, struct watch *w)
{
	uint64_t i;
	pid_t pid;

	watch_start(w);
	for (i = 0; i < n; i++) {
		pid = fork();
		if (!pid) {
			execv(argv[0], (char *const *)argv);
			_exit(127);
		}
		wait_for(pid);
	}
	watch_stop(w);
	return n;
}

/* The path itself: /proc/self would be the shell's in run_sh(). */
static const char *own_path(void)
{
	static char path[512];
	ssize_t len = readlink(self_path, path, sizeof(path) - 1);

	if (len < 0)
		fail(self_path);
	path[len] = '\0';
	return path;
}

uint64_t run_exec(uint64_t n, struct watch *w)
{
	const char *const argv[] = {own_path(), HELLO, NULL};

	return execute(argv, n, w);
}

uint64_t run_sh(uint64_t n, struct watch *w)
{
	char line[600];
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};

	/* A second command keeps the shell from becoming the program. */
	snprintf(line, sizeof(line), "%s " HELLO "; exit 0", own_path());
	return execute(argv, n, w);
}
