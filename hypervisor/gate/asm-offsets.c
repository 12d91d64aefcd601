/*
 * gate/asm-offsets.c: numbers that entry.S needs, taken from the structs
 *
 * Compiled to assembly only; build.mk turns each "->NAME value" line into a
 * #define in asm-offsets.h.
 */
#include <hv/cpu.h>
#include <hv/gate.h>
#include "internal.h"

#define DEFINE(name, value) \
	__asm__ volatile("\n.ascii \"->" #name " %c0\"" : : "i"(value))

void asm_offsets(void);
void asm_offsets(void)
{
	DEFINE(REGS_SIZE, sizeof(struct cpu_user_regs));
	DEFINE(REGS_RCX, offsetof(struct cpu_user_regs, rcx));
	DEFINE(REGS_RAX, offsetof(struct cpu_user_regs, rax));
	DEFINE(REGS_R11, offsetof(struct cpu_user_regs, r11));
	DEFINE(REGS_ERROR, offsetof(struct cpu_user_regs, error_code));
	DEFINE(REGS_VECTOR, offsetof(struct cpu_user_regs, entry_vector));
	DEFINE(REGS_RIP, offsetof(struct cpu_user_regs, rip));
	DEFINE(REGS_CS, offsetof(struct cpu_user_regs, cs));
	DEFINE(REGS_RFLAGS, offsetof(struct cpu_user_regs, rflags));
	DEFINE(REGS_RSP, offsetof(struct cpu_user_regs, rsp));
	DEFINE(REGS_SS, offsetof(struct cpu_user_regs, ss));
	DEFINE(REGS_ES, offsetof(struct cpu_user_regs, es));
	DEFINE(IRET_RAX, offsetof(struct iret_context, rax));
	DEFINE(IRET_R11, offsetof(struct iret_context, r11));
	DEFINE(IRET_RCX, offsetof(struct iret_context, rcx));
	DEFINE(IRET_FLAGS, offsetof(struct iret_context, flags));
	DEFINE(IRET_RIP, offsetof(struct iret_context, rip));
	DEFINE(IRET_CS, offsetof(struct iret_context, cs));
	DEFINE(IRET_RFLAGS, offsetof(struct iret_context, rflags));
	DEFINE(IRET_RSP, offsetof(struct iret_context, rsp));
	DEFINE(IRET_SS, offsetof(struct iret_context, ss));
	DEFINE(IRET_IN_SYSCALL, VGCF_in_syscall);
	DEFINE(HYPERVISOR_IRET, __HYPERVISOR_iret);
	DEFINE(ASSIST_IOPL, 1 << VMASST_TYPE_architectural_iopl);
	DEFINE(STACK_CURR, offsetof(struct stack_info, curr));
	DEFINE(FAST_NONE, (long)FAST_NONE);
	DEFINE(STACK_FAST_ROOT, offsetof(struct stack_info, fast_root));
	DEFINE(STACK_SOFTIRQS, offsetof(struct stack_info, own.softirqs));
	DEFINE(STACK_TLB_TIME, offsetof(struct stack_info, own.tlb_time));
	DEFINE(STACK_CR3, offsetof(struct stack_info, own.cr3));
	DEFINE(STACK_ROOT_SWITCHES,
	       offsetof(struct stack_info, own.perf[PERF_ROOT_SWITCH]));
	DEFINE(STACK_IRETS,
	       offsetof(struct stack_info, own.hypercalls[__HYPERVISOR_iret]));
	DEFINE(VCPU_KERNEL, offsetof(struct vcpu, gate.kernel));
	DEFINE(VCPU_KERNEL_SP, offsetof(struct vcpu, gate.kernel_sp));
	DEFINE(VCPU_SYSCALL, offsetof(struct vcpu, gate.cb_syscall));
	DEFINE(VCPU_SYSCALL_MASK, offsetof(struct vcpu, gate.cb_syscall_mask));
	DEFINE(VCPU_VM_ASSIST, offsetof(struct vcpu, gate.vm_assist));
	DEFINE(VCPU_NMI_MASKED, offsetof(struct vcpu, gate.nmi_masked));
	DEFINE(VCPU_KERNEL_ROOT, offsetof(struct vcpu, pt.kernel_root));
	DEFINE(VCPU_USER_ROOT, offsetof(struct vcpu, pt.user_root));
	DEFINE(VCPU_INFO, offsetof(struct vcpu, info));
	DEFINE(VCPU_NMI_PENDING, offsetof(struct vcpu, gate.nmi_pending));
	DEFINE(INFO_MASK, offsetof(struct vcpu_info, evtchn_upcall_mask));
	DEFINE(INFO_PENDING, offsetof(struct vcpu_info, evtchn_upcall_pending));
}

/* The guest's frame is the start of struct stack_info: entry.S counts on it. */
_Static_assert(offsetof(struct stack_info, regs) == 0, "frame place");
/* entry.S builds this frame with pushes; the order is the ABI's. */
_Static_assert(offsetof(struct cpu_user_regs, rdi) == 0x70, "push order");
_Static_assert(offsetof(struct cpu_user_regs, rip) == 0x80, "hardware frame");
/* The CPU aligns the stack to 16 before it pushes ss. */
_Static_assert((STACK_INFO_PLACE + offsetof(struct stack_info, regs.es)) % 16 ==
		       0,
	       "frame alignment");
