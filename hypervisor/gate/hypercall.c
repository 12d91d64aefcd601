/*
 * gate/hypercall.c: what a guest kernel registers with the gate
 *
 * ABI: set_trap_table, callback_op, set_callbacks, stack_switch,
 *      set_segment_base, fpu_taskswitch, vm_assist, set/get_debugreg
 */
#include <hv/domain.h>
#include <hv/emul.h>
#include <hv/memmap.h>
#include <xen/callback.h>
#include "internal.h"

static bool canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}

/* A handler must be somewhere the guest can map. */
static bool handler_ok(u64 va)
{
	return canonical(va);
}

long hc_set_trap_table(u64 table)
{
	struct vcpu *v = current;
	struct trap_info t;
	u64 i;
	int rc;

	if (!table) {
		gate_clear_traps(v);
		return 0;
	}
	for (i = 0;; i++) {
		if (i && hypercall_yield()) {
			u64 rest = table + i * sizeof(t);

			return hypercall_restart(__HYPERVISOR_set_trap_table, 1,
						 &rest);
		}
		if (copy_in_at(&t, GPTR(table), i))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!handler_ok(t.address))
			return -EINVAL;
		rc = gate_set_trap(v, &t);
		if (rc)
			return rc;
	}
}

static long callback_set(struct vcpu_gate *g, u16 type, u16 flags, u64 rip)
{
	bool mask = flags & CALLBACKF_mask_events;

	switch (type) {
	case CALLBACKTYPE_event:
		g->cb_event = rip;
		return 0;
	case CALLBACKTYPE_failsafe:
		g->cb_failsafe = rip;
		g->cb_failsafe_mask = mask;
		return 0;
	case CALLBACKTYPE_syscall:
		g->cb_syscall = rip;
		g->cb_syscall_mask = mask;
		return 0;
	case CALLBACKTYPE_syscall32:
		g->cb_syscall32 = rip;
		g->cb_syscall32_mask = mask;
		return 0;
	case CALLBACKTYPE_sysenter:
		g->cb_sysenter = rip;
		g->cb_sysenter_mask = mask;
		return 0;
	case CALLBACKTYPE_nmi:
		g->traps[2].address = rip;
		return 0;
	default:
		return -ENOSYS;
	}
}

long hc_callback_op(u64 cmd, u64 arg)
{
	struct vcpu_gate *g = &current->gate;
	struct callback_register reg;
	struct callback_unregister unreg;

	switch ((u32)cmd) {
	case CALLBACKOP_register:
		if (copy_in(&reg, GPTR(arg), sizeof(reg)))
			return -EFAULT;
		if (!handler_ok(reg.address))
			return -EINVAL;
		return callback_set(g, reg.type, reg.flags, reg.address);
	case CALLBACKOP_unregister:
		if (copy_in(&unreg, GPTR(arg), sizeof(unreg)))
			return -EFAULT;
		switch (unreg.type) {
		case CALLBACKTYPE_event:
		case CALLBACKTYPE_failsafe:
		case CALLBACKTYPE_syscall:
		case CALLBACKTYPE_syscall32:
		case CALLBACKTYPE_sysenter:
			return -EINVAL;
		case CALLBACKTYPE_nmi:
			return callback_set(g, unreg.type, 0, 0);
		default:
			return -ENOSYS;
		}
	default:
		return -ENOSYS;
	}
}

long hc_set_callbacks(u64 event, u64 failsafe, u64 syscall)
{
	struct vcpu_gate *g = &current->gate;

	/* An address that is none leaves what was registered before. */
	if (handler_ok(event))
		g->cb_event = event;
	if (handler_ok(failsafe)) {
		g->cb_failsafe = failsafe;
		g->cb_failsafe_mask = false;
	}
	if (handler_ok(syscall)) {
		g->cb_syscall = syscall;
		g->cb_syscall_mask = false;
	}
	return 0;
}

long hc_stack_switch(u64 ss, u64 sp)
{
	struct vcpu_gate *g = &current->gate;

	g->kernel_ss = (u16)(ss | 3);
	g->kernel_sp = sp;
	return 0;
}

/* Load a selector that may be bad: then NUL, and the guest is not told. */
static void load_gs_selector(u16 sel)
{
	__asm__ volatile("1: mov %w0, %%gs\n"
			 "2:\n"
			 ".section .text.fixup, \"ax\"\n"
			 "3: xor %k0, %k0\n"
			 "   mov %w0, %%gs\n"
			 "   jmp 2b\n"
			 ".previous\n"
			 ".section .ex_table, \"a\"\n"
			 ".long 1b - ., 3b - .\n"
			 ".previous\n"
			 : "+r"(sel));
}

long hc_set_segment_base(u64 which, u64 base)
{
	if (which != SEGBASE_GS_USER_SEL && !canonical(base))
		return -EINVAL;
	switch ((u32)which) {
	case SEGBASE_FS:
		wrmsr(MSR_FS_BASE, base);
		return 0;
	case SEGBASE_GS_USER:
		wrmsr(MSR_KERNEL_GS_BASE, base);
		return 0;
	case SEGBASE_GS_KERNEL:
		wrmsr(MSR_GS_BASE, base);
		return 0;
	case SEGBASE_GS_USER_SEL:
		/* Loading a selector changes the base too: user's, not ours */
		__asm__ volatile("swapgs");
		load_gs_selector((u16)base);
		__asm__ volatile("swapgs");
		return 0;
	default:
		return -EINVAL;
	}
}

long hc_fpu_taskswitch(u64 set)
{
	struct vcpu *v = current;

	v->cr0_ts = set != 0;
	fpu_set_ts(v);
	return 0;
}

#define VM_ASSISTS                                  \
	(1ull << VMASST_TYPE_4gb_segments |         \
	 1ull << VMASST_TYPE_4gb_segments_notify |  \
	 1ull << VMASST_TYPE_writable_pagetables |  \
	 1ull << VMASST_TYPE_pae_extended_cr3 |     \
	 1ull << VMASST_TYPE_architectural_iopl |   \
	 1ull << VMASST_TYPE_runstate_update_flag | \
	 1ull << VMASST_TYPE_m2p_strict)

long hc_vm_assist(u64 cmd, u64 type)
{
	struct vcpu *v;
	struct domain *d = current->d;
	unsigned int i;

	if (type >= 64 || !(VM_ASSISTS >> type & 1))
		return -EINVAL;
	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable)
		return -ENOSYS;
	/* An assist is a domain's; each vcpu has a copy to look at. */
	for_each_vcpu (d, v, i) {
		if (cmd == VMASST_CMD_enable)
			v->gate.vm_assist |= 1ull << type;
		else
			v->gate.vm_assist &= ~(1ull << type);
	}
	return 0;
}

long hc_set_debugreg(u64 reg, u64 value)
{
	return emul_set_dr(current, (unsigned int)min(reg, 8ull), value);
}

long hc_get_debugreg(u64 reg)
{
	u64 value;
	int rc = emul_get_dr(current, (unsigned int)min(reg, 8ull), &value);

	return rc ? rc : (long)value;
}

long hc_nmi_op(u64 cmd, u64 arg)
{
	struct vcpu *v = current;
	struct xennmi_callback cb;

	switch ((u32)cmd) {
	case XENNMI_register_callback:
		if (copy_in(&cb, GPTR(arg), sizeof(cb)))
			return -EFAULT;
		if (!handler_ok(cb.handler_address))
			return -EINVAL;
		/* The ABI knows one NMI entry: vcpu 0's. */
		if (v->id)
			return -EINVAL;
		v->gate.traps[2].address = cb.handler_address;
		return 0;
	case XENNMI_unregister_callback:
		v->gate.traps[2].address = 0;
		return 0;
	default:
		return -ENOSYS;
	}
}

int gate_vcpu_init(struct vcpu *v)
{
	return 0;
}

void gate_vcpu_free(struct vcpu *v)
{
	gate_clear_traps(v);
}
