/*
 * guest.c: the console_io hypercall
 *
 * dom0's bytes go to the line as they are; others' are made into lines, named
 * and limited, and only where the build allows guests to write at all.
 */
#include <hv/domain.h>
#include <hv/gate.h>
#include "internal.h"

#define CHUNK 128u

void console_guest_write(struct domain *d, const char *s, size_t n)
{
	if (d->privileged) {
		console_write_raw(s, n);
		return;
	}
	while (n) {
		char line[sizeof(d->console_line)];
		bool complete;
		size_t used;

		spin_lock(&d->lock);
		complete = line_add(d->console_line, &d->console_len,
				    sizeof(d->console_line), s, n, &used);
		if (complete)
			hv_strlcpy(line, d->console_line, sizeof(line));
		spin_unlock(&d->lock);
		if (complete)
			log_guest_line(d->id, line);
		s += used;
		n -= used;
	}
}

static long guest_write(u64 count, gptr_t from)
{
	char buf[CHUNK];

	while (count) {
		size_t n = min(count, (u64)CHUNK);

		if (copy_in(buf, from, n))
			return -EFAULT;
		console_guest_write(current->d, buf, n);
		from = gptr_add(from, n);
		count -= n;
		if (count && hypercall_yield()) {
			u64 args[3] = {CONSOLEIO_write, count, from.va};

			return hypercall_restart(__HYPERVISOR_console_io, 3,
						 args);
		}
	}
	return 0;
}

static long guest_read(u64 count, gptr_t to)
{
	char buf[CHUNK];
	size_t n = console_guest_read(buf, min(count, (u64)CHUNK));

	if (copy_out(to, buf, n))
		return -EFAULT;
	return (long)n;
}

/* A debug build lets every guest write: test kernels speak through it. */
static bool may_use(const struct domain *d, u64 cmd)
{
	return d->privileged || (CONFIG_DEBUG && cmd == CONSOLEIO_write);
}

long hc_console_io(u64 cmd, u64 count, u64 buffer)
{
	cmd = (u32)cmd;
	count = (u32)count;
	if (!may_use(current->d, cmd))
		return -EPERM;
	if (count > 0x7fffffff)
		return -EINVAL;
	switch (cmd) {
	case CONSOLEIO_write:
		return guest_write(count, GPTR(buffer));
	case CONSOLEIO_read:
		return guest_read(count, GPTR(buffer));
	default:
		return -ENOSYS;
	}
}
