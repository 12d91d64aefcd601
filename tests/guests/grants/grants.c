/*
 * guests/grants: grant tables, version 1, lender and borrower the same domain
 *
 * ABI: grant_table_op and its statuses.
 */
#include "grants.h"

struct grant_entry_v1 *table;
u8 *lent, *window;

bool setup(void)
{
	u64 frame = 0;
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 1};
	struct gnttab_set_version version = {.version = 1};

	if (table)
		return true;
	hypercall(grant_table_op, GNTTABOP_set_version, &version, 1);
	op.frame_list.p = &frame;
	if (hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1) ||
	    op.status || !frame)
		return false;
	table = page_alloc();
	lent = page_alloc();
	window = page_alloc();
	if (va_map(table, frame << 12 | PTE_DATA))
		return false;
	return !va_map(window, 0);
}

void grant_self(u32 ref, u16 flags)
{
	table[ref].flags = 0;
	barrier();
	table[ref].domid = own_domid();
	table[ref].frame = (u32)va_to_mfn(lent);
	barrier();
	WRITE_ONCE(table[ref].flags, flags);
}

struct gnttab_map_grant_ref map_at_window(u32 ref, u32 flags)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (u64)window,
		.flags = flags,
		.ref = ref,
		.dom = own_domid(),
	};

	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
	return op;
}

int unmap_window(u32 handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = (u64)window,
		.handle = handle,
	};

	expect_eq(hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1),
		  0);
	return op.status;
}

PROMISE(query_size_answers, "query_size gives current and largest size")
{
	struct gnttab_query_size op = {.dom = DOMID_SELF};

	expect_eq(hypercall(grant_table_op, GNTTABOP_query_size, &op, 1), 0);
	expect_eq(op.status, GNTST_okay);
	expect(op.nr_frames >= 1);
	expect(op.max_nr_frames >= op.nr_frames);
}

PROMISE(query_size_of_nobody, "query_size of an absent domain: bad_domain")
{
	struct gnttab_query_size op = {.dom = 0x1234};

	expect_eq(hypercall(grant_table_op, GNTTABOP_query_size, &op, 1), 0);
	expect_eq(op.status, GNTST_bad_domain);
}

PROMISE(setup_table_names_frames, "setup_table gives frames of the table")
{
	expect(setup());
}

PROMISE(setup_table_too_big, "more frames than allowed: general_error")
{
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 100000};
	u64 frame;

	op.frame_list.p = &frame;
	expect_eq(hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1), 0);
	expect_eq(op.status, GNTST_general_error);
}

PROMISE(version_is_reported, "get_version says 1")
{
	struct gnttab_get_version op = {.dom = DOMID_SELF};

	require(setup());
	expect_eq(hypercall(grant_table_op, GNTTABOP_get_version, &op, 1), 0);
	expect_eq(op.version, 1);
}

PROMISE(version_3_is_refused, "set_version accepts 1 and 2 only")
{
	struct gnttab_set_version op = {.version = 3};

	expect_eq(hypercall(grant_table_op, GNTTABOP_set_version, &op, 1),
		  -XEN_EINVAL);
}

PROMISE(map_shows_the_frame, "a mapped grant shows the lent frame")
{
	struct gnttab_map_grant_ref op;
	u64 v;

	require(setup());
	grant_self(REF, GTF_permit_access);
	*(u64 *)lent = 0x1e47;
	op = map_at_window(REF, GNTMAP_host_map);
	if (!expect_eq(op.status, GNTST_okay))
		return;
	expect(probe_read(window, &v));
	expect_eq(v, 0x1e47);
	expect(probe_write(window, 0xb0));
	expect_eq(*(u64 *)lent, 0xb0);
	expect_eq(table[REF].flags & (GTF_reading | GTF_writing),
		  GTF_reading | GTF_writing);
	expect_eq(op.dev_bus_addr & ~4095UL, va_to_mfn(lent) << 12);
	expect_eq(unmap_window(op.handle), GNTST_okay);
	expect(!probe_read(window, &v));
	expect_eq(table[REF].flags, GTF_permit_access);
}

PROMISE(map_wants_a_number, "DOMID_SELF as lender of a mapping: bad_domain")
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (u64)window,
		.flags = GNTMAP_host_map,
		.ref = REF,
		.dom = DOMID_SELF,
	};

	require(setup());
	grant_self(REF, GTF_permit_access);
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
	expect_eq(op.status, GNTST_bad_domain);
}

PROMISE(unmap_twice, "a handle is good for one unmap")
{
	struct gnttab_map_grant_ref op;

	require(setup());
	grant_self(REF, GTF_permit_access);
	op = map_at_window(REF, GNTMAP_host_map);
	expect_eq(op.status, GNTST_okay);
	expect_eq(unmap_window(op.handle), GNTST_okay);
	expect_eq(unmap_window(op.handle), GNTST_bad_handle);
	expect_eq(unmap_window(~0U), GNTST_bad_handle);
}

PROMISE(readonly_map, "a read-only mapping cannot be written")
{
	struct gnttab_map_grant_ref op;

	require(setup());
	grant_self(REF, GTF_permit_access | GTF_readonly);
	op = map_at_window(REF, GNTMAP_host_map | GNTMAP_readonly);
	expect_eq(op.status, GNTST_okay);
	expect(!probe_write(window, 1));
	expect_eq(table[REF].flags & (GTF_reading | GTF_writing), GTF_reading);
	expect_eq(unmap_window(op.handle), GNTST_okay);
}

PROMISE(readonly_entry_refuses_rw, "a read-only entry: RW map is general_error")
{
	require(setup());
	grant_self(REF, GTF_permit_access | GTF_readonly);
	expect_eq(map_at_window(REF, GNTMAP_host_map).status,
		  GNTST_general_error);
	expect_eq(table[REF].flags, GTF_permit_access | GTF_readonly);
}

PROMISE(empty_entry_is_refused, "mapping an invalid entry is general_error")
{
	require(setup());
	grant_self(REF + 1, 0);
	expect_eq(map_at_window(REF + 1, GNTMAP_host_map).status,
		  GNTST_general_error);
}

PROMISE(entry_for_others_is_refused, "an entry for another domid is refused")
{
	require(setup());
	grant_self(REF, GTF_permit_access);
	table[REF].domid = 0x1234;
	expect_eq(map_at_window(REF, GNTMAP_host_map).status,
		  GNTST_general_error);
}

PROMISE(map_refuses_gref_past_table_end, "a reference past the end: bad_gntref")
{
	require(setup());
	expect_eq(map_at_window(1000000, GNTMAP_host_map).status,
		  GNTST_bad_gntref);
	expect_eq(map_at_window(~0U, GNTMAP_host_map).status, GNTST_bad_gntref);
}

PROMISE(map_of_nobody, "an absent lender is bad_domain")
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (u64)window,
		.flags = GNTMAP_host_map,
		.dom = 0x1234,
	};

	require(setup());
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
	expect_eq(op.status, GNTST_bad_domain);
}

PROMISE(map_at_nothing, "a host address without L1 is refused, count restored")
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (u64)BAD_UNMAPPED,
		.flags = GNTMAP_host_map,
		.ref = REF,
		.dom = own_domid(),
	};

	require(setup());
	grant_self(REF, GTF_permit_access);
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
	expect_refused(op.status);
	expect_eq(table[REF].flags, GTF_permit_access);
}

PROMISE(map_of_a_foreign_frame, "an entry naming a frame of others is refused")
{
	require(setup());
	grant_self(REF, GTF_permit_access);
	table[REF].frame = 0xffffff;
	expect_refused(map_at_window(REF, GNTMAP_host_map).status);
	expect_eq(table[REF].flags, GTF_permit_access);
}

PROMISE(contains_pte_takes_a_pte, "contains_pte: host_addr is a PTE's address")
{
	struct gnttab_map_grant_ref op = {
		.host_addr = pte_maddr(window ? window : lent, 1),
		.flags = GNTMAP_host_map | GNTMAP_contains_pte,
		.ref = REF,
		.dom = own_domid(),
	};
	struct gnttab_unmap_grant_ref un = {0};
	u64 v;

	require(setup());
	op.host_addr = pte_maddr(window, 1);
	grant_self(REF, GTF_permit_access);
	*(u64 *)lent = 0x77;
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
	if (!expect_eq(op.status, GNTST_okay))
		return;
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)window, 0);
	expect(probe_read(window, &v));
	expect_eq(v, 0x77);
	un.host_addr = op.host_addr;
	un.handle = op.handle;
	expect_eq(hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, &un, 1),
		  0);
	expect_eq(un.status, GNTST_okay);
}

PROMISE(two_handles_one_frame,
	"the frame stays lent until its last handle goes")
{
	struct gnttab_map_grant_ref a, b;

	require(setup());
	grant_self(REF, GTF_permit_access);
	a = map_at_window(REF, GNTMAP_host_map);
	expect_eq(a.status, GNTST_okay);
	b = (struct gnttab_map_grant_ref){
		.flags = GNTMAP_device_map, .ref = REF, .dom = own_domid()};
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &b, 1), 0);
	expect_eq(b.status, GNTST_okay);
	expect_eq(unmap_window(a.handle), GNTST_okay);
	expect(table[REF].flags & (GTF_reading | GTF_writing));
	if (b.status == GNTST_okay) {
		struct gnttab_unmap_grant_ref un = {
			.dev_bus_addr = b.dev_bus_addr, .handle = b.handle};

		expect_eq(hypercall(grant_table_op, GNTTABOP_unmap_grant_ref,
				    &un, 1),
			  0);
		expect_eq(un.status, GNTST_okay);
	}
	expect_eq(table[REF].flags, GTF_permit_access);
}

static int copy(u32 ref, u16 from, u16 to, u16 len, u8 *target)
{
	struct gnttab_copy op = {
		.source = {.u.ref = ref, .domid = DOMID_SELF, .offset = from},
		.dest = {.u.gmfn = va_to_mfn(target),
			 .domid = DOMID_SELF,
			 .offset = to},
		.len = len,
		.flags = GNTCOPY_source_gref,
	};

	expect_eq(hypercall(grant_table_op, GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

PROMISE(copy_moves_bytes, "copy from a reference to an own frame")
{
	u8 *target = page_alloc();

	require(setup());
	grant_self(REF, GTF_permit_access);
	memset(lent, 0x5a, PAGE_SIZE);
	expect_eq(copy(REF, 16, 32, 100, target), GNTST_okay);
	expect_eq(target[31], 0);
	expect_eq(target[32], 0x5a);
	expect_eq(target[131], 0x5a);
	expect_eq(target[132], 0);
	expect_eq(table[REF].flags, GTF_permit_access);
	page_free(target);
}

PROMISE(copy_stays_in_its_pages, "a copy across a page end: bad_copy_arg")
{
	u8 *target = page_alloc();

	require(setup());
	grant_self(REF, GTF_permit_access);
	expect_eq(copy(REF, 4000, 0, 200, target), GNTST_bad_copy_arg);
	expect_eq(copy(REF, 0, 4000, 200, target), GNTST_bad_copy_arg);
	expect_eq(copy(REF, 0, 0, 4096, target), GNTST_okay);
	page_free(target);
}

PROMISE(copy_of_an_empty_entry, "copy from an invalid entry is refused")
{
	u8 *target = page_alloc();

	require(setup());
	grant_self(REF + 1, 0);
	expect_refused(copy(REF + 1, 0, 0, 8, target));
	expect_eq(copy(1000000, 0, 0, 8, target), GNTST_bad_gntref);
	page_free(target);
}

PROMISE(copy_into_a_table, "copy onto a page table is refused")
{
	u64 *t = page_alloc();

	require(setup());
	grant_self(REF, GTF_permit_access);
	require(!page_make_ro(t));
	require(!mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(t), 0));
	expect_refused(copy(REF, 0, 0, 8, (u8 *)t));
	require(!mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(t), 0));
	require(!page_make_rw(t));
	page_free(t);
}

PROMISE(grant_bad_pointers, "bad pointers are -EFAULT, unknown ops -ENOSYS")
{
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref,
			    BAD_UNMAPPED, 1),
		  -XEN_EFAULT);
	expect_eq(hypercall(grant_table_op, GNTTABOP_copy, BAD_HYPERVISOR, 1),
		  -XEN_EFAULT);
	expect_eq(hypercall(grant_table_op, 99, 0, 0), -XEN_ENOSYS);
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref,
			    BAD_UNMAPPED, 0),
		  0);
}
