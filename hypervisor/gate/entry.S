/*
 * gate/entry.S: every way from a guest into the hypervisor, and back
 *
 * The stack that each entry builds, at the top of this pcpu's stack region
 * (struct stack_info; the same layout below, when the hypervisor itself was
 * interrupted):
 *
 *   high   ss rsp rflags cs rip      pushed by the CPU, or by us
 *          vector : error            one slot: error low, vector high
 *          rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14
 *   %rsp > r15                       struct cpu_user_regs *
 *
 * Interrupts are off from the first instruction to the last. GS and FS bases
 * stay the guest's throughout; swapgs happens where a guest's mode changes, in
 * C and in fast.S. NMI, #MC, #DF and #DB have stacks of their own in the same
 * region, so an NMI may land on any instruction here.
 */
#include <hv/config.h>
#include <hv/memmap.h>
#include <asm-offsets.h>
#include "internal.h"

#define SEL_USER_DS	0xe02b
#define SEL_USER_CS32	0xe023
#define SEL_USER_CS64	0xe033

	.macro save_gprs
	cld
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	.endm

	.macro restore_gprs
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	.endm

	/* All of this is in one page with fast.S, the stubs of the processor's
	 * exceptions and those of the first pcpus: docs/design/hot-pages.md */
	.section .text.fast.1, "ax", @progbits

/*
 * Entry by SYSCALL from 64-bit code, through this pcpu's stub.
 * In: rax saved in the frame to be, and holding the guest's rsp;
 *     rsp = the frame; rcx = rip, r11 = rflags.
 */
	.globl	syscall_entry
syscall_entry:
	movq	$SEL_USER_DS, REGS_SS(%rsp)
	mov	%rax, REGS_RSP(%rsp)
	mov	%r11, REGS_RFLAGS(%rsp)
	movq	$SEL_USER_CS64, REGS_CS(%rsp)
	mov	%rcx, REGS_RIP(%rsp)
	cmpq	$FAST_NONE, STACK_FAST_ROOT(%rsp)
	jne	fast_syscall
	mov	STACK_CURR(%rsp), %rax
	cmpb	$0, VCPU_KERNEL(%rax)
	je	slow_syscall
	cmpl	$HYPERVISOR_IRET, REGS_RAX(%rsp)
	je	fast_iret
	mov	REGS_RAX(%rsp), %rax
	add	$REGS_RIP, %rsp
	push	$0
	movl	$ENTRY_SYSRET, 4(%rsp)
	save_gprs
	mov	%rsp, %rdi
	call	gate_hypercall
	jmp	leave_to_guest

/* For what fast.S leaves to C; rax, rcx and r11 are free. */
	.macro	complete_frame
	mov	REGS_RIP(%rsp), %rcx
	mov	REGS_RFLAGS(%rsp), %r11
	mov	REGS_RAX(%rsp), %rax
	add	$REGS_RIP, %rsp
	push	$0
	movl	$ENTRY_SYSRET, 4(%rsp)
	save_gprs
	mov	%rsp, %rdi
	.endm

	.globl	slow_syscall
slow_syscall:
	complete_frame
	call	gate_syscall
	jmp	leave_to_guest

	.globl	slow_iret
slow_iret:
	complete_frame
	call	gate_hypercall
	jmp	leave_to_guest

	.globl	slow_no_stack
slow_no_stack:
	complete_frame
	call	gate_no_stack
	jmp	leave_to_guest

/* The same from 32-bit code. */
	.globl	syscall32_entry
syscall32_entry:
	push	$SEL_USER_DS
	push	%rax
	push	%r11
	push	$SEL_USER_CS32
	push	%rcx
	push	$0
	movl	$ENTRY_SYSCALL32, 4(%rsp)
	mov	REGS_RAX - REGS_ERROR(%rsp), %rax
	save_gprs
	mov	%rsp, %rdi
	call	gate_syscall32
	jmp	leave_to_guest

/*
 * SYSENTER lost rip and rsp; rsp was loaded from its MSR. Of the flags it
 * clears IF only: a user's NT would make the next IRETQ fail, whoever's it is.
 */
	.globl	sysenter_entry
sysenter_entry:
	push	$SEL_USER_DS
	push	$0
	pushfq
	orl	$0x200, (%rsp)
	push	$2
	popfq
	push	$3
	push	$0
	push	$0
	movl	$ENTRY_SYSENTER, 4(%rsp)
	save_gprs
	mov	%rsp, %rdi
	call	gate_sysenter
	jmp	leave_to_guest

/*
 * In: rsp = frame pushed by the CPU, error and vector on top of it.
 */
exception_entry:
	save_gprs
	mov	%rsp, %rdi
	testb	$3, REGS_CS(%rsp)
	jz	from_hv
	call	gate_exception
	jmp	leave_to_guest

interrupt_entry:
	save_gprs
	mov	%rsp, %rdi
	testb	$3, REGS_CS(%rsp)
	jz	from_hv
	call	irq_dispatch
	jmp	leave_to_guest

/* On a stack of its own: from a guest, move the frame to the main stack. */
ist_entry:
	save_gprs
	mov	%rsp, %rdi
	testb	$3, REGS_CS(%rsp)
	jz	from_hv
	mov	%rsp, %rsi
	and	$-STACK_SIZE, %rsp
	add	$STACK_INFO_PLACE, %rsp
	mov	%rsp, %rdi
	mov	$(REGS_ES / 8), %ecx
	rep movsq
	mov	%rsp, %rdi
	call	gate_exception
	jmp	leave_to_guest

/* In: rdi = rsp = frame of the interrupted hypervisor code */
from_hv:
	and	$~0xf, %rsp
	mov	%rdi, %rbx
	call	gate_from_hv
	test	%rax, %rax
	jnz	1f
	mov	%rbx, %rsp
	restore_gprs
	add	$8, %rsp
	iretq
1:	mov	%rax, %rsp

/*
 * In: rsp = the guest frame at the top of the main stack.
 * Leaves by SYSRET where rcx and r11 are free and it can express the return.
 */
	.globl	leave_to_guest
leave_to_guest:
	/* Nothing due is the usual case; a masked event may go the long way. */
	mov	STACK_CURR(%rsp), %rdx
	cmpq	$0, STACK_SOFTIRQS(%rsp)
	jne	exit_work
	cmpb	$0, VCPU_NMI_PENDING(%rdx)
	jne	exit_work
	mov	VCPU_INFO(%rdx), %rcx
	cmpb	$0, INFO_PENDING(%rcx)
	jne	exit_work
exit_checked:
	testl	$ENTRY_SYSRET, REGS_VECTOR(%rsp)
	jz	by_iret
	cmpw	$SEL_USER_CS64, REGS_CS(%rsp)
	jne	by_iret
	cmpw	$SEL_USER_DS, REGS_SS(%rsp)
	jne	by_iret
	testl	$0x10100, REGS_RFLAGS(%rsp)	/* RF, TF */
	jnz	by_iret
	mov	REGS_RIP(%rsp), %rcx
	mov	%rcx, %rax
	sar	$47, %rax
	inc	%rax
	cmp	$1, %rax			/* canonical: was 0 or -1 */
	ja	by_iret
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	mov	REGS_RFLAGS - REGS_R11(%rsp), %r11
	mov	REGS_R11 - REGS_R11 + 8(%rsp), %r10
	mov	16(%rsp), %r9
	mov	24(%rsp), %r8
	mov	REGS_RAX - REGS_R11(%rsp), %rax
	mov	REGS_RCX + 8 - REGS_R11(%rsp), %rdx
	mov	REGS_RCX + 16 - REGS_R11(%rsp), %rsi
	mov	REGS_RCX + 24 - REGS_R11(%rsp), %rdi
	mov	REGS_RSP - REGS_R11(%rsp), %rsp
	/* An NMI here is harmless: it has its own stack and CPL is still 0. */
	sysretq

exit_work:
	call	gate_exit_work
	jmp	exit_checked

by_iret:
	restore_gprs
	add	$8, %rsp
	.globl	gate_iretq
gate_iretq:
	iretq

/*
 * void gate_enter_guest(void): drop the boot stack's contents and leave.
 */
	.globl	gate_enter_guest
gate_enter_guest:
	and	$-STACK_SIZE, %rsp
	add	$STACK_INFO_PLACE, %rsp
	call	gate_exit_work		/* chooses the first vcpu */
	jmp	exit_checked

/*
 * One stub for each vector, and the table of their addresses. Vectors with a
 * hardware error code do not push a zero.
 */
	.macro stub n
	.if	\n < 32
	.section .text.fast.1, "ax", @progbits
	.else
	.text
	.endif
	.balign	16
stub_\n:
	.if	(\n != 8) && (\n != 10) && (\n != 11) && (\n != 12) && (\n != 13) && (\n != 14) && (\n != 17) && (\n != 21)
	push	$0
	.endif
	movl	$\n, 4(%rsp)
	.if	(\n == 1) || (\n == 2) || (\n == 8) || (\n == 18)
	jmp	ist_entry
	.elseif	(\n < 32) || (\n == 0x80)
	jmp	exception_entry
	.else
	jmp	interrupt_entry
	.endif
	.section .rodata
	.quad	stub_\n
	.endm

	.section .rodata
	.balign	8
	.globl	gate_vectors
gate_vectors:
	.altmacro
	.set	i, 0
	.rept	256
	stub	%i
	.set	i, i + 1
	.endr
	.noaltmacro

/* Room for the pcpus' stubs; gate_init_pcpu() writes them. */
	.section .text.fast.3, "ax", @progbits
	.balign	64
	.globl	gate_stubs
gate_stubs:
	.skip	NR_PCPUS * ENTRY_STUB_SIZE

	.section .note.GNU-stack, "", @progbits
