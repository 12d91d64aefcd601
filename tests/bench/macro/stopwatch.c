/*
 * macro/stopwatch: how long a command takes
 *
 *     stopwatch [-c] LOG COMMAND [ARGUMENT...]
 *
 * Runs COMMAND with its output in LOG and prints nanoseconds, or with -c ticks
 * of the time stamp counter, which are instructions under -icount. Exits as
 * COMMAND did; 127 when it could not be run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CANNOT_RUN 127

static uint64_t now(int ticks)
{
	struct timespec t;

	if (ticks)
		return __builtin_ia32_rdtsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int cannot(const char *what)
{
	fprintf(stderr, "stopwatch: %s: %s\n", what, strerror(errno));
	return CANNOT_RUN;
}

static void become(char **command, int log)
{
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execvp(command[0], command);
	_exit(cannot(command[0]));
}

int main(int argc, char **argv)
{
	int ticks = argc > 1 && !strcmp(argv[1], "-c");
	int log, status;
	uint64_t begin;
	pid_t pid;

	argv += 1 + ticks;
	if (argc - ticks < 3) {
		fputs("usage: stopwatch [-c] LOG COMMAND [ARGUMENT...]\n",
		      stderr);
		return 2;
	}
	log = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (log < 0)
		return cannot(argv[0]);
	begin = now(ticks);
	pid = fork();
	if (!pid)
		become(argv + 1, log);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return cannot("no process");
	printf("%lu\n", now(ticks) - begin);
	return WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT_RUN;
}
