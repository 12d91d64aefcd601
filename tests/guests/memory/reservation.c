/*
 * guests/memory: increase, decrease and populate: orders, lists, limits
 *
 * ABI: the result is the number of extents done, whatever ended the call.
 */
#include <guest.h>
#include <xen/memory.h>

#define PAGES 64

static u8 *page[PAGES];
static u64 list[PAGES];

static long reservation(u32 cmd, void *at, u64 n, u32 order, u32 flags)
{
	struct xen_memory_reservation op = {
		.nr_extents = n,
		.extent_order = order,
		.mem_flags = flags,
		.domid = DOMID_SELF,
	};

	op.extent_start.p = at;
	return hypercall(memory_op, cmd, &op);
}

static long frames_held(void)
{
	domid_t self = DOMID_SELF;

	return hypercall(memory_op, XENMEM_current_reservation, &self);
}

/* All frames given back; list holds the mfns. */
static bool give_back(void)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		if (!page[i])
			page[i] = page_alloc();
		list[i] = va_to_mfn(page[i]);
		if (va_map(page[i], 0))
			return false;
	}
	return reservation(XENMEM_decrease_reservation, list, PAGES, 0, 0) ==
	       PAGES;
}

/* New frames for all pages. */
static bool take_again(void)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		list[i] = va_to_pfn(page[i]);
	if (reservation(XENMEM_populate_physmap, list, PAGES, 0, 0) != PAGES)
		return false;
	for (i = 0; i < PAGES; i++) {
		((u64 *)start_info->mfn_list)[va_to_pfn(page[i])] = list[i];
		if (page_make_rw(page[i]))
			return false;
	}
	return true;
}

PROMISE(balloon_cycles, "64 frames given back and had again, ten times")
{
	long before = frames_held();
	unsigned int round, i;

	for (round = 0; round < 10; round++) {
		require(give_back());
		expect_eq(frames_held(), before - PAGES);
		require(take_again());
		expect_eq(frames_held(), before);
		for (i = 0; i < PAGES; i++)
			expect(probe_write(page[i], i));
	}
}

PROMISE(decrease_stops_at_a_bad_frame, "the extents before it are done")
{
	unsigned int i;
	u64 good;

	require(give_back());
	require(take_again());
	for (i = 0; i < 4; i++) {
		list[i] = va_to_mfn(page[i]);
		require(!va_map(page[i], 0));
	}
	good = list[2];
	list[2] = 0xffffffff;
	expect_eq(reservation(XENMEM_decrease_reservation, list, 4, 0, 0), 2);
	list[2] = good;
	expect_eq(reservation(XENMEM_decrease_reservation, list + 2, 2, 0, 0),
		  2);
	for (i = 0; i < 4; i++)
		list[i] = va_to_pfn(page[i]);
	require(reservation(XENMEM_populate_physmap, list, 4, 0, 0) == 4);
	for (i = 0; i < 4; i++) {
		((u64 *)start_info->mfn_list)[va_to_pfn(page[i])] = list[i];
		require(!page_make_rw(page[i]));
	}
}

PROMISE(list_ends_on_an_absent_page_too, "lists are done up to the fault")
{
	u64 *pair = page_alloc(), *edge = pair + 510;
	unsigned int i;
	u8 *behind = (u8 *)pair + PAGE_SIZE;
	u64 was = *pte_walk(behind, 1);

	require(give_back());
	edge[0] = va_to_pfn(page[0]);
	edge[1] = va_to_pfn(page[1]);
	require(!va_map(behind, 0));
	expect_eq(reservation(XENMEM_populate_physmap, edge, 8, 0, 0), 2);
	require(!va_map(behind, was));
	for (i = 0; i < 2; i++) /* give them back, to take all at once */
		list[i] = edge[i];
	expect_eq(reservation(XENMEM_decrease_reservation, list, 2, 0, 0), 2);
	require(take_again());
	page_free(pair);
}

PROMISE(orders, "extents of order 1 to 9: aligned, in a row; others: 0 done")
{
	static const u32 absurd[] = {19, 32, 52, 63, 0xffffffff};
	long before;
	u64 mfn, first, i;
	u32 order;

	require(give_back());
	before = frames_held();
	for (order = 1; order <= 5; order++) {
		mfn = va_to_pfn(page[0]);
		if (!expect_eq(reservation(XENMEM_populate_physmap, &mfn, 1,
					   order, 0),
			       1))
			break;
		expect_eq(mfn & ((1UL << order) - 1), 0);
		for (i = 0; i < 1UL << order; i++)
			expect_eq(mfn_to_pfn(mfn + i), va_to_pfn(page[0]) + i);
		expect_eq(frames_held(), before + (1L << order));
		first = mfn;
		expect_eq(reservation(XENMEM_decrease_reservation, &first, 1,
				      order, 0),
			  1);
		expect_eq(frames_held(), before);
	}
	for (i = 0; i < ARRAY_SIZE(absurd); i++) {
		mfn = 0;
		expect_eq(reservation(XENMEM_populate_physmap, &mfn, 1,
				      absurd[i], 0),
			  0);
		expect_eq(reservation(XENMEM_decrease_reservation, &mfn, 1,
				      absurd[i], 0),
			  0);
		expect_eq(reservation(XENMEM_increase_reservation, &mfn, 1,
				      absurd[i], 0),
			  0);
	}
	require(take_again());
}

PROMISE(absurd_counts, "more extents than numbers can say: none done")
{
	expect_eq(reservation(XENMEM_populate_physmap, list, ~0UL, 0, 0), 0);
	expect_eq(
		reservation(XENMEM_decrease_reservation, list, 1UL << 58, 0, 0),
		0);
	expect_eq(
		reservation(XENMEM_increase_reservation, list, 1UL << 40, 0, 0),
		0);
	expect_eq(reservation(XENMEM_increase_reservation, list, 0, 0, 0), 0);
}

PROMISE(addresses_of_new_frames, "address_bits 12 and less: none done")
{
	u64 mfn;
	u32 bits;

	require(give_back());
	for (bits = 1; bits <= 12; bits++) {
		mfn = va_to_pfn(page[0]);
		expect_eq(reservation(XENMEM_populate_physmap, &mfn, 1, 0,
				      XENMEMF_address_bits(bits)),
			  0);
	}
	mfn = va_to_pfn(page[0]);
	if (reservation(XENMEM_populate_physmap, &mfn, 1, 0,
			XENMEMF_address_bits(31)) == 1) {
		expect(mfn < 1UL << 19);
		expect_eq(
			reservation(XENMEM_decrease_reservation, &mfn, 1, 0, 0),
			1);
	}
	require(take_again());
}

PROMISE(reservations_of_others, "absent domains and DOMID_IO: none done")
{
	static const u16 id[] = {0x1234, DOMID_IO, DOMID_XEN, DOMID_INVALID};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(id); i++) {
		struct xen_memory_reservation op = {.nr_extents = 1,
						    .domid = id[i]};
		u64 mfn = 0;

		op.extent_start.p = &mfn;
		answer(hypercall(memory_op, XENMEM_populate_physmap, &op));
		answer(hypercall(memory_op, XENMEM_decrease_reservation, &op));
		answer(hypercall(memory_op, XENMEM_increase_reservation, &op));
	}
}

PROMISE(tables_live_on,
	"a table given back stays one, and ours, until unlinked")
{
	u64 *l2 = page_alloc(), *l1 = page_alloc(), mfn = va_to_mfn(l1), v;
	u64 pfn = va_to_pfn(l1), *window = page_alloc();

	require(!page_make_ro(l2));
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	l1[8] = va_to_mfn(start_info) << 12 | PTE_RO;
	require(!page_make_ro(l1));
	require(!pte_write(va_to_maddr(l2), mfn << 12 | PTE_TABLE));
	require(!va_map(l1, 0));
	expect_eq(reservation(XENMEM_decrease_reservation, &mfn, 1, 0, 0), 1);
	mfn = (l2[0] & PTE_MFN) >> 12;
	expect_eq(va_map(window, mfn << 12 | PTE_RO), 0);
	require(probe_read(window + 8, &v));
	expect_eq(v & PTE_MFN, va_to_mfn(start_info) << 12);
	expect_eq(va_map(window, mfn << 12 | PTE_DATA), -XEN_EBUSY);
	require(!va_map(window, 0));
	expect_eq(pte_write(va_to_maddr(l2), 0), 0);
	expect_refused(va_map(window, mfn << 12 | PTE_RO));
	mfn = pfn;
	require(reservation(XENMEM_populate_physmap, &mfn, 1, 0, 0) == 1);
	((u64 *)start_info->mfn_list)[pfn] = mfn;
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	require(!page_make_rw(l1) && !page_make_rw(l2) &&
		!page_make_rw(window));
	page_free(l1);
	page_free(l2);
	page_free(window);
}

PROMISE(shared_info_is_not_given_back,
	"shared_info stays, whatever is answered")
{
	u64 mfn = start_info->shared_info >> 12;
	long before = frames_held();

	answer(reservation(XENMEM_decrease_reservation, &mfn, 1, 0, 0));
	answer(frames_held() - before);
	expect(probe_write(shared_info_page + 0xff8, 1)); /* still mapped */
}

PROMISE(maps_in_small_buffers,
	"machine_memory_map into less room than it needs")
{
	static struct e820entry e[128];
	struct xen_memory_map map = {.nr_entries = 2};

	if (!is_dom0())
		skip("dom0 only");
	map.buffer.p = e;
	e[2].type = 77;
	answer(hypercall(memory_op, XENMEM_machine_memory_map, &map));
	answer(map.nr_entries);
	expect_eq(e[2].type, 77);
	map.nr_entries = 0;
	answer(hypercall(memory_op, XENMEM_machine_memory_map, &map));
	answer(map.nr_entries);
	map.nr_entries = 128;
	map.buffer.p = BAD_UNMAPPED;
	expect_refused(hypercall(memory_op, XENMEM_machine_memory_map, &map));
	expect_refused(hypercall(memory_op, XENMEM_machine_memory_map,
				 BAD_HYPERVISOR));
}

PROMISE(own_memory_map, "set_memory_map for oneself: what 4.17 says to whom")
{
	static struct e820entry e[3] = {
		{.addr = 0, .size = 1UL << 20, .type = XEN_E820_RAM},
		{.addr = 1UL << 20, .size = 63UL << 20, .type = XEN_E820_RAM},
	};
	struct xen_foreign_memory_map set = {.domid = DOMID_SELF};
	struct xen_memory_map get = {.nr_entries = 1};

	set.map.nr_entries = 2;
	set.map.buffer.p = e;
	if (answer(hypercall(memory_op, XENMEM_set_memory_map, &set)))
		return;
	get.buffer.p = &e[2];
	expect_eq(hypercall(memory_op, XENMEM_memory_map, &get), 0);
	expect_eq(get.nr_entries, 1);
	expect_eq(e[2].size, 1UL << 20);
	set.map.nr_entries = 100000;
	expect_refused(hypercall(memory_op, XENMEM_set_memory_map, &set));
	set.map.nr_entries = 2;
	set.map.buffer.p = BAD_UNMAPPED;
	expect_refused(hypercall(memory_op, XENMEM_set_memory_map, &set));
	set.domid = 0x1234;
	expect_refused(hypercall(memory_op, XENMEM_set_memory_map, &set));
	expect_refused(
		hypercall(memory_op, XENMEM_set_memory_map, BAD_UNMAPPED));
	/* None at all, as it was. */
	set.domid = DOMID_SELF;
	set.map.nr_entries = 0;
	answer(hypercall(memory_op, XENMEM_set_memory_map, &set));
}

PROMISE(machphys_lists, "machphys_mfn_list: rooms 0 and 1, a bad list")
{
	u64 one[2] = {0, 77};
	struct xen_machphys_mfn_list op = {.max_extents = 1};

	if (!is_dom0())
		skip("for tools");
	op.extent_start.p = one;
	expect_eq(hypercall(memory_op, XENMEM_machphys_mfn_list, &op), 0);
	expect_eq(op.nr_extents, 1);
	expect_eq(one[1], 77);
	op.max_extents = 0;
	expect_eq(answer(hypercall(memory_op, XENMEM_machphys_mfn_list, &op)),
		  0);
	answer(op.nr_extents);
	op.max_extents = 2;
	op.extent_start.p = BAD_UNMAPPED;
	expect_refused(hypercall(memory_op, XENMEM_machphys_mfn_list, &op));
	answer(hypercall(memory_op, XENMEM_machphys_compat_mfn_list, &op));
}

PROMISE(resources_of_oneself, "acquire_resource: one's own, wrong kinds, sizes")
{
	u64 frame[2] = {0, 0};
	struct xen_mem_acquire_resource op = {
		.domid = DOMID_SELF,
		.type = XENMEM_resource_grant_table,
		.nr_frames = 1,
	};

	op.frame_list.p = frame;
	answer_as("DOMID_SELF",
		  hypercall(memory_op, XENMEM_acquire_resource, &op));
	op.domid = 0;
	answer_as("dom0", hypercall(memory_op, XENMEM_acquire_resource, &op));
	op.pad = 1;
	expect_refused(hypercall(memory_op, XENMEM_acquire_resource, &op));
	op.pad = 0;
	op.type = 77;
	expect_refused(hypercall(memory_op, XENMEM_acquire_resource, &op));
	expect_refused(
		hypercall(memory_op, XENMEM_acquire_resource, BAD_UNMAPPED));
}

PROMISE(claims, "claim_pages: for whom, how many")
{
	struct xen_memory_reservation op = {.domid = DOMID_SELF};

	answer_as("none", hypercall(memory_op, XENMEM_claim_pages, &op));
	op.nr_extents = 1UL << 40;
	answer_as("too many", hypercall(memory_op, XENMEM_claim_pages, &op));
	op.nr_extents = 1;
	answer_as("less than it has",
		  hypercall(memory_op, XENMEM_claim_pages, &op));
	op.mem_flags = 1;
	expect_refused(hypercall(memory_op, XENMEM_claim_pages, &op));
	op.mem_flags = 0;
	op.domid = 0x1234;
	expect_refused(hypercall(memory_op, XENMEM_claim_pages, &op));
	op.domid = DOMID_SELF;
	op.nr_extents = 0;
	answer_as("none again", hypercall(memory_op, XENMEM_claim_pages, &op));
}
