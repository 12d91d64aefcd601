/*
 * trace.c: names for addresses, registers and stacks in readable form
 */
#include <hv/boot.h>
#include <hv/domain.h>
#include "internal.h"

/* The table boot/symtab.awk makes; addresses are offsets from hv_start. */
extern const u32 hv_sym_nr, hv_sym_addr[], hv_sym_name[];
extern const char hv_sym_text[];

static bool is_text(u64 addr)
{
	return addr >= (u64)hv_start && addr < (u64)hv_text_end;
}

const char *symbol_name(u64 addr, char *buf, size_t size)
{
	u32 off = (u32)(addr - (u64)hv_start), lo = 0, hi = hv_sym_nr;

	if (!is_text(addr) || !hv_sym_nr || off < hv_sym_addr[0]) {
		snprintf(buf, size, "%016llx", (unsigned long long)addr);
		return buf;
	}
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (hv_sym_addr[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	snprintf(buf, size, "%s+%#x", hv_sym_text + hv_sym_name[lo],
		 off - hv_sym_addr[lo]);
	return buf;
}

static const char *const exception_name[] = {
	"divide error",
	"debug",
	"NMI",
	"breakpoint",
	"overflow",
	"bound range",
	"invalid opcode",
	"device not available",
	"double fault",
	"vector 9",
	"invalid TSS",
	"segment not present",
	"stack fault",
	"general protection",
	"page fault",
	"vector 15",
	"x87 error",
	"alignment check",
	"machine check",
	"SIMD error",
	"virtualization",
	"control protection",
};

static const char *vector_name(unsigned int vec)
{
	return vec < ARRAY_SIZE(exception_name) ? exception_name[vec] : "-";
}

#define LLX(x) ((unsigned long long)(x))

static void show_where(const struct pcpu_state *s, u32 id)
{
	const struct cpu_user_regs *r = &s->regs;
	char name[96];

	printk(LOG_ERR, "CPU %u, %s, vector %u (%s), error %04x\n", id,
	       r->cs & 3 ? "guest" : "hypervisor", r->entry_vector,
	       vector_name(r->entry_vector), r->error_code);
	if (s->has_vcpu)
		printk(LOG_ERR, "running d%uv%u (%s mode)\n", s->domid, s->vcpu,
		       s->kernel ? "kernel" : "user");
	printk(LOG_ERR, "rip %04x:%016llx %s\n", r->cs, LLX(r->rip),
	       r->cs & 3 ? "" : symbol_name(r->rip, name, sizeof(name)));
	printk(LOG_ERR, "rsp %04x:%016llx  flags %016llx\n", r->ss, LLX(r->rsp),
	       LLX(r->rflags));
}

static void show_general(const struct cpu_user_regs *r)
{
	printk(LOG_ERR, "rax %016llx  rbx %016llx  rcx %016llx\n", LLX(r->rax),
	       LLX(r->rbx), LLX(r->rcx));
	printk(LOG_ERR, "rdx %016llx  rsi %016llx  rdi %016llx\n", LLX(r->rdx),
	       LLX(r->rsi), LLX(r->rdi));
	printk(LOG_ERR, "rbp %016llx  r8  %016llx  r9  %016llx\n", LLX(r->rbp),
	       LLX(r->r8), LLX(r->r9));
	printk(LOG_ERR, "r10 %016llx  r11 %016llx  r12 %016llx\n", LLX(r->r10),
	       LLX(r->r11), LLX(r->r12));
	printk(LOG_ERR, "r13 %016llx  r14 %016llx  r15 %016llx\n", LLX(r->r13),
	       LLX(r->r14), LLX(r->r15));
}

/* A frame pointer is followed while it stays in this pcpu's stacks and rises:
 * a broken chain must not fault again. */
static bool on_our_stack(u64 a)
{
	u64 base = (u64)this_pcpu()->stack;

	return !(a & 7) && a >= base + (IST_DB + 1) * PAGE_SIZE &&
	       a + 16 <= base + STACK_SIZE;
}

static bool on_ist_stack(u64 a)
{
	u64 base = (u64)this_pcpu()->stack;

	return !(a & 7) && a >= base && a + 16 <= base + IST_DB * PAGE_SIZE;
}

/* Into @to, where there is room for MAX_TRACE; returns how many. */
static unsigned int trace_from(u64 rip, u64 rbp, u64 *to)
{
	unsigned int n = 0;

	to[n++] = rip;
	while (n < MAX_TRACE) {
		const u64 *frame = (const u64 *)rbp;

		if (!on_our_stack(rbp) && !on_ist_stack(rbp))
			break;
		if (!is_text(frame[1]))
			break;
		to[n++] = frame[1];
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
	return n;
}

static void show_trace(const u64 *trace, unsigned int n)
{
	char name[96];

	printk(LOG_ERR, "Stack trace:\n");
	for (unsigned int i = 0; i < n; i++)
		printk(LOG_ERR, "  %s\n",
		       symbol_name(trace[i], name, sizeof(name)));
}

void state_take(struct pcpu_state *s, const struct cpu_user_regs *regs)
{
	const struct vcpu *v = current;

	s->regs = *regs;
	s->has_vcpu = v;
	if (v) {
		s->domid = v->d->id;
		s->vcpu = v->id;
		s->kernel = v->gate.kernel;
	}
	s->cr2 = read_cr2();
	s->cr3 = read_cr3();
	s->held_ranks = this_pcpu()->held_ranks;
	s->nr_trace =
		regs->cs & 3 ? 0 : trace_from(regs->rip, regs->rbp, s->trace);
}

void state_show(const struct pcpu *p, const struct pcpu_state *s)
{
	show_where(s, p->id);
	show_general(&s->regs);
	printk(LOG_ERR, "cr2 %016llx  cr3 %016llx  lock ranks held %x\n",
	       LLX(s->cr2), LLX(s->cr3), s->held_ranks);
	if (s->nr_trace)
		show_trace(s->trace, s->nr_trace);
}

void show_regs(const struct cpu_user_regs *r)
{
	struct pcpu_state s;

	state_take(&s, r);
	show_where(&s, this_pcpu()->id);
	show_general(r);
	printk(LOG_ERR, "cr0 %016llx  cr2 %016llx\n", LLX(cpu_read_cr0()),
	       LLX(s.cr2));
	printk(LOG_ERR, "cr3 %016llx  cr4 %016llx\n", LLX(s.cr3),
	       LLX(cpu_read_cr4()));
}

void show_stack(const struct cpu_user_regs *r)
{
	u64 rip, rbp, trace[MAX_TRACE];

	if (r) {
		rip = r->rip;
		rbp = r->rbp;
	} else {
		__asm__("lea 0(%%rip), %0; mov %%rbp, %1"
			: "=r"(rip), "=r"(rbp));
	}
	show_trace(trace, trace_from(rip, rbp, trace));
}
