/*
 * suite: operating system costs that virtualization changes, row by row
 *
 *     suite [-c] [-f | -t MS] [-b BATCHES] [-x FACTOR] [ROW...]
 *     suite -l
 *
 * Prints a line a row:
 *     BENCH name operations ns
 * or, with -c,
 *     TICKS name operations ticks-of-the-time-stamp-counter
 * or, when the row could not run,
 *     SKIP name cause
 * and exits 1 if any row was skipped.
 *
 * A row is run with rising numbers of operations until one batch takes MS
 * milliseconds; then BATCHES batches run and the fastest is told, because
 * whatever disturbs a batch makes it slower. With -f the number of operations
 * is the row's own, times FACTOR, and the fastest of three batches after a
 * first one is told: the right thing where a tick is an instruction, for a
 * timer's interrupt does not fall into each of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

int watch_ticks;
const char *self_path = "/proc/self/exe";

static const char *running;

static const struct row {
	const char *name, *group, *meaning;
	uint64_t fixed;
	uint64_t (*run)(uint64_t n, struct watch *w);
} rows[] = {
#define ROW(name, group, fixed, meaning) \
	{#name, #group, meaning, fixed, run_##name},
#include "rows.def"
#undef ROW
};

#define FIXED_BATCHES 3
#define NR_ROWS	      (sizeof(rows) / sizeof(*rows))

static struct options {
	int fixed;
	uint64_t factor, batch_ns;
	unsigned int batches;
} opt = {.factor = 1, .batch_ns = 10 * 1000000u, .batches = 5};

void fail(const char *what)
{
	printf("SKIP %s %s: %s\n", running, what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

void *map_pages(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	/* Kernels without huge pages refuse, and need not be asked. */
	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

void touch(void *p, size_t bytes)
{
	volatile char *at = p;
	size_t i;

	for (i = 0; i < bytes; i += PAGE)
		at[i] = 1;
}

void wait_for(int pid)
{
	int status;

	if (pid < 0)
		fail("fork");
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (status) {
		errno = ECHILD;
		fail("a child failed");
	}
}

struct sample {
	uint64_t operations, time;
};

static struct sample batch(const struct row *row, uint64_t n)
{
	struct watch w = {0, 0};
	struct sample s;

	s.operations = row->run(n, &w);
	s.time = w.total;
	return s;
}

static int faster(const struct sample *a, const struct sample *b)
{
	return (double)a->time / (double)a->operations <
	       (double)b->time / (double)b->operations;
}

/* The number of operations that fills a batch. */
static uint64_t calibrate(const struct row *row)
{
	struct sample s;
	uint64_t n = 1;
	double more;

	for (;;) {
		s = batch(row, n);
		if (s.time >= opt.batch_ns)
			return n;
		more = 1.2 * (double)opt.batch_ns / (double)(s.time + 1);
		n = more > 8 ? n * 8 : (uint64_t)((double)n * more) + 1;
	}
}

static struct sample fastest(const struct row *row, uint64_t n,
			     unsigned int batches)
{
	struct sample best = batch(row, n), s;

	while (--batches) {
		s = batch(row, n);
		if (faster(&s, &best))
			best = s;
	}
	return best;
}

static struct sample measure(const struct row *row)
{
	uint64_t n;

	if (!opt.fixed)
		return fastest(row, calibrate(row), opt.batches);
	n = row->fixed * opt.factor;
	batch(row, n);
	return fastest(row, n, FIXED_BATCHES);
}

/* In a child, so that every row starts from the same small process. */
static int run_row(const struct row *row)
{
	struct sample s;
	int status = 0;
	pid_t pid;

	running = row->name;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		s = measure(row);
		printf("%s %s %lu %lu\n", watch_ticks ? "TICKS" : "BENCH",
		       row->name, s.operations, s.time);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("SKIP %s no process: %s\n", row->name, strerror(errno));
		return 1;
	}
	if (WIFSIGNALED(status))
		printf("SKIP %s died of signal %d\n", row->name,
		       WTERMSIG(status));
	return status != 0;
}

static int list(void)
{
	size_t i;

	for (i = 0; i < NR_ROWS; i++)
		printf("ROW %s %s %lu %s\n", rows[i].name, rows[i].group,
		       rows[i].fixed, rows[i].meaning);
	return 0;
}

static int usage(void)
{
	fputs("usage: suite [-c] [-f | -t MS] [-b BATCHES] [-x FACTOR] "
	      "[ROW...]\n       suite -l\n",
	      stderr);
	return 2;
}

/* A number above 0, or exit: atoi() would make 0 of a typing error. */
static uint64_t number(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end || !v) {
		fprintf(stderr, "suite: \"%s\" is no number above 0\n", text);
		exit(2);
	}
	return v;
}

static int run_named(const char *name)
{
	size_t i;

	for (i = 0; i < NR_ROWS; i++)
		if (!strcmp(rows[i].name, name))
			return run_row(&rows[i]);
	fprintf(stderr, "suite: no row \"%s\"; -l lists them\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	int c, rc = 0;
	size_t i;

	if (argc == 2 && !strcmp(argv[1], HELLO))
		return 0;
	while ((c = getopt(argc, argv, "lcft:b:x:")) != -1) {
		switch (c) {
		case 'l':
			return list();
		case 'c':
			watch_ticks = 1;
			break;
		case 'f':
			opt.fixed = 1;
			break;
		case 't':
			opt.batch_ns = number(optarg) * 1000000u;
			break;
		case 'b':
			opt.batches = (unsigned int)number(optarg);
			break;
		case 'x':
			opt.factor = number(optarg);
			break;
		default:
			return usage();
		}
	}
	if (optind == argc)
		for (i = 0; i < NR_ROWS; i++)
			rc |= run_row(&rows[i]);
	for (; optind < argc; optind++)
		rc |= run_named(argv[optind]);
	return rc;
}
