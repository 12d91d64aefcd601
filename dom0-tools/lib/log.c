#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <time.h>

#include "lib/err.h"
#include "lib/log.h"

static const char *prog_name = "vane";
static enum log_level max_level = LOG_LVL_WARN;
static FILE *stream;
static bool stamped;

void log_init(const char *prog, enum log_level level)
{
	prog_name = prog;
	max_level = level;
}

int log_to_file(const char *path)
{
	FILE *f = fopen(path, "ae");

	if (!f)
		return err_set(-errno, "cannot write the log %s: %s", path,
			       err_str(errno));
	setvbuf(f, NULL, _IOLBF, 0);
	if (stream)
		fclose(stream);
	stream = f;
	stamped = true;
	return 0;
}

/* While debugging on a terminal, what matters is how long things take. */
static void put_elapsed(FILE *f)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(f, "[%6ld.%03ld] ", (long)now.tv_sec, now.tv_nsec / 1000000);
}

static void put_stamp(FILE *f)
{
	struct timespec now;
	struct tm tm;
	char date[32];

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s.%03ld ", date, now.tv_nsec / 1000000);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const word[] = {"error: ", "warning: ", "", ""};
	FILE *f = stream ? stream : stderr;
	va_list ap;

	if (level > max_level)
		return;
	if (stamped)
		put_stamp(f);
	else if (max_level == LOG_LVL_DEBUG)
		put_elapsed(f);
	fprintf(f, "%s: %s", prog_name, word[level]);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
}
