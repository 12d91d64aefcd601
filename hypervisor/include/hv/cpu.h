/*
 * hv/cpu.h: one physical CPU: its registers, tables, stacks
 *
 * Owns:       struct pcpu, struct stack_info, descriptor tables, MSRs, FPU,
 *             CPUID policy, TLB flushes
 * Invariants: interrupts are off while the hypervisor runs (but in
 *             cpu_idle()); GS and FS bases always belong to a guest
 * Lock:       none: a pcpu touches only its own, others by IPI
 */
#ifndef HV_CPU_H
#define HV_CPU_H

#include <hv/lib.h>
#include <xen/arch-x86_64.h>

struct vcpu;
struct domain;

/* Our selectors, in the reserved GDT pages (FIRST_RESERVED_GDT_ENTRY upwards)
 */
#define SEL_HV_CS     0xe008 /* ring 0, 64-bit code */
#define SEL_HV_DS     0xe010 /* ring 0 data */
#define SEL_USER_CS32 0xe023 /* FLAT_RING3_CS32 */
#define SEL_USER_DS   0xe02b /* FLAT_RING3_DS */
#define SEL_USER_CS64 0xe033 /* FLAT_RING3_CS64 */
#define SEL_TSS	      0xe040
#define SEL_LDT	      0xe050

#define EFLAGS_CF     (1u << 0)
#define EFLAGS_TF     (1u << 8)
#define EFLAGS_IF     (1u << 9)
#define EFLAGS_DF     (1u << 10)
#define EFLAGS_IOPL   (3u << 12)
#define EFLAGS_NT     (1u << 14)
#define EFLAGS_RF     (1u << 16)
#define EFLAGS_VM     (1u << 17)
#define EFLAGS_AC     (1u << 18)

struct tss64 {
	u32 res0;
	u64 rsp[3];
	u64 res1;
	u64 ist[7];
	u64 res2;
	u16 res3, iobase;
} __packed;

#define IST_MC	1
#define IST_NMI 2
#define IST_DF	3
#define IST_DB	4

/* Counters of a pcpu, hv/perf.def */
enum perf {
#define PERF(name, what) PERF_##name,
#include <hv/perf.def>
#undef PERF
	NR_PERF
};
#define NR_HYPERCALLS 64 /* numbers below it are counted */

struct pcpu {
	u32 id; /* dense, 0 is the boot CPU */
	u32 apic_id;
	u32 acpi_id;
	bool awake; /* started, its clock not yet compared */
	bool online;
	bool flush_wanted; /* cpu_serve_flush() is due; atomic */
	u64 flush_from[4]; /* NR_PCPUS bits: who wants it; atomic */
	u64 flush_va;	   /* its own request: a page, ~0 for all */
	u32 flush_left;	   /* how many are yet to do that; atomic */
	u8 *stack;	   /* STACK_SIZE region */
	u64 *gdt;	   /* the page behind SEL_HV_CS.. (index 14) */
	struct tss64 tss;  /* in the page of the stack that it names */
	u64 cr3;	   /* what is loaded */
	u64 tlb_time;	   /* tlb_clock when all of guests last left the TLB */
	struct vcpu *loaded;	/* whose segments, GDT, CR3 are loaded */
	struct vcpu *fpu_owner; /* whose FPU state is in registers */
	u64 softirqs;		/* SOFTIRQ_* pending; atomic */
	u32 held_ranks;		/* debug: bitmap of LOCK_* held */
	u64 last_yield;		/* TSC when a hypercall last stopped for it */
	u64 held_from; /* debug: TSC when one began, or last looked; 0: none */
	struct runq *runq; /* sched/ */
	bool serving; /* the running vcpu sends an event to another domain */
	struct timer_queue *timers; /* time/ */
	u64 xcr0;		    /* what is loaded */
	u64 nmis;		    /* of unknown origin */
	u64 perf[NR_PERF];
	u64 hypercalls[NR_HYPERCALLS]; /* by number */
};

/*
 * Top of each pcpu's stack region, at STACK_INFO_PLACE. The CPU pushes a
 * guest's ss..rip right below &regs.es. Region, low to high: #MC, NMI, #DF, #DB
 * stacks (one page each), an unmapped guard page, the main stack.
 *
 * All that a system call of a guest's user needs before its root is loaded, and
 * after the user's is loaded again, is in this one page: docs/design/
 * current-from-stack.md.
 */
struct stack_info {
	struct cpu_user_regs regs; /* the guest's, on entry from it */
	struct vcpu *curr;	   /* running here; NULL while booting */
	struct pcpu *pcpu;	   /* &own */
	/* CR3 for a system call while curr runs its user, or FAST_NONE: it
	 * goes the long way; gate/fast.S */
	u64 fast_root;
	struct pcpu own;
};

#define FAST_NONE (~0ull)

/** stack_info_of() - at the top of the stacks at @stack */
static inline struct stack_info *stack_info_of(u8 *stack)
{
	return (struct stack_info *)(stack + STACK_INFO_PLACE);
}

extern struct pcpu *pcpus[NR_PCPUS];
extern unsigned int nr_pcpus; /* online ones, ids 0 .. nr_pcpus - 1 */

#ifdef HOST_TEST
#ifndef HOST_TLS /* __thread where a test has several pcpus, one per thread */
#define HOST_TLS
#endif
extern HOST_TLS struct stack_info host_stack;
static inline struct stack_info *stack_info(void)
{
	return &host_stack;
}
#else
static inline struct stack_info *stack_info(void)
{
	u64 sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct stack_info *)((sp & ~(STACK_SIZE - 1ul)) +
				     STACK_INFO_PLACE);
}
#endif

#define this_pcpu()  (stack_info()->pcpu)
#define current	     (stack_info()->curr)
#define guest_regs() (&stack_info()->regs)

/* Work to be done before returning to any guest; gate/exit.c runs it. */
enum softirq {
	SOFTIRQ_TIMER,	  /* timer_run() */
	SOFTIRQ_SCHED,	  /* sched_run() */
	SOFTIRQ_DEBUGKEY, /* console_run_key() */
	NR_SOFTIRQS
};

/** softirq_raise() - on another pcpu also sends the event-check IPI */
void softirq_raise(struct pcpu *p, enum softirq s);

/* ---- instructions ---- */
static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return lo | (u64)hi << 32;
}

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return lo | (u64)hi << 32;
}

static inline void wrmsr(u32 msr, u64 val)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((u32)val), "d"((u32)(val >> 32))
			 : "memory");
}

/** rdmsr_safe() - 0, or -EFAULT on #GP */
int rdmsr_safe(u32 msr, u64 *val);

static inline void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outw(u16 port, u16 v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outl(u16 port, u32 v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u16 inw(u16 port)
{
	u16 v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u32 inl(u16 port)
{
	u32 v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void cpuid(u32 leaf, u32 sub, u32 r[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(sub));
}

static inline u64 read_cr2(void)
{
	u64 v;

	__asm__ volatile("mov %%cr2, %0" : "=r"(v));
	return v;
}

static inline u64 read_cr3(void)
{
	u64 v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	return v;
}

/** cpu_serve_flush() - do the flush another pcpu waits for, if there is one */
void cpu_serve_flush(void);

/** cpu_relax() - one turn of waiting for somebody else; see cpu/remote.c */
static inline void cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
#ifndef HOST_TEST
	if (unlikely(READ_ONCE(this_pcpu()->flush_wanted)))
		cpu_serve_flush();
#endif
}

/* Counts stamps of frames, see hv/mm.h */
extern u64 tlb_clock;

#ifdef HOST_TEST /* a test's machine notes what is asked of it */
void cpu_write_cr3(u64 cr3);
void cpu_flush_page(u64 va);
void cpu_load_gdt(u64 base, u16 limit);
void cpu_load_ldt(u16 sel);
void cpu_write_back_caches(void);
#else
/**
 * cpu_write_cr3() - load a root, which drops all that is not global
 *
 * The clock is read before and noted after: what was stamped by then cannot
 * be in this TLB any more.
 */
static inline void cpu_write_cr3(u64 cr3)
{
	u64 now = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);

	__asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory");
	STORE_REL(this_pcpu()->tlb_time, now);
	this_pcpu()->cr3 = cr3;
}

/** cpu_flush_page() - the translation of @va on this pcpu, global or not */
static inline void cpu_flush_page(u64 va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/** cpu_load_gdt(), cpu_load_ldt() - GDTR; LDTR by selector, 0: none */
static inline void cpu_load_gdt(u64 base, u16 limit)
{
	struct {
		u16 limit;
		u64 base;
	} __packed gdtr = {limit, base};

	__asm__ volatile("lgdt %0" : : "m"(gdtr) : "memory");
}

static inline void cpu_load_ldt(u16 sel)
{
	__asm__ volatile("lldt %w0" : : "r"(sel) : "memory");
}

/** cpu_write_back_caches() - wbinvd */
static inline void cpu_write_back_caches(void)
{
	__asm__ volatile("wbinvd" : : : "memory");
}
#endif

/* ---- MSRs ---- */
#define MSR_APIC_BASE	   0x1b
#define MSR_PAT		   0x277
#define MSR_MISC_ENABLE	   0x1a0
#define MSR_SYSENTER_CS	   0x174
#define MSR_SYSENTER_ESP   0x175
#define MSR_SYSENTER_EIP   0x176
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SFMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define PAT_VALUE	   0x050100070406ull /* WB WT UC- UC WC WP UC UC */

/* ---- TLB ---- */
/** cpu_flush_all() - every entry of this pcpu, global ones included */
void cpu_flush_all(void);
/** cpu_flush_guest() - what guests may have cached here (reload CR3) */
void cpu_flush_guest(void);

/**
 * cpu_flush_mask() - flush on each pcpu of @mask, and wait for them
 * @mask: bitmap of NR_PCPUS bits
 * @va:   one page, or ~0 for everything of guests
 */
void cpu_flush_mask(const u64 *mask, u64 va);
/** cpu_ask_unload() - @p is to unload the vcpu it keeps while idle; answers by
 * changing pcpu.loaded */
void cpu_ask_unload(struct pcpu *p);
/**
 * cpu_hold_others() - other pcpus stop between guest and hypervisor until
 * cpu_release_others(). The caller holds no lock.
 * Returns:  false when some did not come in time, or others are holding
 */
bool cpu_hold_others(void);
void cpu_release_others(void);
/** cpu_hold_point() - VEC_CALL_FUNCTION: stop here if somebody wants it */
void cpu_hold_point(void);

/* ---- FPU ---- */
/** fpu_restore() - @v's state into registers, unless it is there */
void fpu_restore(struct vcpu *v);
/** fpu_save() - registers to @v if it owns them, and disown */
void fpu_save(struct vcpu *v);
/** fpu_set_ts() - CR0.TS as @v (running) needs it: set while its virtual TS
 * is, or while the registers are not its own */
void fpu_set_ts(struct vcpu *v);
/** fpu_vcpu_init() - initial state; -ENOMEM */
int fpu_vcpu_init(struct vcpu *v);
void fpu_vcpu_free(struct vcpu *v);
/** fpu_switch_in() - @v is about to run here: its state, XCR0 and CR0.TS */
void fpu_switch_in(struct vcpu *v);
/** fpu_xcr0_ok() - may a guest have this in XCR0? XSETBV faults on others */
bool fpu_xcr0_ok(u64 xcr0);
/**
 * fpu_set_xcr0() - the running @v's XSETBV(0)
 *
 * Returns:  0, -EINVAL: #GP
 */
int fpu_set_xcr0(struct vcpu *v, u64 xcr0);
extern u32 xsave_size;	    /* bytes; 512 with FXSAVE only */
extern u64 xcr0_guest_mask; /* features a guest may enable; 0: no XSAVE */

/* ---- CPUID ---- */
/**
 * cpuid_guest() - what @d sees of a leaf: hardware less what ABI-NOTES 3.5
 * hides, plus our leaves 0x40000000..
 */
void cpuid_guest(struct vcpu *v, u32 leaf, u32 sub, u32 r[4]);
/* Boot CPU's facts */
extern bool cpu_has_xsave, cpu_has_page1gb;
extern unsigned int cpu_maddr_bits;

/* ---- exceptions ---- */
struct extable {
	s32 insn, fixup; /* relative to their own addresses */
};
/** hv_exception() - an exception while the hypervisor ran: the fixup table,
 * else panic. Also NMI-free machine checks and double faults of guests. */
void hv_exception(struct cpu_user_regs *regs);
/** cpu_nmi() - NMI, from wherever: stop or tell when another pcpu asks; else
 * it is reported */
void cpu_nmi(struct cpu_user_regs *regs);
/** cpu_dump_others() - print what each other pcpu does, asked by NMI: it
 * answers also with interrupts off. cpu_dump() - of @p, not this one */
void cpu_dump_others(void);
void cpu_dump(const struct pcpu *p);
/** watchdog_start() - this pcpu is watched, and watches the next; debug builds
 * with several pcpus only */
void watchdog_start(void);
/** extable_find() - where a faulting hypervisor @rip goes on; 0: nowhere */
u64 extable_find(u64 rip);
/** show_regs(), show_stack() - for panic, crash lines and debug keys */
void show_regs(const struct cpu_user_regs *regs);
void show_stack(const struct cpu_user_regs *regs);
/** symbol_name() - "name+off" of a hypervisor text address into @buf */
const char *symbol_name(u64 addr, char *buf, size_t size);

/* CR4 of this machine: of guests' bits only TSD is loaded. FSGSBASE is on when
 * guests see the feature. */
extern u64 cpu_cr4;
/* a null selector in FS clears its base: probed at boot */
extern bool cpu_null_clears_base;
#define X86_CR0_PE	   (1ull << 0)
#define X86_CR0_MP	   (1ull << 1)
#define X86_CR0_EM	   (1ull << 2)
#define X86_CR0_TS	   (1ull << 3)
#define X86_CR0_ET	   (1ull << 4)
#define X86_CR0_NE	   (1ull << 5)
#define X86_CR0_WP	   (1ull << 16)
#define X86_CR0_AM	   (1ull << 18)
#define X86_CR0_PG	   (1ull << 31)
#define X86_CR4_TSD	   (1ull << 2)
#define X86_CR4_DE	   (1ull << 3)
#define X86_CR4_PAE	   (1ull << 5)
#define X86_CR4_MCE	   (1ull << 6)
#define X86_CR4_PGE	   (1ull << 7)
#define X86_CR4_OSFXSR	   (1ull << 9)
#define X86_CR4_OSXMMEXCPT (1ull << 10)
#define X86_CR4_FSGSBASE   (1ull << 16)
#define X86_CR4_OSXSAVE	   (1ull << 18)
#define X86_CR4_SMEP	   (1ull << 20)

static inline u64 cpu_read_cr0(void)
{
	u64 v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static inline void cpu_write_cr0(u64 v)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline u64 cpu_read_cr4(void)
{
	u64 v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static inline void cpu_write_cr4(u64 v)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

/* ---- start-up ---- */
void cpu_init_this(void); /* boot CPU's stack_info: first of all */
/** cpu_alloc() - struct pcpu @id with its stacks, GDT page and TSS;
 * NULL: no memory */
struct pcpu *cpu_alloc(unsigned int id);
/** cpu_init_ap() - what cpu_init_boot() does, on a further pcpu */
void cpu_init_ap(struct pcpu *p);
/**
 * tsc_sync_boot(), tsc_sync_ap() - the boot CPU and the newcomer compare their
 * TSCs, and the newcomer's is moved; each calls its own, at about one time
 * @differs: ticks, the most that showed; 0: there was nothing to do
 *
 * Returns:  on both the same: whether they agree at last
 */
bool tsc_sync_boot(u64 *differs);
bool tsc_sync_ap(void);
/** tsc_sync_prepare() - before the newcomer starts */
void tsc_sync_prepare(void);
void cpu_init_boot(void); /* boot pcpu: tables, MSRs, CR0/CR4 */
void cpu_probe(void);	  /* CPUID facts; first of all */
/** cpu_idle() - sti; hlt; cli. Returns after any interrupt */
void cpu_idle(void);
/** cpu_stop_all() - other pcpus do nothing more, but tell what they did to
 * cpu_dump_others(), until cpu_halt_all() */
void cpu_stop_all(void);
void cpu_halt_all(void);
/** machine_init() - prepare for machine_restart(); after acpi_init() */
void machine_init(void);
/** machine_restart() - or halt with noreboot; machine_halt() - for good */
void machine_restart(void) __noreturn;
void machine_halt(void) __noreturn;

#endif
