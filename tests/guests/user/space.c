/*
 * user/space.c: a user address space of two pages
 */
#include "space.h"

static u8 kernel_stack[8192] __attribute__((aligned(4096)));
static u8 *code, *stack;
u64 kernel_stack_end = (u64)kernel_stack + sizeof(kernel_stack);

/* Slot 0 of the user root is the kernel root's, so the tables are shared. */
static bool make_root(void)
{
	void *root = page_alloc();
	u64 slot0 = *pte_walk((void *)USER_CODE, 4);

	*(u64 *)root = slot0;
	if (page_make_ro(root) ||
	    mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(root), 0))
		return false;
	return !mmuext(MMUEXT_NEW_USER_BASEPTR, va_to_mfn(root), 0);
}

bool user_setup(void)
{
	static bool done;

	if (done)
		return true;
	code = page_alloc();
	stack = page_alloc();
	if (map_at(0, USER_CODE, va_to_mfn(code) << 12 | PTE_DATA) ||
	    map_at(0, USER_STACK, va_to_mfn(stack) << 12 | PTE_DATA) ||
	    !make_root() ||
	    hypercall(stack_switch, FLAT_KERNEL_SS, kernel_stack_end))
		return false;
	done = true;
	return true;
}

void user_code(const u8 *from, const u8 *to, struct frame *f)
{
	memcpy(code, from, (size_t)(to - from));
	if (!f->rip)
		f->rip = USER_CODE;
	if (!f->cs)
		f->cs = FLAT_USER_CS64;
	if (!f->ss)
		f->ss = FLAT_USER_SS64;
	if (!f->rsp)
		f->rsp = USER_SP;
	if (!f->rflags)
		f->rflags = 0x2;
	caught.happened = false;
	user_run(f);
}
