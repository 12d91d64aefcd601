/*
 * grant_test.c: who may map, what is counted, and what is left afterwards
 *
 * The hypercall itself is called; page tables are a list of mapped
 * addresses that remembers whether TLBs were flushed before a frame went.
 */
#include <stdlib.h>
#include <hv/pt.h>
#include "../../tests/host/fake.h"
#include "internal.h"

static struct domain *lender, *user, *third;
static struct page *frame;
static bool yield_now, flushed;
static u64 restart_args[3];
static unsigned int restarts;

/* ---- the rest of the machine ---- */
#define NR_MAPS 1024
static struct {
	u64 dst, mfn, flags;
} maps[NR_MAPS];
static unsigned int nr_mapped;
static int map_fails;

int pt_grant_map(u64 dst, bool contains_pte, u64 mfn, u64 pte_flags)
{
	if (map_fails)
		return map_fails;
	ck_assert_uint_lt(nr_mapped, NR_MAPS);
	maps[nr_mapped].dst = dst;
	maps[nr_mapped].mfn = mfn;
	maps[nr_mapped++].flags = pte_flags;
	return 0;
}

int pt_grant_unmap(u64 dst, bool contains_pte, u64 mfn, bool readonly,
		   u64 new_va)
{
	unsigned int i;

	for (i = 0; i < nr_mapped; i++) {
		if (maps[i].dst != dst || maps[i].mfn != mfn)
			continue;
		maps[i] = maps[--nr_mapped];
		flushed = false;
		return 0;
	}
	return -EINVAL;
}

void pt_flush_domain(struct domain *d)
{
	ck_assert_ptr_eq(d, current->d);
	flushed = true;
}

bool hypercall_yield(void)
{
	return yield_now;
}

long hypercall_restart(unsigned int nr, unsigned int nargs, const u64 *args)
{
	ck_assert_uint_eq(nr, __HYPERVISOR_grant_table_op);
	ck_assert_uint_eq(nargs, 3);
	memcpy(restart_args, args, sizeof(restart_args));
	restarts++;
	return -ERESTART;
}

int copy_in(void *to, gptr_t from, size_t n)
{
	if (!from.va)
		return -EFAULT;
	memcpy(to, (const void *)from.va, n);
	return 0;
}

int copy_out(gptr_t to, const void *from, size_t n)
{
	if (!to.va)
		return -EFAULT;
	memcpy((void *)to.va, from, n);
	return 0;
}

/* ---- helpers ---- */
static long call(u32 cmd, void *op, u32 count)
{
	return hc_grant_table_op(cmd, (u64)op, count);
}

static void setup(void)
{
	fake_base_init();
	fake_frames_init();
	nr_mapped = 0;
	map_fails = 0;
	yield_now = false;
	restarts = 0;
	lender = fake_domain(1, 1, false);
	user = fake_domain(2, 1, false);
	third = fake_domain(3, 1, false);
	ck_assert_int_eq(grant_domain_init(lender, 4, 4), 0);
	ck_assert_int_eq(grant_domain_init(user, 4, 4), 0);
	ck_assert_int_eq(grant_domain_init(third, 4, 4), 0);
	frame = fake_frame(lender);
	fake_become(user->vcpu[0]);
}

static void teardown(void)
{
	yield_now = false;
	ck_assert_uint_eq(grant_check(lender), 0);
	ck_assert_int_eq(grant_domain_release(user), 0);
	ck_assert_int_eq(grant_domain_release(third), 0);
	ck_assert_int_eq(grant_domain_release(lender), 0);
	ck_assert_uint_eq(grant_check(lender), 0);
	ck_assert_uint_eq(frame->ref & PGF_count, 1);
	ck_assert_uint_eq(frame->type & PGT_count, 0);
	grant_domain_free(lender);
	grant_domain_free(user);
	grant_domain_free(third);
	fake_domain_free(lender);
	fake_domain_free(user);
	fake_domain_free(third);
	ck_assert_uint_eq(fake_allocs, 0);
	fake_frames_done();
}

static struct grant_entry_v1 *offer(u32 ref, struct page *pg, u16 flags,
				    domid_t to)
{
	struct grant_entry_v1 *e = shared_at(lender->grant, ref);

	e->domid = to;
	e->frame = (u32)page_to_mfn(pg).v;
	e->flags = flags;
	return e;
}

static s16 map(u32 ref, u32 flags, u64 addr, u32 *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = addr,
		.flags = flags,
		.ref = ref,
		.dom = lender->id,
	};

	ck_assert_int_eq(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	if (handle)
		*handle = op.handle;
	if (op.status == GNTST_okay)
		ck_assert_uint_eq(op.dev_bus_addr >> PAGE_SHIFT,
				  active_at(lender->grant, ref)->mfn);
	return op.status;
}

static s16 unmap(u32 handle, u64 addr, u64 dev)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr,
		.dev_bus_addr = dev,
		.handle = handle,
	};

	ck_assert_int_eq(call(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

#define HOST   GNTMAP_host_map
#define DEV    GNTMAP_device_map
#define RO     GNTMAP_readonly
#define ACCESS GTF_permit_access

static long set_version(struct domain *d, u32 version, u32 want)
{
	struct gnttab_set_version op = {.version = version};
	struct vcpu *before = current;
	long rc;

	fake_become(d->vcpu[0]);
	rc = call(GNTTABOP_set_version, &op, 1);
	fake_become(before);
	ck_assert_uint_eq(op.version, want);
	return rc;
}

/* ---- mapping ---- */
START_TEST(map_and_unmap_leave_nothing)
{
	struct grant_entry_v1 *e = offer(8, frame, ACCESS, user->id);
	u32 h;

	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	ck_assert_uint_eq(e->flags, ACCESS | GTF_reading | GTF_writing);
	ck_assert_uint_eq(frame->ref & PGF_count, 2);
	ck_assert_uint_eq(frame->type, PGT_writable | 1);
	ck_assert_uint_eq(grant_nr_maps(user), 1);
	ck_assert(maps[0].flags & PTE_RW);
	ck_assert_uint_eq(grant_check(lender), 0);

	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	ck_assert(flushed);
	ck_assert_uint_eq(e->flags, ACCESS);
	ck_assert_uint_eq(grant_nr_maps(user), 0);
	ck_assert_uint_eq(nr_mapped, 0);
	ck_assert_uint_eq(lender->refs, 1);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_bad_handle);
}
END_TEST

START_TEST(readonly_maps_take_no_write_right)
{
	struct grant_entry_v1 *e =
		offer(8, frame, ACCESS | GTF_readonly, user->id);
	u32 h;

	ck_assert_int_eq(map(8, HOST, 0x1000, NULL), GNTST_general_error);
	ck_assert_uint_eq(e->flags, ACCESS | GTF_readonly);
	ck_assert_int_eq(map(8, HOST | RO, 0x1000, &h), GNTST_okay);
	ck_assert_uint_eq(e->flags, ACCESS | GTF_readonly | GTF_reading);
	ck_assert_uint_eq(frame->type & PGT_count, 0);
	ck_assert(!(maps[0].flags & PTE_RW));
	/* a second, writing user is refused, and the first stays counted */
	ck_assert_int_eq(map(8, HOST, 0x2000, NULL), GNTST_general_error);
	ck_assert_uint_eq(e->flags, ACCESS | GTF_readonly | GTF_reading);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
}
END_TEST

START_TEST(two_handles_one_frame)
{
	struct grant_entry_v1 *e = offer(8, frame, ACCESS, user->id);
	u32 h[2];

	ck_assert_int_eq(map(8, HOST | RO, 0x1000, &h[0]), GNTST_okay);
	ck_assert_int_eq(map(8, HOST, 0x2000, &h[1]), GNTST_okay);
	ck_assert_uint_ne(h[0], h[1]);
	ck_assert_int_eq(unmap(h[1], 0x2000, 0), GNTST_okay);
	ck_assert_uint_eq(e->flags, ACCESS | GTF_reading);
	ck_assert_uint_eq(frame->ref & PGF_count, 2);
	ck_assert_uint_eq(frame->type & PGT_count, 0);
	ck_assert_int_eq(unmap(h[0], 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(frame->ref & PGF_count, 1);
}
END_TEST

START_TEST(device_and_host_part_separately)
{
	u64 bus = page_to_mfn(frame).v << PAGE_SHIFT;
	u32 h;

	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST | DEV, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(grant_nr_maps(user), 1);
	ck_assert_uint_eq(frame->ref & PGF_count, 2);
	ck_assert_int_eq(unmap(h, 0, bus + PAGE_SIZE), GNTST_general_error);
	ck_assert_int_eq(unmap(h, 0, bus), GNTST_okay);
	ck_assert_uint_eq(grant_nr_maps(user), 0);
}
END_TEST

START_TEST(map_refuses_bad_requests)
{
	struct gnttab_map_grant_ref op = {.flags = HOST, .dom = 77};
	struct page *foreign = fake_frame(third);

	offer(8, frame, ACCESS, third->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, NULL), GNTST_general_error);
	offer(8, frame, GTF_invalid, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, NULL), GNTST_general_error);
	offer(8, frame, GTF_accept_transfer, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, NULL), GNTST_general_error);
	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, 0, 0x1000, NULL), GNTST_bad_gntref);
	ck_assert_int_eq(map(512, HOST, 0x1000, NULL), GNTST_bad_gntref);
	ck_assert_int_eq(map(~0u, HOST, 0x1000, NULL), GNTST_bad_gntref);
	offer(9, foreign, ACCESS, user->id);
	ck_assert_int_eq(map(9, HOST, 0x1000, NULL), GNTST_bad_page);
	ck_assert_uint_eq(shared_at(lender->grant, 9)->flags, ACCESS);
	shared_at(lender->grant, 9)->frame = 0xffffffff;
	ck_assert_int_eq(map(9, HOST, 0x1000, NULL), GNTST_bad_page);
	ck_assert_int_eq(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_bad_domain);
	op.dom = DOMID_SELF;
	ck_assert_int_eq(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_bad_domain);
	ck_assert_uint_eq(grant_nr_maps(user), 0);
	ck_assert_uint_eq(lender->refs, 1);
}
END_TEST

START_TEST(a_page_table_is_not_lent_for_writing)
{
	struct grant_entry_v1 *e = offer(8, frame, ACCESS, user->id);
	u32 h;

	frame->type = PGT_l1 | 1;
	ck_assert_int_eq(map(8, HOST, 0x1000, NULL), GNTST_general_error);
	ck_assert_uint_eq(e->flags, ACCESS);
	ck_assert_uint_eq(frame->ref & PGF_count, 1);
	ck_assert_int_eq(map(8, HOST | RO, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(map(8, HOST, 0x2000, NULL), GNTST_general_error);
	ck_assert_uint_eq(e->flags, ACCESS | GTF_reading);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	frame->type = 0;
}
END_TEST

START_TEST(failed_mapping_gives_everything_back)
{
	struct grant_entry_v1 *e = offer(8, frame, ACCESS, user->id);

	map_fails = -EINVAL;
	ck_assert_int_eq(map(8, HOST | DEV, 0x1000, NULL), GNTST_general_error);
	ck_assert_uint_eq(e->flags, ACCESS);
	ck_assert_uint_eq(frame->ref & PGF_count, 1);
	ck_assert_uint_eq(grant_nr_maps(user), 0);
}
END_TEST

START_TEST(unmap_at_a_wrong_address_keeps_the_mapping)
{
	u32 h;

	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(unmap(h, 0x3000, 0), GNTST_general_error);
	ck_assert_int_eq(unmap(h + 1, 0x1000, 0), GNTST_bad_handle);
	ck_assert_int_eq(unmap(~0u, 0x1000, 0), GNTST_bad_handle);
	ck_assert_uint_eq(grant_nr_maps(user), 1);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
}
END_TEST

START_TEST(handles_run_out_and_come_back)
{
	unsigned int n, max = 4 * TRACKS_PER_FRAME;
	u32 h;
	s16 st;

	offer(8, frame, ACCESS, user->id);
	for (n = 0; (st = map(8, DEV | RO, 0, &h)) == GNTST_okay; n++)
		;
	ck_assert_int_eq(st, GNTST_no_space);
	ck_assert_uint_eq(n, max);
	ck_assert_uint_eq(grant_check(lender), 0);
	ck_assert_int_eq(unmap(7, 0, (u64)page_to_mfn(frame).v << PAGE_SHIFT),
			 GNTST_okay);
	ck_assert_int_eq(map(8, DEV | RO, 0, &h), GNTST_okay);
	ck_assert_uint_eq(h, 7);
	ck_assert_int_eq(map(8, DEV | RO, 0, &h), GNTST_no_space);
}
END_TEST

START_TEST(dying_mapper_lets_go)
{
	struct grant_entry_v1 *e = offer(8, frame, ACCESS, user->id);
	u32 h;

	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(map(8, HOST | DEV | RO, 0x2000, &h), GNTST_okay);
	yield_now = true;
	ck_assert_int_eq(grant_domain_release(user), -ERESTART);
	ck_assert_uint_eq(grant_nr_maps(user), 1);
	ck_assert_uint_eq(grant_check(lender), 0);
	ck_assert_int_eq(grant_domain_release(user), 0);
	ck_assert_uint_eq(e->flags, ACCESS);
	ck_assert_uint_eq(frame->ref & PGF_count, 1);
	ck_assert_uint_eq(grant_nr_maps(user), 0);
	ck_assert_uint_eq(lender->refs, 1);
}
END_TEST

START_TEST(lender_cannot_free_what_is_mapped)
{
	u32 h;

	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	page_put(frame); /* the lender gives it up */
	ck_assert_uint_eq(frame->owner, lender->id);
	/* rewriting the entry changes nothing for who has it mapped */
	shared_at(lender->grant, 8)->frame = 0;
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(frame->owner, OWNER_NONE);
	frame = fake_frame(lender);
}
END_TEST

/* Both ways round: whoever goes first, each reference goes once. */
START_TEST(lender_dies_before_its_mapper)
{
	u64 bus = page_to_mfn(frame).v << PAGE_SHIFT;
	u32 h[2];

	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h[0]), GNTST_okay);
	ck_assert_int_eq(map(8, HOST | DEV, 0x2000, &h[1]), GNTST_okay);
	lender->dying = DOM_DYING;
	ck_assert_int_eq(grant_domain_release(lender), 0);
	page_put(frame);
	ck_assert_uint_eq(frame->owner, lender->id);
	ck_assert_uint_eq(lender->refs, 3);
	ck_assert_int_eq(unmap(h[0], 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(frame->owner, lender->id);
	ck_assert_int_eq(unmap(h[1], 0x2000, bus), GNTST_okay);
	ck_assert_uint_eq(frame->owner, OWNER_NONE);
	ck_assert_uint_eq(lender->refs, 1);
	lender->dying = DOM_ALIVE;
	frame = fake_frame(lender);
}
END_TEST

START_TEST(mapper_and_lender_die_together)
{
	u32 h;

	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST | DEV, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(map(8, HOST | RO, 0x2000, &h), GNTST_okay);
	lender->dying = user->dying = DOM_DYING;
	ck_assert_int_eq(grant_domain_release(lender), 0);
	page_put(frame);
	ck_assert_int_eq(grant_domain_release(user), 0);
	ck_assert_uint_eq(frame->owner, OWNER_NONE);
	ck_assert_uint_eq(frame->type & PGT_count, 0);
	/* a second time finds nothing to do */
	ck_assert_int_eq(grant_domain_release(user), 0);
	ck_assert_uint_eq(lender->refs, 1);
	lender->dying = user->dying = DOM_ALIVE;
	frame = fake_frame(lender);
}
END_TEST

START_TEST(one_domain_maps_its_own)
{
	struct grant_entry_v1 *e = offer(8, frame, ACCESS, lender->id);
	u32 h;

	fake_become(lender->vcpu[0]);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	ck_assert_uint_eq(lender->refs, 2);
	ck_assert_int_eq(grant_domain_release(lender), 0);
	ck_assert_uint_eq(lender->refs, 1);
	ck_assert_uint_eq(e->flags, ACCESS);
	ck_assert_uint_eq(frame->ref & PGF_count, 1);
}
END_TEST

/* ---- preemption ---- */
START_TEST(long_lists_are_restarted)
{
	struct gnttab_map_grant_ref ops[3];
	unsigned int i;

	offer(8, frame, ACCESS, user->id);
	for (i = 0; i < 3; i++)
		ops[i] = (struct gnttab_map_grant_ref){
			.host_addr = 0x1000 * (i + 1),
			.flags = HOST,
			.ref = 8,
			.dom = lender->id,
			.status = 99,
		};
	yield_now = true;
	ck_assert_int_eq(call(GNTTABOP_map_grant_ref, ops, 3), -ERESTART);
	ck_assert_int_eq(ops[0].status, GNTST_okay);
	ck_assert_int_eq(ops[1].status, 99);
	ck_assert_uint_eq(restart_args[1], (u64)&ops[1]);
	ck_assert_uint_eq(restart_args[2], 2);
	while (restart_args[2] && restarts < 10)
		if (hc_grant_table_op(restart_args[0], restart_args[1],
				      restart_args[2]) == 0)
			break;
	ck_assert_int_eq(ops[2].status, GNTST_okay);
	ck_assert_uint_eq(grant_nr_maps(user), 3);
}
END_TEST

START_TEST(unmapping_many_flushes_in_batches)
{
	struct gnttab_unmap_grant_ref ops[70];
	unsigned int i;
	u32 h;

	offer(8, frame, ACCESS, user->id);
	for (i = 0; i < 70; i++) {
		ck_assert_int_eq(map(8, HOST, 0x1000 * (i + 1), &h), 0);
		ops[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = 0x1000 * (i + 1), .handle = h};
	}
	ops[40].handle = ops[39].handle; /* twice: the second must fail */
	ck_assert_int_eq(call(GNTTABOP_unmap_grant_ref, ops, 70), 0);
	for (i = 0; i < 70; i++)
		ck_assert_int_eq(ops[i].status,
				 i == 40 ? GNTST_bad_handle : GNTST_okay);
	ck_assert(flushed);
	ck_assert_uint_eq(grant_nr_maps(user), 1);
	ck_assert_uint_eq(frame->ref & PGF_count, 2);
}
END_TEST

/* ---- copy ---- */
static s16 copy(struct gnttab_copy_ptr from, struct gnttab_copy_ptr to, u16 len,
		u16 flags)
{
	struct gnttab_copy op = {
		.source = from, .dest = to, .len = len, .flags = flags};

	ck_assert_int_eq(call(GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

static struct gnttab_copy_ptr by_ref(u32 ref, u16 off)
{
	return (struct gnttab_copy_ptr){
		.u.ref = ref, .domid = lender->id, .offset = off};
}

static struct gnttab_copy_ptr own(struct page *pg, u16 off)
{
	return (struct gnttab_copy_ptr){.u.gmfn = page_to_mfn(pg).v,
					.domid = DOMID_SELF,
					.offset = off};
}

START_TEST(copy_moves_bytes_and_keeps_nothing)
{
	struct grant_entry_v1 *e = offer(8, frame, ACCESS, user->id);
	struct page *mine = fake_frame(user);
	u64 held = fake_frames_held();

	memcpy(page_to_virt(mine), "0123456789", 10);
	ck_assert_int_eq(
		copy(own(mine, 2), by_ref(8, 100), 5, GNTCOPY_dest_gref),
		GNTST_okay);
	ck_assert_mem_eq((u8 *)page_to_virt(frame) + 100, "23456", 5);
	ck_assert_int_eq(
		copy(by_ref(8, 101), own(mine, 4090), 6, GNTCOPY_source_gref),
		GNTST_okay);
	ck_assert_mem_eq((u8 *)page_to_virt(mine) + 4090, "3456\0\0", 6);
	ck_assert_uint_eq(fake_frames_held(), held);
	ck_assert_uint_eq(e->flags, ACCESS);
}
END_TEST

START_TEST(copy_refuses_bad_requests)
{
	struct page *mine = fake_frame(user);
	struct gnttab_copy_ptr p;
	u64 held;

	offer(8, frame, ACCESS | GTF_readonly, user->id);
	held = fake_frames_held();
	ck_assert_int_eq(copy(own(mine, 0), by_ref(8, 0), 5, GNTCOPY_dest_gref),
			 GNTST_general_error);
	ck_assert_int_eq(
		copy(by_ref(8, 0), own(mine, 4000), 100, GNTCOPY_source_gref),
		GNTST_bad_copy_arg);
	ck_assert_int_eq(
		copy(by_ref(8, 4000), own(mine, 0), 100, GNTCOPY_source_gref),
		GNTST_bad_copy_arg);
	ck_assert_int_eq(
		copy(by_ref(600, 0), own(mine, 0), 1, GNTCOPY_source_gref),
		GNTST_bad_gntref);
	p = own(mine, 0);
	p.domid = lender->id;
	ck_assert_int_eq(copy(p, own(mine, 0), 1, 0), GNTST_permission_denied);
	p = by_ref(8, 0);
	p.domid = 55;
	ck_assert_int_eq(copy(p, own(mine, 0), 1, GNTCOPY_source_gref),
			 GNTST_bad_domain);
	ck_assert_int_eq(copy(own(frame, 0), own(mine, 0), 1, 0),
			 GNTST_bad_page);
	mine->type = PGT_l1 | 1;
	ck_assert_int_eq(
		copy(by_ref(8, 0), own(mine, 0), 1, GNTCOPY_source_gref),
		GNTST_general_error);
	mine->type = 0;
	ck_assert_uint_eq(fake_frames_held(), held);
	ck_assert_uint_eq(lender->refs, 1);
}
END_TEST

/* ---- transfer and the rest ---- */
static s16 transfer(struct page *pg, domid_t to, u32 ref)
{
	struct gnttab_transfer op = {
		.mfn = page_to_mfn(pg).v, .domid = to, .ref = ref};

	ck_assert_int_eq(call(GNTTABOP_transfer, &op, 1), 0);
	return op.status;
}

START_TEST(transfer_gives_a_frame_away)
{
	struct page *mine = fake_frame(user);
	struct grant_entry_v1 *e = shared_at(lender->grant, 9);

	ck_assert_int_eq(transfer(mine, lender->id, 9), GNTST_general_error);
	ck_assert_uint_eq(mine->owner, user->id);
	e->domid = user->id;
	e->flags = GTF_accept_transfer;
	ck_assert_int_eq(transfer(frame, lender->id, 9), GNTST_bad_page);
	ck_assert_int_eq(transfer(mine, 55, 9), GNTST_bad_domain);
	ck_assert_int_eq(transfer(mine, lender->id, 9), GNTST_okay);
	ck_assert_uint_eq(mine->owner, lender->id);
	ck_assert_uint_eq(e->flags, GTF_accept_transfer |
					    GTF_transfer_committed |
					    GTF_transfer_completed);
	ck_assert_uint_eq(e->frame, page_to_mfn(mine).v);
	ck_assert_int_eq(transfer(mine, lender->id, 9), GNTST_bad_page);
	ck_assert_int_eq(map(9, HOST, 0x1000, NULL), GNTST_general_error);
	ck_assert_uint_eq(e->flags & GTF_transfer_completed,
			  GTF_transfer_completed);
}
END_TEST

START_TEST(transfer_to_a_full_domain_gives_it_back)
{
	struct page *mine = fake_frame(user);
	struct grant_entry_v1 *e = shared_at(lender->grant, 9);

	e->domid = user->id;
	e->flags = GTF_accept_transfer;
	lender->max_pages = 1;
	lender->tot_pages = 1;
	ck_assert_int_eq(transfer(mine, lender->id, 9), GNTST_general_error);
	ck_assert_uint_eq(mine->owner, user->id);
	ck_assert_uint_eq(e->flags, GTF_accept_transfer);
	lender->tot_pages = 0;
}
END_TEST

START_TEST(swap_exchanges_unused_entries)
{
	struct gnttab_swap_grant_ref op = {.ref_a = 8, .ref_b = 9};
	u32 h;

	offer(8, frame, ACCESS, user->id);
	fake_become(lender->vcpu[0]);
	ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_okay);
	ck_assert_uint_eq(shared_at(lender->grant, 9)->flags, ACCESS);
	ck_assert_uint_eq(shared_at(lender->grant, 8)->flags, 0);
	fake_become(user->vcpu[0]);
	ck_assert_int_eq(map(9, HOST, 0x1000, &h), GNTST_okay);
	fake_become(lender->vcpu[0]);
	ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_eagain);
	op.ref_b = 5000;
	ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_bad_gntref);
}
END_TEST

START_TEST(setup_grows_the_table)
{
	u64 list[4] = {0};
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 3};
	struct gnttab_query_size q = {.dom = DOMID_SELF};

	op.frame_list.p = list;
	ck_assert_int_eq(call(GNTTABOP_query_size, &q, 1), 0);
	ck_assert_uint_eq(q.nr_frames, 1);
	ck_assert_uint_eq(q.max_nr_frames, 4);
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_okay);
	ck_assert_uint_eq(list[2], virt_to_mfn(user->grant->shared[2]).v);
	ck_assert_int_eq(call(GNTTABOP_query_size, &q, 1), 0);
	ck_assert_uint_eq(q.nr_frames, 3);
	op.nr_frames = 5;
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_general_error);
	op.nr_frames = 1;
	op.frame_list.p = NULL;
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_bad_virt_addr);
	op.dom = lender->id; /* not privileged */
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_permission_denied);
	op.dom = 44;
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_bad_domain);
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 2), -EINVAL);
}
END_TEST

START_TEST(swap_of_one_entry_and_of_version_2)
{
	struct gnttab_swap_grant_ref op = {.ref_a = 8, .ref_b = 8};
	u8 a[16], b[16];

	offer(8, frame, ACCESS, user->id);
	fake_become(lender->vcpu[0]);
	ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_okay);
	ck_assert_uint_eq(shared_at(lender->grant, 8)->flags, ACCESS);
	shared_at(lender->grant, 8)->flags = 0;
	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	memset(v2_at(lender->grant, 8), 0x11, 16);
	memset(v2_at(lender->grant, 200), 0x22, 16);
	memcpy(a, v2_at(lender->grant, 8), 16);
	memcpy(b, v2_at(lender->grant, 200), 16);
	op.ref_b = 200;
	ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_okay);
	ck_assert_mem_eq(v2_at(lender->grant, 8), b, 16);
	ck_assert_mem_eq(v2_at(lender->grant, 200), a, 16);
	memset(v2_at(lender->grant, 8), 0, 16);
	memset(v2_at(lender->grant, 200), 0, 16);
}
END_TEST

static long cache_flush(struct page *pg, u16 offset, u16 length, u32 flags)
{
	struct gnttab_cache_flush op = {
		.offset = offset, .length = length, .op = flags};

	op.a.dev_bus_addr = page_to_mfn(pg).v << PAGE_SHIFT;
	return call(GNTTABOP_cache_flush, &op, 1);
}

START_TEST(cache_flush_forms)
{
	const u32 clean = GNTTAB_CACHE_CLEAN, inval = GNTTAB_CACHE_INVAL;
	struct page *mine = fake_frame(user);
	u64 held = fake_frames_held();
	u32 h;

	ck_assert_int_eq(cache_flush(mine, 0, 4096, clean), 0);
	ck_assert_int_eq(cache_flush(mine, 4095, 1, clean | inval), 0);
	ck_assert_int_eq(cache_flush(mine, 0, 64, inval), -EOPNOTSUPP);
	ck_assert_int_eq(cache_flush(mine, 0, 0, clean), 0);
	ck_assert_int_eq(cache_flush(mine, 0, 64, 0), 0);
	ck_assert_int_eq(cache_flush(mine, 1, 4096, clean), -EINVAL);
	ck_assert_int_eq(cache_flush(mine, 4096, 0, clean), -EINVAL);
	ck_assert_int_eq(cache_flush(mine, 0, 64, 8), -EINVAL);
	ck_assert_int_eq(
		cache_flush(mine, 0, 64, clean | GNTTAB_CACHE_SOURCE_GREF),
		-EINVAL);
	/* what is lent to us counts as ours, while we have it */
	ck_assert_int_eq(cache_flush(frame, 0, 64, clean), -EPERM);
	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(cache_flush(frame, 0, 64, clean), 0);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	ck_assert_int_eq(cache_flush(frame, 0, 64, clean), -EPERM);
	ck_assert_uint_eq(fake_frames_held(), held);
}
END_TEST

static unsigned int lines;

static void __printf(2, 3) count_line(enum loglevel level, const char *fmt, ...)
{
	lines++;
}

START_TEST(dump_shows_what_is_lent)
{
	struct gnttab_dump_table op = {.dom = DOMID_SELF};
	u32 h, i;

	lines = 0;
	ck_assert_uint_eq(grant_dump(lender, count_line), 0);
	ck_assert_uint_eq(lines, 1);
	offer(8, frame, ACCESS, user->id);
	offer(9, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	/* in use, and withdrawn */
	shared_at(lender->grant, 8)->flags = 0;
	shared_at(lender->grant, 8)->domid = 0;
	lines = 0;
	ck_assert_uint_eq(grant_dump(lender, count_line), 2);
	ck_assert_uint_eq(lines, 3);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	for (i = 0; i < 512; i++)
		offer(i, frame, ACCESS, user->id);
	lines = 0;
	ck_assert_uint_eq(grant_dump(lender, count_line), 512);
	ck_assert_uint_lt(lines, 100);

	ck_assert_int_eq(call(GNTTABOP_dump_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_okay);
	op.dom = lender->id;
	ck_assert_int_eq(call(GNTTABOP_dump_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_permission_denied);
	op.dom = 55;
	ck_assert_int_eq(call(GNTTABOP_dump_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_bad_domain);
	ck_assert_int_eq(call(GNTTABOP_dump_table, &op, 2), -EINVAL);
	ck_assert_int_eq(call(GNTTABOP_dump_table, NULL, 1), -EFAULT);
}
END_TEST

START_TEST(calls_that_are_none)
{
	ck_assert_int_eq(call(99, NULL, 1), -ENOSYS);
	ck_assert_int_eq(call(GNTTABOP_map_grant_ref, NULL, 1), -EFAULT);
	ck_assert_int_eq(call(GNTTABOP_map_grant_ref, NULL, 0), 0);
	ck_assert_int_eq(call(GNTTABOP_copy, NULL, 0x80000000u), -EINVAL);
}
END_TEST

/* ---- version 2 ---- */
static union grant_entry_v2 *offer_v2(u32 ref, struct page *pg, u16 flags)
{
	union grant_entry_v2 *e = v2_at(lender->grant, ref);

	e->full_page.frame = page_to_mfn(pg).v;
	e->hdr.domid = user->id;
	e->hdr.flags = flags;
	return e;
}

START_TEST(versions_change_when_nothing_is_in_use)
{
	struct gnttab_get_version g = {.dom = DOMID_SELF};
	u32 h;

	ck_assert_int_eq(set_version(lender, 3, 1), -EINVAL);
	ck_assert_int_eq(set_version(lender, 0, 1), -EINVAL);
	offer(8, frame, ACCESS, user->id);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(set_version(lender, 2, 1), -EBUSY);
	ck_assert_int_eq(set_version(lender, 1, 1), 0);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	ck_assert_uint_eq(v2_at(lender->grant, 8)->hdr.flags, 0);
	ck_assert_uint_eq(nr_entries(lender->grant), 256);
	ck_assert_int_eq(set_version(lender, 1, 1), 0);
	ck_assert_uint_eq(nr_entries(lender->grant), 512);
	grant_set_max_version(lender, 1);
	ck_assert_int_eq(set_version(lender, 2, 1), -ENOSYS);
	ck_assert_int_eq(call(GNTTABOP_get_version, &g, 1), 0);
	ck_assert_uint_eq(g.version, 1);
}
END_TEST

START_TEST(reserved_entries_survive_version_changes)
{
	struct grant_entry_v1 *e = offer(1, frame, ACCESS, user->id);
	u32 h;

	ck_assert_int_eq(map(1, HOST, 0x1000, &h), GNTST_okay);
	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	ck_assert_uint_eq(v2_at(lender->grant, 1)->hdr.flags, ACCESS);
	ck_assert_uint_eq(*status_at(lender->grant, 1),
			  GTF_reading | GTF_writing);
	ck_assert_int_eq(set_version(lender, 1, 1), 0);
	ck_assert_uint_eq(e->flags, ACCESS | GTF_reading | GTF_writing);
	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	ck_assert_int_eq(unmap(h, 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(*status_at(lender->grant, 1), 0);
	v2_at(lender->grant, 1)->hdr.flags = ACCESS | GTF_sub_page;
	ck_assert_int_eq(set_version(lender, 1, 2), -ERANGE);
}
END_TEST

START_TEST(version_2_keeps_use_in_the_status_array)
{
	union grant_entry_v2 *e;
	grant_status_t *st;
	u32 h[2];

	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	e = offer_v2(40, frame, ACCESS);
	st = status_at(lender->grant, 40);
	ck_assert_int_eq(map(256, HOST, 0x1000, NULL), GNTST_bad_gntref);
	h[0] = h[1] = 0;
	{
		struct gnttab_map_grant_ref op[2] = {
			{.host_addr = 0x1000,
			 .flags = HOST | RO,
			 .ref = 40,
			 .dom = lender->id},
			{.host_addr = 0x2000,
			 .flags = HOST,
			 .ref = 40,
			 .dom = lender->id},
		};

		ck_assert_int_eq(call(GNTTABOP_map_grant_ref, op, 2), 0);
		ck_assert_int_eq(op[0].status, GNTST_okay);
		ck_assert_int_eq(op[1].status, GNTST_okay);
		h[0] = op[0].handle;
		h[1] = op[1].handle;
	}
	ck_assert_uint_eq(e->hdr.flags, ACCESS);
	ck_assert_uint_eq(*st, GTF_reading | GTF_writing);
	ck_assert_uint_eq(grant_check(lender), 0);
	ck_assert_int_eq(unmap(h[1], 0x2000, 0), GNTST_okay);
	ck_assert_uint_eq(*st, GTF_reading);
	/* revoked: who has it keeps it, nobody else gets it */
	e->hdr.flags = 0;
	ck_assert_uint_eq(frame->ref & PGF_count, 2);
	ck_assert_int_eq(unmap(h[0], 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(*st, 0);
	ck_assert_uint_eq(frame->ref & PGF_count, 1);
}
END_TEST

START_TEST(sub_pages_are_for_copies)
{
	struct page *mine = fake_frame(user);
	union grant_entry_v2 *e;
	u64 held;

	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	e = offer_v2(40, frame, ACCESS | GTF_sub_page);
	e->sub_page.page_off = 100;
	e->sub_page.length = 50;
	held = fake_frames_held();
	ck_assert_int_eq(map(40, HOST, 0x1000, NULL), GNTST_general_error);
	memcpy((u8 *)page_to_virt(frame) + 100, "inside", 6);
	ck_assert_int_eq(
		copy(by_ref(40, 100), own(mine, 0), 50, GNTCOPY_source_gref),
		GNTST_okay);
	ck_assert_mem_eq(page_to_virt(mine), "inside", 6);
	ck_assert_int_eq(
		copy(by_ref(40, 99), own(mine, 0), 10, GNTCOPY_source_gref),
		GNTST_general_error);
	ck_assert_int_eq(
		copy(by_ref(40, 140), own(mine, 0), 11, GNTCOPY_source_gref),
		GNTST_general_error);
	ck_assert_int_eq(
		copy(own(mine, 0), by_ref(40, 149), 1, GNTCOPY_dest_gref),
		GNTST_okay);
	ck_assert_uint_eq(*status_at(lender->grant, 40), 0);
	ck_assert_uint_eq(fake_frames_held(), held);
}
END_TEST

START_TEST(transitive_entries_reach_one_step)
{
	struct page *mine = fake_frame(user), *far = fake_frame(third);
	struct grant_entry_v1 *f = shared_at(third->grant, 20);
	union grant_entry_v2 *e;
	u64 held;

	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	e = v2_at(lender->grant, 40);
	e->transitive.trans_domid = third->id;
	e->transitive.gref = 20;
	e->hdr.domid = user->id;
	e->hdr.flags = GTF_transitive;
	held = fake_frames_held();
	/* third has not lent it to lender yet */
	ck_assert_int_eq(
		copy(by_ref(40, 0), own(mine, 0), 4, GNTCOPY_source_gref),
		GNTST_general_error);
	f->frame = (u32)page_to_mfn(far).v;
	f->domid = lender->id;
	f->flags = ACCESS | GTF_readonly;
	memcpy(page_to_virt(far), "far!", 4);
	ck_assert_int_eq(
		copy(by_ref(40, 0), own(mine, 0), 4, GNTCOPY_source_gref),
		GNTST_okay);
	ck_assert_mem_eq(page_to_virt(mine), "far!", 4);
	ck_assert_int_eq(
		copy(own(mine, 0), by_ref(40, 0), 4, GNTCOPY_dest_gref),
		GNTST_general_error);
	ck_assert_int_eq(map(40, HOST, 0x1000, NULL), GNTST_general_error);
	e->transitive.trans_domid = lender->id;
	ck_assert_int_eq(
		copy(by_ref(40, 0), own(mine, 0), 4, GNTCOPY_source_gref),
		GNTST_general_error);
	ck_assert_uint_eq(f->flags, ACCESS | GTF_readonly);
	ck_assert_uint_eq(*status_at(lender->grant, 40), 0);
	ck_assert_uint_eq(fake_frames_held(), held);
	ck_assert_uint_eq(third->refs, 1);
}
END_TEST

START_TEST(status_frames_follow_the_table)
{
	u64 list[4] = {0}, status[4] = {0}, mfn;
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 4};
	struct gnttab_get_status_frames st = {.dom = DOMID_SELF,
					      .nr_frames = 1};

	op.frame_list.p = list;
	st.frame_list.p = status;
	ck_assert_int_eq(call(GNTTABOP_get_status_frames, &st, 1), 0);
	ck_assert_int_eq(st.status, GNTST_general_error);
	ck_assert_int_eq(set_version(user, 2, 2), 0);
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 1), 0);
	ck_assert_int_eq(op.status, GNTST_okay);
	ck_assert_int_eq(call(GNTTABOP_get_status_frames, &st, 1), 0);
	ck_assert_int_eq(st.status, GNTST_okay);
	ck_assert_uint_eq(status[0], virt_to_mfn(user->grant->status[0]).v);
	st.nr_frames = 2;
	ck_assert_int_eq(call(GNTTABOP_get_status_frames, &st, 1), 0);
	ck_assert_int_eq(st.status, GNTST_general_error);
	ck_assert_uint_eq(grant_max_status_frames(user), 1);
	ck_assert_int_eq(grant_status_mfn(user, 1, &mfn), -EINVAL);
	/* a guest that maps one cannot go back */
	mfn_to_page(MFN(status[0]))->ref++;
	ck_assert_int_eq(set_version(user, 1, 2), -EBUSY);
	mfn_to_page(MFN(status[0]))->ref--;
	ck_assert_int_eq(set_version(user, 1, 1), 0);
	ck_assert_uint_eq(grant_nr_status_frames(user), 0);
	ck_assert_uint_eq(grant_max_status_frames(user), 0);
	ck_assert_int_eq(grant_status_mfn(user, 0, &mfn), -EINVAL);
}
END_TEST

/* Tools may ask for status before the guest has made its table that big. */
START_TEST(status_frames_grow_the_table)
{
	struct domain *d = fake_domain(0, 1, true);
	u64 mfn;

	ck_assert_int_eq(grant_domain_init(d, 12, 4), 0);
	ck_assert_int_eq(set_version(d, 2, 2), 0);
	ck_assert_uint_eq(grant_nr_status_frames(d), 1);
	ck_assert_uint_eq(grant_max_status_frames(d), 2);
	ck_assert_int_eq(grant_status_mfn(d, 1, &mfn), 0);
	ck_assert_uint_eq(mfn, virt_to_mfn(d->grant->status[1]).v);
	ck_assert_uint_eq(grant_nr_frames(d), 9);
	ck_assert_int_eq(grant_status_mfn(d, 2, &mfn), -EINVAL);
	grant_domain_free(d);
	fake_domain_free(d);
}
END_TEST

START_TEST(version_2_takes_transfers)
{
	struct page *mine = fake_frame(user);
	union grant_entry_v2 *e;

	ck_assert_int_eq(set_version(lender, 2, 2), 0);
	e = v2_at(lender->grant, 40);
	e->hdr.domid = user->id;
	e->hdr.flags = GTF_accept_transfer;
	/* a refused map must not touch an entry that waits for a transfer */
	ck_assert_int_eq(transfer(mine, lender->id, 40), GNTST_okay);
	ck_assert_uint_eq(e->full_page.frame, page_to_mfn(mine).v);
	ck_assert_int_eq(map(40, HOST, 0x1000, NULL), GNTST_general_error);
	ck_assert_uint_eq(e->hdr.flags, GTF_accept_transfer |
						GTF_transfer_committed |
						GTF_transfer_completed);
}
END_TEST

/* ---- memory runs out ---- */
START_TEST(every_failed_allocation_is_survived)
{
	struct domain *d = fake_domain(0, 1, true);
	unsigned int n, before = fake_allocs;
	u64 mfn;
	int rc = -ENOMEM;

	for (n = 1; rc; n++) {
		ck_assert_uint_lt(n, 50);
		fake_fail_alloc(n);
		rc = grant_domain_init(d, 4, 4);
		if (!rc)
			rc = grant_frame_mfn(d, 3, &mfn);
		fake_fail_alloc(0);
		ck_assert(rc == 0 || rc == -ENOMEM);
		grant_domain_free(d);
		ck_assert_uint_eq(fake_allocs, before);
	}
	ck_assert_uint_gt(n, 5);
	fake_domain_free(d);
}
END_TEST

START_TEST(no_memory_for_handles_is_no_space)
{
	u32 h;

	offer(8, frame, ACCESS, user->id);
	fake_fail_alloc(1);
	ck_assert_int_eq(map(8, HOST, 0x1000, NULL), GNTST_no_space);
	fake_fail_alloc(2);
	ck_assert_int_eq(map(8, HOST, 0x1000, NULL), GNTST_no_space);
	fake_fail_alloc(0);
	ck_assert_uint_eq(grant_nr_maps(user), 0);
	ck_assert_int_eq(map(8, HOST, 0x1000, &h), GNTST_okay);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grant");
	TCase *c = tcase_create("grant");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, map_and_unmap_leave_nothing);
	tcase_add_test(c, readonly_maps_take_no_write_right);
	tcase_add_test(c, two_handles_one_frame);
	tcase_add_test(c, device_and_host_part_separately);
	tcase_add_test(c, map_refuses_bad_requests);
	tcase_add_test(c, a_page_table_is_not_lent_for_writing);
	tcase_add_test(c, failed_mapping_gives_everything_back);
	tcase_add_test(c, unmap_at_a_wrong_address_keeps_the_mapping);
	tcase_add_test(c, handles_run_out_and_come_back);
	tcase_add_test(c, dying_mapper_lets_go);
	tcase_add_test(c, lender_cannot_free_what_is_mapped);
	tcase_add_test(c, lender_dies_before_its_mapper);
	tcase_add_test(c, mapper_and_lender_die_together);
	tcase_add_test(c, one_domain_maps_its_own);
	tcase_add_test(c, long_lists_are_restarted);
	tcase_add_test(c, unmapping_many_flushes_in_batches);
	tcase_add_test(c, copy_moves_bytes_and_keeps_nothing);
	tcase_add_test(c, copy_refuses_bad_requests);
	tcase_add_test(c, transfer_gives_a_frame_away);
	tcase_add_test(c, transfer_to_a_full_domain_gives_it_back);
	tcase_add_test(c, swap_exchanges_unused_entries);
	tcase_add_test(c, swap_of_one_entry_and_of_version_2);
	tcase_add_test(c, cache_flush_forms);
	tcase_add_test(c, dump_shows_what_is_lent);
	tcase_add_test(c, setup_grows_the_table);
	tcase_add_test(c, calls_that_are_none);
	tcase_add_test(c, versions_change_when_nothing_is_in_use);
	tcase_add_test(c, reserved_entries_survive_version_changes);
	tcase_add_test(c, version_2_keeps_use_in_the_status_array);
	tcase_add_test(c, sub_pages_are_for_copies);
	tcase_add_test(c, transitive_entries_reach_one_step);
	tcase_add_test(c, status_frames_follow_the_table);
	tcase_add_test(c, status_frames_grow_the_table);
	tcase_add_test(c, version_2_takes_transfers);
	tcase_add_test(c, every_failed_allocation_is_survived);
	tcase_add_test(c, no_memory_for_handles_is_no_space);
	suite_add_tcase(s, c);
	return fake_main(s);
}
