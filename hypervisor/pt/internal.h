/*
 * pt/internal.h: what the files of pt/ share
 *
 * Tables and descriptor pages change type, and table entries change, only
 * under the owner's PT lock. So whoever holds it may rely on a frame with a
 * nonzero count of a table type staying one, without a reference of his own.
 */
#ifndef PT_INTERNAL_H
#define PT_INTERNAL_H

#include <hv/domain.h>

#define PT_ENTRIES 512

/* Flag bits an entry may differ in without changing what it refers to. */
#define L1_FREE_BITS \
	(PTE_A | PTE_D | PTE_G | PTE_US | PTE_AVAIL | PTE_NX | 0x7ffull << 52)
/* At upper levels RW decides nothing about references either. */
#define TABLE_FREE_BITS (L1_FREE_BITS | PTE_RW)
#define TABLE_BAD_BITS	(PTE_PWT | PTE_PCD | PTE_PSE | PTE_G)

static inline u64 *pt_table(const struct page *pg)
{
	return page_to_virt(pg);
}

/** pt_level() - 1..4 for a table type, 0 for all others */
static inline unsigned int pt_level(u64 type)
{
	u64 t = type >> 61;

	return t <= 4 ? t : 0;
}

static inline bool pt_is_hv_slot(unsigned int i)
{
	return i >= HV_FIRST_SLOT && i <= HV_LAST_SLOT;
}

/** pt_live_table() - does @pg serve as a table of @d? PT of @d held */
static inline bool pt_live_table(const struct page *pg, const struct domain *d)
{
	u64 type = READ_ONCE(pg->type);

	return READ_ONCE(pg->owner) == d->id && (type & PGT_validated) &&
	       (type & PGT_count) && pt_level(type);
}

/* ---- type.c ---- */
/**
 * pt_type_get() - tables and descriptors; PT of the owner @d held
 * A table that is half done is finished, whoever began it.
 *
 * Returns:  0, -EINVAL another type in use, why the contents were refused, or
 *           -ERESTART: half done, call again to go on
 */
int pt_type_get(struct page *pg, struct domain *d, u64 type) __must_check;
/** pt_writable_get() - lock-free; -EBUSY */
int pt_writable_get(struct page *pg) __must_check;
void pt_writable_put(struct page *pg);
/** pt_get_both() - with the general reference */
int pt_get_both(mfn_t m, struct domain *d, u64 type) __must_check;
/**
 * pt_put_both() - let go of both
 * Returns:  0, or -ERESTART: the references are gone, but the table is half
 *           undone. pt_undo() goes on with it.
 */
int pt_put_both(struct page *pg, struct domain *d) __must_check;
/** pt_undo() - what is half done becomes no table; PT held; -ERESTART */
int pt_undo(struct page *pg, struct domain *d) __must_check;
/** pt_undo_one() - the same; @linear as of pt_devalidate_more() */
int pt_undo_one(struct page *pg, struct domain *d, bool linear) __must_check;

/* ---- partial.c: work that goes on in a later hypercall ---- */
/** pt_yield() - hypercall_yield(), or when somebody waits for the PT lock of
 * @d, which is held; but never while the machine boots */
bool pt_yield(const struct domain *d);
/** pt_remember() - @pg is half undone; pt_finish() goes on with it */
void pt_remember(const struct page *pg);
/** pt_undo_or_remember() - undo @pg; what is left is pt_finish()'s */
void pt_undo_or_remember(struct page *pg, struct domain *d);
/** pt_drop_both() - pt_put_both(); what is left is pt_finish()'s */
void pt_drop_both(struct page *pg, struct domain *d);
/** pt_must_finish() - has the running vcpu left something half undone? */
static inline bool pt_must_finish(void)
{
	return !mfn_none(current->pt.left[0]);
}
/**
 * pt_restart_to_finish() - come back until pt_finish() is done, then give @rc
 * @nr: hypercall that begins with pt_finished_call(); its arguments are lost
 */
long pt_restart_to_finish(unsigned int nr, long rc);
#define PT_PREEMPTED 0x80000000u /* in the count of a restarted call */
/** pt_finished_call() - are @reqs and @count those of such a restart? */
static inline bool pt_finished_call(u64 reqs, u64 count)
{
	return !reqs && (u32)count == PT_PREEMPTED;
}

/* ---- entry.c: what one entry refers to ---- */
/**
 * pt_l1e_get() - check a present L1 entry, take its references
 * @e:     adjusted: US set, G cleared, cache bits of device memory
 * @d:     owner of the table
 * @owner: who must own the frame
 */
int pt_l1e_get(u64 *e, struct domain *d, struct domain *owner) __must_check;
void pt_l1e_put(u64 e, struct domain *d);
/** pt_mmio_is_ours() - an interrupt controller? Nobody else maps those */
bool pt_mmio_is_ours(u64 mfn);
/** pt_te_get() - the same for an entry of @pg, a level 2..4 table; -ERESTART:
 * where it leads is half done, call again */
int pt_te_get(u64 *e, struct page *pg, struct domain *d) __must_check;
/** pt_te_put() - -ERESTART as of pt_put_both() */
int pt_te_put(u64 e, struct page *pg, struct domain *d) __must_check;

/* ---- linear.c: entries that lead to a table of the same level ---- */
/** pt_is_linear() - would, or does, @e in @pg lead so? PT held */
bool pt_is_linear(u64 e, const struct page *pg);
/** pt_linear_get() - as pt_te_get(), -EINVAL where it must not be */
int pt_linear_get(u64 e, struct page *pg, struct domain *d) __must_check;
int pt_linear_put(u64 e, struct page *pg, struct domain *d) __must_check;

/* ---- table.c ---- */
/** pt_validate_leaf() - L1 tables and descriptor pages; all or nothing */
int pt_validate_leaf(struct page *pg, struct domain *d, u64 type) __must_check;
void pt_devalidate_leaf(struct page *pg, struct domain *d);
/**
 * pt_validate_more() - of a table of level 2..4, from nr_valid on
 * Returns:  0 all of it, -ERESTART, or why the entry reached was refused;
 *           those before it hold what they lead to in any case
 */
int pt_validate_more(struct page *pg, struct domain *d) __must_check;
/** pt_devalidate_more() - from nr_valid down; 0: none is held, or -ERESTART.
 * @linear: what is reached may be half done at the same level, too */
int pt_devalidate_more(struct page *pg, struct domain *d,
		       bool linear) __must_check;

/* ---- update.c ---- */
enum pt_how {
	PT_PLAIN,   /* store; A and D as given */
	PT_KEEP_AD, /* A and D of the old entry are kept */
};
/** pt_mod_l1_rw() - the same frame becomes writable or read-only */
int pt_mod_l1_rw(u64 *p, u64 new, struct domain *d, struct domain *owner,
		 enum pt_how how) __must_check;
/** pt_cas_l1() - replace exactly @old; -EAGAIN when it is another by now */
int pt_cas_l1(u64 *p, u64 old, u64 new, struct domain *d) __must_check;
/** pt_mod_table() - replace entry @p of @pg, any level; PT of @d held
 * Returns:  0, an errno, -ERESTART: nothing was changed, call again, or
 *           PT_LEFT: done, but pt_must_finish() */
#define PT_LEFT 1
int pt_mod_table(struct page *pg, u64 *p, u64 new, struct domain *d,
		 struct domain *owner, enum pt_how how) __must_check;

/* ---- range.c ---- */
/**
 * pt_change_flags() - flags of consecutive entries of one L1 table of @d
 * @maddr: machine address of the first
 * @what:  PARAVANE_PTE_*
 *
 * Entries before a refused one stay changed. A/D of hardware are kept.
 *
 * Locks:    takes PT of @d
 * Returns:  0, -EINVAL for a table or request that is none, -EBUSY where an
 *           entry may not become writable
 * ABI:      PARAVANE_MMUEXT_PTE_FLAGS
 */
int pt_change_flags(struct domain *d, u64 maddr, u64 what) __must_check;

/* ---- walk.c ---- */
/** pt_leaf() - the entry that maps @va below @root, to read: through linear
 * entries it may be of any table. NULL: none. PT held */
const u64 *pt_leaf(mfn_t root, u64 va);
/** pt_l1_slot() - the same, of an L1 table, to change */
u64 *pt_l1_slot(mfn_t root, u64 va);

/* ---- desc.c ---- */
/* The processor sets this bit when a segment is loaded. */
#define PT_DESC_ACCESSED (1ull << 40)
/** pt_desc_fix() - make a descriptor harmless; false: refused. Pure. */
bool pt_desc_fix(u64 *desc);
/** pt_ldt_unmap() - forget validated LDT pages; true if there were any */
bool pt_ldt_unmap(struct vcpu *v);
/** pt_ldt_unmap_all() - of all vcpus of @d; PT held */
void pt_ldt_unmap_all(struct domain *d);
void pt_gdt_drop(struct vcpu *v);

/* ---- flush.c ---- */
/**
 * pt_flush_vcpus() - translations on pcpus where vcpus of @d are loaded
 * @mask: bitmap of vcpu ids, or NULL for all
 * @va:   one page, or ~0 for everything
 */
void pt_flush_vcpus(struct domain *d, const u64 *mask, u64 va);
/** pt_flush_bitmap() - the same, the mask read from the guest; -EFAULT */
int pt_flush_bitmap(struct domain *d, gptr_t mask, u64 va);
/** pt_flush_here() - on this pcpu */
void pt_flush_here(u64 va);

/* ---- foreign.c ---- */
/** pt_frame_owner() - the referenced domain a hypercall's domid names;
 * NULL: -ESRCH */
struct domain *pt_frame_owner(u16 domid);
/** pt_may_touch() - may the running domain act on @d's frames? */
int pt_may_touch(struct domain *d);

#endif
