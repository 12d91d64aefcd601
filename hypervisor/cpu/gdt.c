/*
 * gdt.c: a pcpu's reserved GDT page, TSS, and stacks for the exceptions that
 * may arrive at any instruction
 */
#include <hv/boot.h>
#include "internal.h"

/* head.S placed the flat segments; what differs between pcpus follows. */
#define GDT_BIAS      (FIRST_RESERVED_GDT_ENTRY * 8)
#define SLOT(sel)     ((sel) / 8 - FIRST_RESERVED_GDT_ENTRY)

#define DESC_TSS_FREE 0x9ull
#define DESC_PRESENT  (1ull << 47)

struct table_ptr {
	u16 limit;
	u64 base;
} __packed;

static void set_system_desc(u64 *gdt, u16 sel, u64 base, u32 limit, u64 type)
{
	u64 *d = &gdt[SLOT(sel)];

	d[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 |
	       DESC_PRESENT | ((u64)limit >> 16 & 0xf) << 48 |
	       (base >> 24 & 0xff) << 56;
	d[1] = base >> 32;
}

static void fill_tss(struct pcpu *p)
{
	p->tss.rsp[0] = (u64)&stack_info_of(p->stack)->regs.es;
	/* Stack n is page n - 1 of the region and grows down from its end. */
	for (unsigned int n = IST_MC; n <= IST_DB; n++)
		p->tss.ist[n - 1] = (u64)p->stack + n * PAGE_SIZE;
	p->tss.iobase = sizeof(p->tss); /* no I/O bitmap */
}

void gdt_init_pcpu(struct pcpu *p)
{
	struct table_ptr ptr = {
		.limit = GDT_BIAS + PAGE_SIZE - 1 < 0xffff
				 ? GDT_BIAS + PAGE_SIZE - 1
				 : 0xffff,
		.base = (u64)p->gdt - GDT_BIAS,
	};

	fill_tss(p);
	set_system_desc(p->gdt, SEL_TSS, (u64)&p->tss, sizeof(p->tss) - 1,
			DESC_TSS_FREE);
	p->gdt[SLOT(SEL_LDT)] = 0;
	p->gdt[SLOT(SEL_LDT) + 1] = 0;
	__asm__ volatile("lgdt %0" : : "m"(ptr));
	__asm__ volatile("lldt %w0" : : "r"(0));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
}

/* CS and SS still are the trampoline's; the others are null already. */
void cpu_load_flat_segments(void)
{
	__asm__ volatile("push %0\n"
			 "lea 1f(%%rip), %%rax\n"
			 "push %%rax\n"
			 "lretq\n"
			 "1: mov %1, %%ss\n"
			 :
			 : "i"(SEL_HV_CS), "r"(SEL_HV_DS)
			 : "rax", "memory");
}
