/*
 * pt/ptwr.c: ordinary stores of a guest kernel to its own L1 tables
 *
 * Tables are mapped read-only, so such a store faults. It is carried out
 * here, atomically against the A and D bits, as one checked update of the
 * entry it falls into. Whatever is not clear-cut is left to the guest's
 * fault handler.
 */
#include <hv/emul.h>
#include "internal.h"

#define MAX_INSN		   15
#define ASSIST_WRITABLE_PAGETABLES 2
#define TRIES			   64 /* hardware sets A and D at most once each per entry */

static u64 mask_of(unsigned int bytes)
{
	return bytes == 8 ? ~0ull : (1ull << bytes * 8) - 1;
}

static u64 sign_bit(unsigned int bytes)
{
	return 1ull << (bytes * 8 - 1);
}

static void set_flag(struct cpu_user_regs *regs, u64 flag, bool on)
{
	regs->rflags = on ? regs->rflags | flag : regs->rflags & ~flag;
}

#define FLAG_PF (1u << 2)
#define FLAG_AF (1u << 4)
#define FLAG_ZF (1u << 6)
#define FLAG_SF (1u << 7)
#define FLAG_OF (1u << 11)

static void logic_flags(struct cpu_user_regs *regs, u64 res, unsigned int bytes)
{
	set_flag(regs, EFLAGS_CF | FLAG_OF | FLAG_AF, false);
	set_flag(regs, FLAG_ZF, !res);
	set_flag(regs, FLAG_SF, res & sign_bit(bytes));
	set_flag(regs, FLAG_PF, !__builtin_parity(res & 0xff));
}

/* CMPXCHG compares like SUB: rax - destination. */
static void compare_flags(struct cpu_user_regs *regs, u64 a, u64 b,
			  unsigned int bytes)
{
	u64 m = mask_of(bytes), res = (a - b) & m;

	logic_flags(regs, res, bytes);
	set_flag(regs, EFLAGS_CF, a < b);
	set_flag(regs, FLAG_AF, (a ^ b ^ res) & 0x10);
	set_flag(regs, FLAG_OF, (a ^ b) & (a ^ res) & sign_bit(bytes));
}

static void set_reg(u64 *reg, u64 val, unsigned int bytes, bool high)
{
	u64 m = mask_of(bytes);

	if (high)
		*reg = (*reg & ~0xff00ull) | (val & 0xff) << 8;
	else if (bytes == 4)
		*reg = val & m;
	else
		*reg = (*reg & ~m) | (val & m);
}

/* New value of the operand; false: nothing is to be stored. */
static bool new_value(const struct store *s, const struct cpu_user_regs *regs,
		      u64 old, u64 *new)
{
	u64 bit = 1ull << (s->src & (s->bytes * 8 - 1));

	switch (s->op) {
	case STORE_MOV:
	case STORE_XCHG:
		*new = s->src;
		return true;
	case STORE_CMPXCHG:
		*new = s->src;
		return !((old ^ regs->rax) & mask_of(s->bytes));
	case STORE_AND:
		*new = old & s->src;
		return true;
	case STORE_OR:
		*new = old | s->src;
		return true;
	case STORE_BTS:
		*new = old | bit;
		return true;
	case STORE_BTR:
		*new = old & ~bit;
		return true;
	case STORE_BTC:
		*new = old ^ bit;
		return true;
	default:
		return false;
	}
}

/* Registers and flags, once the store has happened (or was not to). */
static void finish(const struct store *s, struct cpu_user_regs *regs, u64 old)
{
	u64 m = mask_of(s->bytes), new = 0;

	old &= m;
	new_value(s, regs, old, &new);
	new &= m;
	switch (s->op) {
	case STORE_XCHG:
		if (s->dst_reg)
			set_reg(s->dst_reg, old, s->bytes, s->high_byte);
		break;
	case STORE_CMPXCHG:
		compare_flags(regs, regs->rax & m, old, s->bytes);
		if ((regs->rax & m) != old)
			set_reg(&regs->rax, old, s->bytes, false);
		break;
	case STORE_AND:
	case STORE_OR:
		logic_flags(regs, new, s->bytes);
		break;
	case STORE_BTS:
	case STORE_BTR:
	case STORE_BTC:
		set_flag(regs, EFLAGS_CF,
			 old >> (s->src & (s->bytes * 8 - 1)) & 1);
		break;
	default:
		break;
	}
}

static bool do_store(const struct store *s, struct cpu_user_regs *regs, u64 *p,
		     struct domain *d)
{
	unsigned int shift = (s->ea & 7) * 8, tries;
	u64 m = mask_of(s->bytes), whole, old, new;
	int rc;

	for (tries = 0; tries < TRIES; tries++) {
		whole = READ_ONCE(*p);
		old = whole >> shift & m;
		if (!new_value(s, regs, old, &new)) {
			finish(s, regs, old);
			return true;
		}
		new = (whole & ~(m << shift)) | (new &m) << shift;
		rc = pt_cas_l1(p, whole, new, d);
		if (rc == -EAGAIN)
			continue;
		if (!rc)
			finish(s, regs, old);
		return !rc;
	}
	return false;
}

/* The entry of one of our own L1 tables that @va is a read-only view of. */
static u64 *entry_behind(struct vcpu *v, u64 va)
{
	u64 *p = pt_l1_slot(v->pt.kernel_root, va), e;
	struct page *pg;

	if (!p)
		return NULL;
	e = READ_ONCE(*p);
	if ((e & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(pte_mfn(e)))
		return NULL;
	pg = mfn_to_page(pte_mfn(e));
	if (!pt_live_table(pg, v->d) || pt_level(pg->type) != 1)
		return NULL;
	return pt_table(pg) + (va >> 3 & 511);
}

static bool decode(struct cpu_user_regs *regs, u64 va, struct store *s)
{
	u8 insn[MAX_INSN];
	size_t n = copy_in_partial(insn, GPTR(regs->rip), sizeof(insn));

	if (!n || emul_decode_store(insn, n, regs, rdmsr(MSR_FS_BASE),
				    rdmsr(MSR_GS_BASE), s))
		return false;
	if (!s->bytes || s->bytes > 8 || (s->ea & (s->bytes - 1)))
		return false;
	return s->ea >> PAGE_SHIFT == va >> PAGE_SHIFT;
}

bool pt_emulate_write(struct cpu_user_regs *regs, u64 va)
{
	struct vcpu *v = current;
	struct store s = {0};
	bool done = false;
	u64 *p;

	if (!guest_kernel_mode(v) ||
	    !(v->gate.vm_assist >> ASSIST_WRITABLE_PAGETABLES & 1))
		return false;
	spin_lock(&v->d->pt_lock);
	p = entry_behind(v, va);
	spin_unlock(&v->d->pt_lock);
	if (!p || !decode(regs, va, &s))
		return false;
	spin_lock(&v->d->pt_lock);
	p = entry_behind(v, s.ea);
	if (p)
		done = do_store(&s, regs, p, v->d);
	spin_unlock(&v->d->pt_lock);
	if (!done)
		return false;
	regs->rip += s.len;
	regs->rflags &= ~(u64)EFLAGS_RF;
	if (regs->rflags & EFLAGS_TF) {
		v->dr[6] |= 1u << 14;
		guest_inject_trap(1, 0);
	}
	return true;
}
