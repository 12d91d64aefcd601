/*
 * exception.c: exceptions that hit the hypervisor itself, and panic()
 */
#include <hv/dev.h>
#include "internal.h"

#define VEC_DB	   1
#define VEC_NMI	   2
#define VEC_DF	   8
#define VEC_MC	   18

#define DR6_ALWAYS 0xffff0ff0ull

extern const struct extable hv_ex_table_start[], hv_ex_table_end[];

/* The pcpu that panics first speaks; others, told by NMI, stop. */
static u32 panicking_plus1;

u64 extable_find(u64 rip)
{
	const struct extable *e;

	for (e = hv_ex_table_start; e < hv_ex_table_end; e++)
		if ((u64)&e->insn + (u64)(s64)e->insn == rip)
			return (u64)&e->fixup + (u64)(s64)e->fixup;
	return 0;
}

static void stop_here(void) __noreturn;
static void stop_here(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Claims the machine for one panic; false: already inside ours. */
static bool claim(void)
{
	u32 me = this_pcpu()->id + 1, none = 0;

	if (__atomic_compare_exchange_n(&panicking_plus1, &none, me, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		console_start_sync();
		return true;
	}
	if (none != me)
		stop_here();
	return false;
}

static void die(const struct cpu_user_regs *regs) __noreturn;
static void die(const struct cpu_user_regs *regs)
{
	cpu_stop_all();
	if (regs)
		show_regs(regs);
	show_stack(regs);
	cpu_dump_others();
	printk(LOG_ERR, "****************************************\n");
	machine_restart();
}

void panic(const char *fmt, ...)
{
	static char text[512];
	va_list ap;
	bool first = claim();

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk(LOG_ERR, "****************************************\n");
	printk(LOG_ERR, "Panic on CPU %u: %s\n", this_pcpu()->id, text);
	if (!first)
		machine_halt();
	die(NULL);
}

static void fatal(struct cpu_user_regs *regs)
{
	bool first = claim();

	printk(LOG_ERR, "****************************************\n");
	printk(LOG_ERR, "Panic on CPU %u: unexpected exception %u\n",
	       this_pcpu()->id, regs->entry_vector);
	if (!first)
		machine_halt();
	die(regs);
}

/* A guest's watchpoint on memory we read for it, or its single step over the
 * edge: neither is news to anybody. */
static void ignore_debug(struct cpu_user_regs *regs)
{
	__asm__ volatile("mov %0, %%dr6" : : "r"(DR6_ALWAYS));
	regs->rflags &= ~(u64)EFLAGS_TF;
}

void hv_exception(struct cpu_user_regs *regs)
{
	u64 fixup;

	switch (regs->entry_vector) {
	case VEC_DB:
		ignore_debug(regs);
		return;
	case VEC_NMI:
		cpu_nmi(regs);
		return;
	case VEC_DF:
	case VEC_MC:
		fatal(regs);
		return;
	}
	fixup = regs->cs & 3 ? 0 : extable_find(regs->rip);
	if (!fixup)
		fatal(regs);
	regs->rip = fixup;
}
