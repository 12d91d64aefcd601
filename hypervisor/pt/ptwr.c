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

static bool do_store(const struct store *s, struct cpu_user_regs *regs, u64 *p,
		     struct domain *d)
{
	unsigned int shift = (s->ea & 7) * 8, tries;
	u64 m = s->bytes == 8 ? ~0ull : (1ull << s->bytes * 8) - 1;
	u64 whole, old, new;
	int rc;

	for (tries = 0; tries < TRIES; tries++) {
		whole = READ_ONCE(*p);
		old = whole >> shift & m;
		new = emul_store_value(s, regs, old) & m;
		rc = pt_cas_l1(p, whole, (whole & ~(m << shift)) | new << shift,
			       d);
		if (!rc)
			emul_store_finish(s, regs, old);
		if (rc != -EAGAIN)
			return !rc;
	}
	return false;
}

/* The entry of one of our own L1 tables that @va is a read-only view of. */
static u64 *entry_behind(struct vcpu *v, u64 va)
{
	const u64 *p = pt_leaf(v->pt.kernel_root, va);
	struct page *pg;
	u64 e;

	if (!p)
		return NULL;
	e = READ_ONCE(*p);
	if ((e & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(pte_mfn(e)))
		return NULL;
	pg = mfn_to_page(pte_mfn(e));
	if (!pt_live_table(pg, v->d) || pt_level(READ_ONCE(pg->type)) != 1)
		return NULL;
	return pt_table(pg) + (va >> 3 & 511);
}

/* Reading a base is slow, and hardly any store has a prefix for it. */
static bool has_segment(const u8 *insn, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < 4; i++)
		if (insn[i] == 0x64 || insn[i] == 0x65)
			return true;
	return false;
}

static bool decode(struct cpu_user_regs *regs, u64 va, struct store *s)
{
	u8 insn[MAX_INSN];
	size_t n = copy_in_partial(insn, GPTR(regs->rip), sizeof(insn));
	u64 fs = 0, gs = 0;

	if (has_segment(insn, n)) {
		fs = rdmsr(MSR_FS_BASE);
		gs = rdmsr(MSR_GS_BASE);
	}
	if (!n || emul_decode_store(insn, n, regs, fs, gs, s))
		return false;
	/* One naturally aligned operand, where the fault was. */
	return !(s->ea & (s->bytes - 1)) &&
	       s->ea >> PAGE_SHIFT == va >> PAGE_SHIFT;
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
	if (regs->rflags & EFLAGS_TF) {
		v->dr[6] |= 1u << 14;
		guest_inject_trap(1, 0);
	}
	return true;
}
