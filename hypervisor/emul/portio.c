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

bool emul_port_allowed(struct vcpu *v, u16 port, unsigned int bytes)
{
	u8 map[2];
	u32 want = ((1u << bytes) - 1) << (port & 7);

	if (v->gate.iopl >= (v->gate.kernel ? 1u : 3u))
		return true;
	if (gptr_null(v->iobmp) || port + bytes > v->iobmp_limit)
		return false;
	if (copy_in(map, gptr_add(v->iobmp, port / 8), 1))
		return false;
	map[1] = 0xff;
	if ((port & 7) + bytes > 8 &&
	    copy_in(&map[1], gptr_add(v->iobmp, port / 8 + 1), 1))
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
