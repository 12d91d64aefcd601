/*
 * guests/grants: flags of mappings, replacing, swapping, caches, dumps
 *
 * ABI: GNTMAP_*, GNTTABOP_unmap_and_replace, _swap_grant_ref, _cache_flush,
 * _transfer, _dump_table.
 */
#include "grants.h"

PROMISE(map_for_applications, "application_map maps as without it")
{
	struct gnttab_map_grant_ref op;
	u64 v;

	require(setup());
	grant_self(REF, GTF_permit_access);
	*(u64 *)lent = 0xa99;
	op = map_at_window(REF, GNTMAP_host_map | GNTMAP_application_map);
	expect_eq(op.status, GNTST_okay);
	expect(probe_read(window, &v));
	expect_eq(v, 0xa99);
	expect(*pte_walk(window, 1) & PTE_US);
	expect_eq(unmap_window(op.handle), GNTST_okay);
}

PROMISE(map_keeps_the_guests_bits, "avail bits of a map are in its entry")
{
	struct gnttab_map_grant_ref op;

	require(setup());
	grant_self(REF, GTF_permit_access);
	op = map_at_window(REF, GNTMAP_host_map | 5u << _GNTMAP_guest_avail0);
	expect_eq(op.status, GNTST_okay);
	expect_eq(*pte_walk(window, 1) >> 9 & 7, 5);
	expect_eq(unmap_window(op.handle), GNTST_okay);
}

PROMISE(map_without_a_kind, "neither host nor device map: bad_gntref")
{
	require(setup());
	grant_self(REF, GTF_permit_access);
	expect_eq(map_at_window(REF, 0).status, GNTST_bad_gntref);
	expect_eq(map_at_window(REF, GNTMAP_readonly).status, GNTST_bad_gntref);
	expect_eq(table[REF].flags, GTF_permit_access);
}

PROMISE(host_and_device_in_two_steps, "each kind of one handle goes by itself")
{
	struct gnttab_map_grant_ref op;
	struct gnttab_unmap_grant_ref un = {0};

	require(setup());
	grant_self(REF, GTF_permit_access);
	op = map_at_window(REF, GNTMAP_host_map | GNTMAP_device_map);
	require(op.status == GNTST_okay);
	expect_eq(unmap_window(op.handle), GNTST_okay);
	expect(table[REF].flags & GTF_writing);
	un.handle = op.handle;
	un.dev_bus_addr = op.dev_bus_addr;
	expect_eq(hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, &un, 1),
		  0);
	expect_eq(un.status, GNTST_okay);
	expect_eq(table[REF].flags, GTF_permit_access);
}

PROMISE(a_frame_of_nobody, "an entry that names device memory: bad_page")
{
	require(setup());
	grant_self(REF, GTF_permit_access);
	table[REF].frame = 0xfee00; /* the local APIC's */
	expect_eq(map_at_window(REF, GNTMAP_host_map).status, GNTST_bad_page);
	expect_eq(table[REF].flags, GTF_permit_access);
}

/* ---- unmap_and_replace ---- */
static int replace(u32 handle, u64 at, u64 by)
{
	struct gnttab_unmap_and_replace op = {
		.host_addr = at, .new_addr = by, .handle = handle};

	expect_eq(hypercall(grant_table_op, GNTTABOP_unmap_and_replace, &op, 1),
		  0);
	return op.status;
}

PROMISE(replace_moves_a_mapping, "what was at new_addr takes the grant's place")
{
	struct gnttab_map_grant_ref op;
	u64 *other = page_alloc(), v;

	require(setup());
	grant_self(REF, GTF_permit_access);
	*(u64 *)lent = 0x1e47;
	*other = 0x99;
	op = map_at_window(REF, GNTMAP_host_map);
	require(op.status == GNTST_okay);
	expect_eq(replace(op.handle, (u64)window, (u64)other), GNTST_okay);
	expect(probe_read(window, &v));
	expect_eq(v, 0x99);
	expect(!probe_read(other, &v));
	expect_eq(table[REF].flags, GTF_permit_access);
	require(!va_map(window, 0));
	require(!page_make_rw(other));
	page_free(other);
}

PROMISE(replace_by_nothing, "new_addr 0: as unmap")
{
	struct gnttab_map_grant_ref op;
	u64 v;

	require(setup());
	grant_self(REF, GTF_permit_access);
	op = map_at_window(REF, GNTMAP_host_map);
	require(op.status == GNTST_okay);
	expect_eq(replace(op.handle, (u64)window, 0), GNTST_okay);
	expect(!probe_read(window, &v));
	expect_eq(table[REF].flags, GTF_permit_access);
}

PROMISE(replace_refusals, "a bad handle or new_addr leaves the mapping")
{
	struct gnttab_map_grant_ref op;
	u64 v;

	require(setup());
	grant_self(REF, GTF_permit_access);
	op = map_at_window(REF, GNTMAP_host_map);
	require(op.status == GNTST_okay);
	expect_eq(replace(~0u, (u64)window, 0), GNTST_bad_handle);
	expect_eq(replace(op.handle, (u64)window, (u64)BAD_UNMAPPED),
		  GNTST_general_error);
	expect(probe_read(window, &v));
	expect(table[REF].flags & GTF_writing);
	expect_eq(unmap_window(op.handle), GNTST_okay);
	/* by the address of an entry there is nothing to replace it with */
	op = (struct gnttab_map_grant_ref){
		.host_addr = pte_maddr(window, 1),
		.flags = GNTMAP_host_map | GNTMAP_contains_pte,
		.ref = REF,
		.dom = own_domid(),
	};
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
	require(op.status == GNTST_okay);
	expect_eq(replace(op.handle, op.host_addr, (u64)lent),
		  GNTST_general_error);
	expect_eq(replace(op.handle, op.host_addr, 0), GNTST_okay);
	expect_eq(table[REF].flags, GTF_permit_access);
}

/* ---- swap ---- */
static int swap(u32 a, u32 b)
{
	struct gnttab_swap_grant_ref op = {.ref_a = a, .ref_b = b};

	expect_eq(hypercall(grant_table_op, GNTTABOP_swap_grant_ref, &op, 1),
		  0);
	return op.status;
}

PROMISE(swap_exchanges, "swap_grant_ref exchanges two unused entries")
{
	struct gnttab_map_grant_ref op;

	require(setup());
	grant_self(REF, GTF_permit_access | GTF_readonly);
	grant_self(REF + 1, 0);
	expect_eq(swap(REF, REF + 1), GNTST_okay);
	expect_eq(table[REF].flags, 0);
	expect_eq(table[REF + 1].flags, GTF_permit_access | GTF_readonly);
	expect_eq(swap(REF + 1, REF + 1), GNTST_okay);
	expect_eq(swap(REF, 1000000), GNTST_bad_gntref);
	expect_eq(swap(~0u, REF), GNTST_bad_gntref);
	op = map_at_window(REF + 1, GNTMAP_host_map | GNTMAP_readonly);
	expect_eq(op.status, GNTST_okay);
	expect_eq(swap(REF, REF + 1), GNTST_eagain);
	expect_eq(unmap_window(op.handle), GNTST_okay);
	table[REF + 1].flags = 0;
}

/* ---- caches ---- */
static long flush(u64 maddr, u16 length, u32 flags)
{
	struct gnttab_cache_flush op = {.length = length, .op = flags};

	op.a.dev_bus_addr = maddr & ~(PAGE_SIZE - 1);
	op.offset = (u16)(maddr & (PAGE_SIZE - 1));
	return hypercall(grant_table_op, GNTTABOP_cache_flush, &op, 1);
}

PROMISE(cache_flush_of_own_frames, "clean, alone or with inval: 0")
{
	const u32 clean = GNTTAB_CACHE_CLEAN, inval = GNTTAB_CACHE_INVAL;
	u64 at;

	require(setup());
	at = va_to_maddr(lent);
	expect_eq(flush(at, 4096, clean), 0);
	expect_eq(flush(at + 4095, 1, clean | inval), 0);
	expect_eq(flush(at, 0, clean), 0);
	expect_eq(flush(at, 64, 0), 0);
	expect_eq(flush(at, 64, inval), -XEN_EOPNOTSUPP);
	expect_eq(flush(at, 64, clean | GNTTAB_CACHE_SOURCE_GREF), -XEN_EINVAL);
}

PROMISE(cache_flush_refusals, "bytes past the page, bad bits, frames of others")
{
	const u32 clean = GNTTAB_CACHE_CLEAN;
	u64 at;

	require(setup());
	at = va_to_maddr(lent);
	expect_eq(flush(at + 1, 4096, clean), -XEN_EINVAL);
	expect_eq(flush(at, 5000, clean), -XEN_EINVAL);
	expect_eq(flush(at, 64, 1U << 5), -XEN_EINVAL);
	expect_eq(flush(0x7ffffffffUL << 12, 64, clean), -XEN_EINVAL);
}

/* ---- the table as text, and a frame for good ---- */
PROMISE(dump_is_for_the_console, "dump_table: okay, or not offered")
{
	struct gnttab_dump_table op = {.dom = DOMID_SELF, .status = 77};
	long rc = hypercall(grant_table_op, GNTTABOP_dump_table, &op, 1);

	if (rc == -XEN_ENOSYS)
		skip("not offered");
	expect_eq(rc, 0);
	expect_eq(op.status, GNTST_okay);
	op.dom = 0x1234;
	expect_eq(hypercall(grant_table_op, GNTTABOP_dump_table, &op, 1), 0);
	expect_eq(op.status, GNTST_bad_domain);
}

PROMISE(transfer_refusals, "transfer: bad page, domain and entry")
{
	struct gnttab_transfer op = {.mfn = ~0UL >> 12, .ref = REF};

	require(setup());
	op.domid = own_domid();
	expect_eq(hypercall(grant_table_op, GNTTABOP_transfer, &op, 1), 0);
	expect_eq(op.status, GNTST_bad_page);
}

/* To ourselves, so that it can be had again at once. */
PROMISE(transfer_moves_a_frame, "the entry is completed and names the frame")
{
	u8 *page = page_alloc();
	u64 mfn = va_to_mfn(page);
	struct gnttab_transfer op = {.mfn = mfn, .ref = REF};
	struct mmu_update named = {.val = va_to_pfn(page)};

	require(setup());
	op.domid = own_domid();
	table[REF].frame = 0;
	table[REF].domid = op.domid;
	table[REF].flags = 0;
	require(!va_map(page, 0)); /* mapped it would be in use */
	table[REF].flags = GTF_accept_transfer;
	barrier();
	expect_eq(hypercall(grant_table_op, GNTTABOP_transfer, &op, 1), 0);
	if (!expect_eq(op.status, GNTST_okay))
		return;
	expect_eq(table[REF].flags, GTF_accept_transfer |
					    GTF_transfer_committed |
					    GTF_transfer_completed);
	expect_eq(table[REF].frame, mfn);
	table[REF].flags = 0;
	named.ptr = mfn << 12 | MMU_MACHPHYS_UPDATE;
	expect_eq(hypercall(mmu_update, &named, 1, 0, DOMID_SELF), 0);
	expect_eq(page_make_rw(page), 0);
	page_free(page);
}

PROMISE(setup_of_others, "an absent domain's table: bad_domain")
{
	struct gnttab_setup_table op = {.dom = 0x1234, .nr_frames = 1};
	struct gnttab_get_version v = {.dom = 0x1234};
	u64 frame;

	op.frame_list.p = &frame;
	expect_eq(hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1), 0);
	expect_eq(op.status, GNTST_bad_domain);
	expect_eq(hypercall(grant_table_op, GNTTABOP_setup_table, &op, 2),
		  -XEN_EINVAL);
	expect_eq(hypercall(grant_table_op, GNTTABOP_get_version, &v, 1),
		  -XEN_ESRCH);
}
