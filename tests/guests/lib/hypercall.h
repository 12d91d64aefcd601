/*
 * lib/hypercall.h: hypercall(name, arguments...) for every row of
 * calls/hypercalls.def
 *
 * Arguments may be pointers or numbers. hypercall_raw() is for numbers that
 * no list knows.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <xen/xen.h>

static inline long hypercall_raw(uint64_t number, uint64_t a, uint64_t b,
				 uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(r10),
			   "+r"(r8)
			 : "0"(number)
			 : "rcx", "r11", "r9", "memory");
	return ret;
}

enum hypercall_number {
#define HYPERCALL(number, name, nargs, caller, meaning) \
	HYPERCALL_##name = (number),
#include <calls/hypercalls.def>
#undef HYPERCALL
};

#define HYPERCALL_ARG(x) ((uint64_t)(x))
#define HYPERCALL_5(n, a, b, c, d, e, ...)                                     \
	hypercall_raw(n, HYPERCALL_ARG(a), HYPERCALL_ARG(b), HYPERCALL_ARG(c), \
		      HYPERCALL_ARG(d), HYPERCALL_ARG(e))

#define hypercall(name, ...) \
	HYPERCALL_5(HYPERCALL_##name, __VA_ARGS__, 0, 0, 0, 0, 0)

#endif
