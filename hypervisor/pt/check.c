/*
 * pt/check.c: every count of every frame, computed again from the tables
 *
 * Types of tables and descriptors must come out exactly. General references
 * and writable counts have holders that leave no trace in tables (grant
 * handles, event pages): they must be at least what is found here, and what
 * is beyond is reported as a sum.
 */
#include <hv/grant.h>
#include "internal.h"

struct tally {
	u32 ref, type;
};

static struct tally *tally;
static unsigned int bad;
#define MAX_LINES 20

#define complain(fmt, ...)                                                   \
	do {                                                                 \
		if (bad++ < MAX_LINES)                                       \
			printk(LOG_ERR, "pt_check: " fmt "\n", __VA_ARGS__); \
	} while (0)

static void count_ref(u64 mfn)
{
	tally[mfn].ref++;
}

/* One reference and one of @type, which the frame must have. */
static void count_both(u64 mfn, u64 type, const char *who, u64 from)
{
	const struct page *pg = &frametable[mfn];

	tally[mfn].ref++;
	tally[mfn].type++;
	if ((pg->type & PGT_type_mask) != type || !(pg->type & PGT_validated))
		complain("%s %lx: frame %lx has type %lx", who,
			 (unsigned long)from, (unsigned long)mfn,
			 (unsigned long)pg->type);
}

static void count_entry(u64 e, unsigned int level, u64 table)
{
	if (!(e & PTE_P) || !mfn_valid(pte_mfn(e)))
		return;
	if (!(e & PTE_US))
		complain("table %lx: entry %lx without US",
			 (unsigned long)table, (unsigned long)e);
	if (level > 1)
		count_both(pte_mfn(e).v, (u64)(level - 1) << 61, "table",
			   table);
	else if (e & PTE_RW)
		count_both(pte_mfn(e).v, PGT_writable, "L1 table", table);
	else
		count_ref(pte_mfn(e).v);
}

static void count_table(u64 mfn)
{
	const struct page *pg = &frametable[mfn];
	unsigned int level = pt_level(pg->type), i;
	const u64 *t = pt_table(pg);

	if (pg->type & PGT_pinned) {
		tally[mfn].ref++;
		tally[mfn].type++;
	}
	if (!level || !(pg->type & PGT_count))
		return;
	if (!(pg->type & PGT_validated))
		complain("table %lx is in use and not validated",
			 (unsigned long)mfn);
	for (i = 0; i < PT_ENTRIES; i++)
		if (level != 4 || !pt_is_hv_slot(i))
			count_entry(t[i], level, mfn);
}

static void count_vcpu(struct vcpu *v)
{
	unsigned int i;

	if (!mfn_none(v->pt.kernel_root))
		count_both(v->pt.kernel_root.v, PGT_l4, "root of vcpu", v->id);
	if (!mfn_none(v->pt.user_root))
		count_both(v->pt.user_root.v, PGT_l4, "user root", v->id);
	for (i = 0; i < v->pt.gdt_pages; i++)
		count_both(v->pt.gdt_frames[i].v, PGT_seg_desc, "GDT", v->id);
	for (i = 0; i < 16; i++)
		if (v->pt.ldt_mapped >> i & 1)
			count_both(vwin_get(v->pt.win, 16 + i).v, PGT_seg_desc,
				   "LDT", v->id);
	if (!mfn_none(v->info_mfn))
		count_both(v->info_mfn.v, PGT_writable, "vcpu_info", v->id);
}

static void check_list(struct domain *d)
{
	u32 n = 0, m;

	for (m = d->page_head; m != PAGE_LIST_END && n <= d->tot_pages; n++) {
		if (frametable[m].owner != d->id)
			complain("d%u: frame %x on its list has owner %u",
				 d->id, m, frametable[m].owner);
		m = frametable[m].next;
	}
	if (n != d->tot_pages)
		complain("d%u: %u frames counted, list has %u", d->id,
			 d->tot_pages, n);
}

static void count_domains(void)
{
	struct domain *d;
	unsigned int id = 0;

	while ((d = domain_next(id)) != NULL) {
		struct vcpu *v;
		unsigned int i;

		for_each_vcpu (d, v, i)
			count_vcpu(v);
		check_list(d);
		id = d->id + 1;
		domain_put(d);
	}
}

static void compare(u64 mfn, u64 *beyond)
{
	const struct page *pg = &frametable[mfn];
	u64 ref = pg->ref & PGF_count, type = pg->type & PGT_count;
	u64 kind = pg->type & PGT_type_mask;
	struct tally t = tally[mfn];

	if (pg->owner == OWNER_NONE && !t.ref)
		return; /* free, or ours; then type is no count */
	if (pg->ref & (PGF_allocated | PGF_xenheap))
		t.ref++;
	if (pg->ref & PGF_xenheap)
		t.type++;
	if (ref < t.ref)
		complain("frame %lx: %lu references, %u found",
			 (unsigned long)mfn, (unsigned long)ref, t.ref);
	else
		*beyond += ref - t.ref;
	if (type < t.type || (type > t.type && kind != PGT_writable))
		complain("frame %lx type %lx: %u uses found",
			 (unsigned long)mfn, (unsigned long)pg->type, t.type);
}

unsigned int pt_check(void)
{
	u64 m, beyond = 0;
	bool alone;

	tally = hv_alloc(max_mfn * sizeof(*tally));
	if (!tally) {
		printk(LOG_ERR, "pt_check: no memory for counting\n");
		return 1;
	}
	alone = cpu_hold_others();
	bad = 0;
	for (m = 0; m < max_mfn; m++)
		if (mfn_valid(MFN(m)) && frametable[m].owner != OWNER_NONE)
			count_table(m);
	count_domains();
	for (m = 0; m < max_mfn; m++)
		if (mfn_valid(MFN(m)))
			compare(m, &beyond);
	if (alone)
		cpu_release_others();
	else
		printk(LOG_WARN, "pt_check: other pcpus kept running, counts "
				 "may have been in motion\n");
	hv_free(tally);
	tally = NULL;
	printk(LOG_INFO, "pt_check: %u wrong, %lu references held elsewhere\n",
	       bad, (unsigned long)beyond);
	return bad;
}
