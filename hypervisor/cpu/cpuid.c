/*
 * cpuid.c: the processor as guests see it
 *
 * Feature words are lists of what PV guests may have, so a feature nobody
 * thought of stays hidden. What is missing and why: ABI-NOTES 3.5, in short
 * whatever needs ring 0, superpages, MSRs we do not virtualise, or nesting.
 */
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/mm.h>
#include <paravane/extensions.h>
#include <xen/cpuid.h>
#include "internal.h"

#define B(n) (1u << (n))

static bool opt_fsgsbase;
OPTION_BOOL("fsgsbase", opt_fsgsbase);

/* Leaf 1 EDX: FPU DE TSC MSR PAE MCE CX8 APIC SEP MCA CMOV PAT CLFLUSH ACPI
 * MMX FXSR SSE SSE2 SS HTT. Machine-check registers are emulated: no banks. */
#define PV_1_EDX                                                         \
	(B(0) | B(2) | B(4) | B(5) | B(6) | B(7) | B(8) | B(9) | B(11) | \
	 B(14) | B(15) | B(16) | B(19) | B(22) | B(23) | B(24) | B(25) | \
	 B(26) | B(27) | B(28))
/* Leaf 1 ECX: SSE3 PCLMUL SSSE3 FMA CX16 SSE4.1 SSE4.2 X2APIC MOVBE POPCNT
 * AES XSAVE OSXSAVE AVX F16C RDRAND */
#define PV_1_ECX                                                              \
	(B(0) | B(1) | B(9) | B(12) | B(13) | B(19) | B(20) | B(21) | B(22) | \
	 B(23) | B(25) | B(26) | B(27) | B(28) | B(29) | B(30))
#define ECX1_XSAVE	B(26)
#define ECX1_OSXSAVE	B(27)
#define ECX1_AVX	(B(28) | B(29) | B(12)) /* AVX F16C FMA */
#define ECX1_HYPERVISOR B(31)
/* Leaf 7 EBX: FSGSBASE BMI1 AVX2 FDP_EXCP BMI2 ERMS NO_FPU_SEL AVX512F DQ
 * RDSEED ADX IFMA CLFLUSHOPT CLWB PF ER CD SHA BW VL */
#define PV_7_EBX                                                           \
	(B(0) | B(3) | B(5) | B(6) | B(8) | B(9) | B(13) | B(16) | B(17) | \
	 B(18) | B(19) | B(21) | B(23) | B(24) | B(26) | B(27) | B(28) |   \
	 B(29) | B(30) | B(31))
#define EBX7_AVX512 \
	(B(16) | B(17) | B(21) | B(26) | B(27) | B(28) | B(30) | B(31))
/* Leaf 7 ECX: PREFETCHWT1 VBMI VBMI2 GFNI VAES VPCLMUL VNNI BITALG VPOPCNTDQ
 * RDPID */
#define PV_7_ECX                                                            \
	(B(0) | B(1) | B(6) | B(8) | B(9) | B(10) | B(11) | B(12) | B(14) | \
	 B(22))
#define ECX7_AVX512 (B(1) | B(6) | B(11) | B(12) | B(14))
/* Leaf 7 EDX: 4VNNIW 4FMAPS FSRM MD_CLEAR SERIALIZE */
#define PV_7_EDX    (B(2) | B(3) | B(4) | B(10) | B(14))
#define EDX7_AVX512 (B(2) | B(3))
/* Leaf 7.1 EAX: AVX-VNNI AVX512-BF16 FZRM FSRS FSRCS */
#define PV_71_EAX   (B(4) | B(5) | B(10) | B(11) | B(12))
/* 0x80000001 EDX: SYSCALL NX MMXEXT FFXSR RDTSCP LM, and copies of leaf 1 */
#define EXT_COPIES  (PV_1_EDX & 0x0183f3ffu & ~B(11))
#define PV_E1_EDX   (B(11) | B(20) | B(22) | B(25) | B(27) | B(29))
/* 0x80000001 ECX: LAHF CMP_LEGACY ABM SSE4A MISALIGNSSE PREFETCH XOP FMA4
 * TBM DBEXT */
#define PV_E1_ECX                                                          \
	(B(0) | B(1) | B(5) | B(6) | B(7) | B(8) | B(11) | B(16) | B(21) | \
	 B(26))
#define ECXE1_AVX    (B(11) | B(16))	  /* XOP FMA4 */
#define PV_D1_EAX    (B(0) | B(1) | B(2)) /* XSAVEOPT XSAVEC XGETBV1 */
#define PV_E7_EDX    B(8)		  /* invariant TSC */
#define PV_E8_EBX    (B(0) | B(2))	  /* CLZERO, FP error pointers */
#define E21_NSCB     B(6)		  /* a null selector clears the base */
#define EBX7_FSGS    B(0)

#define MAX_BASIC    0xdu
#define MAX_EXTENDED 0x80000008u
#define LEAF_NSCB    0x80000021u
#define VANE_BASE    PARAVANE_CPUID_BASE
#define VANE_MAX     PARAVANE_CPUID_FEATURES

static bool may_use(u64 xcr0_bits)
{
	return (xcr0_guest_mask & xcr0_bits) == xcr0_bits;
}

static bool avx_ok(void)
{
	return may_use(7);
}

static bool avx512_ok(void)
{
	return may_use(0xe7);
}

static void zero(u32 r[4])
{
	r[0] = r[1] = r[2] = r[3] = 0;
}

static void leaf_1(const struct vcpu *v, u32 r[4])
{
	r[1] = (r[1] & 0x00ffffff) | v->id * 2 << 24;
	r[2] &= PV_1_ECX;
	/* Follows the real CR4: guests look before they write theirs. */
	if (!(cpu_cr4 & X86_CR4_OSXSAVE))
		r[2] &= ~(ECX1_XSAVE | ECX1_OSXSAVE);
	if (!avx_ok())
		r[2] &= ~ECX1_AVX;
	r[2] |= ECX1_HYPERVISOR;
	r[3] &= PV_1_EDX;
}

static void leaf_7(u32 sub, u32 r[4])
{
	if (sub == 0) {
		r[0] = min(r[0], 1u);
		r[1] &= PV_7_EBX;
		if (!(cpu_cr4 & X86_CR4_FSGSBASE))
			r[1] &= ~EBX7_FSGS;
		r[2] &= PV_7_ECX;
		r[3] &= PV_7_EDX;
		if (!avx_ok())
			r[1] &= ~B(5);
		if (!avx512_ok()) {
			r[1] &= ~EBX7_AVX512;
			r[2] &= ~ECX7_AVX512;
			r[3] &= ~EDX7_AVX512;
		}
	} else if (sub == 1) {
		r[0] &= PV_71_EAX;
		if (!avx_ok())
			r[0] &= ~B(4);
		if (!avx512_ok())
			r[0] &= ~B(5);
		r[1] = r[2] = r[3] = 0;
	} else {
		zero(r);
	}
}

/* Sizes depend on XCR0, which while the guest runs is the guest's. */
static void leaf_d(u32 sub, u32 r[4])
{
	if (!cpu_has_xsave) {
		zero(r);
	} else if (sub == 0) {
		r[0] = (u32)xcr0_guest_mask;
		r[2] = xsave_size;
		r[3] = (u32)(xcr0_guest_mask >> 32);
	} else if (sub == 1) {
		r[0] &= PV_D1_EAX;
		r[2] = r[3] = 0;
	} else if (sub < 63 && (xcr0_guest_mask >> sub & 1)) {
		r[3] = 0;
	} else {
		zero(r);
	}
}

static void basic_leaf(const struct vcpu *v, u32 leaf, u32 sub, u32 r[4])
{
	switch (leaf) {
	case 0:
		r[0] = min(r[0], MAX_BASIC);
		break;
	case 1:
		leaf_1(v, r);
		break;
	case 2:
	case 4:
		break;
	case 7:
		leaf_7(sub, r);
		break;
	case 0xb:
		/* No topology, only who we are. */
		r[0] = r[1] = 0;
		r[2] = sub & 0xff;
		r[3] = v->id * 2;
		break;
	case 0xd:
		leaf_d(sub, r);
		break;
	default:
		zero(r);
	}
}

static bool is_amd(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	return r[1] == 0x68747541 || r[1] == 0x6f677948; /* Auth, Hygo */
}

/* Who believes that null selectors keep bases loads two for each that he
 * needs; Intel's are known not to. */
static bool tells_nscb(void)
{
	return cpu_null_clears_base && is_amd();
}

bool cpuid_wants_fsgsbase(void)
{
	return opt_fsgsbase || !cpu_null_clears_base;
}

static void extended_leaf(const struct vcpu *v, u32 leaf, u32 r[4])
{
	switch (leaf) {
	case 0x80000000:
		r[0] = tells_nscb() ? LEAF_NSCB : min(r[0], MAX_EXTENDED);
		break;
	case LEAF_NSCB:
		zero(r);
		r[0] = tells_nscb() ? E21_NSCB : 0;
		break;
	case 0x80000001:
		r[2] &= PV_E1_ECX;
		if (!avx_ok())
			r[2] &= ~ECXE1_AVX;
		r[3] &= PV_E1_EDX | (is_amd() ? EXT_COPIES : 0);
		break;
	case 0x80000002:
	case 0x80000003:
	case 0x80000004:
	case 0x80000005:
	case 0x80000006:
		break;
	case 0x80000007:
		r[0] = r[1] = r[2] = 0;
		r[3] &= v->d->privileged ? PV_E7_EDX : 0;
		break;
	case 0x80000008:
		r[1] &= PV_E8_EBX;
		r[3] = 0;
		break;
	default:
		zero(r);
	}
}

static unsigned int maddr_width(void)
{
	return PAGE_SHIFT + 64 - (unsigned int)__builtin_clzll(max_mfn - 1);
}

static void xen_leaf(u32 leaf, u32 sub, u32 r[4])
{
	zero(r);
	switch (leaf - XEN_CPUID_FIRST_LEAF) {
	case 0:
		r[0] = XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES);
		r[1] = XEN_CPUID_SIGNATURE_EBX;
		r[2] = XEN_CPUID_SIGNATURE_ECX;
		r[3] = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		r[0] = 4 << 16 | 17;
		break;
	case 2:
		r[0] = 1; /* hypercall pages */
		r[1] = 0x40000000;
		r[2] = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case 3:
		if (sub == 0)
			r[2] = (u32)tsc_khz;
		else if (sub == 2)
			r[0] = (u32)tsc_khz;
		break;
	case 5:
		r[1] = maddr_width() & XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK;
		break;
	}
}

static void vane_leaf(u32 leaf, u32 r[4])
{
	zero(r);
	if (leaf == VANE_BASE) {
		r[0] = VANE_MAX;
		memcpy(&r[1], PARAVANE_SIGNATURE, 12);
	} else if (leaf == VANE_MAX) {
		r[0] = PARAVANE_VERSION;
		r[2] = PARAVANE_FEAT_PTE_FLAGS;
	}
}

void cpuid_guest(struct vcpu *v, u32 leaf, u32 sub, u32 r[4])
{
	u32 top[4];

	if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < VANE_BASE) {
		xen_leaf(leaf, sub, r);
		return;
	}
	if (leaf >= VANE_BASE && leaf <= VANE_MAX) {
		vane_leaf(leaf, r);
		return;
	}
	cpuid(leaf & 0x80000000, 0, top);
	if (leaf > top[0] && leaf != LEAF_NSCB) {
		zero(r);
		return;
	}
	cpuid(leaf, sub, r);
	if (leaf >= 0x80000000)
		extended_leaf(v, leaf, r);
	else
		basic_leaf(v, leaf, sub, r);
	domain_hide_features(v->d, leaf, sub, r);
}
