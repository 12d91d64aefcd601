/*
 * gate/fast.S: system calls of guest users, and the way back
 *
 * A guest process's system call enters its kernel, and leaves it by the iret
 * hypercall: nothing in a PV guest happens more often. These two do just what
 * gate_syscall() with bounce_to_guest() and hc_iret() do (bounce.c: read those
 * first), for the plain case, in about sixty instructions each and without
 * saving registers that nobody changes. Whatever is not plain goes to C: an iret
 * before anything was changed, a system call after its mode was changed back.
 *
 * On their way they touch few pages: docs/design/current-from-stack.md.
 *
 * On entry: rsp = this pcpu's guest frame, whose hardware part and rax are
 * saved; so rax, rcx (rip) and r11 (rflags) are free. All other registers are
 * the guest's and stay so. A fault in here pushes its frame below rsp, so nothing
 * of value lies there.
 *
 * Exit work: interrupts are off from entry to exit, and who raises a softirq,
 * an event or an NMI for us meanwhile also sends an IPI, which arrives as soon
 * as the guest runs. What was due before was done before the guest ran last.
 */
#include <hv/config.h>
#include <hv/memmap.h>
#include <asm-offsets.h>
#include "internal.h"

#define SEL_USER_DS   0xe02b
#define SEL_USER_CS64 0xe033
#define FLAG_IF	      0x200
#define FLAGS_KEPT    0x250dd5 /* as gate_sanitize_flags(), besides IF and 1 */
#define FLAGS_HANDLER ~0x74100 /* without TF NT RF VM AC, as BOUNCE_CLEARS */

	/* An access to guest memory: \fail if it faults. */
	.macro guest_access fail, insn:vararg
9999:	\insn
	.pushsection .ex_table, "a"
	.long	9999b - ., \fail - .
	.popsection
	.endm

	/*
	 * Goes to \fail if the guest's stack pointer \sp is within our slots
	 * or less than \above bytes past them. Changes r11.
	 */
	.macro check_stack sp, above, fail
	mov	$HV_VA_END + \above, %r11
	cmp	%r11, \sp
	jae	9998f
	mov	\sp, %r11
	shr	$47, %r11
	jnz	\fail
9998:
	.endm

	.section .text.fast.2, "ax", @progbits
/* A system call. In: STACK_FAST_ROOT */
	.globl	fast_syscall
fast_syscall:
	/*
	 * The clock of TLBs is not noted, for it is in another page. That is
	 * on the safe side: it was when the user's root was loaded.
	 */
	mov	STACK_FAST_ROOT(%rsp), %rax
	movq	$FAST_NONE, STACK_FAST_ROOT(%rsp)
	mov	%rax, %cr3
	mov	%rax, STACK_CR3(%rsp)
	incq	STACK_ROOT_SWITCHES(%rsp)
	swapgs
	mov	STACK_CURR(%rsp), %rcx
	movb	$1, VCPU_KERNEL(%rcx)

	cmpb	$0, VCPU_SYSCALL_MASK(%rcx)
	je	not_plain
	testb	$ASSIST_IOPL, VCPU_VM_ASSIST(%rcx)
	jnz	not_plain
	mov	VCPU_INFO(%rcx), %rax
	cmpb	$0, INFO_MASK(%rax)
	jne	not_plain		/* IF was off: the frame says so */
	/* the frame is put below it */
	check_stack VCPU_KERNEL_SP(%rcx), PAGE_SIZE, not_plain
	cmpq	$0, VCPU_SYSCALL(%rcx)
	je	not_plain

	mov	VCPU_KERNEL_SP(%rcx), %rax
	and	$-16, %rax
	sub	$56, %rax
	mov	REGS_RIP(%rsp), %r11
	guest_access slow_no_stack, mov %r11, (%rax)	/* rcx */
	guest_access slow_no_stack, mov %r11, 16(%rax)	/* rip */
	guest_access slow_no_stack, movq $SEL_USER_CS64, 24(%rax)
	mov	REGS_RSP(%rsp), %r11
	guest_access slow_no_stack, mov %r11, 40(%rax)
	guest_access slow_no_stack, movq $SEL_USER_DS, 48(%rax)
	mov	REGS_RFLAGS(%rsp), %r11
	guest_access slow_no_stack, mov %r11, 8(%rax)	/* r11 */
	guest_access slow_no_stack, mov %r11, 32(%rax)	/* IF set, IOPL 0 */
	and	$FLAGS_HANDLER, %r11
	mov	%rax, REGS_RSP(%rsp)
	mov	VCPU_INFO(%rcx), %rax
	movb	$1, INFO_MASK(%rax)
	mov	VCPU_SYSCALL(%rcx), %rcx	/* canonical, since it was set */
	mov	REGS_RAX(%rsp), %rax
	mov	REGS_RSP(%rsp), %rsp
	sysretq

/* As if the mode had not changed; C changes it, and loads the root again. */
not_plain:
	swapgs
	movb	$0, VCPU_KERNEL(%rcx)
	jmp	slow_syscall

/*
 * The iret hypercall. In: rax = the vcpu, in kernel mode
 */
	.globl	fast_iret
fast_iret:
	mov	%rax, %rcx
	cmpb	$0, VCPU_NMI_MASKED(%rcx)
	jne	slow_iret
	testb	$ASSIST_IOPL, VCPU_VM_ASSIST(%rcx)
	jnz	slow_iret
	mov	VCPU_INFO(%rcx), %rax
	cmpb	$0, INFO_PENDING(%rax)
	jne	slow_iret
	mov	REGS_RSP(%rsp), %rax
	check_stack %rax, 0, slow_iret
	guest_access slow_iret, testl $IRET_IN_SYSCALL, IRET_FLAGS(%rax)
	jnz	slow_iret

	/*
	 * Until its rsp is overwritten the call can still go the slow way,
	 * which sets all of these anew.
	 */
	guest_access slow_iret, mov IRET_CS(%rax), %r11
	movzwl	%r11w, %r11d
	mov	%r11, REGS_CS(%rsp)
	and	$3, %r11d
	cmp	$3, %r11d
	jne	1f
	cmpq	$-1, VCPU_USER_ROOT(%rcx)
	je	slow_iret
1:
	guest_access slow_iret, mov IRET_R11(%rax), %r11
	mov	%r11, REGS_R11(%rsp)
	guest_access slow_iret, mov IRET_RCX(%rax), %r11
	mov	%r11, REGS_RCX(%rsp)
	guest_access slow_iret, mov IRET_RIP(%rax), %r11
	mov	%r11, REGS_RIP(%rsp)
	guest_access slow_iret, mov IRET_SS(%rax), %r11
	or	$3, %r11d
	movzwl	%r11w, %r11d
	mov	%r11, REGS_SS(%rsp)
	guest_access slow_iret, mov IRET_RFLAGS(%rax), %r11
	mov	%r11, REGS_RFLAGS(%rsp)
	guest_access slow_iret, mov IRET_RAX(%rax), %r11
	guest_access slow_iret, mov IRET_RSP(%rax), %rax
	mov	%rax, REGS_RSP(%rsp)
	mov	%r11, REGS_RAX(%rsp)

	mov	REGS_RFLAGS(%rsp), %r11d
	mov	VCPU_INFO(%rcx), %rax
	test	$FLAG_IF, %r11d
	setz	INFO_MASK(%rax)
	and	$FLAGS_KEPT, %r11d
	or	$FLAG_IF | 2, %r11d
	mov	%r11, REGS_RFLAGS(%rsp)
	mov	REGS_CS(%rsp), %r11d
	orb	$3, REGS_CS(%rsp)
	and	$3, %r11d
	cmp	$3, %r11d
	jne	1f
	/* As guest_set_mode() with cpu_write_cr3(): the TLB clock is read
	 * before and noted after. */
	mov	VCPU_KERNEL_ROOT(%rcx), %rax
	cmp	$-1, %rax
	je	2f
	shl	$12, %rax
	mov	%rax, STACK_FAST_ROOT(%rsp)
2:	mov	VCPU_USER_ROOT(%rcx), %rax
	shl	$12, %rax
	movb	$0, VCPU_KERNEL(%rcx)
	swapgs
	mov	tlb_clock(%rip), %r11
	mov	%rax, %cr3
	mov	%r11, STACK_TLB_TIME(%rsp)
	mov	%rax, STACK_CR3(%rsp)
	incq	STACK_ROOT_SWITCHES(%rsp)
1:	incq	STACK_IRETS(%rsp)

	/* SYSRET if it leaves the same state, which is so after system calls */
	mov	REGS_RCX(%rsp), %rcx
	mov	REGS_R11(%rsp), %r11
	cmp	REGS_RIP(%rsp), %rcx
	jne	1f
	cmp	REGS_RFLAGS(%rsp), %r11
	jne	1f
	test	$0x10100, %r11d			/* RF, TF */
	jnz	1f
	cmpw	$SEL_USER_CS64, REGS_CS(%rsp)
	jne	1f
	cmpw	$SEL_USER_DS, REGS_SS(%rsp)
	jne	1f
	mov	%rcx, %rax
	shr	$47, %rax
	jnz	1f				/* not a user's address */
	mov	REGS_RAX(%rsp), %rax
	mov	REGS_RSP(%rsp), %rsp
	sysretq
1:	mov	REGS_RAX(%rsp), %rax
	add	$REGS_RIP, %rsp
	jmp	gate_iretq

	.section .note.GNU-stack, "", @progbits
