/*
 * tests/fuzz/fuzz_grant.c: grant tables of three domains against a model
 *
 * The input is a list of requests, each a byte that names it and further bytes
 * for its arguments; missing ones read as 0. The model knows which mappings
 * there are and says, from what the tables hold, whether a request must
 * succeed. After each one users of every entry, references and types of every
 * frame and the status arrays must be those of the model, in either version
 * and whoever has died.
 */
#include <stdint.h>
#include <stdlib.h>
#include <hv/pt.h>
#include "../host/fake.h"
#include "../../hypervisor/grant/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DOMAINS	  3
#define FRAMES	  6 /* of each domain */
#define REFS	  12
#define MAPS	  64
#define MAX_STEPS 80

static const uint8_t *in;
static size_t left;
static bool yield_now;

static u8 byte(void)
{
	if (!left)
		return 0;
	left--;
	return *in++;
}

/* ---- the model ---- */
static struct domain *dom[DOMAINS];
static bool dead[DOMAINS];
static unsigned int who;
static struct model_frame {
	struct page *pg;
	bool kept;  /* its owner has not given it up */
	bool table; /* its owner uses it as a page table */
} frame[DOMAINS][FRAMES];
static struct mapping {
	bool used;
	unsigned int by, of;
	u32 ref, handle;
	u16 kinds; /* of GNTMAP_host_map, GNTMAP_device_map: what is left */
	bool readonly;
	u64 host; /* address */
	u64 mfn;
} map[MAPS];
static u64 next_address;

static struct mapping *mapping_new(void)
{
	unsigned int i;

	for (i = 0; i < MAPS; i++)
		if (!map[i].used)
			return &map[i];
	return NULL;
}

static unsigned int kinds_of(const struct mapping *m)
{
	return (unsigned int)__builtin_popcount(
		m->kinds & (GNTMAP_host_map | GNTMAP_device_map));
}

/* Users of entry @ref of domain @of, and what they have. */
struct use {
	unsigned int readers, writers, user;
	u64 mfn;
};

static struct use use_of(unsigned int of, u32 ref)
{
	struct use u = {0};
	unsigned int i;

	for (i = 0; i < MAPS; i++) {
		if (!map[i].used || map[i].of != of || map[i].ref != ref)
			continue;
		*(map[i].readonly ? &u.readers : &u.writers) +=
			kinds_of(&map[i]);
		u.user = map[i].by;
		u.mfn = map[i].mfn;
	}
	return u;
}

static bool in_use(struct use u)
{
	return u.readers || u.writers;
}

static struct model_frame *frame_of(unsigned int d, u64 mfn)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		if (page_to_mfn(frame[d][i].pg).v == mfn)
			return &frame[d][i];
	return NULL;
}

/* ---- what the table says ---- */
static u16 flags_of(unsigned int d, u32 ref)
{
	return (u16)*header_at(dom[d]->grant, ref);
}

static u64 names(unsigned int d, u32 ref)
{
	const struct grant_table *gt = dom[d]->grant;

	return gt->version == 1 ? shared_at(gt, ref)->frame
				: v2_at(gt, ref)->full_page.frame;
}

static bool lends(unsigned int d, u32 ref, unsigned int to, bool readonly)
{
	u16 flags = flags_of(d, ref);

	if (dom[d]->grant->version == 2 && (flags & GTF_sub_page))
		return false;
	return (flags & GTF_type_mask) == GTF_permit_access &&
	       *header_at(dom[d]->grant, ref) >> 16 == dom[to]->id &&
	       (readonly || !(flags & GTF_readonly));
}

/* Would the frame still have a reference to add to? */
static bool alive(unsigned int d, u64 mfn)
{
	const struct model_frame *f = frame_of(d, mfn);

	return f && (f->pg->ref & PGF_count);
}

static bool map_must_work(unsigned int of, u32 ref, u32 flags)
{
	bool readonly = flags & GNTMAP_readonly;
	struct grant_table *gt = dom[of]->grant;
	struct use u;
	u64 mfn;

	if (!(flags & (GNTMAP_host_map | GNTMAP_device_map)) ||
	    ref >= nr_entries(gt))
		return false;
	u = use_of(of, ref);
	if (in_use(u) && u.user != who)
		return false;
	if ((!in_use(u) || gt->version == 2 || (!readonly && !u.writers)) &&
	    !lends(of, ref, who, readonly))
		return false;
	mfn = in_use(u) ? u.mfn : names(of, ref);
	if (!in_use(u) && !alive(of, mfn))
		return false;
	return readonly || u.writers || !frame_of(of, mfn)->table;
}

/* ---- the rest of the machine ---- */
static struct {
	u64 dst, mfn;
} placed[2 * MAPS];
static unsigned int nr_placed;

int pt_grant_map(u64 dst, bool contains_pte, u64 mfn, u64 pte_flags)
{
	ck_assert_uint_lt(nr_placed, ARRAY_SIZE(placed));
	placed[nr_placed].dst = dst;
	placed[nr_placed++].mfn = mfn;
	return 0;
}

int pt_grant_unmap(u64 dst, bool contains_pte, u64 mfn, bool readonly,
		   u64 new_va)
{
	unsigned int i;

	for (i = 0; i < nr_placed; i++)
		if (placed[i].dst == dst && placed[i].mfn == mfn) {
			placed[i] = placed[--nr_placed];
			return 0;
		}
	return -EINVAL;
}

void pt_flush_domain(struct domain *d)
{
}

bool hypercall_yield(void)
{
	return yield_now;
}

static u64 again[3];

long hypercall_restart(unsigned int nr, unsigned int nargs, const u64 *args)
{
	memcpy(again, args, sizeof(again));
	return -ERESTART;
}

int copy_in(void *to, gptr_t from, size_t n)
{
	memcpy(to, (const void *)from.va, n);
	return 0;
}

int copy_out(gptr_t to, const void *from, size_t n)
{
	memcpy((void *)to.va, from, n);
	return 0;
}

static long call(u32 cmd, void *op, u32 count)
{
	long rc = hc_grant_table_op(cmd, (u64)op, count);

	while (rc == -ERESTART)
		rc = hc_grant_table_op(again[0], again[1], again[2]);
	return rc;
}

/* ---- requests ---- */
static u32 any_ref(void)
{
	u8 b = byte();

	return b < 0xf0 ? b % REFS : b * 37u;
}

static u64 any_frame(unsigned int of)
{
	u8 b = byte();

	if (b >= 0xf0)
		return b & 1 ? ~0ull : FAKE_FRAMES + b;
	return page_to_mfn(
		       frame[b & 0x40 ? (of + 1) % DOMAINS : of][b % FRAMES].pg)
		.v;
}

static void do_entry(void)
{
	static const u16 kinds[] = {
		GTF_permit_access,
		GTF_permit_access | GTF_readonly,
		GTF_invalid,
		GTF_permit_access | GTF_sub_page,
		GTF_transitive,
		GTF_accept_transfer,
		GTF_permit_access | GTF_reading,
		GTF_permit_access,
	};
	struct grant_table *gt = dom[who]->grant;
	u32 ref = byte() % REFS;
	u8 b = byte();
	domid_t to = dom[(b >> 3) % DOMAINS]->id;
	u64 mfn = any_frame(who);

	if (gt->version == 1) {
		*shared_at(gt, ref) = (struct grant_entry_v1){
			.flags = kinds[b & 7],
			.domid = to,
			.frame = (u32)mfn,
		};
	} else {
		union grant_entry_v2 *e = v2_at(gt, ref);

		e->full_page.frame = mfn;
		e->sub_page.page_off = (u16)(b * 16);
		e->sub_page.length = 512;
		e->hdr.domid = to;
		e->hdr.flags = kinds[b & 7];
		if (e->hdr.flags == GTF_transitive) {
			e->transitive.trans_domid = byte() % DOMAINS;
			e->transitive.gref = byte() % REFS;
		}
	}
}

static void do_map(void)
{
	u8 b = byte();
	unsigned int of = (b >> 4) % DOMAINS;
	struct mapping *m = mapping_new();
	struct gnttab_map_grant_ref op = {
		.host_addr = next_address,
		.flags = b & (GNTMAP_host_map | GNTMAP_device_map |
			      GNTMAP_readonly),
		.ref = any_ref(),
		.dom = dom[of]->id,
	};
	bool works = map_must_work(of, op.ref, op.flags);

	if (!m)
		return;
	ck_assert_int_eq(call(GNTTABOP_map_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status == GNTST_okay, works);
	if (!works)
		return;
	next_address += PAGE_SIZE;
	*m = (struct mapping){
		.used = true,
		.by = who,
		.of = of,
		.ref = op.ref,
		.handle = op.handle,
		.kinds = (u16)op.flags,
		.readonly = op.flags & GNTMAP_readonly,
		.host = op.host_addr,
		.mfn = op.dev_bus_addr >> PAGE_SHIFT,
	};
}

/* By its handle, its addresses right or wrong, its mapper or another. */
static void do_unmap(void)
{
	u8 b = byte(), c = byte();
	struct mapping *m = &map[b % MAPS], *found = NULL;
	bool host = c & 1, dev = c & 2, wrong = (c & 12) == 12, works = true;
	struct gnttab_unmap_grant_ref op = {.handle = m->handle};
	unsigned int i;

	if (host)
		op.host_addr = wrong ? 0x777000 : m->host;
	if (dev)
		op.dev_bus_addr = (m->mfn + wrong) << PAGE_SHIFT;
	for (i = 0; i < MAPS; i++)
		if (map[i].used && map[i].by == who &&
		    map[i].handle == op.handle)
			found = &map[i];
	if (found) {
		if (op.dev_bus_addr && (found->kinds & GNTMAP_device_map) &&
		    op.dev_bus_addr >> PAGE_SHIFT != found->mfn)
			works = false;
		if (op.host_addr && (found->kinds & GNTMAP_host_map) &&
		    op.host_addr != found->host)
			works = false;
	}
	ck_assert_int_eq(call(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	if (!found) {
		ck_assert_int_eq(op.status, GNTST_bad_handle);
		return;
	}
	ck_assert_int_eq(op.status == GNTST_okay, works);
	if (!works)
		return;
	if (op.host_addr)
		found->kinds &= (u16)~GNTMAP_host_map;
	if (op.dev_bus_addr)
		found->kinds &= (u16)~GNTMAP_device_map;
	found->used = kinds_of(found);
}

static void copy_side(struct gnttab_copy_ptr *p, bool lent)
{
	p->domid = lent ? dom[byte() % DOMAINS]->id : DOMID_SELF;
	p->offset = byte() * 17;
	if (lent)
		p->u.ref = any_ref();
	else
		p->u.gmfn = any_frame(who);
}

/* Whatever it does, afterwards nothing is held. */
static void do_copy(void)
{
	struct gnttab_copy op = {0};
	u8 b = byte();

	op.flags = b & 3;
	op.len = (u16)((b >> 2) * 66);
	copy_side(&op.source, b & GNTCOPY_source_gref);
	copy_side(&op.dest, b & GNTCOPY_dest_gref);
	ck_assert_int_eq(call(GNTTABOP_copy, &op, 1), 0);
}

static long version_must_be(u32 version)
{
	struct grant_table *gt = dom[who]->grant;
	u32 ref;

	if (version != 1 && version != 2)
		return -EINVAL;
	if (version == gt->version)
		return 0;
	for (ref = GNTTAB_NR_RESERVED_ENTRIES; ref < REFS; ref++)
		if (in_use(use_of(who, ref)))
			return -EBUSY;
	for (ref = 0; version == 1 && ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
		u16 flags = flags_of(who, ref), type = flags & GTF_type_mask;

		if (type == GTF_transitive ||
		    (type == GTF_permit_access && (flags & GTF_sub_page)))
			return -ERANGE;
	}
	return 0;
}

static void do_version(void)
{
	struct gnttab_set_version op = {.version = byte() & 3};
	struct grant_table *gt = dom[who]->grant;
	bool changes = op.version != gt->version;
	long rc = version_must_be(op.version);
	u32 ref;

	ck_assert_int_eq(call(GNTTABOP_set_version, &op, 1), rc);
	ck_assert_uint_eq(op.version, gt->version);
	for (ref = GNTTAB_NR_RESERVED_ENTRIES; ref < REFS; ref++)
		ck_assert(rc || !changes || !flags_of(who, ref));
}

static void do_swap(void)
{
	struct gnttab_swap_grant_ref op = {.ref_a = any_ref(),
					   .ref_b = any_ref()};
	struct grant_table *gt = dom[who]->grant;
	s16 status = GNTST_okay;

	if (op.ref_a >= nr_entries(gt) || op.ref_b >= nr_entries(gt))
		status = GNTST_bad_gntref;
	else if (in_use(use_of(who, op.ref_a)) || in_use(use_of(who, op.ref_b)))
		status = GNTST_eagain;
	ck_assert_int_eq(call(GNTTABOP_swap_grant_ref, &op, 1), 0);
	ck_assert_int_eq(op.status, status);
}

static void do_grow(void)
{
	u64 list[8];
	struct gnttab_setup_table op = {.dom = DOMID_SELF,
					.nr_frames = byte() & 7};

	op.frame_list.p = list;
	ck_assert_int_eq(call(GNTTABOP_setup_table, &op, 1), 0);
	ck_assert_int_eq(op.status == GNTST_okay, op.nr_frames <= 4);
}

static void do_frame(void)
{
	u8 b = byte();
	struct model_frame *f = &frame[who][b % FRAMES];

	if (b & 0x80) {
		if (f->kept && !f->table) {
			f->kept = false;
			page_put(f->pg);
		}
	} else if (f->kept && !f->table) {
		f->table = !page_get_type(f->pg, PGT_l1);
	} else if (f->table) {
		f->table = false;
		page_put_type(f->pg);
	}
}

static void do_kill(void)
{
	unsigned int i;
	int rc;

	dom[who]->dying = DOM_DYING;
	do {
		rc = grant_domain_release(dom[who]);
	} while (rc == -ERESTART);
	ck_assert_int_eq(rc, 0);
	dead[who] = true;
	for (i = 0; i < MAPS; i++)
		if (map[i].by == who)
			map[i].used = false;
	for (i = 0; i < FRAMES; i++) {
		if (frame[who][i].table)
			page_put_type(frame[who][i].pg);
		frame[who][i].table = false;
		if (frame[who][i].kept)
			page_put(frame[who][i].pg);
		frame[who][i].kept = false;
	}
}

static void (*const requests[])(void) = {
	do_entry, do_entry, do_entry, do_map,	  do_map,  do_map,
	do_map,	  do_unmap, do_unmap, do_unmap,	  do_copy, do_version,
	do_swap,  do_grow,  do_frame, do_version, do_kill,
};

/* ---- the model against the machine ---- */
static void check_entry(unsigned int d, u32 ref, unsigned int refs[][FRAMES],
			unsigned int types[][FRAMES])
{
	struct grant_table *gt = dom[d]->grant;
	const struct active *a = active_at(gt, ref);
	struct use u = use_of(d, ref);
	struct model_frame *f;

	ck_assert_uint_eq(a->readers, u.readers);
	ck_assert_uint_eq(a->writers, u.writers);
	if (gt->version == 2)
		ck_assert_uint_eq(*status_at(gt, ref),
				  (in_use(u) ? GTF_reading : 0) |
					  (u.writers ? GTF_writing : 0));
	if (!in_use(u))
		return;
	ck_assert_uint_eq(a->mfn, u.mfn);
	ck_assert_uint_eq(a->user, dom[u.user]->id);
	f = frame_of(d, u.mfn);
	ck_assert_ptr_nonnull(f);
	refs[d][f - frame[d]]++;
	types[d][f - frame[d]] += !!u.writers;
}

static void check(void)
{
	unsigned int refs[DOMAINS][FRAMES] = {{0}};
	unsigned int types[DOMAINS][FRAMES] = {{0}};
	unsigned int d, i, maps, holds;
	u32 ref;

	for (d = 0; d < DOMAINS; d++) {
		for (ref = 0; ref < REFS; ref++)
			check_entry(d, ref, refs, types);
		for (maps = holds = 0, i = 0; i < MAPS; i++) {
			maps += map[i].used && map[i].by == d;
			holds += map[i].used && map[i].of == d;
		}
		ck_assert_uint_eq(grant_nr_maps(dom[d]), maps);
		ck_assert_uint_eq(dom[d]->refs, 1 + holds);
	}
	for (d = 0; d < DOMAINS; d++)
		for (i = 0; i < FRAMES; i++) {
			const struct model_frame *f = &frame[d][i];

			ck_assert_uint_eq(f->pg->ref & PGF_count,
					  refs[d][i] + f->kept);
			ck_assert_uint_eq(f->pg->type & PGT_count,
					  types[d][i] + f->table);
		}
}

/* ---- a run ---- */
static void begin(void)
{
	static bool ready;
	unsigned int d, i;

	fake_base_init();
	if (ready)
		fake_frames_again();
	else
		fake_frames_init();
	ready = true;
	memset(map, 0, sizeof(map));
	memset(dead, 0, sizeof(dead));
	nr_placed = 0;
	next_address = 0x100000;
	for (d = 0; d < DOMAINS; d++) {
		dom[d] = fake_domain((domid_t)d, 1, !d);
		ck_assert_int_eq(grant_domain_init(dom[d], 4, 1), 0);
	}
	for (d = 0; d < DOMAINS; d++)
		for (i = 0; i < FRAMES; i++)
			frame[d][i] = (struct model_frame){
				.pg = fake_frame(dom[d]), .kept = true};
}

static void finish(void)
{
	unsigned int d;

	for (d = 0; d < DOMAINS; d++)
		ck_assert_uint_eq(grant_check(dom[d]), 0);
	for (who = 0; who < DOMAINS; who++)
		do_kill();
	check();
	for (d = 0; d < DOMAINS; d++) {
		grant_domain_free(dom[d]);
		fake_domain_free(dom[d]);
	}
	ck_assert_uint_eq(fake_allocs, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int steps;
	u8 b;

	in = data;
	left = size;
	begin();
	for (steps = 0; left && steps < MAX_STEPS; steps++) {
		b = byte();
		who = (b >> 5) % DOMAINS;
		yield_now = b >> 7;
		if (dead[who])
			continue;
		fake_become(dom[who]->vcpu[0]);
		requests[(b & 31) % ARRAY_SIZE(requests)]();
		check();
	}
	yield_now = false;
	finish();
	return 0;
}
