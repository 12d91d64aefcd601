/*
 * guests/memory: memory_op
 *
 * ABI: reservations, exchange, maps, and what they refuse.
 */
#include <guest.h>
#include <xen/memory.h>

static long current(void)
{
	domid_t self = DOMID_SELF;

	return hypercall(memory_op, XENMEM_current_reservation, &self);
}

static long reservation(u32 cmd, u64 *list, u64 n, u32 order)
{
	struct xen_memory_reservation op = {
		.nr_extents = n,
		.extent_order = order,
		.domid = DOMID_SELF,
	};

	op.extent_start.p = list;
	return hypercall(memory_op, cmd, &op);
}

PROMISE(reservations_answer, "current and maximum reservation are positive")
{
	domid_t self = DOMID_SELF;
	long max = hypercall(memory_op, XENMEM_maximum_reservation, &self);

	expect(current() > 0);
	expect(max >= current());
}

PROMISE(reservation_of_nobody, "reservations of an absent domain: -ESRCH")
{
	domid_t d = 0x1234;

	expect_eq(hypercall(memory_op, XENMEM_current_reservation, &d),
		  -XEN_ESRCH);
	expect_eq(hypercall(memory_op, XENMEM_maximum_reservation, &d),
		  -XEN_ESRCH);
}

PROMISE(m2p_mapping, "machphys_mapping: the ABI's range")
{
	struct xen_machphys_mapping m;

	expect_eq(hypercall(memory_op, XENMEM_machphys_mapping, &m), 0);
	expect_eq(m.v_start, MACH2PHYS_VIRT_START);
	expect_eq(m.v_end, MACH2PHYS_VIRT_END);
	expect(m.max_mfn >= va_to_mfn(start_info));
}

PROMISE(maximum_ram_page_covers_us, "maximum_ram_page is above our frames")
{
	expect(hypercall(memory_op, XENMEM_maximum_ram_page, 0) >=
	       (long)va_to_mfn(start_info));
}

PROMISE(machine_map_is_for_dom0, "machine_memory_map lists RAM, dom0 only")
{
	static struct e820entry e[128];
	struct xen_memory_map map = {.nr_entries = 128};
	u64 ram = 0;
	long rc;
	u32 i;

	map.buffer.p = e;
	rc = hypercall(memory_op, XENMEM_machine_memory_map, &map);
	if (!is_dom0()) {
		expect_eq(rc, -XEN_EPERM);
		return;
	}
	expect_eq(rc, 0);
	expect(map.nr_entries > 1 && map.nr_entries <= 128);
	for (i = 0; i < map.nr_entries && i < 128; i++)
		if (e[i].type == XEN_E820_RAM)
			ram += e[i].size;
	expect(ram >= (u64)start_info->nr_pages << 12);
}

PROMISE(machine_map_reserves_apics, "LAPIC and IOAPIC windows are reserved")
{
	static struct e820entry e[128];
	struct xen_memory_map map = {.nr_entries = 128};
	bool ioapic = false, lapic = false;
	u32 i;

	if (!is_dom0())
		skip("dom0 only");
	map.buffer.p = e;
	require(!hypercall(memory_op, XENMEM_machine_memory_map, &map));
	for (i = 0; i < map.nr_entries; i++) {
		u64 end = e[i].addr + e[i].size;

		if (e[i].type != XEN_E820_RESERVED)
			continue;
		ioapic |= e[i].addr <= 0xfec00000 && end > 0xfec00000;
		lapic |= e[i].addr <= 0xfee00000 && end > 0xfee00000;
	}
	expect(ioapic);
	expect(lapic);
}

PROMISE(decrease_and_populate, "a frame can be returned and had again")
{
	u8 *page = page_alloc();
	u64 pfn = va_to_pfn(page), mfn = pfn_to_mfn(pfn), list;
	long before = current();

	require(!va_map(page, 0));
	list = mfn;
	expect_eq(reservation(XENMEM_decrease_reservation, &list, 1, 0), 1);
	expect_eq(current(), before - 1);
	expect_refused(va_map(page, mfn << 12 | PTE_DATA));
	list = pfn;
	expect_eq(reservation(XENMEM_populate_physmap, &list, 1, 0), 1);
	expect_eq(current(), before);
	expect_eq(mfn_to_pfn(list), pfn);
	((u64 *)start_info->mfn_list)[pfn] = list;
	expect_eq(page_make_rw(page), 0);
	expect(probe_write(page, 1));
	page_free(page);
}

PROMISE(new_frames_are_clean, "a populated frame holds nobody's data")
{
	u64 *page = page_alloc();
	u64 pfn = va_to_pfn(page), list, i;

	memset(page, 0xa5, PAGE_SIZE);
	list = pfn_to_mfn(pfn);
	require(!va_map(page, 0));
	require(reservation(XENMEM_decrease_reservation, &list, 1, 0) == 1);
	list = pfn;
	require(reservation(XENMEM_populate_physmap, &list, 1, 0) == 1);
	((u64 *)start_info->mfn_list)[pfn] = list;
	require(!page_make_rw(page));
	/* Same owner, so 4.17 may hand back the old contents; no others'. */
	for (i = 1; i < 512; i++)
		if (page[i] != page[0])
			break;
	expect(i == 512);
	expect(page[0] == 0 || page[0] == 0xa5a5a5a5a5a5a5a5UL ||
	       page[0] == 0xc2c2c2c2c2c2c2c2UL);
	page_free(page);
}

PROMISE(decrease_of_a_table,
	"a frame in use as a table is not taken out of use")
{
	u64 *t = page_alloc();
	u64 list = va_to_mfn(t);
	long before = current();

	require(!page_make_ro(t));
	require(!mmuext(MMUEXT_PIN_L1_TABLE, list, 0));
	/* It is still mapped and pinned, so it stays ours until both go. */
	expect(reservation(XENMEM_decrease_reservation, &list, 1, 0) <= 1);
	expect_eq(current(), before);
	mmuext(MMUEXT_UNPIN_TABLE, list, 0);
	expect(va_to_mfn(t) == list);
}

PROMISE(decrease_of_foreign_frames, "frames of others are not returned")
{
	u64 list = 0xffffffff;
	long before = current();

	expect_eq(reservation(XENMEM_decrease_reservation, &list, 1, 0), 0);
	expect_eq(current(), before);
}

PROMISE(populate_past_the_maximum, "populate above the maximum: 0 extents")
{
	domid_t self = DOMID_SELF;
	long max = hypercall(memory_op, XENMEM_maximum_reservation, &self);
	u64 list = 0x7000;

	if (max - current() > 100000)
		skip("no maximum in force");
	expect_eq(reservation(XENMEM_populate_physmap, &list, 1, 18), 0);
}

PROMISE(exchange_trades, "exchange: one frame for another, M2P follows")
{
	u8 *page = page_alloc();
	u64 pfn = va_to_pfn(page), in = pfn_to_mfn(pfn), out = pfn;
	struct xen_memory_exchange op = {
		.in = {.nr_extents = 1, .domid = DOMID_SELF},
		.out = {.nr_extents = 1, .domid = DOMID_SELF, .mem_flags = 32},
	};

	op.in.extent_start.p = &in;
	op.out.extent_start.p = &out;
	require(!va_map(page, 0));
	expect_eq(hypercall(memory_op, XENMEM_exchange, &op), 0);
	expect_eq(op.nr_exchanged, 1);
	expect_eq(mfn_to_pfn(out), pfn);
	expect(out < 1UL << 20);
	((u64 *)start_info->mfn_list)[pfn] = out;
	expect_eq(page_make_rw(page), 0);
	page_free(page);
}

PROMISE(exchange_checks_sizes, "exchange of unequal amounts is -EINVAL")
{
	u64 in = 0, out = 0;
	struct xen_memory_exchange op = {
		.in = {.nr_extents = 1, .domid = DOMID_SELF},
		.out = {.nr_extents = 2, .domid = DOMID_SELF},
	};

	op.in.extent_start.p = &in;
	op.out.extent_start.p = &out;
	expect_eq(hypercall(memory_op, XENMEM_exchange, &op), -XEN_EINVAL);
}

PROMISE(memory_bad_pointers, "bad pointers: -EFAULT; unknown: -ENOSYS")
{
	expect_eq(hypercall(memory_op, XENMEM_machphys_mapping, BAD_UNMAPPED),
		  -XEN_EFAULT);
	expect_eq(hypercall(memory_op, XENMEM_current_reservation,
			    BAD_HYPERVISOR),
		  -XEN_EFAULT);
	expect_eq(hypercall(memory_op, 60, 0), -XEN_ENOSYS);
}

PROMISE(bad_list_pointer, "a bad extent list: no extents done")
{
	expect_eq(reservation(XENMEM_populate_physmap, BAD_UNMAPPED, 1, 0), 0);
	expect_eq(
		reservation(XENMEM_decrease_reservation, BAD_HYPERVISOR, 1, 0),
		0);
}

PROMISE(domu_map_is_unset, "memory_map of a domain without one: -ENOSYS")
{
	static struct e820entry e[16];
	struct xen_memory_map map = {.nr_entries = 16};
	long rc;

	map.buffer.p = e;
	rc = hypercall(memory_op, XENMEM_memory_map, &map);
	answer_as("the call", rc);
	expect(rc == -XEN_ENOSYS || rc == 0);
	if (is_dom0())
		expect_eq(rc, -XEN_ENOSYS);
}
