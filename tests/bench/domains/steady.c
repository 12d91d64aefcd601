/*
 * domains/steady: how much of a fixed mixture gets done in each half second
 *
 * A turn computes, asks the kernel something and sends a byte through a pipe.
 * Prints `WINDOW turns` for ever.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WINDOW_NS 500000000u
#define STEPS	  5000
#define CALLS	  10

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int turn(const int *ends)
{
	static volatile uint64_t sink;
	uint64_t x = sink + 1;
	char byte = 0;
	int i;

	for (i = 0; i < STEPS; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	sink = x;
	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	return write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1;
}

int main(void)
{
	uint64_t begin = now(), turns = 0;
	int ends[2];

	if (pipe(ends)) {
		perror("steady: pipe");
		return 1;
	}
	while (turn(ends)) {
		turns++;
		if (now() - begin < WINDOW_NS)
			continue;
		printf("WINDOW %lu\n", turns);
		fflush(stdout);
		begin = now();
		turns = 0;
	}
	perror("steady: pipe");
	return 1;
}
