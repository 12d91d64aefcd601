/*
 * hv/gate.h: the border between guests and hypervisor
 *
 * Owns:       entry.S, hypercall dispatch, frames built for guests, guest
 *             memory access
 * Invariants: guest memory is reached through copy_in()/copy_out() only;
 *             nothing is read twice; a result is in rax before exit work
 * Lock:       none
 * ABI:        ABI-NOTES 2, 3.1-3.3
 */
#ifndef HV_GATE_H
#define HV_GATE_H

#include <hv/cpu.h>
#include <xen/xen.h>

struct vcpu;

/* ---- guest memory ---- */
typedef struct {
	u64 va;
} gptr_t; /* guest linear address; only copy_in/out may use it */

#define GPTR(x)		((gptr_t){(u64)(x)})
#define GPTR_OF(handle) ((gptr_t){(u64)(handle).p})

static inline bool gptr_null(gptr_t p)
{
	return p.va == 0;
}

static inline gptr_t gptr_add(gptr_t p, u64 bytes)
{
	return GPTR(p.va + bytes);
}

/** copy_in()/copy_out() - 0, or -EFAULT with nothing promised about @to */
int copy_in(void *to, gptr_t from, size_t n) __must_check;
int copy_out(gptr_t to, const void *from, size_t n) __must_check;
/** copy_in_partial() - bytes copied; for instruction fetch at page ends */
size_t copy_in_partial(void *to, gptr_t from, size_t n);
/** copy_in_at()/copy_out_at() - element @i of an array of sizeof(*obj) */
#define copy_in_at(obj, base, i) \
	copy_in(obj, gptr_add(base, (u64)(i) * sizeof(*(obj))), sizeof(*(obj)))
#define copy_out_at(base, i, obj) \
	copy_out(gptr_add(base, (u64)(i) * sizeof(*(obj))), obj, sizeof(*(obj)))

/** guest_va_ok() - [va, va + n) is canonical and outside our slots */
bool guest_va_ok(u64 va, u64 n);

/* ---- hypercalls ---- */
#define HC_ARGS_0 void
#define HC_ARGS_1 u64
#define HC_ARGS_2 u64, u64
#define HC_ARGS_3 u64, u64, u64
#define HC_ARGS_4 u64, u64, u64, u64
#define HC_ARGS_5 u64, u64, u64, u64, u64
#define HC_ARGS_6 u64, u64, u64, u64, u64, u64
#define HYPERCALL(nr, name, nargs, caller, what) \
	long hc_##name(HC_ARGS_##nargs);
#include <calls/hypercalls.def>
#undef HYPERCALL

/**
 * hypercall_yield() - is there a reason to stop between items?
 * To be asked at least every 1,000,000 instructions (tests/guests/preempt).
 * True when a softirq or an unmasked event waits for this vcpu, and once a
 * millisecond, so that interrupts get in.
 */
bool hypercall_yield(void);
/**
 * hypercall_restart() - have the guest issue the call again
 * @nr:    hypercall number
 * @nargs: how many of @args replace the argument registers
 *
 * Returns:  -ERESTART, for the handler to return. Works inside multicalls.
 */
long hypercall_restart(unsigned int nr, unsigned int nargs, const u64 *args);

/* ---- traps and events towards the running guest ---- */
#define TRAP_HAS_ERRCODE                                                 \
	((1u << 8) | (1u << 10) | (1u << 11) | (1u << 12) | (1u << 13) | \
	 (1u << 14) | (1u << 17) | (1u << 21))
/* #PF error code */
#define PFEC_PRESENT (1u << 0)
#define PFEC_WRITE   (1u << 1)
#define PFEC_USER    (1u << 2)
#define PFEC_RSVD    (1u << 3)
#define PFEC_INSN    (1u << 4)

/**
 * guest_inject_trap() - make the running vcpu continue in its handler for
 * @vector. Without a handler, or with an unusable stack: domain_crash().
 */
void guest_inject_trap(unsigned int vector, u32 error_code);
/** guest_inject_gp() - #GP(@error_code) */
void guest_inject_gp(u32 error_code);
/** guest_inject_pf() - #PF at @va; sets arch.cr2; U bit from virtual mode */
void guest_inject_pf(u64 va, u32 error_code);

/** guest_inject_failsafe() - selectors of a vcpu being loaded were bad: its
 * failsafe callback gets them */
void guest_inject_failsafe(u16 ds, u16 es, u16 fs, u16 gs);

/** guest_kernel_mode() - is the running vcpu in guest-kernel mode? */
bool guest_kernel_mode(const struct vcpu *v);
/** guest_set_mode() - switch @curr between kernel (true) and user roots:
 * CR3 and swapgs. No-op when already there. */
void guest_set_mode(struct vcpu *curr, bool kernel);

/** gate_sanitize_flags() - flags image safe to load for a guest */
static inline u64 gate_sanitize_flags(u64 f)
{
	f &= ~(u64)(EFLAGS_IOPL | EFLAGS_NT | EFLAGS_VM);
	f &= 0x250dd5; /* ID AC RF OF DF TF SF ZF AF PF CF */
	return f | EFLAGS_IF | 2;
}

/** gate_vcpu_init() - empty trap table, no callbacks; -ENOMEM */
int gate_vcpu_init(struct vcpu *v);
void gate_vcpu_free(struct vcpu *v);
/** gate_init_pcpu() - IDT gates, syscall MSRs and entry stub of @p */
void gate_init_pcpu(struct pcpu *p);
/** gate_idt_init() - the shared IDT; before any exception may happen */
void gate_idt_init(void);
/** gate_load_idt() - the same table on a further pcpu */
void gate_load_idt(void);
/** gate_enter_guest() - first entry on this pcpu: exit work, then guest */
void gate_enter_guest(void) __noreturn;
/** fill_hypercall_page() - 128 stubs of 32 bytes */
void fill_hypercall_page(void *page);

#define perf_inc(x)    (this_pcpu()->perf[PERF_##x]++)

/* Exceptions and int 0x80 are kept in the vcpu; who sets any other vector gets
 * a table for all. */
#define NR_EXCEPTIONS  32
#define NR_USUAL_TRAPS (NR_EXCEPTIONS + 1)

/* Embedded in struct vcpu as .gate: what the guest registered */
struct vcpu_gate {
	bool kernel;   /* in guest-kernel mode */
	u64 kernel_sp; /* stack_switch */
	u16 kernel_ss;
	struct trap_info traps[NR_USUAL_TRAPS]; /* see gate_trap() */
	struct trap_info *rare_traps;		/* of all vectors, or NULL */
	u64 cb_event, cb_failsafe, cb_syscall, cb_syscall32, cb_sysenter;
	bool cb_failsafe_mask, cb_syscall_mask, cb_syscall32_mask,
		cb_sysenter_mask; /* mask events on delivery */
	u32 iopl;		  /* virtual, 0..3 */
	u64 vm_assist;		  /* bitmap of VMASST_TYPE_* */
	bool nmi_pending, nmi_masked;
	/* multicall in progress: where a restart records itself */
	struct multicall_entry *mc;
	bool restart; /* hypercall_restart() by the call in progress */
};

/** gate_trap() - what @v has for @vector; address 0: nothing */
const struct trap_info *gate_trap(const struct vcpu *v, unsigned int vector);
/** gate_set_trap() - set it, under @t->vector; -ENOMEM */
int gate_set_trap(struct vcpu *v, const struct trap_info *t);
/** gate_clear_traps() - nothing for any vector */
void gate_clear_traps(struct vcpu *v);

#endif
