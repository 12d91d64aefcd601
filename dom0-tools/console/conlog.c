#include "conlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"

static int open_file(struct conlog *l)
{
	l->fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	return l->fd < 0 ? err_set(-errno, "cannot open %s: %s", l->path,
				   err_str(errno))
			 : 0;
}

int conlog_open(struct conlog *l, const char *path, bool stamps)
{
	*l = (struct conlog){.fd = -1, .stamps = stamps};
	l->path = strdup(path);
	if (!l->path)
		return err_set(-ENOMEM, "out of memory");
	return open_file(l);
}

static void close_file(struct conlog *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

void conlog_reopen(struct conlog *l)
{
	if (!l->path)
		return;
	close_file(l);
	if (open_file(l))
		log_error("%s", err_text());
}

void conlog_close(struct conlog *l)
{
	if (!l->path)
		return;
	close_file(l);
	free(l->path);
	l->path = NULL;
}

static void write_all(struct conlog *l, const char *p, size_t n)
{
	ssize_t done;

	while (n && l->fd >= 0) {
		done = write(l->fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			log_error("%s: %s; logging there stops until SIGHUP",
				  l->path, err_str(errno));
			close_file(l);
			return;
		}
		p += done;
		n -= done;
	}
}

static void write_stamp(struct conlog *l)
{
	time_t now = time(NULL);
	char buf[32];
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return;
	write_all(l, buf, strftime(buf, sizeof(buf), "[%F %T] ", &tm));
}

void conlog_write(struct conlog *l, const char *p, size_t n)
{
	const char *nl;
	size_t len;

	if (!l->path)
		return;
	if (!l->stamps) {
		write_all(l, p, n);
		return;
	}
	while (n) {
		nl = memchr(p, '\n', n);
		len = nl ? (size_t)(nl - p) + 1 : n;
		if (!l->midline)
			write_stamp(l);
		write_all(l, p, len);
		l->midline = !nl;
		p += len;
		n -= len;
	}
}
