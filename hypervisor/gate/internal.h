/*
 * gate/internal.h: between entry.S and the gate's C files
 */
#ifndef GATE_INTERNAL_H
#define GATE_INTERNAL_H

/*
 * entry_vector of a frame: the vector, or one of these. A frame with
 * ENTRY_SYSRET set has nothing to keep in rcx and r11, so SYSRET may leave.
 */
#define ENTRY_SYSRET	0x100 /* also: the SYSCALL instruction itself */
#define ENTRY_SYSCALL32 0x200
#define ENTRY_SYSENTER	0x201

#define ENTRY_STUB_SIZE 128 /* bytes of gate_stubs for each pcpu */

#ifndef __ASSEMBLY__
#include <hv/domain.h>

/* ---- entry.S ---- */
extern const u64 gate_vectors[256]; /* address of each vector's stub */
extern char gate_iretq[];	    /* the last instruction of an exit */
extern char syscall_entry[], syscall32_entry[], sysenter_entry[];

/* One per pcpu, in .text: they find the stack without GS. */
extern u8 gate_stubs[];

/* ---- called by entry.S ---- */
void gate_hypercall(struct cpu_user_regs *regs);
void gate_syscall(struct cpu_user_regs *regs);
void gate_syscall32(struct cpu_user_regs *regs);
void gate_sysenter(struct cpu_user_regs *regs);
void gate_exception(struct cpu_user_regs *regs);
void gate_exit_work(void);
/** gate_no_stack() - a frame for the guest kernel could not be written */
void gate_no_stack(struct cpu_user_regs *regs);
/**
 * gate_from_hv() - an exception or interrupt while the hypervisor ran
 * Returns:  NULL to resume what was interrupted; else the guest frame to
 *           leave by, when the fault was the exit's own IRETQ
 */
struct cpu_user_regs *gate_from_hv(struct cpu_user_regs *regs);

/* ---- bounce.c ---- */
struct bounce {
	u64 rip; /* handler */
	bool mask_events;
	bool has_error;
	u32 error;
};
/** bounce_to_guest() - build a frame on the guest kernel's stack and have
 * the running vcpu continue at the handler */
void bounce_to_guest(struct cpu_user_regs *regs, const struct bounce *b);
#endif
#endif
