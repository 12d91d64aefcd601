/*
 * boot/trampoline.S: a further pcpu, from real mode to ap_main()
 *
 * smp.c copies trampoline .. trampoline_end to TRAMPOLINE_PA and fills the
 * four words at its end; the start-up IPI names that page. Pcpus come up one
 * at a time, so one copy serves all.
 */
#include <hv/config.h>
#include "smp.h"

#define AT(x)		(TRAMPOLINE_PA + (x) - trampoline)
#define CR0_PE		0x1
#define CR0_PE_MP_ET_NE_WP_PG 0x80010033
#define CR4_PAE		0x20
#define EFER		0xc0000080
#define EFER_SCE_LME_NXE 0x901

	.section .text.trampoline, "ax", @progbits
	.globl trampoline, trampoline_end, trampoline_words
	.hidden trampoline, trampoline_end, trampoline_words

	.code16
	.balign 16
/* In: real mode, cs = TRAMPOLINE_PA >> 4, ip = 0, IF = 0. */
trampoline:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	AT(gdtr)
	movl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$0x08, $AT(trampoline32)

	.code32
trampoline32:
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %ss
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	AT(trampoline_words), %eax	/* word 0: CR3 */
	movl	%eax, %cr3
	movl	$EFER, %ecx
	rdmsr
	orl	$EFER_SCE_LME_NXE, %eax
	wrmsr
	movl	$CR0_PE_MP_ET_NE_WP_PG, %eax
	movl	%eax, %cr0
	ljmpl	$0x18, $AT(trampoline64)

	.code64
trampoline64:
	movl	$0x10, %eax
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movq	AT(trampoline_words) + 8, %rsp	/* word 1: its stack */
	movq	AT(trampoline_words) + 24, %rdi	/* word 3: struct pcpu */
	movq	AT(trampoline_words) + 16, %rax	/* word 2: ap_main */
	xorl	%ebp, %ebp			/* ends stack traces */
	call	*%rax
	ud2

	.balign 8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 08: 32-bit code */
	.quad	0x00cf93000000ffff	/* 10: data */
	.quad	0x00af9b000000ffff	/* 18: 64-bit code */
gdtr:	.short	31
	.long	AT(gdt)
	.balign 8
trampoline_words:
	.quad	0, 0, 0, 0
trampoline_end:

	.section .note.GNU-stack, "", @progbits
