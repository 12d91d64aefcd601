/*
 * probe.c: what this processor can do
 */
#include <hv/lib.h>
#include "internal.h"

bool cpu_has_xsave, cpu_has_nx, cpu_has_page1gb, cpu_has_tsc_deadline,
	cpu_has_fsgsbase, cpu_has_invariant_tsc, cpu_has_arat;
unsigned int cpu_maddr_bits = 36;

static bool bit_of(u32 word, unsigned int n)
{
	return word >> n & 1;
}

void cpu_probe(void)
{
	u32 r[4], max_basic, max_ext;

	cpuid(0, 0, r);
	max_basic = r[0];
	cpuid(0x80000000, 0, r);
	max_ext = r[0];

	cpuid(1, 0, r);
	cpu_has_xsave = bit_of(r[2], 26);
	cpu_has_tsc_deadline = bit_of(r[2], 24);
	if (max_basic >= 6) {
		cpuid(6, 0, r);
		cpu_has_arat = bit_of(r[0], 2);
	}
	if (max_basic >= 7) {
		cpuid(7, 0, r);
		cpu_has_fsgsbase = bit_of(r[1], 0);
	}
	cpuid(0x80000001, 0, r);
	cpu_has_nx = bit_of(r[3], 20);
	cpu_has_page1gb = bit_of(r[3], 26);
	if (max_ext >= 0x80000007) {
		cpuid(0x80000007, 0, r);
		cpu_has_invariant_tsc = bit_of(r[3], 8);
	}
	if (max_ext >= 0x80000008) {
		cpuid(0x80000008, 0, r);
		cpu_maddr_bits = r[0] & 0xff;
	}
	fpu_probe();
}
