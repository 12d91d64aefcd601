/*
 * emul/internal.h: shared by the decoders
 */
#ifndef EMUL_INTERNAL_H
#define EMUL_INTERNAL_H

#include <hv/emul.h>

struct cpu_user_regs;
struct vcpu;

/** emul_reg() - general register @i in the instruction set's numbering */
u64 *emul_reg(struct cpu_user_regs *regs, unsigned int i);

/* ---- controlreg.c ---- */
/** emul_read_cr(), emul_write_cr() - 0, or -EPERM: #GP, -ENOSYS: #UD,
 * -ERESTART: the instruction is to run again */
int emul_read_cr(struct vcpu *v, unsigned int cr, u64 *val);
int emul_write_cr(struct vcpu *v, unsigned int cr, u64 val);

/* ---- portio.c ---- */
/** emul_port_allowed() - may the guest at its privilege use these ports? */
bool emul_port_allowed(struct vcpu *v, u16 port, unsigned int bytes);
u32 emul_port_read(struct vcpu *v, u16 port, unsigned int bytes);
void emul_port_write(struct vcpu *v, u16 port, unsigned int bytes, u32 val);

#endif
