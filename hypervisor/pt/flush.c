/*
 * pt/flush.c: flushes a guest asks for
 *
 * A vcpu that is loaded nowhere needs none: loading it writes CR3, and guest
 * translations are never global.
 */
#include "internal.h"

void pt_flush_here(u64 va)
{
	if (va != ~0ull)
		cpu_flush_page(va);
	else
		cpu_flush_guest();
	perf_inc(TLB_FLUSH);
}

void pt_flush_vcpus(struct domain *d, const u64 *mask, u64 va)
{
	DECLARE_BITMAP(where, NR_PCPUS) = {0};
	unsigned int i;

	if (nr_pcpus <= 1) {
		pt_flush_here(va);
		return;
	}
	for (i = 0; i < nr_pcpus; i++) {
		struct vcpu *v = READ_ONCE(pcpus[i]->loaded);

		if (v && v->d == d && (!mask || bit_test(mask, v->id)))
			where[i / 64] |= 1ull << (i % 64);
	}
	cpu_flush_mask(where, va);
	perf_inc(TLB_FLUSH);
}

void pt_flush_domain(struct domain *d)
{
	pt_flush_vcpus(d, NULL, ~0ull);
}

int pt_flush_bitmap(struct domain *d, gptr_t mask, u64 va)
{
	DECLARE_BITMAP(ids, MAX_VCPUS) = {0};

	if (copy_in(ids, mask, DIV_UP(d->max_vcpus, 8)))
		return -EFAULT;
	pt_flush_vcpus(d, ids, va);
	return 0;
}
