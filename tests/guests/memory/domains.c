/*
 * guests/memory: memory_op on what is no ordinary frame
 *
 * ABI: acquire_resource, machphys_mfn_list, physmap calls of a PV domain.
 */
#include <guest.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

PROMISE(increase_reservation_adds,
	"increase_reservation gives a frame by number")
{
	u64 mfn = 0;
	struct xen_memory_reservation op = {.nr_extents = 1,
					    .domid = DOMID_SELF};
	u8 *page = page_alloc();

	op.extent_start.p = &mfn;
	if (hypercall(memory_op, XENMEM_increase_reservation, &op) != 1) {
		page_free(page);
		skip("the domain has all it may have");
	}
	expect_eq(va_map(page, mfn << 12 | PTE_DATA), 0);
	expect(probe_write(page, 1));
	require(!page_make_rw(page));
	expect_eq(hypercall(memory_op, XENMEM_decrease_reservation, &op), 1);
	page_free(page);
}

PROMISE(m2p_frames_are_listed, "machphys_mfn_list: an mfn per 2 MiB of M2P")
{
	static u64 list[16];
	struct xen_machphys_mfn_list op = {.max_extents = 16};

	if (!is_dom0())
		skip("for tools");
	op.extent_start.p = list;
	expect_eq(hypercall(memory_op, XENMEM_machphys_mfn_list, &op), 0);
	expect(op.nr_extents >= 1 && op.nr_extents <= 16);
	expect(list[0] != 0);
}

PROMISE(maximum_gpfn_answers, "maximum_gpfn covers the allocation")
{
	domid_t self = DOMID_SELF;

	shared_info->arch.max_pfn = start_info->nr_pages;
	expect(hypercall(memory_op, XENMEM_maximum_gpfn, &self) >=
	       (long)start_info->nr_pages - 1);
}

PROMISE(no_physmap_of_pv, "add_to_physmap of a PV domain is refused")
{
	struct xen_add_to_physmap op = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = 5,
	};
	struct xen_remove_from_physmap un = {.domid = DOMID_SELF, .gpfn = 5};

	expect_refused(hypercall(memory_op, XENMEM_add_to_physmap, &op));
	expect_refused(hypercall(memory_op, XENMEM_remove_from_physmap, &un));
}

PROMISE(grant_frames_as_a_resource,
	"acquire_resource names grant frames of others")
{
	u64 frame = 0;
	struct xen_mem_acquire_resource op = {
		.domid = 0,
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared,
		.nr_frames = 1,
	};

	if (!is_dom0())
		skip("for tools");
	op.frame_list.p = &frame;
	/* For itself a domain must name another; absent ones are -ESRCH. */
	op.domid = 0x1234;
	expect_eq(hypercall(memory_op, XENMEM_acquire_resource, &op),
		  -XEN_ESRCH);
}

PROMISE(claims_of_oneself, "claim_pages: set and cancel a claim for dom0")
{
	struct xen_memory_reservation op = {.nr_extents = 0, .domid = 0};

	if (!is_dom0())
		skip("for tools");
	expect_eq(hypercall(memory_op, XENMEM_claim_pages, &op), 0);
	op.extent_order = 1;
	expect_eq(hypercall(memory_op, XENMEM_claim_pages, &op), -XEN_EINVAL);
}

PROMISE(no_pod_for_pv, "populate on demand is refused to a PV domain")
{
	struct xen_pod_target t = {.domid = DOMID_SELF, .target_pages = 1};

	expect_refused(hypercall(memory_op, XENMEM_set_pod_target, &t));
	expect_refused(hypercall(memory_op, XENMEM_get_pod_target, &t));
}

PROMISE(no_vnuma, "get_vnumainfo without a layout: -EOPNOTSUPP")
{
	struct xen_vnuma_topology_info t = {.domid = DOMID_SELF};

	expect_eq(hypercall(memory_op, XENMEM_get_vnumainfo, &t),
		  -XEN_EOPNOTSUPP);
}
