/*
 * emul/controlreg.c: CR, DR and XCR0 as a PV kernel may see and set them
 *
 * ABI: ABI-NOTES 3.4; set_debugreg, get_debugreg
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/emul.h>
#include <hv/memmap.h>
#include "internal.h"

#define CR0_PE	       (1ull << 0)
#define CR0_TS	       (1ull << 3)
#define CR4_TSD	       (1ull << 2)
#define CR4_DE	       (1ull << 3)
#define CR4_PAE	       (1ull << 5)
#define CR4_OSFXSR     (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)
#define CR4_FSGSBASE   (1ull << 16)
#define CR4_OSXSAVE    (1ull << 18)

#define CR4_ALWAYS     (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define CR4_GUESTS     (CR4_TSD | CR4_DE | CR4_FSGSBASE | CR4_OSXSAVE)

static u64 read_cr0(void)
{
	u64 v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static u64 read_cr4(void)
{
	u64 v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

/* Of the guest's bits only TSD changes hardware; the others are always on. */
void emul_load_cr4(struct vcpu *v)
{
	u64 old = read_cr4();
	u64 new = (old & ~CR4_TSD) | (v->cr4 & CR4_TSD);

	if (new != old)
		__asm__ volatile("mov %0, %%cr4" : : "r"(new) : "memory");
}

int emul_read_cr(struct vcpu *v, unsigned int cr, u64 *val)
{
	switch (cr) {
	case 0:
		*val = (read_cr0() & ~CR0_TS) | (v->cr0_ts ? CR0_TS : 0);
		return 0;
	case 2:
		*val = v->info->arch.cr2;
		return 0;
	case 3:
		*val = v->pt.kernel_root.v << PAGE_SHIFT;
		return 0;
	case 4:
		*val = (read_cr4() & (CR4_FSGSBASE | CR4_OSXSAVE)) |
		       CR4_ALWAYS | (v->cr4 & (CR4_TSD | CR4_DE));
		return 0;
	default:
		return -ENOSYS;
	}
}

int emul_write_cr(struct vcpu *v, unsigned int cr, u64 val)
{
	int rc;

	switch (cr) {
	case 0:
		if ((val ^ read_cr0()) & ~CR0_TS)
			return -EPERM;
		v->cr0_ts = val & CR0_TS;
		fpu_set_ts(v);
		return 0;
	case 2:
		v->info->arch.cr2 = val;
		return 0;
	case 3:
		rc = pt_finish();
		if (!rc)
			rc = pt_set_kernel_root(v, MFN(val >> PAGE_SHIFT));
		return rc && rc != -ERESTART ? -EPERM : rc;
	case 4:
		/* Bits that are not the guest's to change keep their value. */
		v->cr4 = val & CR4_GUESTS;
		emul_load_cr4(v);
		return 0;
	default:
		return -ENOSYS;
	}
}

int emul_xsetbv(struct vcpu *v, u32 index, u64 val)
{
	return index || fpu_set_xcr0(v, val) ? -EPERM : 0;
}

/* ---- debug registers ---- */

#define DR6_FIXED    0xffff0ff0ull
#define DR7_FIXED    0x400ull
#define DR7_RESERVED 0xffffffff0000dc00ull
#define DR7_GD	     (1ull << 13)
#define DR7_ENABLES  0xffull

static void load_dr(unsigned int reg, u64 val)
{
	switch (reg) {
	case 0:
		__asm__ volatile("mov %0, %%dr0" : : "r"(val));
		break;
	case 1:
		__asm__ volatile("mov %0, %%dr1" : : "r"(val));
		break;
	case 2:
		__asm__ volatile("mov %0, %%dr2" : : "r"(val));
		break;
	case 3:
		__asm__ volatile("mov %0, %%dr3" : : "r"(val));
		break;
	case 7:
		__asm__ volatile("mov %0, %%dr7" : : "r"(val));
		break;
	}
}

/* While DR7 armed nothing, the addresses in the registers were anybody's. */
static void load_debug(const struct vcpu *v, unsigned int reg)
{
	unsigned int i;

	if (reg == 7 && (v->dr[7] & DR7_ENABLES))
		for (i = 0; i < 4; i++)
			load_dr(i, v->dr[i]);
	load_dr(reg, v->dr[reg]);
}

/* Type 2 (I/O) wants CR4.DE; execution breakpoints have length 0. */
static int dr7_check(u64 val)
{
	unsigned int i;

	if (val & DR7_GD)
		return -EPERM;
	for (i = 0; i < 4; i++) {
		unsigned int rw = val >> (16 + 4 * i) & 3;
		unsigned int len = val >> (18 + 4 * i) & 3;

		if (!(val >> (2 * i) & 3))
			continue;
		if ((rw == 0 && len) || rw == 2)
			return -EPERM;
	}
	return 0;
}

int emul_set_dr(struct vcpu *v, unsigned int reg, u64 val)
{
	int rc;

	switch (reg) {
	case 0 ... 3:
		if (!guest_va_ok(val, 8))
			return -EPERM;
		break;
	case 6:
		v->dr[6] = (val & 0xe00f) | DR6_FIXED;
		return 0;
	case 7:
		val = (val & ~DR7_RESERVED) | DR7_FIXED;
		rc = dr7_check(val);
		if (rc)
			return rc;
		break;
	default:
		return -ENODEV;
	}
	v->dr[reg] = val;
	if (v == current)
		load_debug(v, reg);
	return 0;
}

int emul_get_dr(struct vcpu *v, unsigned int reg, u64 *val)
{
	switch (reg) {
	case 0 ... 3:
		*val = v->dr[reg];
		return 0;
	case 6:
		*val = v->dr[6] | DR6_FIXED;
		return 0;
	case 7:
		*val = v->dr[7] | DR7_FIXED;
		return 0;
	default:
		return -ENODEV;
	}
}
