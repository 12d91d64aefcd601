/*
 * domain/switch.c: which vcpu's state is in this pcpu's registers
 *
 * Lazy: going idle leaves the last vcpu loaded (pcpu.loaded), for it is often
 * the next to run. vcpu_sync() makes a vcpu's struct complete when somebody
 * else needs it.
 */
#include <hv/cpu.h>
#include <hv/emul.h>
#include <hv/mm.h>
#include "internal.h"

#define DR7_ACTIVE 0xffull

#define READ_SEL(sel)                                                  \
	({                                                             \
		u16 value_;                                            \
		__asm__ volatile("mov %%" #sel ", %0" : "=r"(value_)); \
		value_;                                                \
	})

/* The selector, or NUL and false when its descriptor cannot be loaded. */
#define LOAD_SEL(sel, value)                                          \
	({                                                            \
		bool ok_ = true;                                      \
		u32 value_ = (value);                                 \
		__asm__ volatile("1: mov %1, %%" #sel "\n"            \
				 "2:\n"                               \
				 ".pushsection .text.fixup, \"ax\"\n" \
				 "3: xor %k1, %k1\n"                  \
				 "mov %1, %%" #sel "\n"               \
				 "movb $0, %0\n"                      \
				 "jmp 2b\n"                           \
				 ".popsection\n"                      \
				 ".pushsection .ex_table, \"a\"\n"    \
				 ".long 1b - ., 3b - .\n"             \
				 ".popsection\n"                      \
				 : "+qm"(ok_), "+r"(value_));         \
		ok_;                                                  \
	})

static void save_segments(struct vcpu *v)
{
	u64 gs = rdmsr(MSR_GS_BASE), other = rdmsr(MSR_KERNEL_GS_BASE);

	v->ds = READ_SEL(ds);
	v->es = READ_SEL(es);
	v->fs = READ_SEL(fs);
	v->gs = READ_SEL(gs);
	v->fs_base = rdmsr(MSR_FS_BASE);
	v->gs_base_kernel = v->gate.kernel ? gs : other;
	v->gs_base_user = v->gate.kernel ? other : gs;
}

/* Selectors first: loading FS or GS also loads a base. */
static bool load_segments(struct vcpu *v)
{
	bool ok = true;

	ok &= LOAD_SEL(ds, v->ds);
	ok &= LOAD_SEL(es, v->es);
	ok &= LOAD_SEL(fs, v->fs);
	ok &= LOAD_SEL(gs, v->gs);
	wrmsr(MSR_FS_BASE, v->fs_base);
	wrmsr(MSR_GS_BASE,
	      v->gate.kernel ? v->gs_base_kernel : v->gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE,
	      v->gate.kernel ? v->gs_base_user : v->gs_base_kernel);
	return ok;
}

/* Breakpoints are armed only while a vcpu that has some is loaded. */
static void unload_debug(const struct vcpu *v)
{
	if (v->dr[7] & DR7_ACTIVE)
		__asm__ volatile("mov %0, %%dr7" : : "r"(0x400ull));
}

static void load_debug(const struct vcpu *v)
{
	if (!(v->dr[7] & DR7_ACTIVE))
		return;
	__asm__ volatile("mov %0, %%dr0" : : "r"(v->dr[0]));
	__asm__ volatile("mov %0, %%dr1" : : "r"(v->dr[1]));
	__asm__ volatile("mov %0, %%dr2" : : "r"(v->dr[2]));
	__asm__ volatile("mov %0, %%dr3" : : "r"(v->dr[3]));
	__asm__ volatile("mov %0, %%dr7" : : "r"(v->dr[7]));
}

/* Everything of @v that lives in this pcpu's registers goes to its struct. */
static void unload(struct pcpu *p, struct vcpu *v)
{
	v->regs = *guest_regs();
	save_segments(v);
	unload_debug(v);
	if (p->fpu_owner == v)
		fpu_save(v);
	p->loaded = NULL;
	STORE_REL(v->loaded_on, (struct pcpu *)NULL);
}

static void load(struct pcpu *p, struct vcpu *v)
{
	*guest_regs() = v->regs;
	p->loaded = v;
	v->loaded_on = p;
	emul_load_cr4(v);
	load_debug(v);
	fpu_switch_in(v);
	pt_gdt_switch(v);
	cpu_write_cr3(pt_vcpu_cr3(v).v);
	/* Last: a selector may need a page of the guest's LDT. */
	if (!load_segments(v))
		guest_inject_failsafe(v->ds, v->es, v->fs, v->gs);
}

void vcpu_switch_to(struct vcpu *next)
{
	struct pcpu *p = this_pcpu();

	stack_info()->curr = next;
	stack_info()->fast_root = FAST_NONE;
	if (!next || next == p->loaded)
		return;
	if (p->loaded)
		unload(p, p->loaded);
	vcpu_sync(next); /* it ran elsewhere, and is still loaded there? */
	load(p, next);
}

/* The window of @v goes away: use the descriptors in our own mapping. */
static void load_hv_gdt(const struct pcpu *p)
{
	struct {
		u16 limit;
		u64 base;
	} __packed gdtr = {
		.limit = (FIRST_RESERVED_GDT_PAGE + 1) * PAGE_SIZE - 1,
		.base = (u64)p->gdt - FIRST_RESERVED_GDT_PAGE * PAGE_SIZE,
	};

	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	__asm__ volatile("lldt %w0" : : "r"(0));
}

static void unload_lazy(struct pcpu *p)
{
	unload(p, p->loaded);
	stack_info()->curr = NULL;
	load_hv_gdt(p);
	cpu_write_cr3(hv_root_maddr);
}

/* In an IPI: this pcpu idles with a vcpu loaded that is wanted elsewhere. */
void vcpu_unload_idle(void)
{
	struct pcpu *p = this_pcpu();
	struct vcpu *v = p->loaded;

	if (v && !(v->sched.running && v->sched.pcpu == p))
		unload_lazy(p);
}

void vcpu_sync(struct vcpu *v)
{
	struct pcpu *p = LOAD_ACQ(v->loaded_on);

	if (!p)
		return;
	if (p == this_pcpu()) {
		ASSERT(v != current);
		unload_lazy(p);
		return;
	}
	/* It idles, and takes the IPI; or switches away by itself. */
	cpu_ask_unload(p);
	while (LOAD_ACQ(v->loaded_on) == p)
		cpu_relax();
}
