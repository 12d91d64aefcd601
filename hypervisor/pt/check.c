/*
 * pt/check.c: the invariants of docs/design/pt-safety.md, as code
 *
 * Every count of every frame is computed again from its holders: tables,
 * vcpus, grants in use, event pages. All must come out exactly. The numbers
 * P1, P2.. are those of that page.
 */
#include <hv/event.h>
#include <hv/grant.h>
#include <hv/irq.h>
#include "internal.h"

struct tally {
	u32 ref, type, linear;
};

static struct tally *tally;
static unsigned int bad;
#define MAX_LINES 20

#define complain(fmt, ...)                                                   \
	do {                                                                 \
		if (bad++ < MAX_LINES)                                       \
			printk(LOG_ERR, "pt_check: " fmt "\n", __VA_ARGS__); \
	} while (0)

/* One reference by @who. */
static void count_ref(u64 mfn, const char *who, u64 from)
{
	if (mfn >= max_mfn || frametable[mfn].owner == OWNER_NONE) {
		complain("P1 %s %lx: frame %lx is nobody's", who,
			 (unsigned long)from, (unsigned long)mfn);
		return;
	}
	tally[mfn].ref++;
}

/* One reference and one of @type, which the frame must have. */
static void count_both(u64 mfn, u64 type, const char *who, u64 from)
{
	const struct page *pg = &frametable[mfn];

	count_ref(mfn, who, from);
	if (mfn >= max_mfn)
		return;
	tally[mfn].type++;
	if ((pg->type & PGT_type_mask) != type || !(pg->type & PGT_validated))
		complain("P3 %s %lx: frame %lx has type %lx", who,
			 (unsigned long)from, (unsigned long)mfn,
			 (unsigned long)pg->type);
}

/* The same for what only its owner @d may have so. */
static void count_own(u64 mfn, const struct domain *d, u64 type,
		      const char *who)
{
	count_both(mfn, type, who, d->id);
	if (mfn < max_mfn && frametable[mfn].owner != d->id)
		complain("P5 %s of d%u: frame %lx is of %u", who, d->id,
			 (unsigned long)mfn, frametable[mfn].owner);
}

/* ---- tables ---- */
static void check_l1e(u64 e, u64 table)
{
	u64 mfn = pte_mfn(e).v;

	if ((e & (PTE_US | PTE_G)) != PTE_US)
		complain("P7 L1 table %lx: entry %lx", (unsigned long)table,
			 (unsigned long)e);
	if (!mfn_valid(MFN(mfn))) {
		if (pt_mmio_is_ours(mfn))
			complain("P7 L1 table %lx: entry %lx is ours",
				 (unsigned long)table, (unsigned long)e);
	} else if (e & PTE_RW) {
		count_both(mfn, PGT_writable, "L1 table", table);
	} else {
		count_ref(mfn, "L1 table", table);
	}
}

/* An entry that leads to a table of the same level. */
static void check_linear(u64 e, u64 table)
{
	const struct page *pg = &frametable[table];
	u64 mfn = pte_mfn(e).v;

	if ((e & PTE_RW) ||
	    (mfn != table && (pg->type & PGT_validated) && pg->nr_linear))
		complain("P11 table %lx (%u lead to it): entry %lx",
			 (unsigned long)table, pg->nr_linear, (unsigned long)e);
	if (mfn == table)
		return;
	tally[mfn].linear++;
	count_both(mfn, pg->type & PGT_type_mask, "linear table", table);
}

static void check_te(u64 e, unsigned int level, u64 table)
{
	u64 mfn = pte_mfn(e).v;

	if (!(e & PTE_US) || (e & TABLE_BAD_BITS))
		complain("P7 L%u table %lx: entry %lx", level,
			 (unsigned long)table, (unsigned long)e);
	if (pt_is_linear(e, &frametable[table]))
		check_linear(e, table);
	else
		count_both(mfn, (u64)(level - 1) << 61, "table", table);
	if (mfn < max_mfn && frametable[mfn].owner != frametable[table].owner)
		complain("P5 L%u table %lx: entry %lx leads to another's frame",
			 level, (unsigned long)table, (unsigned long)e);
}

static void check_hv_slots(const u64 *l4, u64 table)
{
	const u64 *ours = hv_l4();
	unsigned int i;

	for (i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		if (l4[i] != ours[i] && (i != M2P_SLOT || l4[i]))
			complain("P8 L4 table %lx: slot %u is %lx",
				 (unsigned long)table, i, (unsigned long)l4[i]);
}

static void check_table(u64 mfn, unsigned int level)
{
	const u64 *t = pt_table(&frametable[mfn]);
	unsigned int i, n = PT_ENTRIES;

	if (frametable[mfn].type & PGT_partial)
		n = min(n, frametable[mfn].nr_valid + 0u);
	for (i = 0; i < n; i++) {
		if ((level == 4 && pt_is_hv_slot(i)) || !(t[i] & PTE_P))
			continue;
		if (level == 1)
			check_l1e(t[i], mfn);
		else
			check_te(t[i], level, mfn);
	}
	if (level == 4 && !(frametable[mfn].type & PGT_partial))
		check_hv_slots(t, mfn);
}

static void check_descriptors(u64 mfn)
{
	const u64 *t = pt_table(&frametable[mfn]);
	unsigned int i;

	for (i = 0; i < PT_ENTRIES; i++) {
		u64 desc = t[i];

		if (!pt_desc_fix(&desc) || (desc ^ t[i]) & ~PT_DESC_ACCESSED)
			complain("P9 descriptor %u of frame %lx: %lx", i,
				 (unsigned long)mfn, (unsigned long)t[i]);
	}
}

/* Half done: an upper table that only its mark holds. */
static void check_partial(u64 mfn, u64 type)
{
	tally[mfn].ref++;
	tally[mfn].type++;
	if (pt_level(type) < 2 || (type & (PGT_validated | PGT_pinned)) ||
	    (type & PGT_count) != 1 || frametable[mfn].nr_valid > PT_ENTRIES)
		complain("P10 frame %lx is half done with type %lx, %u entries",
			 (unsigned long)mfn, (unsigned long)type,
			 frametable[mfn].nr_valid);
}

/* What a frame is by itself; counts what its contents hold. */
static void check_frame(u64 mfn)
{
	const struct page *pg = &frametable[mfn];
	u64 type = pg->type & PGT_type_mask;
	unsigned int level = pt_level(type);
	bool used = pg->type & PGT_count;

	if (pg->type & PGT_pinned) {
		tally[mfn].ref++;
		tally[mfn].type++;
		if (!level)
			complain("P6 frame %lx is pinned with type %lx",
				 (unsigned long)mfn, (unsigned long)pg->type);
	}
	if (pg->type & PGT_partial)
		check_partial(mfn, pg->type);
	else if (used && !(pg->type & PGT_validated))
		complain("P4 frame %lx is in use as %lx, not validated",
			 (unsigned long)mfn, (unsigned long)pg->type);
	/* Writable ones are stamped again and again: only the change counts. */
	if (type != PGT_writable && (used || !type) && tlb_may_have(pg))
		complain("P2 frame %lx of type %lx may be in a TLB as another",
			 (unsigned long)mfn, (unsigned long)pg->type);
	if (used && level)
		check_table(mfn, level);
	else if (used && type == PGT_seg_desc)
		check_descriptors(mfn);
}

/* ---- domains ---- */
static void check_vcpu(const struct vcpu *v)
{
	const struct vcpu_pt *pt = &v->pt;
	unsigned int i;

	if (!mfn_none(pt->kernel_root))
		count_own(pt->kernel_root.v, v->d, PGT_l4, "kernel root");
	if (!mfn_none(pt->user_root))
		count_own(pt->user_root.v, v->d, PGT_l4, "user root");
	for (i = 0; i < pt->gdt_pages; i++) {
		count_own(pt->gdt_frames[i].v, v->d, PGT_seg_desc, "GDT");
		if (!mfn_eq(vwin_get(pt->win, i), pt->gdt_frames[i]))
			complain("P9 d%uv%u: page %u of the window is no GDT",
				 v->d->id, v->id, i);
	}
	for (i = 0; i < 16; i++)
		if (pt->ldt_mapped >> i & 1)
			count_own(vwin_get(pt->win, 16 + i).v, v->d,
				  PGT_seg_desc, "LDT");
	if (!mfn_none(v->info_mfn))
		count_own(v->info_mfn.v, v->d, PGT_writable, "vcpu_info");
}

static void check_list(const struct domain *d)
{
	u32 n = 0, m, prev = PAGE_LIST_END;

	for (m = d->page_head; m != PAGE_LIST_END && n <= d->tot_pages; n++) {
		if (frametable[m].owner != d->id || frametable[m].prev != prev)
			complain("P1 d%u: frame %x on its list: owner %u",
				 d->id, m, frametable[m].owner);
		prev = m;
		m = frametable[m].next;
	}
	if (n != d->tot_pages)
		complain("P1 d%u: %u frames counted, list has %u", d->id,
			 d->tot_pages, n);
}

static void count_held(u64 mfn, bool writable)
{
	if (writable)
		count_both(mfn, PGT_writable, "grant or event page", mfn);
	else
		count_ref(mfn, "grant", mfn);
}

/* Frames with this owner, and how many of them are tables. */
static void check_sums(const struct domain *d)
{
	u64 m, frames = 0, tables = 0;

	for (m = 0; m < max_mfn; m++) {
		const struct page *pg = &frametable[m];

		if (pg->owner != d->id)
			continue;
		frames += !(pg->ref & PGF_xenheap);
		tables += pt_level(pg->type) && (pg->type & PGT_count);
	}
	if (frames != d->tot_pages || tables != d->nr_pt_pages)
		complain("P1 d%u: %lu frames, %lu tables; counted %u, %lu",
			 d->id, (unsigned long)frames, (unsigned long)tables,
			 d->tot_pages, (unsigned long)d->nr_pt_pages);
}

static void check_domains(void)
{
	struct domain *d;
	unsigned int id = 0;

	while ((d = domain_next(id)) != NULL) {
		struct vcpu *v;
		unsigned int i;

		for_each_vcpu (d, v, i)
			check_vcpu(v);
		check_list(d);
		check_sums(d);
		grant_count_frames(d, count_held);
		event_count_frames(d, count_held);
		pirq_count_frames(d, count_held);
		id = d->id + 1;
		domain_put(d);
	}
}

static void compare(u64 mfn)
{
	const struct page *pg = &frametable[mfn];
	u64 ref = pg->ref & PGF_count, type = pg->type & PGT_count;
	struct tally t = tally[mfn];

	if (pg->owner == OWNER_NONE) { /* free, or ours; type is no count */
		if (ref)
			complain("P1 frame %lx is nobody's, %lu references",
				 (unsigned long)mfn, (unsigned long)ref);
		return;
	}
	if (pg->ref & (PGF_allocated | PGF_xenheap))
		t.ref++;
	if (pg->ref & PGF_xenheap)
		t.type++;
	if (ref != t.ref)
		complain("P1 frame %lx: %lu references, %u found",
			 (unsigned long)mfn, (unsigned long)ref, t.ref);
	if ((pg->type & PGT_validated) && pt_level(pg->type) && type &&
	    pg->nr_linear != t.linear)
		complain("P11 table %lx: %u lead to it, %u found",
			 (unsigned long)mfn, pg->nr_linear, t.linear);
	if (type != t.type)
		complain("P3 frame %lx type %lx: %u uses found",
			 (unsigned long)mfn, (unsigned long)pg->type, t.type);
}

unsigned int pt_check(void)
{
	u64 m;

	tally = hv_alloc(max_mfn * sizeof(*tally));
	if (!tally) {
		printk(LOG_ERR, "pt_check: no memory for counting\n");
		return 1;
	}
	bad = 0;
	for (m = 0; m < max_mfn; m++)
		if (mfn_valid(MFN(m)) && frametable[m].owner != OWNER_NONE)
			check_frame(m);
	check_domains();
	for (m = 0; m < max_mfn; m++)
		if (mfn_valid(MFN(m)))
			compare(m);
	hv_free(tally);
	tally = NULL;
	return bad;
}
