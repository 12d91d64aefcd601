/*
 * control/servant.c: a neighbour that makes the hypercalls it is told to
 */
#include "servant.h"
#include <xen/sched.h>

enum { STATE, NUMBER, ARG_A, ARG_B, ARG_C, RESULT };
enum { IDLE, ASKED };

/* rsi: its data page, the words above. It gives way while there is nothing. */
KERNEL(servant, "movq %rsi, %rbx;"
		"1: cmpq $1, (%rbx); je 2f;"
		" movl $29, %eax; xorl %edi, %edi; xorl %esi, %esi; syscall;"
		" jmp 1b;"
		"2: movq 8(%rbx), %rax; movq 16(%rbx), %rdi;"
		" movq 24(%rbx), %rsi; movq 32(%rbx), %rdx;"
		" xorl %r10d, %r10d; syscall;"
		" movq %rax, 40(%rbx); movq $0, (%rbx); jmp 1b");

void give_time(unsigned int rounds)
{
	while (rounds--)
		hypercall(sched_op, SCHEDOP_yield, 0);
}

bool servant_make(struct servant *s, unsigned int slot)
{
	struct xen_domctl op = {0};

	if (!neighbour_make(&s->n, servant_from, servant_to, 0))
		return false;
	s->slot = slot;
	s->data = neighbour_map(&s->n, s->n.mfn[DATA], slot);
	return s->data && !control(&op, XEN_DOMCTL_unpausedomain, s->n.id);
}

static u64 argument(u64 a)
{
	return a >= SERVANT_ROOM && a < PAGE_SIZE ? DATA_VA + a : a;
}

long servant_call(struct servant *s, u64 nr, u64 a, u64 b, u64 c)
{
	volatile u64 *w = (u64 *)s->data;
	unsigned int i;

	w[NUMBER] = nr;
	w[ARG_A] = argument(a);
	w[ARG_B] = argument(b);
	w[ARG_C] = argument(c);
	__sync_synchronize();
	w[STATE] = ASKED;
	for (i = 0; i < 200000 && w[STATE] == ASKED; i++)
		give_time(1);
	return w[STATE] == IDLE ? (long)w[RESULT] : -XEN_EINTR;
}

void servant_end(struct servant *s)
{
	neighbour_unmap(s->slot);
	expect_eq(neighbour_destroy(&s->n), 0);
}
