/*
 * ctl/perf.c: what the hypervisor counted, in total or between two moments
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/table.h"
#include "lib/err.h"
#include "lib/sysctl.h"

static const struct column perf_cols[] = {
	{"", "Counter", "", "counter", CELL_STR, -42},
	{" ", "       Value", " ", "value", CELL_INT, 12},
};

#define NR_PERF_COLS ((int)(sizeof(perf_cols) / sizeof(*perf_cols)))
#define MAX_INTERVAL 86400.0

struct perf {
	struct ctl *c;
	bool zeros;	 /* show rows that are 0 too */
	double interval; /* seconds, or 0 */
	long count;	 /* how many intervals, or 0: without end */
};

static int read_counters(struct ctl *c, struct sys_counter **list)
{
	int n = sys_counters(c->hv, list);

	if (n == -EOPNOTSUPP || n == -ENOSYS)
		return err_set(n, "this hypervisor keeps no counters");
	return n < 0 ? err_set(n, "cannot read counters: %s", err_str(n)) : n;
}

/*
 * The hypervisor tells 32 bits of each value: their signed difference is right
 * for counters that wrapped and for stocks that shrank.
 */
static long long difference(const struct sys_counter *now,
			    const struct sys_counter *before)
{
	return (int32_t)((uint32_t)now->value - (uint32_t)before->value);
}

/* Of @now, or of what changed since @before unless that is NULL. */
static void print_counters(const struct perf *p, const struct sys_counter *now,
			   const struct sys_counter *before, int n)
{
	struct table t;
	long long value;
	int i;

	table_init(&t, perf_cols, NR_PERF_COLS);
	for (i = 0; i < n; i++) {
		value = before ? difference(&now[i], &before[i])
			       : (long long)now[i].value;
		if (value || p->zeros)
			table_row(&t, now[i].name, value);
	}
	table_print(&t, p->c->json);
	fflush(stdout);
}

static int show_totals(const struct perf *p)
{
	struct sys_counter *now;
	int n = read_counters(p->c, &now);

	if (n < 0)
		return n;
	print_counters(p, now, NULL, n);
	free(now);
	return 0;
}

/* Read, let @pass do whatever takes time, read again, print what changed. */
static int show_change(const struct perf *p, int (*pass)(void *arg), void *arg)
{
	struct sys_counter *before, *now = NULL;
	int n = read_counters(p->c, &before), rc;

	if (n < 0)
		return n;
	rc = pass(arg);
	if (rc)
		goto out;
	rc = read_counters(p->c, &now);
	if (rc < 0)
		goto out;
	rc = rc == n ? 0 : err_set(-EPROTO, "the set of counters changed");
	if (!rc)
		print_counters(p, now, before, n);
out:
	free(before);
	free(now);
	return rc;
}

static int pass_time(void *arg)
{
	const struct perf *p = arg;
	struct timespec t = {.tv_sec = (time_t)p->interval};

	t.tv_nsec = (long)((p->interval - (double)t.tv_sec) * 1e9);
	while (nanosleep(&t, &t))
		if (errno != EINTR)
			return err_set(-errno, "cannot sleep: %s",
				       err_str(errno));
	return 0;
}

static int show_intervals(struct perf *p)
{
	long done;
	int rc = 0;

	for (done = 0; !rc && (!p->count || done < p->count); done++) {
		if (done && !p->c->json)
			putchar('\n');
		rc = show_change(p, pass_time, p);
	}
	return rc;
}

static int run_program(void *arg)
{
	char **argv = arg;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		execvp(argv[0], argv);
		fprintf(stderr, "cannot run %s: %s\n", argv[0], err_str(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return err_set(-errno, "cannot run %s: %s", argv[0],
			       err_str(errno));
	if (WIFSIGNALED(status))
		return err_set(-ECHILD, "%s died of signal %d", argv[0],
			       WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(-ECHILD, "%s ended with status %d", argv[0],
			       WEXITSTATUS(status));
	return 0;
}

static bool decode_interval(const char *text, double *interval)
{
	char *end;

	*interval = strtod(text, &end);
	return !*end && *interval > 0 && *interval <= MAX_INTERVAL;
}

static bool decode_count(const char *text, long *count)
{
	char *end;

	errno = 0;
	*count = strtol(text, &end, 10);
	return !*end && !errno && *count > 0;
}

/* Options end at the first word that is none: it is a program's name. */
static bool decode(struct perf *p, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+ai:n:")) != -1) {
		if (opt == 'a')
			p->zeros = true;
		else if (opt == 'i' && decode_interval(optarg, &p->interval))
			continue;
		else if (opt == 'n' && decode_count(optarg, &p->count))
			continue;
		else
			return false;
	}
	return !(p->count && !p->interval) && !(p->interval && optind < argc);
}

int cmd_perf(struct ctl *c, int argc, char **argv)
{
	struct perf p = {.c = c};

	if (!decode(&p, argc, argv))
		return ctl_usage(c);
	if (p.interval)
		return show_intervals(&p);
	if (optind < argc)
		return show_change(&p, run_program, argv + optind);
	return show_totals(&p);
}
