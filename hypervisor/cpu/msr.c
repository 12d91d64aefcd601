/*
 * msr.c: accesses that may fault
 */
#include "internal.h"

int rdmsr_safe(u32 msr, u64 *val)
{
	u32 lo, hi;
	int rc;

	__asm__ volatile("1: rdmsr; xor %2, %2\n\t"
			 "2:\n\t"
			 ".pushsection .text.fixup, \"ax\"\n\t"
			 "3: mov %4, %2; xor %0, %0; xor %1, %1; jmp 2b\n\t"
			 ".popsection\n\t" EXTABLE(1b, 3b)
			 : "=&a"(lo), "=&d"(hi), "=&r"(rc)
			 : "c"(msr), "i"(-EFAULT));
	*val = lo | (u64)hi << 32;
	return rc;
}
