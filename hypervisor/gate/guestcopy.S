/*
 * gate/guestcopy.S: memory copies that may fault on one side
 */
#include <hv/config.h>

	.section .text.fast.2, "ax", @progbits
/*
 * u64 guest_copy_raw(void *to, const void *from, u64 n)
 * Returns how many bytes were not copied. A fault ends the copy: the CPU
 * leaves rcx at what is left of the current string instruction.
 */
	.globl	guest_copy_raw
guest_copy_raw:
	mov	%rdx, %rcx
	and	$7, %edx
	shr	$3, %rcx
1:	rep movsq
	mov	%edx, %ecx
2:	rep movsb
	xor	%eax, %eax
	ret
3:	lea	(%rdx,%rcx,8), %rax
	ret
4:	mov	%rcx, %rax
	ret
	.section .ex_table, "a"
	.long	1b - ., 3b - .
	.long	2b - ., 4b - .

	.section .note.GNU-stack, "", @progbits
