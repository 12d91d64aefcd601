/*
 * emul/msr.c: the model-specific registers a PV kernel finds
 *
 * ABI: ABI-NOTES 3.4. Whatever is not here is #GP.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/emul.h>
#include "internal.h"

#define MSR_TSC		0x10
#define MSR_PLATFORM_ID 0x17
#define MSR_UCODE_REV	0x8b
#define MSR_MCG_CAP	0x179
#define MSR_MCG_STATUS	0x17a
#define MSR_MCG_CTL	0x17b
#define MSR_MC0_CTL	0x400
#define MSR_MC_LAST	0x47f

#define APIC_BASE	0xfee00800ull
#define APIC_BASE_BSP	(1ull << 8)
#define EFER_GUEST	0xd01ull /* SCE LME LMA NX */

static bool mce_msr(u32 msr)
{
	return msr == MSR_MCG_CAP || msr == MSR_MCG_STATUS ||
	       msr == MSR_MCG_CTL || (msr >= MSR_MC0_CTL && msr <= MSR_MC_LAST);
}

static bool canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}

int emul_rdmsr(struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_FS_BASE:
		*val = rdmsr(MSR_FS_BASE);
		return 0;
	case MSR_GS_BASE:
		*val = rdmsr(MSR_GS_BASE);
		return 0;
	case MSR_KERNEL_GS_BASE:
		*val = rdmsr(MSR_KERNEL_GS_BASE); /* only kernels ask */
		return 0;
	case MSR_EFER:
		*val = EFER_GUEST;
		return 0;
	case MSR_APIC_BASE:
		*val = APIC_BASE | (v->id ? 0 : APIC_BASE_BSP);
		return 0;
	case MSR_PAT:
		*val = PAT_VALUE;
		return 0;
	case MSR_TSC:
		*val = rdtsc();
		return 0;
	case MSR_MISC_ENABLE:
	case MSR_PLATFORM_ID:
	case MSR_UCODE_REV:
		return rdmsr_safe(msr, val) ? -EPERM : 0;
	default:
		if (!mce_msr(msr))
			return -EPERM;
		*val = 0; /* no banks */
		return 0;
	}
}

int emul_wrmsr(struct vcpu *v, u32 msr, u64 val)
{
	u64 old;

	switch (msr) {
	case MSR_FS_BASE:
		if (!canonical(val))
			return -EPERM;
		wrmsr(MSR_FS_BASE, val);
		return 0;
	case MSR_GS_BASE:
		if (!canonical(val))
			return -EPERM;
		wrmsr(MSR_GS_BASE, val);
		return 0;
	case MSR_KERNEL_GS_BASE:
		if (!canonical(val))
			return -EPERM;
		wrmsr(MSR_KERNEL_GS_BASE, val);
		return 0;
	case MSR_UCODE_REV:
		return 0; /* the driver clears it before it reads */
	case MSR_EFER:
	case MSR_APIC_BASE:
	case MSR_PAT:
	case MSR_MISC_ENABLE:
		if (emul_rdmsr(v, msr, &old) || old != val)
			return -EPERM;
		return 0;
	default:
		return mce_msr(msr) ? 0 : -EPERM;
	}
}
