/*
 * emul/privileged.c: what a PV kernel executes though only ring 0 may
 *
 * Called at #GP and #UD of the running guest. Each case either advances rip
 * and says true, or says false: the guest gets the exception.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/emul.h>
#include "internal.h"

#define MAX_INSN  15
#define REP_BATCH 64 /* elements of INS/OUTS before interrupts */

struct insn {
	u8 bytes[MAX_INSN];
	unsigned int n, at;
	u8 rex;
	bool opsize16, addrsize, rep;
	u8 op; /* after 0f when two_byte */
	bool two_byte;
};

static bool next(struct insn *in, u8 *b)
{
	if (in->at >= in->n)
		return false;
	*b = in->bytes[in->at++];
	return true;
}

static bool decode(struct cpu_user_regs *regs, struct insn *in)
{
	u8 b;

	memset(in, 0, sizeof(*in));
	in->n = (unsigned int)copy_in_partial(in->bytes, GPTR(regs->rip),
					      MAX_INSN);
	for (;;) {
		if (!next(in, &b))
			return false;
		if (b == 0x66)
			in->opsize16 = true;
		else if (b == 0x67)
			in->addrsize = true;
		else if (b == 0xf2 || b == 0xf3)
			in->rep = true;
		else if (b != 0x26 && b != 0x2e && b != 0x36 && b != 0x3e)
			break;
	}
	if ((b & 0xf0) == 0x40 && regs->cs == SEL_USER_CS64) {
		in->rex = b;
		if (!next(in, &b))
			return false;
	}
	in->op = b;
	in->two_byte = b == 0x0f;
	return !in->two_byte || next(in, &in->op);
}

static bool done(struct cpu_user_regs *regs, const struct insn *in)
{
	regs->rip += in->at;
	regs->rflags &= ~(u64)EFLAGS_RF;
	return true;
}

/* ---- port I/O ---- */

static unsigned int io_bytes(const struct insn *in)
{
	return !(in->op & 1) ? 1 : in->opsize16 ? 2 : 4;
}

static void set_accumulator(struct cpu_user_regs *regs, unsigned int bytes,
			    u32 val)
{
	switch (bytes) {
	case 1:
		regs->rax = (regs->rax & ~0xffull) | (val & 0xff);
		break;
	case 2:
		regs->rax = (regs->rax & ~0xffffull) | (val & 0xffff);
		break;
	default:
		regs->rax = val;
		break;
	}
}

static bool in_out(struct vcpu *v, struct cpu_user_regs *regs, struct insn *in)
{
	unsigned int bytes = io_bytes(in);
	u16 port = (u16)regs->rdx;
	u8 imm;

	if (in->op < 0xec) {
		if (!next(in, &imm))
			return false;
		port = imm;
	}
	if (!emul_port_allowed(v, port, bytes))
		return false;
	if (in->op & 2)
		emul_port_write(v, port, bytes, (u32)regs->rax);
	else
		set_accumulator(regs, bytes, emul_port_read(v, port, bytes));
	return done(regs, in);
}

/* One element of INS or OUTS; false: a page fault was injected. */
static bool string_element(struct vcpu *v, struct cpu_user_regs *regs, bool out,
			   u16 port, unsigned int bytes)
{
	u64 *index = out ? &regs->rsi : &regs->rdi;
	u32 val = 0;

	if (out) {
		if (copy_in(&val, GPTR(*index), bytes)) {
			guest_inject_pf(*index, 0);
			return false;
		}
		emul_port_write(v, port, bytes, val);
	} else {
		/* See that the store will work before the port is read. */
		if (copy_in(&val, GPTR(*index), bytes) ||
		    copy_out(GPTR(*index), &val, bytes)) {
			guest_inject_pf(*index, PFEC_WRITE);
			return false;
		}
		val = emul_port_read(v, port, bytes);
		if (copy_out(GPTR(*index), &val, bytes))
			return false;
	}
	*index += regs->rflags & EFLAGS_DF ? -(u64)bytes : bytes;
	return true;
}

static bool string_io(struct vcpu *v, struct cpu_user_regs *regs,
		      struct insn *in)
{
	unsigned int bytes = io_bytes(in), i;
	u16 port = (u16)regs->rdx;

	if (in->addrsize || !emul_port_allowed(v, port, bytes))
		return false;
	if (!in->rep)
		return string_element(v, regs, in->op & 2, port, bytes)
			       ? done(regs, in)
			       : true;
	for (i = 0; i < REP_BATCH && regs->rcx; i++) {
		if (!string_element(v, regs, in->op & 2, port, bytes))
			return true;
		regs->rcx--;
	}
	/* More to do: the instruction runs, and traps, again. */
	return regs->rcx ? true : done(regs, in);
}

/* ---- the rest needs the guest kernel's mode ---- */

static u64 edx_eax(const struct cpu_user_regs *regs)
{
	return (u32)regs->rax | regs->rdx << 32;
}

static bool set_edx_eax(struct cpu_user_regs *regs, const struct insn *in,
			u64 val)
{
	regs->rax = (u32)val;
	regs->rdx = val >> 32;
	return done(regs, in);
}

static bool move_cr(struct vcpu *v, struct cpu_user_regs *regs, struct insn *in)
{
	unsigned int cr, r;
	u64 val;
	int rc;
	u8 modrm;

	if (!next(in, &modrm))
		return false;
	cr = (modrm >> 3 & 7) | (in->rex & 4) << 1;
	r = (modrm & 7) | (in->rex & 1) << 3;
	if (in->op == 0x22) {
		rc = emul_write_cr(v, cr, *emul_reg(regs, r));
	} else {
		rc = emul_read_cr(v, cr, &val);
		if (!rc)
			*emul_reg(regs, r) = val;
	}
	if (rc == -ERESTART)
		return true; /* the instruction runs, and traps, again */
	return rc ? false : done(regs, in);
}

static bool move_dr(struct vcpu *v, struct cpu_user_regs *regs, struct insn *in)
{
	unsigned int dr, r;
	u64 val;
	int rc;
	u8 modrm;

	if (!next(in, &modrm))
		return false;
	dr = modrm >> 3 & 7;
	r = (modrm & 7) | (in->rex & 1) << 3;
	if (in->op == 0x23) {
		rc = emul_set_dr(v, dr, *emul_reg(regs, r));
	} else {
		rc = emul_get_dr(v, dr, &val);
		if (!rc)
			*emul_reg(regs, r) = val;
	}
	return rc ? false : done(regs, in);
}

static bool read_msr(struct vcpu *v, struct cpu_user_regs *regs,
		     const struct insn *in)
{
	u64 val;

	if (emul_rdmsr(v, (u32)regs->rcx, &val))
		return false;
	return set_edx_eax(regs, in, val);
}

static bool group7(struct vcpu *v, struct cpu_user_regs *regs, struct insn *in)
{
	u8 modrm;

	if (!next(in, &modrm))
		return false;
	switch (modrm) {
	case 0xd1: /* xsetbv */
		if (emul_xsetbv(v, (u32)regs->rcx, edx_eax(regs)))
			return false;
		return done(regs, in);
	case 0xf9: /* rdtscp: there is no TSC_AUX for guests */
		regs->rcx = 0;
		return set_edx_eax(regs, in, rdtsc());
	default:
		return false;
	}
}

static bool two_byte(struct vcpu *v, struct cpu_user_regs *regs,
		     struct insn *in)
{
	switch (in->op) {
	case 0x01:
		return group7(v, regs, in);
	case 0x06: /* clts */
		v->cr0_ts = false;
		fpu_set_ts(v);
		return done(regs, in);
	case 0x08: /* invd, as wbinvd */
	case 0x09:
		if (v->d->cache_flush_ok)
			__asm__ volatile("wbinvd" : : : "memory");
		return done(regs, in);
	case 0x20:
	case 0x22:
		return move_cr(v, regs, in);
	case 0x21:
	case 0x23:
		return move_dr(v, regs, in);
	case 0x30:
		if (emul_wrmsr(v, (u32)regs->rcx, edx_eax(regs)))
			return false;
		return done(regs, in);
	case 0x31: /* rdtsc with TSD */
		return set_edx_eax(regs, in, rdtsc());
	case 0x32:
		return read_msr(v, regs, in);
	default:
		return false;
	}
}

static bool iopl_ok(const struct vcpu *v)
{
	return v->gate.iopl >= (v->gate.kernel ? 1u : 3u);
}

bool emul_privileged(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	struct insn in;

	if (!decode(regs, &in))
		return false;
	if (in.two_byte) {
		if (!v->gate.kernel)
			return false;
		perf_inc(EMULATION);
		return two_byte(v, regs, &in);
	}
	switch (in.op) {
	case 0x6c ... 0x6f:
		return string_io(v, regs, &in);
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return in_out(v, regs, &in);
	case 0xfa: /* cli, sti: the event mask is the guest's IF */
	case 0xfb:
		return iopl_ok(v) ? done(regs, &in) : false;
	default:
		return false;
	}
}

/* ud2 "xen" cpuid */
bool emul_forced(struct cpu_user_regs *regs)
{
	static const u8 sequence[7] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
	u8 bytes[sizeof(sequence)];
	u32 r[4];

	if (copy_in_partial(bytes, GPTR(regs->rip), sizeof(bytes)) !=
		    sizeof(bytes) ||
	    memcmp(bytes, sequence, sizeof(bytes)))
		return false;
	cpuid_guest(current, (u32)regs->rax, (u32)regs->rcx, r);
	regs->rax = r[0];
	regs->rbx = r[1];
	regs->rcx = r[2];
	regs->rdx = r[3];
	regs->rip += sizeof(sequence);
	regs->rflags &= ~(u64)EFLAGS_RF;
	return true;
}
