/*
 * tests/fuzz/fuzz_pt.c: page-table, memory and grant requests of two domains
 *
 * The input is a list of requests, each a byte that names it and further bytes
 * for its arguments: domain 0 controls, domain 1 is a guest. After each one
 * all invariants are checked (pt_check, grant_check, the worst TLB), at the
 * end all frames must come back. Missing bytes read as 0.
 */
#include <stdint.h>
#include <stdlib.h>
#include <hv/grant.h>
#include <paravane/extensions.h>
#include <xen/memory.h>
#include "../host/fake_machine.h"
#include "../host/fake_tlb.h"
#include "../../hypervisor/pt/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAMES	  32 /* frames of each domain that inputs can name */
#define START	  24 /* frames a domain starts with */
#define MAX_STEPS 64
#define P_RW	  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define HANDLES	  16

static const uint8_t *in;
static size_t left;

static struct domain *dom[2];
static u64 name[2][NAMES];
static u64 hv_frame;	 /* nobody's */
static unsigned int who; /* whose request it is */
/* Mappings made, for undoing them: as likely as not they are still there. */
static struct {
	u32 handle;
	u64 host_addr, dev_addr;
} map[2][HANDLES];
static unsigned int nr_maps[2];

static u8 byte(void)
{
	if (!left)
		return 0;
	left--;
	return *in++;
}

/* ---- arguments ---- */
static u64 odd_frame(u8 b)
{
	switch (b & 7) {
	case 0:
		return 0xa5; /* device memory domain 0 may map */
	case 1:
		return FAKE_HOLE;
	case 2:
		return 0xfee00;
	case 3:
		return FAKE_MFNS + 7;
	case 4:
		return ~0ull;
	case 5:
		return hv_frame;
	case 6: {
		u64 mfn = 0;

		grant_frame_mfn(dom[b >> 3 & 1], 0, &mfn);
		return mfn;
	}
	default:
		return FAKE_LOW + b; /* perhaps ours, perhaps free */
	}
}

/* 0..31 own, 32..63 the other's, then odd ones, own again */
static u64 frame(void)
{
	u8 b = byte();

	if (b < 2 * NAMES)
		return name[who ^ (b >= NAMES)][b % NAMES];
	if (b < 0x60)
		return odd_frame(b);
	return name[who][b % NAMES];
}

static unsigned int entry_index(void)
{
	u8 b = byte();

	return b < 0xc0 ? b & 7 : 256 - 4 + (b & 31);
}

static u64 pte(void)
{
	static const u64 flags[] = {P_RW,	    PTE_P | PTE_US | PTE_A,
				    P_RW | PTE_NX,  P_RW | PTE_G | PTE_AVAIL,
				    PTE_P | PTE_RW, P_RW | PTE_PCD,
				    P_RW | PTE_PSE, 0};
	u8 b = byte();

	return frame() << PAGE_SHIFT | flags[b & 7] | (u64)(b & 8) << 55;
}

static u16 domid(void)
{
	static const u16 ids[] = {DOMID_SELF, DOMID_SELF, 0, 1,
				  DOMID_IO,   DOMID_XEN,  2, DOMID_SELF};

	return ids[byte() & 7];
}

/* The first windows of the planted tree, and somewhere else. */
static u64 address(void)
{
	u8 b = byte();

	return (u64)(b & 7) << PAGE_SHIFT | (u64)(b >> 3 & 1) << 21 |
	       (u64)(b >> 4 & 1) << 30 | (u64)(b >> 5 & 1) << 39 |
	       (u64)(b >> 6 & 1) << 47 | (u64)(b >> 7) << 63;
}

/* ---- continuations ---- */
/* After so many the guest never comes back for the rest; 0: it always does. */
static unsigned int patience;

static void again4(long rc, long (*fn)(u64, u64, u64, u64))
{
	unsigned int pieces = 1;
	u64 a[4];

	while (rc == -ERESTART && pieces++ != patience) {
		memcpy(a, fake_restart_args, sizeof(a));
		rc = fn(a[0], a[1], a[2], a[3]);
	}
}

static void memory(u64 cmd, void *arg)
{
	long rc = hc_memory_op(cmd, (u64)arg);

	while (rc == -ERESTART)
		rc = hc_memory_op(fake_restart_args[0], (u64)arg);
}

static void grant(u64 cmd, void *arg, u32 n)
{
	long rc = hc_grant_table_op(cmd, (u64)arg, n);

	while (rc == -ERESTART)
		rc = hc_grant_table_op(fake_restart_args[0],
				       fake_restart_args[1],
				       fake_restart_args[2]);
}

/* ---- page tables ---- */
static void do_mmu_update(void)
{
	struct mmu_update u[4];
	u8 b = byte();
	unsigned int n = 1 + (b & 3), i;
	u32 done, foreign = domid();

	if (b & 0x40)
		foreign |= (u32)(1 + (b >> 7)) << 16;
	for (i = 0; i < n; i++) {
		u[i].ptr = frame() << PAGE_SHIFT | entry_index() * 8;
		u[i].ptr |= b >> 2 & 3;
		u[i].val = pte();
	}
	again4(hc_mmu_update((u64)u, n, b & 0x10 ? (u64)&done : 0, foreign),
	       hc_mmu_update);
}

static void do_mmuext(void)
{
	static const u32 cmd[] = {
		MMUEXT_PIN_L1_TABLE,	 MMUEXT_PIN_L2_TABLE,
		MMUEXT_PIN_L3_TABLE,	 MMUEXT_PIN_L4_TABLE,
		MMUEXT_UNPIN_TABLE,	 MMUEXT_NEW_BASEPTR,
		MMUEXT_NEW_USER_BASEPTR, MMUEXT_TLB_FLUSH_LOCAL,
		MMUEXT_INVLPG_LOCAL,	 MMUEXT_TLB_FLUSH_ALL,
		MMUEXT_INVLPG_ALL,	 MMUEXT_FLUSH_CACHE,
		MMUEXT_SET_LDT,		 MMUEXT_CLEAR_PAGE,
		MMUEXT_COPY_PAGE,	 MMUEXT_MARK_SUPER,
	};
	struct mmuext_op op[2] = {{0}};
	u8 b = byte();
	unsigned int n = 1 + (b >> 7), i;
	u16 id = domid();

	for (i = 0; i < n; i++) {
		op[i].cmd = cmd[(b + i * 4) & 15];
		op[i].arg1.mfn = frame();
		op[i].arg2.src_mfn = frame();
		if (op[i].cmd == MMUEXT_SET_LDT) {
			op[i].arg1.linear_addr = address();
			op[i].arg2.nr_ents = (b >> 4 & 7) * 256;
		} else if (op[i].cmd == MMUEXT_MARK_SUPER && (b & 0x40)) {
			op[i].cmd = PARAVANE_MMUEXT_PTE_FLAGS;
			op[i].arg1.mfn <<= PAGE_SHIFT;
			op[i].arg1.mfn |= entry_index() * 8;
			op[i].arg2.src_mfn = byte() | (u64)byte() << 16;
		}
	}
	again4(hc_mmuext_op((u64)op, n, 0, id), hc_mmuext_op);
}

static void do_va_mapping(void)
{
	u64 va = address(), val = pte();
	u8 b = byte();

	if (b & 4)
		hc_update_va_mapping_otherdomain(va, val, b & 3, domid());
	else
		hc_update_va_mapping(va, val, b & 3);
}

static void do_descriptors(void)
{
	u8 b = byte();
	u64 f[3] = {frame(), frame(), frame()}, desc;
	unsigned int i;

	switch (b & 3) {
	case 0:
		hc_set_gdt((u64)f, (b >> 2 & 3) * 512);
		break;
	case 1:
		for (i = 0, desc = 0; i < 8; i++)
			desc = desc << 8 | byte();
		hc_update_descriptor(f[0] << PAGE_SHIFT | entry_index() * 8,
				     desc);
		break;
	default:
		pt_ldt_fault(current, (b >> 2) * 512);
	}
}

/* What a guest may write by itself: its writable frames, at any time. */
static void do_store(void)
{
	u64 mfn = frame(), *p, val;
	unsigned int i = entry_index();
	struct page *pg = mfn_lookup(MFN(mfn));

	val = pte();
	if (!pg || page_get_and_type(pg, current->d, PGT_writable))
		return;
	p = mfn_to_virt(MFN(mfn));
	p[i] = val;
	page_put_and_type(pg);
}

/* A store to a table, as it is emulated. */
static void do_emulated_store(void)
{
	struct domain *d = current->d;
	struct page *pg = mfn_lookup(MFN(frame()));
	unsigned int i = entry_index();
	u64 val = pte(), *p;

	spin_lock(&d->pt_lock);
	if (pg && pt_live_table(pg, d) && pt_level(pg->type) == 1) {
		p = pt_table(pg) + i;
		/* now and then hardware was faster */
		(void)pt_cas_l1(p, *p ^ (val & PTE_D ? 0 : PTE_A), val, d);
	}
	spin_unlock(&d->pt_lock);
}

/* Hardware marks what it walks; each present L1 entry of a live table. */
static void do_walk(void)
{
	struct page *pg = mfn_lookup(MFN(frame()));
	unsigned int i;
	u64 *t;

	if (!pg || !pt_live_table(pg, current->d) || pt_level(pg->type) != 1)
		return;
	t = pt_table(pg);
	for (i = 0; i < PT_ENTRIES; i++)
		if (t[i] & PTE_P)
			t[i] |= PTE_A | (t[i] & PTE_RW ? PTE_D : 0);
}

/* ---- memory ---- */
static void do_reservation(void)
{
	static const u64 cmds[] = {
		XENMEM_populate_physmap, XENMEM_decrease_reservation,
		XENMEM_increase_reservation, XENMEM_decrease_reservation};
	struct xen_memory_reservation r = {.domid = domid()};
	u8 b = byte();
	unsigned int i, at[4];
	u64 list[4];

	r.nr_extents = 1 + (b & 3);
	r.extent_order = b & 0x80 ? b >> 4 & 7 : 0;
	r.mem_flags = b & 0x40 ? XENMEMF_address_bits(b & 31) : 0;
	r.extent_start.p = list;
	for (i = 0; i < r.nr_extents; i++) {
		at[i] = byte() % NAMES;
		list[i] = name[who][at[i]];
	}
	memory(cmds[b >> 2 & 3], &r);
	if (!(b & 4))
		for (i = 0; i < r.nr_extents; i++)
			name[who][at[i]] = list[i];
}

static void do_exchange(void)
{
	struct xen_memory_exchange x = {0};
	u64 list[4], out[4];
	unsigned int i, at[4];
	u8 b = byte();

	x.in.domid = x.out.domid = domid();
	x.in.nr_extents = b & 1 ? 4 : 1;
	x.out.nr_extents = b & 2 ? 1 : x.in.nr_extents;
	x.out.extent_order = b & 2 && b & 1 ? 2 : 0;
	if (b & 4) {
		x.in.extent_order = b >> 4 & 3;
		x.out.nr_extents <<= x.in.extent_order;
	}
	if (x.out.nr_extents > 4)
		x.out.nr_extents = 4;
	x.out.mem_flags = b & 8 ? XENMEMF_address_bits(b >> 3) : 0;
	x.nr_exchanged = b >> 6;
	for (i = 0; i < 4; i++) {
		at[i] = byte() % NAMES;
		list[i] = name[who][at[i]];
		out[i] = i * 100;
	}
	x.in.extent_start.p = list;
	x.out.extent_start.p = out;
	memory(XENMEM_exchange, &x);
	for (i = 0; i < x.nr_exchanged && i < x.out.nr_extents; i++)
		name[who][at[i]] = out[i];
}

static void do_other_memory(void)
{
	struct xen_memory_reservation r = {.domid = domid()};
	struct e820entry e[2] = {{0, 4096, 1}, {4096, 4096, 2}};
	struct xen_foreign_memory_map m = {.domid = r.domid};
	u8 b = byte();

	switch (b & 3) {
	case 0:
		r.nr_extents = b >> 2;
		memory(XENMEM_claim_pages, &r);
		break;
	case 1:
		m.map.nr_entries = b >> 2 & 1;
		m.map.buffer.p = e;
		memory(XENMEM_set_memory_map, &m);
		memory(XENMEM_memory_map, &m.map);
		break;
	default:
		dom[b >> 2 & 1]->max_pages = b >> 2;
	}
}

/* ---- grants ---- */
static u32 gref(void)
{
	u8 b = byte();

	return b < 0xf0 ? b & 15 : b * 17u;
}

/* The guest writes into its own table, as it likes. */
static void do_grant_entry(void)
{
	static const u16 flags[] = {GTF_permit_access,
				    GTF_permit_access | GTF_readonly,
				    GTF_accept_transfer,
				    GTF_invalid,
				    GTF_permit_access | GTF_sub_page,
				    GTF_transitive,
				    GTF_permit_access | GTF_reading,
				    GTF_permit_access};
	u32 ref = gref() & 15;
	u8 b = byte();
	u16 id = b & 8 ? (u16)(b >> 4) : (u16)(who ^ 1);
	u64 f = frame(), mfn;
	u8 *t;

	if (grant_frame_mfn(dom[who], 0, &mfn))
		return;
	t = mfn_to_virt(MFN(mfn));
	if (grant_version(dom[who]) == 1) {
		struct grant_entry_v1 *e = (void *)(t + ref * sizeof(*e));

		*e = (struct grant_entry_v1){
			.flags = flags[b & 7], .domid = id, .frame = (u32)f};
	} else {
		union grant_entry_v2 *e = (void *)(t + ref * sizeof(*e));

		e->hdr.flags = flags[b & 7];
		e->hdr.domid = id;
		if (e->hdr.flags == GTF_transitive) {
			e->transitive.trans_domid = byte() & 3;
			e->transitive.gref = f & 15;
		} else {
			e->full_page.frame = f;
			e->sub_page.page_off = (u16)(b * 16);
			e->sub_page.length = (u16)(b * 8);
		}
	}
}

static void do_grant_map(void)
{
	struct gnttab_map_grant_ref op = {.ref = gref()};
	u8 b = byte();
	unsigned int i = nr_maps[who] % HANDLES;

	op.dom = byte() & 1 ? who : who ^ 1;
	op.flags = (b & 1 ? GNTMAP_readonly : 0) |
		   (b & 2 ? GNTMAP_device_map : 0) |
		   (b & 4 ? 0 : GNTMAP_host_map) |
		   (b & 8 ? GNTMAP_contains_pte : 0);
	op.host_addr =
		b & 8 ? frame() << PAGE_SHIFT | entry_index() * 8 : address();
	grant(GNTTABOP_map_grant_ref, &op, 1);
	if (op.status)
		return;
	map[who][i].handle = op.handle;
	map[who][i].host_addr = b & 4 ? 0 : op.host_addr;
	map[who][i].dev_addr = b & 2 ? op.dev_bus_addr : 0;
	nr_maps[who]++;
}

static void do_grant_unmap(void)
{
	struct gnttab_unmap_grant_ref op[2] = {{0}};
	struct gnttab_unmap_and_replace r = {0};
	u8 b = byte();
	unsigned int i = b % HANDLES;

	op[0].handle = map[who][i].handle;
	op[0].host_addr = b & 0x40 ? address() : map[who][i].host_addr;
	op[0].dev_bus_addr = b & 0x20 ? 0 : map[who][i].dev_addr;
	if (b & 0x80) {
		r.handle = op[0].handle;
		r.host_addr = op[0].host_addr;
		r.new_addr = b & 0x10 ? address() : 0;
		grant(GNTTABOP_unmap_and_replace, &r, 1);
		return;
	}
	op[1] = op[0];
	grant(GNTTABOP_unmap_grant_ref, op, 1 + (b >> 4 & 1));
}

static void copy_side(struct gnttab_copy_ptr *p, bool lent)
{
	p->domid = byte() & 1 ? DOMID_SELF : (u16)(who ^ 1);
	p->offset = byte() * 16;
	if (lent)
		p->u.ref = gref();
	else
		p->u.gmfn = frame();
}

static void do_grant_copy(void)
{
	struct gnttab_copy op = {0};
	u8 b = byte();

	op.flags = b & 3;
	op.len = (u16)((b >> 2) * 66);
	copy_side(&op.source, b & GNTCOPY_source_gref);
	copy_side(&op.dest, b & GNTCOPY_dest_gref);
	grant(GNTTABOP_copy, &op, 1);
}

static void do_grant_transfer(void)
{
	struct gnttab_transfer op = {.mfn = frame(), .ref = gref()};

	op.domid = byte() & 1 ? who : who ^ 1;
	grant(GNTTABOP_transfer, &op, 1);
}

static void do_grant_table(void)
{
	struct gnttab_set_version version;
	struct gnttab_swap_grant_ref swap;
	struct gnttab_setup_table setup = {.dom = domid()};
	struct gnttab_cache_flush flush = {0};
	u64 frames[8];
	u8 b = byte();

	switch (b & 3) {
	case 0:
		version.version = b >> 2 & 3;
		grant(GNTTABOP_set_version, &version, 1);
		break;
	case 1:
		swap = (struct gnttab_swap_grant_ref){.ref_a = gref(),
						      .ref_b = gref()};
		grant(GNTTABOP_swap_grant_ref, &swap, 1);
		break;
	case 2:
		setup.nr_frames = b >> 2 & 7;
		setup.frame_list.p = frames;
		grant(GNTTABOP_setup_table, &setup, 1);
		break;
	default:
		flush.a.dev_bus_addr = frame() << PAGE_SHIFT;
		flush.length = 64;
		flush.op = GNTTAB_CACHE_CLEAN;
		grant(GNTTABOP_cache_flush, &flush, 1);
	}
}

/* ---- ends and beginnings ---- */
static void release(struct domain *d)
{
	int rc;

	d->dying = DOM_DYING;
	do {
		rc = grant_domain_release(d);
		if (!rc)
			rc = pt_relinquish(d);
		fake_tlb_check();
	} while (rc == -ERESTART);
	ck_assert_uint_eq(d->nr_pt_pages, 0);
	ck_assert_uint_eq(grant_nr_maps(d), 0);
}

static void give_start(unsigned int w)
{
	unsigned int i;

	for (i = 0; i < NAMES; i++) {
		struct page *pg =
			i < START ? domain_alloc_pages(dom[w], 0, 0) : NULL;

		name[w][i] = pg ? page_to_mfn(pg).v : 0;
	}
}

/* The guest dies; what the other still maps lives on with its successor. */
static void do_destroy(void)
{
	struct domain *d = dom[1];

	release(d);
	d->dying = DOM_ALIVE;
	d->relinquish_phase = 0;
	d->relinquish_at = PAGE_LIST_END;
	d->max_pages = 48;
	nr_maps[1] = 0;
	give_start(1);
}

/* Little memory is left, or there is enough again. */
static struct page *hoard;
static u64 leave = ~0ull; /* frames */

static void drop_hoard(void)
{
	struct page *pg;

	while (hoard) {
		pg = hoard;
		hoard = pg->prev == PAGE_LIST_END ? NULL
						  : &frametable[pg->prev];
		heap_free(pg, 0);
	}
}

static void take_hoard(void)
{
	struct page *pg;

	while (heap_free_pages() > leave && (pg = heap_alloc_stale(0))) {
		pg->prev = hoard ? page_to_mfn(hoard).v : PAGE_LIST_END;
		hoard = pg;
	}
}

static void do_hoard(void)
{
	u8 b = byte();

	leave = b & 15 ? ~0ull : b >> 4;
}

static void (*const requests[])(void) = {
	do_mmu_update,	do_mmu_update,	   do_mmuext,	   do_mmuext,
	do_va_mapping,	do_descriptors,	   do_store,	   do_emulated_store,
	do_walk,	do_reservation,	   do_exchange,	   do_other_memory,
	do_grant_entry, do_grant_map,	   do_grant_unmap, do_grant_copy,
	do_grant_table, do_grant_transfer, do_hoard,	   do_destroy,
};

/* ---- a run ---- */
static void plant(unsigned int w)
{
	struct vcpu *v;
	unsigned int i, k;
	u64 *f = name[w];

	for (i = 0; i < 3; i++)
		((u64 *)mfn_to_virt(MFN(f[i])))[0] =
			f[i + 1] << PAGE_SHIFT | P_RW;
	for_each_vcpu (dom[w], v, k) {
		fake_become(v);
		ck_assert_int_eq(pt_set_kernel_root(v, MFN(f[0])), 0);
	}
}

static void begin(void)
{
	unsigned int w;

	fake_on_flush = fake_tlb_forget;
	fake_yield = false;
	fake_yield_in = 0;
	leave = ~0ull;
	nr_maps[0] = nr_maps[1] = 0;
	memset(map, 0, sizeof(map));
	for (w = 0; w < 2; w++) {
		dom[w] = fake_pv_domain(w, 2, !w, 48);
		give_start(w);
		ck_assert_int_eq(grant_domain_init(dom[w], 4, 1), 0);
		grant_set_max_version(dom[w], 2);
		plant(w);
	}
	ck_assert_int_eq(rangeset_add(dom[0]->iomem, 0xa0, 0xff), 0);
}

static void finish(void)
{
	unsigned int w;

	drop_hoard();
	fake_pcpu.loaded = NULL;
	fake_yield = false;
	fake_yield_in = 0;
	for (w = 0; w < 2; w++)
		release(dom[w]);
	for (w = 0; w < 2; w++) {
		grant_domain_free(dom[w]);
		hv_free(dom[w]->e820);
		fake_pv_domain_end(dom[w]);
	}
	/* the next input shall find its frames in the same order */
	ck_assert(fake_heap_reset());
}

/* The checks need memory themselves. */
static void check(void)
{
	drop_hoard();
	ck_assert_uint_eq(pt_check(), 0);
	ck_assert_uint_eq(grant_check(dom[0]), 0);
	ck_assert_uint_eq(grant_check(dom[1]), 0);
	fake_tlb_check();
	fake_tlb_see();
	take_hoard();
}

/* Stops at each question, or at the n-th; goes on in the end, or never. */
static void stop_or_not(bool stop)
{
	u8 b = stop ? byte() : 0;

	fake_yield = stop && !(b & 0x80);
	fake_yield_in = stop && (b & 0x80) ? b & 15 : 0;
	patience = b >> 4 & 7;
}

static void step(void)
{
	u8 b = byte();

	who = b >> 7;
	stop_or_not(b >> 6 & 1);
	fake_become(dom[who]->vcpu[b >> 5 & 1]);
	fake_pcpu.loaded = current;
	requests[(b & 31) % ARRAY_SIZE(requests)]();
	check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	unsigned int steps;

	if (!ready) {
		fake_machine_init();
		hv_frame = page_to_mfn(&frametable[FAKE_LOW - 1]).v;
		frametable[hv_frame].owner = OWNER_NONE;
	}
	ready = true;
	in = data;
	left = size;
	begin();
	for (steps = 0; left && steps < MAX_STEPS; steps++)
		step();
	finish();
	return 0;
}
