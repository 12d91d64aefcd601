/*
 * guests/version: CPUID as a PV kernel sees it through the emulation prefix
 *
 * ABI: leaves 0x40000000.., what is hidden, what is shown.
 */
#include <guest.h>
#include <xen/cpuid.h>

struct leaf {
	u32 a, b, c, d;
};

static struct leaf pv_cpuid(u32 leaf, u32 sub)
{
	struct leaf l = {.a = leaf, .c = sub};

	__asm__ volatile(XEN_CPUID
			 : "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d));
	return l;
}

PROMISE(signature_leaf, "0x40000000 says XenVMMXenVMM and at least 2 more")
{
	struct leaf l = pv_cpuid(XEN_CPUID_LEAF(0), 0);

	expect(l.a >= XEN_CPUID_LEAF(2));
	expect_eq(l.b, XEN_CPUID_SIGNATURE_EBX);
	expect_eq(l.c, XEN_CPUID_SIGNATURE_ECX);
	expect_eq(l.d, XEN_CPUID_SIGNATURE_EDX);
}

PROMISE(version_leaf, "0x40000001 EAX is 4.17")
{
	expect_eq(pv_cpuid(XEN_CPUID_LEAF(1), 0).a, 0x00040011);
}

PROMISE(hypercall_page_leaf, "0x40000002: one page, preserve_ad offered")
{
	struct leaf l = pv_cpuid(XEN_CPUID_LEAF(2), 0);

	expect_eq(l.a, 1);
	expect(l.c & XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD);
}

PROMISE(time_leaf_has_khz, "0x40000003 ECX is the TSC in kHz, dom0: or 0")
{
	u32 khz = pv_cpuid(XEN_CPUID_LEAF(3), 0).c;

	expect(khz > 1000 || (is_dom0() && !khz));
}

PROMISE(address_width_leaf, "0x40000005 EBX[7:0] is the machine width")
{
	u32 width = pv_cpuid(XEN_CPUID_LEAF(5), 0).b & 0xff;

	expect(width >= 12 && width <= 52);
	expect(1UL << (width - 12) > va_to_mfn(start_info));
}

PROMISE(nothing_nested, "VMX, SVM and SKINIT are hidden")
{
	expect_eq(pv_cpuid(1, 0).c >> 5 & 1, 0);
	expect_eq(pv_cpuid(0x80000001, 0).c >> 2 & 1, 0);
	expect_eq(pv_cpuid(0x80000001, 0).c >> 12 & 1, 0);
}

PROMISE(no_superpages_shown, "PSE, PSE36, PGE, VME and PAGE1GB are hidden")
{
	u32 d = pv_cpuid(1, 0).d;

	expect_eq(d >> 1 & 1, 0);
	expect_eq(d >> 3 & 1, 0);
	expect_eq(d >> 13 & 1, 0);
	expect_eq(d >> 17 & 1, 0);
	expect_eq(pv_cpuid(0x80000001, 0).d >> 26 & 1, 0);
}

PROMISE(ring0_features_hidden,
	"SMEP, SMAP, UMIP, PKU, PCID, INVPCID are hidden")
{
	struct leaf seven = pv_cpuid(7, 0);

	expect_eq(seven.b >> 7 & 1, 0);
	expect_eq(seven.b >> 20 & 1, 0);
	expect_eq(seven.b >> 10 & 1, 0);
	expect_eq(seven.c >> 2 & 3, 0);
	expect_eq(seven.c >> 16 & 1, 0);
	expect_eq(pv_cpuid(1, 0).c >> 17 & 1, 0);
}

PROMISE(fsgsbase_is_what_it_says,
	"FSGSBASE instructions work in the kernel only where CPUID and CR4 say")
{
	u64 cr4, base;
	bool on;

	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	on = cr4 >> 16 & 1;
	if (on)
		expect(pv_cpuid(7, 0).b & 1);
	PROBE("rdfsbase %0", : "=r"(base));
	if (on)
		expect_no_trap();
	else
		expect_trap(VEC_UD);
}

PROMISE(null_selectors_clear_bases,
	"0x80000021 says so only where they do: FS is 0 after a null selector")
{
	u32 lo = 0, hi = 0;

	if (pv_cpuid(0x80000000, 0).a < 0x80000021 ||
	    !(pv_cpuid(0x80000021, 0).a >> 6 & 1))
		skip("the processor does not say");
	expect_eq(hypercall(set_segment_base, SEGBASE_FS, 0x5000), 0);
	__asm__ volatile("movl %0, %%fs" : : "r"(0));
	PROBE("rdmsr", : "+a"(lo), "+d"(hi) : "c"(0xc0000100));
	expect_no_trap();
	expect_eq(hi, 0);
	expect_eq(lo, 0);
}

PROMISE(mwait_and_deadline_hidden, "MONITOR, TSC_DEADLINE, x2APIC: no use here")
{
	u32 c = pv_cpuid(1, 0).c;

	expect_eq(c >> 3 & 1, 0);
	expect_eq(c >> 24 & 1, 0);
}

PROMISE(hypervisor_bit_shown, "HYPERVISOR and APIC are shown")
{
	expect(pv_cpuid(1, 0).c & 1U << 31);
	expect(pv_cpuid(1, 0).d & 1U << 9);
}

PROMISE(long_mode_shown, "LM, NX and SYSCALL are shown")
{
	u32 d = pv_cpuid(0x80000001, 0).d;

	expect(d & 1U << 29);
	expect(d & 1U << 20);
	expect(d & 1U << 11);
}

PROMISE(osxsave_shows_hardware, "OSXSAVE is set where XSAVE is shown")
{
	u32 c = pv_cpuid(1, 0).c;

	if (!(c & 1U << 26))
		skip("no XSAVE on this processor");
	expect(c & 1U << 27);
}

PROMISE(prefix_and_plain_leaf_zero_agree, "vendor is the same either way")
{
	struct leaf pv = pv_cpuid(0, 0), hw = {0};

	__asm__ volatile("cpuid"
			 : "+a"(hw.a), "=b"(hw.b), "+c"(hw.c), "=d"(hw.d));
	expect_eq(pv.b, hw.b);
	expect_eq(pv.c, hw.c);
	expect_eq(pv.d, hw.d);
}

PROMISE(prefix_keeps_upper_zero, "results are zero extended to 64 bits")
{
	u64 a = 0x40000000, b = ~0UL, c = 0, d = ~0UL;

	__asm__ volatile(XEN_CPUID : "+a"(a), "+b"(b), "+c"(c), "+d"(d));
	expect_eq(b >> 32, 0);
	expect_eq(d >> 32, 0);
}
