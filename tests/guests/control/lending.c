/*
 * guests/control: grants between domains, and the death of either side
 *
 * ABI: grant_table_op across domains; limits set at creation; what a dying
 * mapper or lender leaves. Frames are counted afterwards.
 */
#include "servant.h"
#include <xen/grant_table.h>
#include <xen/version.h>

#define REF	     40 /* ours */
#define GREF	     9	/* a neighbour's */
/* A neighbour's address with an L1 entry and nothing there. */
#define THEIR_WINDOW (VIRT_BASE + 100 * PAGE_SIZE)

static struct servant a, b;
static struct grant_entry_v1 *table;
static u64 *lent;

static bool our_table(void)
{
	u64 frame = 0;
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 1};

	if (table)
		return true;
	op.frame_list.p = &frame;
	if (hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1) ||
	    op.status)
		return false;
	table = page_alloc();
	lent = page_alloc();
	return !va_map(table, frame << 12 | PTE_DATA);
}

static void lend_to(domid_t id, u16 flags)
{
	table[REF].flags = 0;
	barrier();
	table[REF].domid = id;
	table[REF].frame = (u32)va_to_mfn(lent);
	barrier();
	WRITE_ONCE(table[REF].flags, flags);
}

/* @s maps reference @ref of domain @from; GNTST_*, and the handle. */
static int it_maps(struct servant *s, domid_t from, u32 ref, u32 flags,
		   u32 *handle)
{
	struct gnttab_map_grant_ref *op = (void *)(s->data + SERVANT_ROOM);

	*op = (struct gnttab_map_grant_ref){
		.host_addr = THEIR_WINDOW,
		.flags = flags,
		.ref = ref,
		.dom = from,
		.status = 99,
	};
	if (servant_call(s, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref,
			 SERVANT_ROOM, 1))
		return 98;
	*handle = op->handle;
	return op->status;
}

static int it_unmaps(struct servant *s, u32 handle)
{
	struct gnttab_unmap_grant_ref *op = (void *)(s->data + SERVANT_ROOM);

	*op = (struct gnttab_unmap_grant_ref){.host_addr = THEIR_WINDOW,
					      .handle = handle};
	if (servant_call(s, __HYPERVISOR_grant_table_op,
			 GNTTABOP_unmap_grant_ref, SERVANT_ROOM, 1))
		return 98;
	return op->status;
}

/* Writes entry GREF of @s's table, by way of window 3: lends its SPARE. */
static bool it_lends(struct servant *s, domid_t to, u16 flags)
{
	u64 frame = 0;
	struct gnttab_setup_table op = {.dom = s->n.id, .nr_frames = 1};
	struct grant_entry_v1 *e;

	op.frame_list.p = &frame;
	if (hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1) ||
	    op.status)
		return false;
	e = neighbour_map(&s->n, frame, 3);
	if (!e)
		return false;
	e[GREF].domid = to;
	e[GREF].frame = (u32)s->n.mfn[SPARE];
	barrier();
	e[GREF].flags = flags;
	neighbour_unmap(3);
	return true;
}

/* No type of ours is left on the frame when it can become a table. */
static void expect_unused(void *page)
{
	require(!page_make_ro(page));
	expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(page), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(page), 0), 0);
	require(!page_make_rw(page));
}

/* Until our entry is free of use. */
static bool entry_free(void)
{
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		if (!(READ_ONCE(table[REF].flags) &
		      (GTF_reading | GTF_writing)))
			return true;
		give_time(10);
	}
	return false;
}

PROMISE(neighbour_maps_and_unmaps, "what we lend it can map, and write")
{
	u32 handle = 0;

	DOM0_ONLY();
	require(our_table());
	require(servant_make(&a, 1));
	lend_to(a.n.id, GTF_permit_access);
	memset(lent, 0, PAGE_SIZE);
	expect_eq(it_maps(&a, 0, REF, GNTMAP_host_map, &handle), GNTST_okay);
	expect_eq(table[REF].flags,
		  GTF_permit_access | GTF_reading | GTF_writing);
	/* its hypercall writes there: xen_version's extraversion */
	expect_eq(servant_call(&a, __HYPERVISOR_xen_version,
			       XENVER_extraversion, THEIR_WINDOW, 0),
		  0);
	expect(lent[0] != 0);
	expect_eq(it_unmaps(&a, handle), GNTST_okay);
	expect_eq(it_unmaps(&a, handle), GNTST_bad_handle);
	expect_eq(table[REF].flags, GTF_permit_access);
	expect_eq(it_maps(&a, 0, REF + 1, GNTMAP_host_map, &handle),
		  GNTST_general_error);
	memset(lent, 0, PAGE_SIZE);
	expect_unused(lent);
	servant_end(&a);
}

PROMISE(dying_mapper_lets_go, "a mapper's end frees what it had mapped, once")
{
	unsigned int round;
	u32 handle = 0;

	DOM0_ONLY();
	require(our_table());
	memset(lent, 0, PAGE_SIZE);
	for (round = 0; round < 4; round++) {
		require(servant_make(&a, 1));
		lend_to(a.n.id, GTF_permit_access);
		expect_eq(it_maps(&a, 0, REF,
				  round & 1
					  ? GNTMAP_host_map | GNTMAP_device_map
					  : GNTMAP_host_map,
				  &handle),
			  GNTST_okay);
		if (round & 2)
			expect_eq(it_maps(&a, 0, REF,
					  GNTMAP_device_map | GNTMAP_readonly,
					  &handle),
				  GNTST_okay);
		servant_end(&a);
		expect(entry_free());
		expect_eq(table[REF].flags, GTF_permit_access);
		expect_unused(lent);
	}
}

PROMISE(either_may_die_first, "a lent frame goes once, with its last holder")
{
	unsigned int round;
	u64 before;
	u32 handle = 0;

	DOM0_ONLY();
	before = settled_free_pages();
	for (round = 0; round < 4; round++) {
		require(servant_make(&a, 0) && servant_make(&b, 1));
		require(it_lends(&a, b.n.id, GTF_permit_access));
		expect_eq(it_maps(&b, a.n.id, GREF,
				  GNTMAP_host_map | GNTMAP_device_map, &handle),
			  GNTST_okay);
		if (round & 1) {
			servant_end(&a);
			give_time(200);
			/* the mapper has it still, and may give it back */
			if (round & 2) {
				expect_eq(servant_call(&b,
						       __HYPERVISOR_xen_version,
						       XENVER_extraversion,
						       THEIR_WINDOW, 0),
					  0);
				expect_eq(it_unmaps(&b, handle), GNTST_okay);
			}
			servant_end(&b);
		} else {
			servant_end(&b);
			servant_end(&a);
		}
	}
	expect(settled_free_pages() >= before);
}

PROMISE(lender_dies_while_we_copy, "a dead domain's entry lends nothing new")
{
	struct gnttab_copy op = {
		.dest = {.domid = DOMID_SELF},
		.len = 8,
		.flags = GNTCOPY_source_gref,
	};

	DOM0_ONLY();
	require(our_table());
	require(servant_make(&a, 0));
	require(it_lends(&a, 0, GTF_permit_access));
	op.source.u.ref = GREF;
	op.source.domid = a.n.id;
	op.dest.u.gmfn = va_to_mfn(lent);
	expect_eq(hypercall(grant_table_op, GNTTABOP_copy, &op, 1), 0);
	expect_eq(op.status, GNTST_okay);
	servant_end(&a);
	expect_eq(hypercall(grant_table_op, GNTTABOP_copy, &op, 1), 0);
	expect_eq(op.status, GNTST_bad_domain);
}

PROMISE(grant_limits_are_kept, "a table grows to the domain's limit, no more")
{
	u64 frames[8];
	struct gnttab_query_size q = {0};
	struct gnttab_setup_table op = {.nr_frames = 5};

	DOM0_ONLY();
	require(servant_make(&a, 0));
	q.dom = op.dom = a.n.id;
	op.frame_list.p = frames;
	expect_eq(hypercall(grant_table_op, GNTTABOP_query_size, &q, 1), 0);
	expect_eq(q.status, GNTST_okay);
	expect_eq(q.max_nr_frames, 4);
	expect_eq(hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1), 0);
	expect_eq(op.status, GNTST_general_error);
	op.nr_frames = 4;
	expect_eq(hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1), 0);
	expect_eq(op.status, GNTST_okay);
	expect_eq(hypercall(grant_table_op, GNTTABOP_query_size, &q, 1), 0);
	expect_eq(q.nr_frames, 4);
	servant_end(&a);
}

#define BATCH	60
#define PER_REF 120 /* of one entry; upstream counts to 128 */

/* Device mappings of ours, some at a time; how many, and what ended it. */
static unsigned int it_maps_many(struct servant *s, int *status)
{
	struct gnttab_map_grant_ref *op = (void *)(s->data + SERVANT_ROOM);
	unsigned int n = 0, i;

	for (;;) {
		for (i = 0; i < BATCH; i++)
			op[i] = (struct gnttab_map_grant_ref){
				.flags = GNTMAP_device_map | GNTMAP_readonly,
				.ref = REF + n / PER_REF,
				.status = 99,
			};
		if (servant_call(s, __HYPERVISOR_grant_table_op,
				 GNTTABOP_map_grant_ref, SERVANT_ROOM, BATCH))
			return 0;
		for (i = 0; i < BATCH; i++, n++) {
			*status = op[i].status;
			if (*status || n == 4 * PAGE_SIZE)
				return n;
		}
	}
}

PROMISE(map_limits_are_kept, "mappings run out at the domain's limit: no_space")
{
	unsigned int i, n;
	int status = 0;

	DOM0_ONLY();
	require(our_table());
	require(servant_make(&a, 0));
	for (i = 0; i < 10; i++) {
		table[REF + i] = table[REF];
		table[REF + i].domid = a.n.id;
		table[REF + i].frame = (u32)va_to_mfn(lent);
		barrier();
		WRITE_ONCE(table[REF + i].flags, GTF_permit_access);
	}
	n = it_maps_many(&a, &status);
	printf("lending: %u mappings\n", n);
	expect_eq(status, GNTST_no_space);
	expect(n >= 1000 && n <= 1024); /* four pages of them */
	servant_end(&a);
	expect(entry_free());
	for (i = 0; i < 10; i++) {
		expect_eq(table[REF + i].flags, GTF_permit_access);
		table[REF + i].flags = 0;
	}
}

/* It may not look at others, nor choose what it was not given. */
PROMISE(unprivileged_calls_are_refused, "tables of others: permission_denied")
{
	struct gnttab_query_size *q;
	struct gnttab_set_version *v;

	DOM0_ONLY();
	require(servant_make(&a, 0));
	q = (void *)(a.data + SERVANT_ROOM);
	*q = (struct gnttab_query_size){.dom = 0};
	expect_eq(servant_call(&a, __HYPERVISOR_grant_table_op,
			       GNTTABOP_query_size, SERVANT_ROOM, 1),
		  0);
	expect_eq(q->status, GNTST_permission_denied);
	v = (void *)(a.data + SERVANT_ROOM);
	v->version = 2; /* created with version 1 only */
	expect_eq(servant_call(&a, __HYPERVISOR_grant_table_op,
			       GNTTABOP_set_version, SERVANT_ROOM, 1),
		  -XEN_ENOSYS);
	expect_eq(v->version, 1);
	servant_end(&a);
}

static long acquire_status(domid_t id, u32 nr, u64 *frames)
{
	struct xen_mem_acquire_resource op = {
		.domid = id,
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_status,
		.nr_frames = nr,
	};
	long rc;

	op.frame_list.p = frames;
	rc = hypercall(memory_op, XENMEM_acquire_resource, &op);
	return rc || nr ? rc : (long)op.nr_frames;
}

/* A servant that may use version 2. */
PROMISE(status_frames_are_a_resource, "acquire_resource names status frames")
{
	struct gnttab_set_version *v;
	grant_status_t *status;
	u64 frame = 0;
	u32 handle = 0;

	DOM0_ONLY();
	require(our_table());
	neighbour_grant_version = 2;
	require(servant_make(&a, 0));
	neighbour_grant_version = 1;
	expect_eq(acquire_status(a.n.id, 1, &frame), -XEN_EINVAL);
	v = (void *)(a.data + SERVANT_ROOM);
	v->version = 2;
	expect_eq(servant_call(&a, __HYPERVISOR_grant_table_op,
			       GNTTABOP_set_version, SERVANT_ROOM, 1),
		  0);
	expect_eq(acquire_status(a.n.id, 0, NULL), 1);
	expect_eq(acquire_status(a.n.id, 1, &frame), 0);
	status = neighbour_map(&a.n, frame, 3);
	expect(status != NULL);
	/* it uses ours: its own status stays clear */
	lend_to(a.n.id, GTF_permit_access);
	expect_eq(it_maps(&a, 0, REF, GNTMAP_host_map, &handle), GNTST_okay);
	expect_eq(status ? status[REF] : 1, 0);
	expect_eq(it_unmaps(&a, handle), GNTST_okay);
	neighbour_unmap(3);
	servant_end(&a);
}

PROMISE(transitive_entries_lend_on, "an entry may stand for one lent to us")
{
	struct gnttab_set_version version = {.version = 2};
	union grant_entry_v2 *e = (union grant_entry_v2 *)table + REF;
	struct gnttab_copy op = {
		.source = {.u.ref = REF, .domid = DOMID_SELF},
		.dest = {.domid = DOMID_SELF},
		.len = 8,
		.flags = GNTCOPY_source_gref,
	};
	u64 *far;

	DOM0_ONLY();
	require(our_table());
	require(servant_make(&a, 0));
	require(it_lends(&a, 0, GTF_permit_access | GTF_readonly));
	far = neighbour_map(&a.n, a.n.mfn[SPARE], 3);
	require(far != NULL);
	far[0] = 0xfa4;
	neighbour_unmap(3);
	table[REF].flags = 0;
	require(!hypercall(grant_table_op, GNTTABOP_set_version, &version, 1));
	e = (union grant_entry_v2 *)table + REF;
	e->hdr.domid = 0;
	e->transitive.trans_domid = a.n.id;
	e->transitive.gref = GREF;
	barrier();
	e->hdr.flags = GTF_transitive;
	op.dest.u.gmfn = va_to_mfn(lent);
	lent[0] = 0;
	expect_eq(hypercall(grant_table_op, GNTTABOP_copy, &op, 1), 0);
	expect_eq(op.status, GNTST_okay);
	expect_eq(lent[0], 0xfa4);
	e->hdr.flags = 0;
	servant_end(&a);
	version.version = 1;
	expect_eq(hypercall(grant_table_op, GNTTABOP_set_version, &version, 1),
		  0);
}
