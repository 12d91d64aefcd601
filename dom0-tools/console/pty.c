#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "lib/err.h"

static int make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return -errno;
	cfmakeraw(&t);
	return tcsetattr(fd, TCSANOW, &t) ? -errno : 0;
}

static int open_slave(int master, int *slave)
{
	char name[128];

	if (grantpt(master) || unlockpt(master))
		return -errno;
	if (ptsname_r(master, name, sizeof(name)))
		return -errno;
	*slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *slave < 0 ? -errno : make_raw(*slave);
}

int pty_open(int *master, int *slave)
{
	int rc;

	*slave = -1;
	*master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	rc = *master < 0 ? -errno : open_slave(*master, slave);
	if (!rc)
		return 0;
	pty_close(master, slave);
	return err_set(rc, "no pseudo-terminal: %s; is /dev/pts mounted?",
		       err_str(rc));
}

int pty_name(int slave, char *buf, size_t len)
{
	int rc = ttyname_r(slave, buf, len);

	return rc ? err_set(-rc, "terminal without a name: %s", err_str(rc))
		  : 0;
}

void pty_close(int *master, int *slave)
{
	if (*slave >= 0)
		close(*slave);
	if (*master >= 0)
		close(*master);
	*master = *slave = -1;
}
