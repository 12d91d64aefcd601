/*
 * fpu.c: floating-point and vector state of vcpus, moved at every switch
 *
 * A pcpu's registers hold the state of pcpu.fpu_owner or nobody's. A vcpu gets
 * its state before it runs, not at its first use: waiting for #NM would let a
 * guest's XSAVE see a neighbour's registers wherever CR0.TS does not stop it,
 * on processors that speculate past it and under emulators that let XSAVE and
 * XRSTOR through (QEMU's TCG does).
 * Saving and restoring is done with every feature enabled in XCR0: what one
 * guest leaves in a component another has switched off would otherwise wait
 * there to be read.
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include "internal.h"

#define XCR0_X87      (1ull << 0)
#define XCR0_SSE      (1ull << 1)
#define XCR0_AVX      (1ull << 2)
#define XCR0_AVX512   (7ull << 5)

#define FCW_DEFAULT   0x37f
#define MXCSR_DEFAULT 0x1f80
#define FXSAVE_BYTES  512

u32 xsave_size = FXSAVE_BYTES;
u64 xcr0_guest_mask;

void fpu_probe(void)
{
	u64 hw;
	u32 r[4];

	if (!cpu_has_xsave)
		return;
	cpuid(0xd, 0, r);
	hw = r[0] | (u64)r[3] << 32;
	xcr0_guest_mask = hw & (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512);
	if ((xcr0_guest_mask & XCR0_AVX512) != XCR0_AVX512)
		xcr0_guest_mask &= ~XCR0_AVX512;
}

static void set_xcr0(u64 v)
{
	struct pcpu *p = this_pcpu();

	if (p->xcr0 == v)
		return;
	__asm__ volatile("xsetbv" : : "c"(0), "a"((u32)v), "d"((u32)(v >> 32)));
	p->xcr0 = v;
}

static void clear_ts(void)
{
	__asm__ volatile("clts" : : : "memory");
}

static void set_ts(void)
{
	u64 cr0 = cpu_read_cr0();

	if (!(cr0 & X86_CR0_TS))
		cpu_write_cr0(cr0 | X86_CR0_TS);
}

void fpu_init_pcpu(void)
{
	u32 mxcsr = MXCSR_DEFAULT;
	u32 r[4];

	clear_ts();
	__asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
	if (!cpu_has_xsave)
		return;
	set_xcr0(xcr0_guest_mask);
	cpuid(0xd, 0, r);
	xsave_size = r[1];
}

/* False when the processor refuses the image: a tool's bad idea of one. */
static bool try_load(const u8 *area)
{
	bool ok = true;

	if (!cpu_has_xsave) {
		__asm__ volatile("1: fxrstor64 (%1)\n"
				 "2:\n" FIXUP_CLEAR(1b, 2b, "%0")
				 : "+q"(ok)
				 : "r"(area)
				 : "memory");
		return ok;
	}
	set_xcr0(xcr0_guest_mask);
	__asm__ volatile("1: xrstor64 (%1)\n"
			 "2:\n" FIXUP_CLEAR(1b, 2b, "%0")
			 : "+q"(ok)
			 : "r"(area), "a"(~0u), "d"(~0u)
			 : "memory");
	return ok;
}

static void set_initial(u8 *area)
{
	memset(area, 0, xsave_size);
	*(u16 *)area = FCW_DEFAULT;
	*(u32 *)(area + 24) = MXCSR_DEFAULT;
}

static void load_registers(u8 *area)
{
	if (try_load(area))
		return;
	set_initial(area);
	BUG_ON(!try_load(area));
}

int fpu_vcpu_init(struct vcpu *v)
{
	/* aligned to 64 bytes at least, as all of this size are */
	u8 *area = hv_alloc(xsave_size);

	if (!area)
		return -ENOMEM;
	set_initial(area);
	v->xsave = area;
	v->fpu_used = false;
	return 0;
}

void fpu_vcpu_free(struct vcpu *v)
{
	for (unsigned int i = 0; i < nr_pcpus; i++)
		BUG_ON(pcpus[i]->fpu_owner == v);
	hv_free(v->xsave);
	v->xsave = NULL;
}

static void store_registers(u8 *area)
{
	if (!cpu_has_xsave) {
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
		return;
	}
	set_xcr0(xcr0_guest_mask);
	__asm__ volatile("xsave64 (%0)"
			 :
			 : "r"(area), "a"(~0u), "d"(~0u)
			 : "memory");
}

static void set_guest_xcr0(const struct vcpu *v)
{
	if (cpu_has_xsave)
		set_xcr0(v->xcr0);
}

void fpu_restore(struct vcpu *v)
{
	struct pcpu *p = this_pcpu();

	clear_ts();
	if (p->fpu_owner == v)
		return;
	BUG_ON(p->fpu_owner);
	load_registers(v->xsave);
	set_guest_xcr0(v);
	p->fpu_owner = v;
	v->fpu_used = true;
}

void fpu_save(struct vcpu *v)
{
	struct pcpu *p = this_pcpu();

	if (p->fpu_owner != v)
		return;
	clear_ts();
	store_registers(v->xsave);
	p->fpu_owner = NULL;
	set_ts();
}

void fpu_set_ts(struct vcpu *v)
{
	if (v->cr0_ts || this_pcpu()->fpu_owner != v)
		set_ts();
	else
		clear_ts();
}

void fpu_switch_in(struct vcpu *v)
{
	fpu_restore(v);
	fpu_set_ts(v);
}

bool fpu_xcr0_ok(u64 xcr0)
{
	u64 avx512 = xcr0 & XCR0_AVX512;

	if (!cpu_has_xsave || !(xcr0 & XCR0_X87) || (xcr0 & ~xcr0_guest_mask))
		return false;
	if ((xcr0 & XCR0_AVX) && !(xcr0 & XCR0_SSE))
		return false;
	return !avx512 || (avx512 == XCR0_AVX512 && (xcr0 & XCR0_AVX));
}

int fpu_set_xcr0(struct vcpu *v, u64 xcr0)
{
	if (!fpu_xcr0_ok(xcr0))
		return -EINVAL;
	v->xcr0 = xcr0;
	set_xcr0(xcr0);
	return 0;
}
