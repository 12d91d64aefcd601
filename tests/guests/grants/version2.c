/*
 * guests/grants: version 2, and changing between the two
 *
 * ABI: union grant_entry_v2, the status array, GNTTABOP_set_version,
 * _get_status_frames. Each promise leaves version 1 behind.
 */
#include "grants.h"

#define RESERVED_REF 5

static union grant_entry_v2 *table2;
static grant_status_t *status;

static long set_version(u32 version)
{
	struct gnttab_set_version op = {.version = version};
	long rc = hypercall(grant_table_op, GNTTABOP_set_version, &op, 1);

	return rc ? rc : (long)op.version - version;
}

static u64 status_frame(void)
{
	u64 frame = 0;
	struct gnttab_get_status_frames op = {.dom = DOMID_SELF,
					      .nr_frames = 1};

	op.frame_list.p = &frame;
	if (hypercall(grant_table_op, GNTTABOP_get_status_frames, &op, 1) ||
	    op.status)
		return 0;
	return frame;
}

/* Version 2 with its status in sight, or what refuses it. */
static long enter(void)
{
	long rc;
	u64 frame;

	if (!setup())
		return -1;
	memset(table, 0, PAGE_SIZE);
	rc = set_version(2);
	if (rc)
		return rc;
	table2 = (union grant_entry_v2 *)table;
	if (!status)
		status = page_alloc();
	frame = status_frame();
	return frame ? va_map(status, frame << 12 | PTE_DATA) : -1;
}

/* A mapped status frame would hold us back. */
static long leave(void)
{
	long rc = page_make_rw(status);

	return rc ? rc : set_version(1);
}

#define IN_VERSION_2()                                \
	do {                                          \
		if (set_version(2) == -XEN_ENOSYS)    \
			skip("version 1 only");       \
		require(!set_version(1) && !enter()); \
	} while (0)

static void lend(u32 ref, u16 flags)
{
	table2[ref].full_page.frame = va_to_mfn(lent);
	table2[ref].hdr.domid = own_domid();
	barrier();
	WRITE_ONCE(table2[ref].hdr.flags, flags);
}

PROMISE(v2_use_is_in_the_status_array, "flags stay, status tells of use")
{
	struct gnttab_get_version v = {.dom = DOMID_SELF};
	struct gnttab_map_grant_ref op;
	u64 seen;

	IN_VERSION_2();
	expect_eq(hypercall(grant_table_op, GNTTABOP_get_version, &v, 1), 0);
	expect_eq(v.version, 2);
	lend(REF, GTF_permit_access);
	*(u64 *)lent = 0x2222;
	op = map_at_window(REF, GNTMAP_host_map);
	if (expect_eq(op.status, GNTST_okay)) {
		expect(probe_read(window, &seen));
		expect_eq(seen, 0x2222);
		expect_eq(table2[REF].hdr.flags, GTF_permit_access);
		expect_eq(status[REF], GTF_reading | GTF_writing);
		expect_eq(set_version(1), -XEN_EBUSY);
		expect_eq(unmap_window(op.handle), GNTST_okay);
	}
	expect_eq(status[REF], 0);
	op = map_at_window(REF, GNTMAP_host_map | GNTMAP_readonly);
	expect_eq(op.status, GNTST_okay);
	expect_eq(status[REF], GTF_reading);
	expect_eq(unmap_window(op.handle), GNTST_okay);
	table2[REF].hdr.flags = 0;
	expect_eq(leave(), 0);
}

PROMISE(v2_has_half_the_entries, "256 entries in a frame; none past them")
{
	IN_VERSION_2();
	expect_eq(map_at_window(100000, GNTMAP_host_map).status,
		  GNTST_bad_gntref);
	lend(255, GTF_permit_access | GTF_readonly);
	expect_eq(map_at_window(255, GNTMAP_host_map).status,
		  GNTST_general_error);
	table2[255].hdr.flags = 0;
	expect_eq(leave(), 0);
}

static int copy(u32 ref, u16 from, u16 len, u8 *target)
{
	struct gnttab_copy op = {
		.source = {.u.ref = ref, .domid = DOMID_SELF, .offset = from},
		.dest = {.u.gmfn = va_to_mfn(target), .domid = DOMID_SELF},
		.len = len,
		.flags = GNTCOPY_source_gref,
	};

	expect_eq(hypercall(grant_table_op, GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

PROMISE(v2_sub_pages_can_be_copied, "bytes inside the part; no mapping")
{
	u8 *target = page_alloc();

	IN_VERSION_2();
	memset(lent, 0x77, PAGE_SIZE);
	lend(REF, 0);
	table2[REF].sub_page.page_off = 256;
	table2[REF].sub_page.length = 64;
	barrier();
	table2[REF].hdr.flags = GTF_permit_access | GTF_sub_page;
	expect_eq(copy(REF, 256, 64, target), GNTST_okay);
	expect_eq(target[63], 0x77);
	expect_eq(target[64], 0);
	expect(copy(REF, 255, 2, target) < 0);
	expect(copy(REF, 319, 2, target) < 0);
	expect(map_at_window(REF, GNTMAP_host_map).status < 0);
	expect_eq(status[REF], 0);
	table2[REF].hdr.flags = 0;
	expect_eq(leave(), 0);
	page_free(target);
}

PROMISE(v2_transitive_not_to_itself, "a transitive entry of one's own: refused")
{
	u8 *target = page_alloc();

	IN_VERSION_2();
	lend(REF, GTF_permit_access);
	table2[REF + 1].hdr.domid = own_domid();
	table2[REF + 1].transitive.trans_domid = own_domid();
	table2[REF + 1].transitive.gref = REF;
	barrier();
	table2[REF + 1].hdr.flags = GTF_transitive;
	expect(copy(REF + 1, 0, 8, target) < 0);
	expect(map_at_window(REF + 1, GNTMAP_host_map).status < 0);
	table2[REF].hdr.flags = 0;
	table2[REF + 1].hdr.flags = 0;
	expect_eq(status[REF] | status[REF + 1], 0);
	expect_eq(leave(), 0);
	page_free(target);
}

PROMISE(v2_status_frames_rules, "as many as there are; none in version 1")
{
	u64 frames[2];
	struct gnttab_get_status_frames op = {.dom = DOMID_SELF,
					      .nr_frames = 1000};

	op.frame_list.p = frames;
	IN_VERSION_2();
	expect_eq(hypercall(grant_table_op, GNTTABOP_get_status_frames, &op, 1),
		  0);
	expect_eq(op.status, GNTST_general_error);
	op.dom = 0x1234;
	expect_eq(hypercall(grant_table_op, GNTTABOP_get_status_frames, &op, 1),
		  0);
	expect_eq(op.status, GNTST_bad_domain);
	expect_eq(leave(), 0);
	expect_eq(status_frame(), 0);
}

PROMISE(mapped_status_holds_version_2, "with a status frame mapped: -EBUSY")
{
	IN_VERSION_2();
	expect_eq(set_version(1), -XEN_EBUSY);
	expect_eq(leave(), 0);
}

PROMISE(use_survives_version_changes, "reserved entries keep contents and use")
{
	struct gnttab_map_grant_ref op;

	require(setup());
	grant_self(RESERVED_REF, GTF_permit_access);
	op = map_at_window(RESERVED_REF, GNTMAP_host_map);
	require(op.status == GNTST_okay);
	if (set_version(2) == -XEN_ENOSYS) {
		expect_eq(unmap_window(op.handle), GNTST_okay);
		skip("version 1 only");
	}
	table2 = (union grant_entry_v2 *)table;
	expect_eq(table2[RESERVED_REF].hdr.flags, GTF_permit_access);
	expect_eq(table2[RESERVED_REF].full_page.frame, va_to_mfn(lent));
	expect_eq(set_version(1), 0);
	expect_eq(table[RESERVED_REF].flags,
		  GTF_permit_access | GTF_reading | GTF_writing);
	expect_eq(set_version(2), 0);
	expect_eq(unmap_window(op.handle), GNTST_okay);
	expect_eq(set_version(1), 0);
	expect_eq(table[RESERVED_REF].flags, GTF_permit_access);
	table[RESERVED_REF].flags = 0;
}

PROMISE(other_entries_go_with_their_version, "a new version's table is empty")
{
	require(setup());
	grant_self(REF, GTF_permit_access);
	if (set_version(2) == -XEN_ENOSYS)
		skip("version 1 only");
	table2 = (union grant_entry_v2 *)table;
	expect_eq(table2[REF / 2].hdr.flags, 0);
	expect_eq(set_version(1), 0);
	expect_eq(table[REF].flags, 0);
}
