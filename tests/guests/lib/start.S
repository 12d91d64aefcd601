/*
 * lib/start.S: image notes, the first instruction, and every way back in
 *
 * Stack of an entry, as struct frame in trap.h:
 *
 *  high   ss rsp rflags cs rip     pushed by the hypervisor
 *         error                    pushed by it, or 0 by the stub
 *         vector                   pushed by the stub
 *         rdi .. r14
 *  %rsp > r15                      struct frame *, C's first argument
 *
 * The hypervisor pushes rcx and r11 last; a stub pops them first.
 */
#include <xen/xen.h>
#include <xen/elfnote.h>

#define VIRT_BASE 0xffffffff80000000

.macro note type, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 9f - 8f, \type
	.asciz "Xen"
8:	\value
9:	.balign 4
	.popsection
.endm

note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
note XEN_ELFNOTE_GUEST_OS, .asciz "paravane-test"
note XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
note XEN_ELFNOTE_LOADER, .asciz "generic"
note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
note XEN_ELFNOTE_ENTRY, .quad start
note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
note XEN_ELFNOTE_FEATURES, .asciz "pae_pgdir_above_4gb"
#ifdef NOTE_INIT_P2M
note XEN_ELFNOTE_INIT_P2M, .quad NOTE_INIT_P2M
note XEN_ELFNOTE_MOD_START_PFN, .quad 1
#endif

/*
 * In: %rsi = start_info, %rsp = stack given by the builder, events masked.
 * Everything is stored before it is lost: tests look at it.
 */
	.section .text.start, "ax", @progbits
	.globl start
start:
	movq	%rax, entry_regs + 10 * 8(%rip)
	movq	%rbx, entry_regs + 5 * 8(%rip)
	movq	%rcx, entry_regs + 11 * 8(%rip)
	movq	%rdx, entry_regs + 12 * 8(%rip)
	movq	%rsi, entry_regs + 13 * 8(%rip)
	movq	%rdi, entry_regs + 14 * 8(%rip)
	movq	%rbp, entry_regs + 4 * 8(%rip)
	movq	%r8, entry_regs + 9 * 8(%rip)
	movq	%r9, entry_regs + 8 * 8(%rip)
	movq	%r10, entry_regs + 7 * 8(%rip)
	movq	%r11, entry_regs + 6 * 8(%rip)
	movq	%r12, entry_regs + 3 * 8(%rip)
	movq	%r13, entry_regs + 2 * 8(%rip)
	movq	%r14, entry_regs + 1 * 8(%rip)
	movq	%r15, entry_regs + 0 * 8(%rip)
	leaq	start(%rip), %rax
	movq	%rax, entry_regs + 17 * 8(%rip)
	movl	%cs, %eax
	movq	%rax, entry_regs + 18 * 8(%rip)
	movl	%ss, %eax
	movq	%rax, entry_regs + 21 * 8(%rip)
	movq	%rsp, entry_regs + 20 * 8(%rip)
	movl	%ds, %eax
	movl	%eax, entry_segments(%rip)
	movl	%es, %eax
	movl	%eax, entry_segments + 4(%rip)
	movl	%fs, %eax
	movl	%eax, entry_segments + 8(%rip)
	movl	%gs, %eax
	movl	%eax, entry_segments + 12(%rip)
	leaq	boot_stack_end(%rip), %rsp
	pushfq
	popq	entry_regs + 19 * 8(%rip)
	cld
	movq	%rsi, %rdi
	xorl	%ebp, %ebp
	call	guest_main
1:	jmp	1b

	.text

.macro save_frame
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

/* In: rcx r11 [error] rip cs rflags rsp ss on the stack, lowest first. */
.macro trap_stub vector, has_error
	.balign 16
	popq	%rcx
	popq	%r11
	.if \has_error == 0
	pushq	$0
	.endif
	pushq	$\vector
	jmp	entry_common
.endm

	.globl trap_stubs
	.balign 16
trap_stubs:
	.set vec, 0
	.rept 256
	.if vec == 8 || (vec >= 10 && vec <= 14) || vec == 17 || vec == 21
	trap_stub vec, 1
	.else
	trap_stub vec, 0
	.endif
	.balign 16
	.set vec, vec + 1
	.endr

	.globl event_entry
event_entry:
	trap_stub 256, 0

	.globl syscall_entry
syscall_entry:
	trap_stub 257, 0

	.globl syscall32_entry
syscall32_entry:
	trap_stub 258, 0

	.globl sysenter_entry
sysenter_entry:
	trap_stub 259, 0

	.globl nmi_entry
nmi_entry:
	trap_stub 260, 0

/* In: rcx r11 ds es fs gs rip cs rflags rsp ss; the selectors are dropped. */
	.globl failsafe_entry
	.balign 16
failsafe_entry:
	popq	%rcx
	popq	%r11
	addq	$4 * 8, %rsp
	pushq	$0
	pushq	$261
	jmp	entry_common

/* In: struct frame complete up to vector.  Out: never returns here. */
entry_common:
	cld
	save_frame
	movq	%rsp, %rdi
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	handle_entry
	movq	%rbx, %rsp
	/* falls through */

/* In: %rsp = struct frame.  Leaves by the iret hypercall, flags 0. */
	.globl frame_resume
frame_resume:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$2 * 8, %rsp
	pushq	$0
	pushq	%rcx
	pushq	%r11
	pushq	%rax
	movl	$__HYPERVISOR_iret, %eax
	syscall
	ud2

/*
 * void user_run(struct frame *f): resumes @f, in user mode or not, and
 * returns when user_stop() is called from a handler.
 */
	.globl user_run
user_run:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, user_run_sp(%rip)
	movq	%rdi, %rsp
	jmp	frame_resume

	.globl user_stop
user_stop:
	movq	user_run_sp(%rip), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

/* First instructions of another vcpu: %rdi is what vcpu_start() was given. */
	.globl vcpu_entry
vcpu_entry:
	cld
	xorl	%ebp, %ebp
	call	vcpu_main
1:	jmp	1b

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl boot_stack
boot_stack:
	.skip 4 * 4096
boot_stack_end:

	.bss
	.balign 8
	.globl entry_regs, entry_segments
entry_regs:
	.skip 22 * 8
entry_segments:
	.skip 16
user_run_sp:
	.skip 8

	.section .text.hypercall_page, "ax", @progbits
	.balign 4096
	.globl hypercall_page
hypercall_page:
	.skip 4096, 0xcc
