/*
 * emul/portio.c: IN, OUT, INS and OUTS of guests
 *
 * Two questions: may the guest's current privilege use the port (its virtual
 * iopl, or its I/O bitmap), else #GP; and does the domain own the port, else
 * reads are all ones and writes vanish.
 */
#include <hv/cpu.h>
#include <hv/dev.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include "internal.h"

/* The map is the guest kernel's memory, which a user's root may not show. */
static int read_map(struct vcpu *v, u8 *to, unsigned int at, unsigned int n)
{
	u64 cr3 = this_pcpu()->cr3;
	int rc;

	if (!v->gate.kernel)
		cpu_write_cr3(mfn_to_maddr(v->pt.kernel_root).v);
	rc = copy_in(to, gptr_add(v->iobmp, at), n);
	if (!v->gate.kernel)
		cpu_write_cr3(cr3);
	return rc;
}

bool emul_port_allowed(struct vcpu *v, u16 port, unsigned int bytes)
{
	u8 map[2] = {0xff, 0xff};
	u32 want = ((1u << bytes) - 1) << (port & 7);

	if (v->gate.iopl >= (v->gate.kernel ? 1u : 3u))
		return true;
	if (gptr_null(v->iobmp) || port + bytes > v->iobmp_limit)
		return false;
	if (read_map(v, map, port / 8, (port & 7) + bytes > 8 ? 2 : 1))
		return false;
	return !((map[0] | (u32)map[1] << 8) & want);
}

static bool owns(struct vcpu *v, u16 port, unsigned int bytes)
{
	return rangeset_contains(v->d->ioports, port, port + bytes - 1);
}

u32 emul_port_read(struct vcpu *v, u16 port, unsigned int bytes)
{
	if (!owns(v, port, bytes))
		return ioport_guest_read(v, port, bytes);
	switch (bytes) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

void emul_port_write(struct vcpu *v, u16 port, unsigned int bytes, u32 val)
{
	if (!owns(v, port, bytes)) {
		ioport_guest_write(v, port, bytes, val);
		return;
	}
	switch (bytes) {
	case 1:
		outb(port, (u8)val);
		break;
	case 2:
		outw(port, (u16)val);
		break;
	default:
		outl(port, val);
		break;
	}
}
