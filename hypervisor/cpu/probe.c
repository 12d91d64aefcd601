/*
 * probe.c: what this processor can do
 */
#include <hv/lib.h>
#include "internal.h"

bool cpu_has_xsave, cpu_has_page1gb;
unsigned int cpu_maddr_bits = 36;

static bool bit_of(u32 word, unsigned int n)
{
	return word >> n & 1;
}

void cpu_probe(void)
{
	u32 r[4], max_ext;

	cpuid(0x80000000, 0, r);
	max_ext = r[0];

	cpuid(1, 0, r);
	cpu_has_xsave = bit_of(r[2], 26);
	cpuid(0x80000001, 0, r);
	cpu_has_page1gb = bit_of(r[3], 26);
	if (max_ext >= 0x80000008) {
		cpuid(0x80000008, 0, r);
		cpu_maddr_bits = r[0] & 0xff;
	}
	fpu_probe();
}
