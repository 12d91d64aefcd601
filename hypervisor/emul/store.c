/*
 * emul/store.c: decode the stores a kernel makes to its page tables
 *
 * Pure: bytes and registers in, struct store out. Linux changes L1 entries
 * by mov, xchg, cmpxchg, and/or on one byte, and lock bts/btr/btc.
 */
#include <hv/cpu.h>
#include <hv/emul.h>
#include "internal.h"

struct cursor {
	const u8 *p;
	size_t n, at;
	bool short_of; /* ran past the end */
};

static u64 fetch(struct cursor *c, unsigned int bytes)
{
	u64 v = 0;
	unsigned int i;

	if (c->at + bytes > c->n) {
		c->short_of = true;
		return 0;
	}
	for (i = 0; i < bytes; i++)
		v |= (u64)c->p[c->at++] << (8 * i);
	return v;
}

static s64 fetch_signed(struct cursor *c, unsigned int bytes)
{
	u64 v = fetch(c, bytes);
	unsigned int shift = 64 - 8 * bytes;

	return (s64)(v << shift) >> shift;
}

u64 *emul_reg(struct cpu_user_regs *regs, unsigned int i)
{
	static const u16 offset[16] = {
		offsetof(struct cpu_user_regs, rax),
		offsetof(struct cpu_user_regs, rcx),
		offsetof(struct cpu_user_regs, rdx),
		offsetof(struct cpu_user_regs, rbx),
		offsetof(struct cpu_user_regs, rsp),
		offsetof(struct cpu_user_regs, rbp),
		offsetof(struct cpu_user_regs, rsi),
		offsetof(struct cpu_user_regs, rdi),
		offsetof(struct cpu_user_regs, r8),
		offsetof(struct cpu_user_regs, r9),
		offsetof(struct cpu_user_regs, r10),
		offsetof(struct cpu_user_regs, r11),
		offsetof(struct cpu_user_regs, r12),
		offsetof(struct cpu_user_regs, r13),
		offsetof(struct cpu_user_regs, r14),
		offsetof(struct cpu_user_regs, r15),
	};

	return (u64 *)((char *)regs + offset[i & 15]);
}

struct insn {
	bool opsize16, rex_any, lock, rep;
	u8 rex;
	unsigned int op; /* 0x0fxx for two-byte opcodes */
	u8 modrm;
	u64 seg_base;
	/* filled by operand decoding */
	u64 ea;
	bool rip_relative;
};

#define REX_W(i)     ((i)->rex >> 3 & 1)
#define REX_R(i)     ((i)->rex >> 2 & 1)
#define REX_X(i)     ((i)->rex >> 1 & 1)
#define REX_B(i)     ((i)->rex & 1)
#define MODRM_REG(i) (((i)->modrm >> 3 & 7) | REX_R(i) << 3)

static int prefixes(struct cursor *c, struct insn *in, u64 fs_base, u64 gs_base)
{
	for (;;) {
		u8 b = (u8)fetch(c, 1);

		switch (b) {
		case 0x66:
			in->opsize16 = true;
			continue;
		case 0x64:
			in->seg_base = fs_base;
			continue;
		case 0x65:
			in->seg_base = gs_base;
			continue;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			in->seg_base = 0;
			continue;
		case 0xf0:
			in->lock = true;
			continue;
		case 0xf2:
		case 0xf3:
			in->rep = true;
			continue;
		case 0x67:
			return -EINVAL;
		}
		if ((b & 0xf0) == 0x40) {
			in->rex = b;
			in->rex_any = true;
			b = (u8)fetch(c, 1);
		}
		in->op = b;
		if (b == 0x0f)
			in->op = 0x0f00 | (unsigned int)fetch(c, 1);
		return c->short_of ? -EFAULT : 0;
	}
}

/* The memory operand's address; registers as operands are not stores. */
static int memory_operand(struct cursor *c, struct insn *in,
			  struct cpu_user_regs *regs)
{
	unsigned int mod, rm;

	in->modrm = (u8)fetch(c, 1);
	mod = in->modrm >> 6;
	rm = in->modrm & 7;
	if (mod == 3)
		return -EINVAL;
	if (rm == 4) {
		u8 sib = (u8)fetch(c, 1);
		unsigned int base = sib & 7;
		unsigned int index = (sib >> 3 & 7) | REX_X(in) << 3;

		if (index != 4)
			in->ea += *emul_reg(regs, index) << (sib >> 6);
		if (base == 5 && mod == 0)
			in->ea += (u64)fetch_signed(c, 4);
		else
			in->ea += *emul_reg(regs, base | REX_B(in) << 3);
	} else if (rm == 5 && mod == 0) {
		in->ea += (u64)fetch_signed(c, 4);
		in->rip_relative = true;
	} else {
		in->ea += *emul_reg(regs, rm | REX_B(in) << 3);
	}
	if (mod == 1)
		in->ea += (u64)fetch_signed(c, 1);
	else if (mod == 2)
		in->ea += (u64)fetch_signed(c, 4);
	return c->short_of ? -EFAULT : 0;
}

static unsigned int operand_bytes(const struct insn *in, bool byte_op)
{
	if (byte_op)
		return 1;
	if (REX_W(in))
		return 8;
	return in->opsize16 ? 2 : 4;
}

/* The register operand: where a byte operand is ah..bh without REX. */
static void register_operand(const struct insn *in, struct cpu_user_regs *regs,
			     struct store *s)
{
	unsigned int r = MODRM_REG(in);

	if (s->bytes == 1 && !in->rex_any && r >= 4) {
		s->dst_reg = emul_reg(regs, r - 4);
		s->high_byte = true;
		s->src = *s->dst_reg >> 8 & 0xff;
		return;
	}
	s->dst_reg = emul_reg(regs, r);
	s->src = *s->dst_reg;
}

static int immediate(struct cursor *c, struct store *s, unsigned int bytes)
{
	s->dst_reg = NULL;
	s->src = (u64)fetch_signed(c, bytes);
	return c->short_of ? -EFAULT : 0;
}

/* Group 1 (80, 81, 83): the operation is in the reg field. */
static int group1(const struct insn *in, struct store *s)
{
	switch (in->modrm >> 3 & 7) {
	case 1:
		s->op = STORE_OR;
		return 0;
	case 4:
		s->op = STORE_AND;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Group 8 (0f ba): bit operations with an immediate. */
static int group8(const struct insn *in, struct store *s)
{
	switch (in->modrm >> 3 & 7) {
	case 5:
		s->op = STORE_BTS;
		return 0;
	case 6:
		s->op = STORE_BTR;
		return 0;
	case 7:
		s->op = STORE_BTC;
		return 0;
	default:
		return -EINVAL;
	}
}

/* A register bit number may name a bit far from the operand. */
static void normalise_bit(struct store *s, bool from_register)
{
	unsigned int bits = s->bytes * 8;

	if (from_register) {
		unsigned int shift = 64 - bits;
		s64 bit = (s64)(s->src << shift) >> shift;

		s->ea += (u64)((bit & ~(s64)(bits - 1)) / 8);
	}
	s->src &= bits - 1;
	s->dst_reg = NULL;
}

struct form {
	u16 op;
	u8 store; /* enum store_op */
	bool byte_op;
	enum { REG, IMM, GROUP1, GROUP1_IMM8, BIT_REG, GROUP8 } operand;
};

static const struct form forms[] = {
	{0x88, STORE_MOV, true, REG},
	{0x89, STORE_MOV, false, REG},
	{0xc6, STORE_MOV, true, IMM},
	{0xc7, STORE_MOV, false, IMM},
	{0x86, STORE_XCHG, true, REG},
	{0x87, STORE_XCHG, false, REG},
	{0x0fb0, STORE_CMPXCHG, true, REG},
	{0x0fb1, STORE_CMPXCHG, false, REG},
	{0x20, STORE_AND, true, REG},
	{0x21, STORE_AND, false, REG},
	{0x08, STORE_OR, true, REG},
	{0x09, STORE_OR, false, REG},
	{0x80, STORE_AND, true, GROUP1},
	{0x81, STORE_AND, false, GROUP1},
	{0x83, STORE_AND, false, GROUP1_IMM8},
	{0x0fab, STORE_BTS, false, BIT_REG},
	{0x0fb3, STORE_BTR, false, BIT_REG},
	{0x0fbb, STORE_BTC, false, BIT_REG},
	{0x0fba, STORE_BTS, false, GROUP8},
};

static const struct form *find_form(unsigned int op)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].op == op)
			return &forms[i];
	return NULL;
}

static int operands(struct cursor *c, const struct insn *in,
		    const struct form *f, struct cpu_user_regs *regs,
		    struct store *s)
{
	int rc = 0;

	switch (f->operand) {
	case REG:
		register_operand(in, regs, s);
		break;
	case IMM:
		if (in->modrm >> 3 & 7)
			return -EINVAL;
		rc = immediate(c, s, min(s->bytes, 4u));
		break;
	case GROUP1:
		rc = group1(in, s);
		if (!rc)
			rc = immediate(c, s, min(s->bytes, 4u));
		break;
	case GROUP1_IMM8:
		rc = group1(in, s);
		if (!rc)
			rc = immediate(c, s, 1);
		break;
	case BIT_REG:
		register_operand(in, regs, s);
		normalise_bit(s, true);
		break;
	case GROUP8:
		rc = group8(in, s);
		if (!rc)
			rc = immediate(c, s, 1);
		normalise_bit(s, false);
		break;
	}
	return rc;
}

int emul_decode_store(const u8 *insn, size_t n, struct cpu_user_regs *regs,
		      u64 fs_base, u64 gs_base, struct store *s)
{
	struct cursor c = {insn, n, 0, false};
	struct insn in = {0};
	const struct form *f;
	int rc;

	memset(s, 0, sizeof(*s));
	rc = prefixes(&c, &in, fs_base, gs_base);
	if (rc)
		return rc;
	f = find_form(in.op);
	if (!f || in.rep || (in.lock && f->store == STORE_MOV))
		return -EINVAL;
	s->op = f->store;
	s->bytes = operand_bytes(&in, f->byte_op);
	rc = memory_operand(&c, &in, regs);
	if (rc)
		return rc;
	s->ea = in.ea;
	rc = operands(&c, &in, f, regs, s);
	if (rc)
		return rc;
	s->ea += in.seg_base;
	s->len = (unsigned int)c.at;
	if (s->len > 15)
		return -EINVAL;
	if (in.rip_relative)
		s->ea += regs->rip + s->len;
	if (s->op == STORE_MOV || s->op == STORE_AND || s->op == STORE_OR)
		s->dst_reg = NULL;
	return 0;
}

/* ---- what the store does ---- */

static u64 width_mask(const struct store *s)
{
	return s->bytes == 8 ? ~0ull : (1ull << (8 * s->bytes)) - 1;
}

u64 emul_store_value(const struct store *s, const struct cpu_user_regs *regs,
		     u64 old)
{
	u64 m = width_mask(s), bit = 1ull << (s->src & 63);

	switch (s->op) {
	case STORE_MOV:
	case STORE_XCHG:
		return s->src & m;
	case STORE_CMPXCHG:
		return (old & m) == (regs->rax & m) ? s->src & m : old & m;
	case STORE_AND:
		return old & s->src & m;
	case STORE_OR:
		return (old | s->src) & m;
	case STORE_BTS:
		return (old | bit) & m;
	case STORE_BTR:
		return old & ~bit & m;
	case STORE_BTC:
		return (old ^ bit) & m;
	}
	return old;
}

/* Write @v as an operand of @bytes does: 4 clears the upper half. */
static void write_reg(u64 *reg, bool high_byte, unsigned int bytes, u64 v)
{
	switch (bytes) {
	case 1:
		if (high_byte)
			*reg = (*reg & ~0xff00ull) | (v & 0xff) << 8;
		else
			*reg = (*reg & ~0xffull) | (v & 0xff);
		break;
	case 2:
		*reg = (*reg & ~0xffffull) | (v & 0xffff);
		break;
	case 4:
		*reg = v & 0xffffffff;
		break;
	default:
		*reg = v;
		break;
	}
}

#define FLAG_PF (1u << 2)
#define FLAG_AF (1u << 4)
#define FLAG_ZF (1u << 6)
#define FLAG_SF (1u << 7)
#define FLAG_OF (1u << 11)
#define ARITH	(EFLAGS_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/* ZF, SF and PF of a result */
static u64 result_flags(u64 v, unsigned int bytes)
{
	u64 f = 0;

	if (!v)
		f |= FLAG_ZF;
	if (v >> (8 * bytes - 1) & 1)
		f |= FLAG_SF;
	if (!__builtin_parity((unsigned int)(v & 0xff)))
		f |= FLAG_PF;
	return f;
}

/* CMPXCHG sets flags as CMP rax, old does. */
static u64 compare_flags(u64 a, u64 b, unsigned int bytes, u64 m)
{
	u64 r = (a - b) & m, f = result_flags(r, bytes);

	if (a < b)
		f |= EFLAGS_CF;
	if ((a ^ b ^ r) & 0x10)
		f |= FLAG_AF;
	if (((a ^ b) & (a ^ r)) >> (8 * bytes - 1) & 1)
		f |= FLAG_OF;
	return f;
}

void emul_store_finish(const struct store *s, struct cpu_user_regs *regs,
		       u64 old)
{
	u64 m = width_mask(s), rax = regs->rax & m;

	old &= m;
	switch (s->op) {
	case STORE_MOV:
		break;
	case STORE_XCHG:
		write_reg(s->dst_reg, s->high_byte, s->bytes, old);
		break;
	case STORE_CMPXCHG:
		regs->rflags &= ~(u64)ARITH;
		regs->rflags |= compare_flags(rax, old, s->bytes, m);
		if (rax != old)
			write_reg(&regs->rax, false, s->bytes, old);
		break;
	case STORE_AND:
	case STORE_OR:
		regs->rflags &= ~(u64)ARITH;
		regs->rflags |=
			result_flags(emul_store_value(s, regs, old), s->bytes);
		break;
	case STORE_BTS:
	case STORE_BTR:
	case STORE_BTC:
		regs->rflags &= ~(u64)EFLAGS_CF;
		regs->rflags |= old >> s->src & 1;
		break;
	}
	regs->rip += s->len;
	regs->rflags &= ~(u64)EFLAGS_RF;
}
