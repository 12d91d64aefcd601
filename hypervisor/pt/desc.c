/*
 * pt/desc.c: descriptor tables: which descriptors are harmless, and mapping
 * the pages that hold them into each vcpu's window
 */
#include "internal.h"

#define LDT_PAGE       16 /* of the window; GDT pages come before */
#define OWN_GDT_PAGE   FIRST_RESERVED_GDT_PAGE

#define DESC_P	       (1ull << 47)
#define DESC_DPL       (3ull << 45)
#define DESC_S	       (1ull << 44)
#define DESC_TYPE      (15ull << 40)
#define DESC_CALL_GATE (12ull << 40)

/* May a gate lead there? Its own table entries, or flat code. */
static bool gate_target_ok(u16 sel)
{
	if (sel & 4)
		return true;
	if (sel >> 3 < FIRST_RESERVED_GDT_ENTRY)
		return true;
	return (sel | 3) == FLAT_RING3_CS64;
}

/*
 * Code and data run at CPL 3. Call gates are never taken by hardware: DPL 0
 * makes using one a fault. Type 0 is the second half of a gate.
 */
bool pt_desc_fix(u64 *desc)
{
	u64 e = *desc;

	if (!(e & DESC_P))
		return true;
	if (e & DESC_S) {
		*desc = e | DESC_DPL;
		return true;
	}
	if (!(e & DESC_TYPE))
		return true;
	if ((e & DESC_TYPE) != DESC_CALL_GATE || !gate_target_ok(e >> 16))
		return false;
	*desc = e & ~DESC_DPL;
	return true;
}

static bool loaded_here(const struct vcpu *v)
{
	return this_pcpu()->loaded == v;
}

static void win_flush(struct vcpu *v, unsigned int page)
{
	if (loaded_here(v))
		cpu_flush_page(v->pt.win + ((u64)page << PAGE_SHIFT));
}

/* ---- GDT ---- */

void pt_gdt_drop(struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < v->pt.gdt_pages; i++) {
		vwin_set_zero(v->pt.win, i);
		win_flush(v, i);
		pt_drop_both(mfn_to_page(v->pt.gdt_frames[i]), v->d);
	}
	v->pt.gdt_pages = v->pt.gdt_ents = 0;
}

int pt_set_gdt(struct vcpu *v, const u64 *frames, unsigned int nr,
	       unsigned int ents)
{
	struct domain *d = v->d;
	unsigned int i;
	int rc = 0;

	if (ents > FIRST_RESERVED_GDT_ENTRY || nr > FIRST_RESERVED_GDT_PAGE ||
	    nr != DIV_UP(ents, 512))
		return -EINVAL;
	spin_lock(&d->pt_lock);
	if (READ_ONCE(d->dying) != DOM_ALIVE && nr) {
		spin_unlock(&d->pt_lock);
		return -EINVAL;
	}
	for (i = 0; i < nr && !rc; i++)
		rc = pt_get_both(MFN(frames[i]), d, PGT_seg_desc);
	if (rc) {
		for (i--; i-- > 0;)
			pt_drop_both(mfn_to_page(MFN(frames[i])), d);
		spin_unlock(&d->pt_lock);
		return -EINVAL;
	}
	pt_gdt_drop(v);
	for (i = 0; i < nr; i++) {
		v->pt.gdt_frames[i] = MFN(frames[i]);
		vwin_set(v->pt.win, i, MFN(frames[i]));
		win_flush(v, i);
	}
	v->pt.gdt_pages = nr;
	v->pt.gdt_ents = ents;
	spin_unlock(&d->pt_lock);
	return 0;
}

long hc_set_gdt(u64 list, u64 entries)
{
	u64 frames[FIRST_RESERVED_GDT_PAGE];
	unsigned int nr;

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return -EINVAL;
	nr = DIV_UP(entries, 512);
	if (copy_in(frames, GPTR(list), nr * sizeof(frames[0])))
		return -EFAULT;
	return pt_set_gdt(current, frames, nr, entries);
}

/* ---- LDT ---- */

bool pt_ldt_unmap(struct vcpu *v)
{
	u32 map = v->pt.ldt_mapped;
	unsigned int i;

	ASSERT(spin_locked(&v->d->pt_lock));
	v->pt.ldt_mapped = 0;
	for (i = 0; i < 16; i++) {
		mfn_t m;

		if (!(map >> i & 1))
			continue;
		m = vwin_get(v->pt.win, LDT_PAGE + i);
		vwin_set(v->pt.win, LDT_PAGE + i, INVALID_MFN);
		win_flush(v, LDT_PAGE + i);
		pt_drop_both(mfn_to_page(m), v->d);
	}
	return map != 0;
}

/* Other pcpus: the stamp of each frame makes its next use flush them. */
void pt_ldt_unmap_all(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	for_each_vcpu (d, v, i)
		if (v->pt.ldt_mapped)
			pt_ldt_unmap(v);
}

/* The LDT's descriptor is in this pcpu's page of the GDT. */
static void load_ldt(struct vcpu *v)
{
	u64 *gdt = this_pcpu()->gdt;
	unsigned int i = (SEL_LDT >> 3) - FIRST_RESERVED_GDT_ENTRY;
	u64 base, limit;
	u16 sel = 0;

	if (v && v->pt.ldt_ents) {
		base = v->pt.win + ((u64)LDT_PAGE << PAGE_SHIFT);
		limit = v->pt.ldt_ents * 8 - 1;
		gdt[i] = (limit & 0xffff) | (base & 0xffffff) << 16 |
			 0x82ull << 40 | (base >> 24 & 0xff) << 56;
		gdt[i + 1] = base >> 32;
		sel = SEL_LDT;
	}
	cpu_load_ldt(sel);
}

int pt_set_ldt(struct vcpu *v, u64 base, unsigned int ents)
{
	if (!ents)
		base = 0;
	if ((base & (PAGE_SIZE - 1)) || ents > 8192 ||
	    !guest_va_ok(base, ents * 8ull))
		return -EINVAL;
	spin_lock(&v->d->pt_lock);
	if (v->pt.ldt_ents || ents) {
		pt_ldt_unmap(v);
		v->pt.ldt_base = base;
		v->pt.ldt_ents = ents;
		if (loaded_here(v))
			load_ldt(v);
	}
	spin_unlock(&v->d->pt_lock);
	return 0;
}

bool pt_ldt_fault(struct vcpu *v, u64 off)
{
	unsigned int i = off >> PAGE_SHIFT;
	bool mapped = false;
	const u64 *p;
	u64 e;

	spin_lock(&v->d->pt_lock);
	if (READ_ONCE(v->d->dying) != DOM_ALIVE ||
	    off >= (u64)v->pt.ldt_ents * 8 || (v->pt.ldt_mapped >> i & 1))
		goto out;
	p = pt_leaf(v->pt.kernel_root, v->pt.ldt_base + ((u64)i << PAGE_SHIFT));
	if (!p)
		goto out;
	e = READ_ONCE(*p);
	if (!(e & PTE_P) || pt_get_both(pte_mfn(e), v->d, PGT_seg_desc))
		goto out;
	vwin_set(v->pt.win, LDT_PAGE + i, pte_mfn(e));
	v->pt.ldt_mapped |= 1u << i;
	mapped = true;
out:
	spin_unlock(&v->d->pt_lock);
	return mapped;
}

/* ---- both ---- */

void pt_gdt_switch(struct vcpu *v)
{
	struct pcpu *p = this_pcpu();
	u64 own, base;

	if (v) {
		own = v->pt.win + ((u64)OWN_GDT_PAGE << PAGE_SHIFT);
		vwin_set(v->pt.win, OWN_GDT_PAGE, virt_to_mfn(p->gdt));
		cpu_flush_page(own);
		base = v->pt.win;
	} else {
		base = (u64)p->gdt - FIRST_RESERVED_GDT_BYTE;
	}
	cpu_load_gdt(base, 0xffff);
	load_ldt(v);
}

/* ---- update_descriptor ---- */

static int write_descriptor(struct page *pg, u64 *p, u64 desc)
{
	struct domain *d = current->d;
	bool seg = (READ_ONCE(pg->type) & PGT_type_mask) == PGT_seg_desc;

	if (pt_get_both(page_to_mfn(pg), d, seg ? PGT_seg_desc : PGT_writable))
		return -EINVAL;
	WRITE_ONCE(*p, desc);
	pt_drop_both(pg, d);
	return 0;
}

long hc_update_descriptor(u64 maddr, u64 desc)
{
	struct domain *d = current->d;
	mfn_t m = MFN(maddr >> PAGE_SHIFT);
	struct page *pg;
	int rc;

	if ((maddr & 7) || !pt_desc_fix(&desc))
		return -EINVAL;
	pg = mfn_lookup(m);
	if (!pg)
		return -EINVAL;
	spin_lock(&d->pt_lock);
	rc = write_descriptor(
		pg, (u64 *)((u8 *)page_to_virt(pg) + (maddr & (PAGE_SIZE - 1))),
		desc);
	spin_unlock(&d->pt_lock);
	return rc;
}
