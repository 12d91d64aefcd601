/*
 * user/space.h: a user address space of two pages, in slot 0
 *
 * The kernel root maps them as well, so tests can look inside.
 */
#ifndef GUEST_USER_SPACE_H
#define GUEST_USER_SPACE_H

#include <guest.h>

#define USER_CODE  0x400000UL
#define USER_STACK 0x401000UL
#define USER_SP	   (USER_STACK + PAGE_SIZE - 64)

/* End of the stack that entries from user mode get. */
extern u64 kernel_stack_end;

/* Builds and loads the space once; false if the hypervisor refused. */
bool user_setup(void);

/*
 * Runs the code between two labels at USER_CODE until it enters the kernel;
 * the entry is in `caught`. @f may set further registers; rip, cs, ss, rsp and
 * rflags are filled in where they are 0.
 */
void user_code(const u8 *from, const u8 *to, struct frame *f);

#define USER(id, text)                                                \
	__asm__(".pushsection .rodata\n" #id "_from:\n" text "\n" #id \
		"_to:\n.popsection");                                 \
	extern const u8 id##_from[], id##_to[]

#define user(id, f) user_code(id##_from, id##_to, f)

#endif
