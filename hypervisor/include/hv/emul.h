/*
 * hv/emul.h: instructions a PV kernel still executes
 *
 * Owns:       the decoder and the privileged instructions of ABI-NOTES 3.4
 * Lock:       none of its own
 * ABI:        ABI-NOTES 3.4, 3.5, 5.4
 */
#ifndef HV_EMUL_H
#define HV_EMUL_H

#include <hv/types.h>

struct cpu_user_regs;
struct vcpu;

/** emul_privileged() - #GP of the running guest: true when emulated (regs
 * advanced or another trap injected), false: deliver #GP */
bool emul_privileged(struct cpu_user_regs *regs);
/** emul_forced() - #UD: prefixed cpuid 0f 0b 78 65 6e 0f a2 */
bool emul_forced(struct cpu_user_regs *regs);

/* A store to memory, decoded for pt_emulate_write(). Pure; host-tested. */
enum store_op {
	STORE_MOV,
	STORE_XCHG,
	STORE_CMPXCHG,
	STORE_AND,
	STORE_OR,
	STORE_BTS,
	STORE_BTR,
	STORE_BTC,
};
struct store {
	enum store_op op;
	unsigned int len;   /* of the instruction, bytes */
	unsigned int bytes; /* operand: 1, 2, 4, 8 */
	u64 ea;		    /* effective address of the operand */
	u64 src;	    /* source value, or bit number */
	u64 *dst_reg;	    /* register that receives the old value: XCHG;
			     * rax for CMPXCHG on failure; else NULL */
	bool high_byte;	    /* dst_reg is ah..bh style */
};
/**
 * emul_decode_store() - what store is @insn, @n bytes of it?
 * @regs: guest registers (for addresses and sources)
 * Returns:  0, -EINVAL not one of ours, -EFAULT more bytes needed
 */
int emul_decode_store(const u8 *insn, size_t n, struct cpu_user_regs *regs,
		      u64 fs_base, u64 gs_base, struct store *s);

/**
 * emul_store_value() - what memory holds after the store, was it @old
 * @old:  operand now in memory, @s->bytes wide
 *
 * For CMPXCHG with another value than rax's that is @old itself. Callers swap
 * old for new atomically and try again with a fresh @old when that failed.
 */
u64 emul_store_value(const struct store *s, const struct cpu_user_regs *regs,
		     u64 old);
/**
 * emul_store_finish() - registers and flags after the store replaced @old;
 * rip moves on
 */
void emul_store_finish(const struct store *s, struct cpu_user_regs *regs,
		       u64 old);

/* guest MSR access, shared with domctl; 0 or -EPERM: #GP */
int emul_rdmsr(struct vcpu *v, u32 msr, u64 *val);
int emul_wrmsr(struct vcpu *v, u32 msr, u64 val);
/** emul_set_dr(), emul_get_dr() - set_debugreg, get_debugreg;
 * -ENODEV no such register, -EPERM value refused */
int emul_set_dr(struct vcpu *v, unsigned int reg, u64 val);
int emul_get_dr(struct vcpu *v, unsigned int reg, u64 *val);

/** emul_load_cr4() - CR4 bits that follow the running vcpu; at switch */
void emul_load_cr4(struct vcpu *v);
/** emul_xsetbv() - XCR0; 0 or -EPERM: #GP */
int emul_xsetbv(struct vcpu *v, u32 index, u64 val);

#endif
