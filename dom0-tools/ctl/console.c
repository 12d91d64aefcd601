#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl/console.h"
#include "ctl/nodes.h"
#include "lib/err.h"

#define ESCAPE 0x1d /* Ctrl-] */

int console_open(struct ctl *c, domid_t domid)
{
	struct termios raw;
	char *tty;
	int fd, rc;

	rc = nodes_wait_tty(c->xs, domid, &tty);
	if (rc)
		return rc;
	fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	rc = fd;
	if (fd < 0)
		rc = err_set(-errno,
			     "cannot open %s, the console of domain "
			     "%u: %s",
			     tty, domid, err_str(errno));
	else if (!tcgetattr(fd, &raw)) {
		/* What the guest sends is for the user's terminal, unchanged.
		 */
		cfmakeraw(&raw);
		tcsetattr(fd, TCSANOW, &raw);
	}
	free(tty);
	return rc;
}

static int write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= n;
	}
	return 0;
}

/* Copy once; 1 when @from has ended, 2 when the user escaped. */
static int copy(int from, int to, bool user)
{
	char buf[4096], *esc = NULL;
	ssize_t n = read(from, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		return 1;
	if (user)
		esc = memchr(buf, ESCAPE, n);
	if (write_all(to, buf, esc ? esc - buf : n))
		return 1;
	return esc ? 2 : 0;
}

static void loop(int fd)
{
	struct pollfd p[] = {{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}};
	int ended;

	for (;;) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (p[1].revents && copy(fd, STDOUT_FILENO, false))
			return;
		if (!p[0].revents)
			continue;
		ended = copy(STDIN_FILENO, fd, true);
		if (ended == 2)
			return;
		if (ended)
			p[0].fd = -1; /* input is over, output goes on */
	}
}

int console_run(int fd)
{
	struct termios old, raw;
	bool tty = !tcgetattr(STDIN_FILENO, &old);

	if (tty) {
		raw = old;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	loop(fd);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
	close(fd);
	return 0;
}

int cmd_console(struct ctl *c, int argc, char **argv)
{
	domid_t domid;
	int opt, fd, rc;

	while ((opt = getopt(argc, argv, "+t:n:")) != -1)
		if (opt == '?')
			return ctl_usage(c);
	if (argc - optind != 1)
		return ctl_usage(c);
	rc = ctl_find(c, argv[optind], &domid);
	if (rc)
		return rc;
	fd = console_open(c, domid);
	return fd < 0 ? fd : console_run(fd);
}
