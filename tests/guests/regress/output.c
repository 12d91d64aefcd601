/*
 * guests/regress: class: output pointers, memory_exchange's above all
 *
 * A published defect of this class checked the list that XENMEM_exchange
 * writes, but not the place in it where a continued call goes on, so that the
 * hypervisor wrote mfns wherever the guest wanted. Here that is the M2P,
 * which a guest can read to see whether it was written.
 */
#include "regress.h"
#include <xen/memory.h>

static u64 *m2p_entry(u64 mfn)
{
	return (u64 *)MACH2PHYS_VIRT_START + mfn;
}

/* The frame of @page is traded, or not; afterwards it has one as before. */
static void settle(u8 *page, u64 mfn)
{
	u64 pfn = va_to_pfn(page), list = pfn;
	struct xen_memory_reservation op = {.nr_extents = 1,
					    .domid = DOMID_SELF};

	op.extent_start.p = &list;
	if (pte_write(mfn << 12 | MMU_MACHPHYS_UPDATE, pfn)) {
		/* Gone, and nobody told us which one came. */
		if (hypercall(memory_op, XENMEM_populate_physmap, &op) != 1)
			guest_broken("no frame in its place");
		((u64 *)start_info->mfn_list)[pfn] = list;
	}
	if (page_make_rw(page))
		guest_broken("the page has no frame");
}

PROMISE(exchange_writes_where_it_may, "no offset leads out of guest memory")
{
	static const u64 done[] = {0, 1, 511, 1UL << 20, 1UL << 40, 1UL << 50};
	u8 *page = page_alloc();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(done); i++) {
		u64 mfn = va_to_mfn(page), in[1] = {mfn};
		u64 *target = m2p_entry(va_to_mfn(start_info)), was = *target;
		struct xen_memory_exchange op = {
			.in = {.nr_extents = done[i] + 1, .domid = DOMID_SELF},
			.out = {.nr_extents = done[i] + 1, .domid = DOMID_SELF},
			.nr_exchanged = done[i],
		};

		op.in.extent_start.p = in - done[i];
		op.out.extent_start.p = target - done[i];
		require(!va_map(page, 0));
		expect_refused(hypercall(memory_op, XENMEM_exchange, &op));
		expect_eq(*target, was);
		settle(page, mfn);
	}
	page_free(page);
}

PROMISE(exchange_reads_where_it_may, "nor does the list that it reads")
{
	static const u64 done[] = {0, 1, 1UL << 20, 1UL << 50};
	u64 out[1] = {0};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(done); i++) {
		struct xen_memory_exchange op = {
			.in = {.nr_extents = done[i] + 1, .domid = DOMID_SELF},
			.out = {.nr_extents = done[i] + 1, .domid = DOMID_SELF},
			.nr_exchanged = done[i],
		};

		op.in.extent_start.p = (u64 *)BAD_HYPERVISOR - done[i];
		op.out.extent_start.p = out - done[i];
		expect_refused(hypercall(memory_op, XENMEM_exchange, &op));
	}
}

PROMISE(extent_lists_too, "populate_physmap's list in the M2P: nothing written")
{
	u8 *page = page_alloc();
	u64 mfn = va_to_mfn(page), pfn = va_to_pfn(page);
	u64 *target = m2p_entry(va_to_mfn(start_info)), was = *target;
	struct xen_memory_reservation op = {.nr_extents = 1,
					    .domid = DOMID_SELF};
	domid_t self = DOMID_SELF;
	long before, after;

	op.extent_start.p = &mfn;
	require(!va_map(page, 0));
	require(hypercall(memory_op, XENMEM_decrease_reservation, &op) == 1);
	before = hypercall(memory_op, XENMEM_current_reservation, &self);
	op.extent_start.p = target;
	answer(hypercall(memory_op, XENMEM_populate_physmap, &op));
	expect_eq(*target, was);
	answer(hypercall(memory_op, XENMEM_increase_reservation, &op));
	expect_eq(*target, was);
	op.nr_extents = 1UL << 50;
	op.extent_start.p = target - (1UL << 50);
	answer(hypercall(memory_op, XENMEM_populate_physmap, &op));
	expect_eq(*target, was);
	after = hypercall(memory_op, XENMEM_current_reservation, &self);
	answer(after - before);
	op.nr_extents = 1;
	mfn = pfn;
	op.extent_start.p = &mfn;
	require(hypercall(memory_op, XENMEM_populate_physmap, &op) == 1);
	((u64 *)start_info->mfn_list)[pfn] = mfn;
	require(!page_make_rw(page));
	page_free(page);
}

PROMISE(counts_and_results_too,
	"done counters, multicall results, maps: the same")
{
	u64 *target = m2p_entry(va_to_mfn(start_info)), was = *target;
	struct mmu_update req = {.ptr = ~7UL};
	struct mmuext_op op = {.cmd = 99};
	struct xen_machphys_mfn_list frames = {.max_extents = 1};
	struct xen_memory_map map = {.nr_entries = 128};

	hypercall(mmu_update, &req, 1, target, DOMID_SELF);
	expect_eq(*target, was);
	hypercall(mmuext_op, &op, 1, target, DOMID_SELF);
	expect_eq(*target, was);
	expect_refused(hypercall(multicall, target, 1));
	expect_eq(*target, was);
	if (is_dom0()) {
		frames.extent_start.p = target;
		expect_refused(hypercall(memory_op, XENMEM_machphys_mfn_list,
					 &frames));
		map.buffer.p = target;
		expect_refused(
			hypercall(memory_op, XENMEM_machine_memory_map, &map));
		expect_eq(*target, was);
	}
	expect_refused(hypercall(memory_op, XENMEM_machphys_mapping, target));
	expect_eq(*target, was);
}
