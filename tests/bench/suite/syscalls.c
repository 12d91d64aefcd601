/* suite: system calls that do next to nothing */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

uint64_t run_null_call(uint64_t n, struct watch *w)
{
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		syscall(SYS_getppid);
	watch_stop(w);
	return n;
}

static int open_or_fail(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0)
		fail(path);
	return fd;
}

uint64_t run_read(uint64_t n, struct watch *w)
{
	int fd = open_or_fail("/dev/zero", O_RDONLY);
	uint64_t i;
	char c;

	watch_start(w);
	for (i = 0; i < n; i++)
		if (read(fd, &c, 1) != 1)
			fail("read");
	watch_stop(w);
	close(fd);
	return n;
}

uint64_t run_write(uint64_t n, struct watch *w)
{
	int fd = open_or_fail("/dev/null", O_WRONLY);
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		if (write(fd, "", 1) != 1)
			fail("write");
	watch_stop(w);
	close(fd);
	return n;
}

/* What was made for an earlier batch is there already. */
static const char *deep_file(void)
{
	mkdir("/tmp/bench-files", 0700);
	mkdir("/tmp/bench-files/a", 0700);
	close(open_or_fail("/tmp/bench-files/a/file", O_CREAT | O_RDWR));
	return "/tmp/bench-files/a/file";
}

uint64_t run_stat(uint64_t n, struct watch *w)
{
	const char *path = deep_file();
	struct stat st;
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		if (stat(path, &st))
			fail(path);
	watch_stop(w);
	return n;
}

uint64_t run_open_close(uint64_t n, struct watch *w)
{
	const char *path = deep_file();
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		close(open_or_fail(path, O_RDONLY));
	watch_stop(w);
	return n;
}
