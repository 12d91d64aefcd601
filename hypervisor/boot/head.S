/*
 * From a multiboot loader's 32-bit world to hv_main() in long mode.
 *
 * Loader's promise: protected mode, paging off, flat segments, IF=0, eax the
 * loader's magic, ebx the machine address of its information, the image at
 * HV_LOAD_PA with its BSS cleared. Nothing else; there is no stack.
 *
 * What we build: tables that map the first 4 GiB twice, at 0 (for the switch
 * and for what the loader left) and at HV_IMAGE_BASE (where we are linked).
 * mm_init() replaces them.
 */
#include <hv/config.h>
#include <hv/memmap.h>

#define PA(x)		((x) - HV_IMAGE_BASE)
#define CODE64		0xe008
#define DATA		0xe010
#define GDT_BIAS	0xe000	/* our page is the GDT's fifteenth */
#define CR0_PE_MP_ET_NE_WP_PG 0x80010033
#define CR4_PAE		0x20
#define EFER		0xc0000080
#define EFER_SCE_LME	0x101
#define EFER_NXE	0x800
#define TABLE		0x003	/* present, writable */
#define LARGE		0x083	/* the same, 2 MiB */

	.section .boot, "ax", @progbits
	.globl start32
	.hidden start32

	.balign 8
multiboot1_header:
	.long	0x1badb002		/* magic */
	.long	0x3			/* modules page-aligned, memory map */
	.long	-(0x1badb002 + 0x3)

	.balign 8
multiboot2_header:
	.long	0xe85250d6		/* magic */
	.long	0			/* i386, protected mode */
	.long	multiboot2_end - multiboot2_header
	.long	-(0xe85250d6 + 0 + (multiboot2_end - multiboot2_header))
	.short	1, 0			/* tag: information we ask for */
	.long	2f - 1f + 8
1:	.long	1, 3, 6			/* command line, modules, memory map */
2:
	.balign 8
	.short	6, 0			/* tag: modules page-aligned */
	.long	8
	.balign 8
	.short	0, 0			/* tag: end */
	.long	8
multiboot2_end:

	.code32
/* In: the loader's promise above. Out: start64 with the same eax, ebx in
 * ebp, esi. Lost: everything. */
start32:
	cli
	cld
	movl	%eax, %ebp
	movl	%ebx, %esi

	/* A stack in low BSS for the CPUID test and messages. */
	movl	$PA(boot_stack + STACK_SIZE - STACK_INFO_ROOM), %esp

	/* CPUID exists when EFLAGS.ID can be flipped. */
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$(1 << 21), %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	cmpl	%eax, %ecx
	je	no_long_mode
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	btl	$29, %edx
	jnc	no_long_mode
	movl	%edx, %edi		/* bit 20: NX */

	/* Four L2 tables of 2 MiB pages: 0 .. 4 GiB */
	movl	$PA(boot_l2), %ebx
	movl	$LARGE, %eax
	xorl	%ecx, %ecx
1:	movl	%eax, (%ebx, %ecx, 8)
	movl	$0, 4(%ebx, %ecx, 8)
	addl	$(2 << 20), %eax
	incl	%ecx
	cmpl	$(4 * 512), %ecx
	jne	1b

	/* One L3, used by L4 slot 0 and by the image's slot */
	movl	$PA(boot_l2) + TABLE, %eax
	movl	$PA(boot_l3), %ebx
	xorl	%ecx, %ecx
1:	movl	%eax, (%ebx, %ecx, 8)
	addl	$PAGE_SIZE, %eax
	incl	%ecx
	cmpl	$4, %ecx
	jne	1b
	movl	$PA(boot_l3) + TABLE, %eax
	movl	%eax, PA(boot_l4)
	movl	%eax, PA(boot_l4) + 8 * ((HV_IMAGE_BASE >> 39) & 511)

	movl	$PA(boot_l4), %eax
	movl	%eax, %cr3
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$EFER, %ecx
	rdmsr
	orl	$EFER_SCE_LME, %eax
	btl	$20, %edi
	jnc	1f
	orl	$EFER_NXE, %eax
1:	wrmsr
	movl	$CR0_PE_MP_ET_NE_WP_PG, %eax
	movl	%eax, %cr0
	lgdt	PA(gdtr32)
	ljmp	$CODE64, $PA(start64_low)

/* In: 32-bit, esp valid. Says why on VGA and COM1, and stops. */
no_long_mode:
	movl	$PA(no_long_mode_msg), %esi
	movl	$0xb8000, %edi
1:	lodsb
	testb	%al, %al
	jz	3f
	movb	%al, (%edi)
	movb	$0x4f, 1(%edi)
	addl	$2, %edi
	movb	%al, %bl
	movl	$0x10000, %ecx		/* a UART that is not there never drains */
	movw	$0x3fd, %dx
2:	inb	%dx, %al
	testb	$0x20, %al
	loopz	2b
	movw	$0x3f8, %dx
	movb	%bl, %al
	outb	%al, %dx
	jmp	1b
3:	hlt
	jmp	3b

no_long_mode_msg:
	.asciz	"Paravane needs a 64-bit processor (long mode).\r\n"

	.balign 8
	.short	0
gdtr32:	.short	0xefff
	.long	PA(boot_gdt) - GDT_BIAS
	.short	0, 0, 0
gdtr64:	.short	0xefff
	.quad	boot_gdt - GDT_BIAS

	.code64
/* In: long mode at the low address; ebp magic, esi info. */
start64_low:
	movabsq	$start64, %rax
	jmp	*%rax

start64:
	lgdt	gdtr64(%rip)
	movl	$DATA, %eax
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	leaq	boot_stack + STACK_SIZE - STACK_INFO_ROOM(%rip), %rsp
	movl	%ebp, %edi
	xorl	%ebp, %ebp		/* ends stack traces */
	call	hv_main
	ud2

/*
 * The reserved page of every GDT, this CPU's copy: struct pcpu.gdt. Selectors
 * are in hv/cpu.h; accessed bits set, so that loading one writes nothing.
 */
	.section .data.boot_gdt, "aw", @progbits
	.balign PAGE_SIZE
	.globl boot_gdt
	.hidden boot_gdt
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* e008 ring 0 code, 64-bit */
	.quad	0x00cf93000000ffff	/* e010 ring 0 data */
	.quad	0
	.quad	0x00cffb000000ffff	/* e023 ring 3 code, 32-bit */
	.quad	0x00cff3000000ffff	/* e02b ring 3 data */
	.quad	0x00affb000000ffff	/* e033 ring 3 code, 64-bit */
	.quad	0
	.quad	0, 0			/* e040 TSS */
	.quad	0, 0			/* e050 LDT */
	.balign PAGE_SIZE

	.section .bss.page_aligned, "aw", @nobits
	.globl boot_stack
	.hidden boot_stack
	.balign STACK_SIZE
boot_stack:
	.skip	STACK_SIZE
boot_l4:
	.skip	PAGE_SIZE
boot_l3:
	.skip	PAGE_SIZE
boot_l2:
	.skip	4 * PAGE_SIZE

	.section .note.GNU-stack, "", @progbits
