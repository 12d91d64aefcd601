/*
 * domain/context.c: a vcpu's whole state as vcpu_guest_context
 *
 * Checked completely before anything is changed; what pt/ refuses later
 * (roots, GDT) leaves the vcpu uninitialised and harmless.
 */
#include <hv/emul.h>
#include "internal.h"

#define MXCSR_SANE    0xffffu
#define CR0_GUEST     0x80050033ull /* PG AM WP NE ET MP PE, as guests read it */
#define CR0_TS	      8ull
#define XSAVE_HEADER  512
#define XSTATE_LEGACY 3ull

static bool canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}

static bool addresses_ok(const struct vcpu_guest_context *c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
		if (!canonical(c->trap_ctxt[i].address))
			return false;
	return canonical(c->user_regs.rip) && canonical(c->kernel_sp) &&
	       canonical(c->event_callback_eip) &&
	       canonical(c->failsafe_callback_eip) &&
	       canonical(c->syscall_callback_eip) && canonical(c->fs_base) &&
	       canonical(c->gs_base_kernel) && canonical(c->gs_base_user) &&
	       guest_va_ok(c->ldt_base, 0);
}

static u64 root_cr3(mfn_t root)
{
	return mfn_none(root) ? 0 : xen_pfn_to_cr3(root.v);
}

/* Tables of an initialised vcpu change by their own hypercalls only. */
static bool tables_same(const struct vcpu *v,
			const struct vcpu_guest_context *c)
{
	const struct vcpu_pt *pt = &v->pt;
	unsigned int i;

	if (root_cr3(pt->kernel_root) != c->ctrlreg[3] ||
	    root_cr3(pt->user_root) != c->ctrlreg[1] ||
	    pt->gdt_ents != c->gdt_ents || pt->ldt_base != c->ldt_base ||
	    pt->ldt_ents != c->ldt_ents)
		return false;
	for (i = 0; i < pt->gdt_pages; i++)
		if (pt->gdt_frames[i].v != c->gdt_frames[i])
			return false;
	return true;
}

static int check(const struct vcpu *v, const struct vcpu_guest_context *c)
{
	bool kernel = c->flags & VGCF_in_kernel;

	/* What a dying domain takes now nobody would give back. */
	if (v->d->dying != DOM_ALIVE || !addresses_ok(c))
		return -EINVAL;
	if (v->initialised)
		return tables_same(v, c) && (kernel || c->ctrlreg[1])
			       ? 0
			       : -EOPNOTSUPP;
	if (!kernel && !c->ctrlreg[1])
		return -EINVAL;
	if (c->ldt_ents > 8192 || (c->ldt_ents && c->ldt_base % PAGE_SIZE))
		return -EINVAL;
	if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
		return -EINVAL;
	return 0;
}

static void set_fpu(struct vcpu *v, const struct vcpu_guest_context *c)
{
	u32 mxcsr;

	if (!(c->flags & VGCF_i387_valid))
		return;
	memcpy(v->xsave, c->fpu_ctxt.x, sizeof(c->fpu_ctxt.x));
	memcpy(&mxcsr, v->xsave + 24, sizeof(mxcsr));
	mxcsr &= MXCSR_SANE;
	memcpy(v->xsave + 24, &mxcsr, sizeof(mxcsr));
	if (xsave_size > XSAVE_HEADER) {
		memset(v->xsave + XSAVE_HEADER, 0, 64);
		*(u64 *)(v->xsave + XSAVE_HEADER) = XSTATE_LEGACY;
	}
	v->fpu_used = true;
}

static void set_regs(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct cpu_user_regs *r = &v->regs;

	*r = c->user_regs;
	r->entry_vector = 0; /* leave by IRETQ: rcx and r11 count */
	r->error_code = 0;
	r->cs |= 3;
	r->ss |= 3;
	v->gate.iopl = r->rflags >> 12 & 3;
	r->rflags = gate_sanitize_flags(r->rflags);

	v->ds = r->ds;
	v->es = r->es;
	v->fs = r->fs;
	v->gs = r->gs;
	v->fs_base = c->fs_base;
	v->gs_base_kernel = c->gs_base_kernel;
	v->gs_base_user = c->gs_base_user;
	v->cr0_ts = c->ctrlreg[0] & CR0_TS;
}

/* The one part that may fail, -ENOMEM: before anything else is changed. */
static int set_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int i;
	int rc = 0;

	gate_clear_traps(v);
	for (i = 0; i < ARRAY_SIZE(c->trap_ctxt) && !rc; i++) {
		struct trap_info t = c->trap_ctxt[i];

		t.vector = (u8)i;
		t.cs |= 3;
		rc = gate_set_trap(v, &t);
	}
	return rc;
}

static void set_gate(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct vcpu_gate *g = &v->gate;

	g->kernel = c->flags & VGCF_in_kernel;
	g->kernel_sp = c->kernel_sp;
	g->kernel_ss = (u16)(c->kernel_ss | 3);
	g->cb_event = c->event_callback_eip;
	g->cb_failsafe = c->failsafe_callback_eip;
	g->cb_syscall = c->syscall_callback_eip;
	g->cb_failsafe_mask = c->flags & VGCF_failsafe_disables_events;
	g->cb_syscall_mask = c->flags & VGCF_syscall_disables_events;
}

/* A value the register cannot take leaves it at reset, as on 4.17. */
static void set_debug(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (i != 4 && i != 5 && emul_set_dr(v, i, c->debugreg[i]))
			printk(LOG_DEBUG, "d%uv%u: DR%u refuses %lx\n",
			       v->d->id, v->id, i, c->debugreg[i]);
}

static int set_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
	u64 user = c->ctrlreg[1];
	int rc;

	rc = pt_set_gdt(v, c->gdt_frames,
			(unsigned int)DIV_UP(c->gdt_ents, 512),
			(unsigned int)c->gdt_ents);
	if (!rc)
		rc = pt_set_ldt(v, c->ldt_base, (unsigned int)c->ldt_ents);
	if (!rc)
		rc = pt_set_kernel_root(v, MFN(xen_cr3_to_pfn(c->ctrlreg[3])));
	if (!rc && user)
		rc = pt_set_user_root(v, MFN(xen_cr3_to_pfn(user)));
	/* What is half done now goes on in the next call. */
	if (rc && rc != -ERESTART)
		(void)pt_vcpu_drop(v);
	return rc;
}

static void set_assists(struct domain *d, u64 assists)
{
	const u64 known = 0x3full | 1ull << VMASST_TYPE_m2p_strict;
	struct vcpu *v;
	unsigned int i;

	for_each_vcpu (d, v, i)
		v->gate.vm_assist = assists & known;
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = check(v, c);

	if (!rc)
		rc = set_traps(v, c);
	if (rc)
		return rc;
	if (!v->initialised) {
		rc = set_tables(v, c);
		if (rc)
			return rc;
		if (v->id == 0) {
			set_assists(v->d, c->vm_assist);
			/* Builders clear shared_info after we filled it. */
			time_update_wallclock(v->d);
		}
	}
	set_fpu(v, c);
	set_regs(v, c);
	set_gate(v, c);
	set_debug(v, c);
	v->sched.online = c->flags & VGCF_online;
	v->initialised = true;
	return 0;
}

static void get_tables(const struct vcpu *v, struct vcpu_guest_context *c)
{
	unsigned int i;

	c->ldt_base = v->pt.ldt_base;
	c->ldt_ents = v->pt.ldt_ents;
	c->gdt_ents = v->pt.gdt_ents;
	for (i = 0; i < v->pt.gdt_pages; i++)
		c->gdt_frames[i] = v->pt.gdt_frames[i].v;
	c->ctrlreg[0] = CR0_GUEST | (v->cr0_ts ? CR0_TS : 0);
	c->ctrlreg[1] = root_cr3(v->pt.user_root);
	c->ctrlreg[2] = v->info->arch.cr2;
	c->ctrlreg[3] = root_cr3(v->pt.kernel_root);
	c->ctrlreg[4] = v->cr4;
}

static void get_gate(const struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct vcpu_gate *g = &v->gate;
	unsigned int i;

	c->kernel_sp = g->kernel_sp;
	c->kernel_ss = g->kernel_ss;
	c->event_callback_eip = g->cb_event;
	c->failsafe_callback_eip = g->cb_failsafe;
	c->syscall_callback_eip = g->cb_syscall;
	c->vm_assist = g->vm_assist;
	for (i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
		c->trap_ctxt[i] = *gate_trap(v, i);
	if (g->kernel)
		c->flags |= VGCF_in_kernel;
	if (g->cb_failsafe_mask)
		c->flags |= VGCF_failsafe_disables_events;
	if (g->cb_syscall_mask)
		c->flags |= VGCF_syscall_disables_events;
}

void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	get_tables(v, c);
	get_gate(v, c);
	c->user_regs = v->regs;
	c->user_regs.entry_vector = 0;
	c->user_regs.error_code = 0;
	c->user_regs.rflags |= (u64)v->gate.iopl << 12;
	c->user_regs.ds = v->ds;
	c->user_regs.es = v->es;
	c->user_regs.fs = v->fs;
	c->user_regs.gs = v->gs;
	c->fs_base = v->fs_base;
	c->gs_base_kernel = v->gs_base_kernel;
	c->gs_base_user = v->gs_base_user;
	memcpy(c->debugreg, v->dr, sizeof(c->debugreg));
	if (v->fpu_used) {
		memcpy(c->fpu_ctxt.x, v->xsave, sizeof(c->fpu_ctxt.x));
		c->flags |= VGCF_i387_valid;
	}
	if (v->sched.online)
		c->flags |= VGCF_online;
}
