/*
 * pt/mmu_update.c: requests to change entries: batches, and one by address
 */
#include "hot.h"

#define MMU_CMD_MASK 7ull /* entries are 8 bytes; 4 to 7 mean nothing */
#define CHUNK	     16
#define SHARE	     128 /* requests; after so many others may have the lock */

struct batch {
	struct domain *pt_owner; /* of the tables written */
	struct domain *pg_owner; /* of the frames mapped */
	/*
	 * The L1 table of the last request: neighbours mostly share it. It
	 * stays one as long as no upper entry changes, which might have been
	 * all that kept it.
	 */
	u64 l1_mfn; /* ~0: none */
};

/* The frame is no table: a plain store, if it may be written at all. */
static int write_plain(struct page *pg, u64 *p, u64 val, struct domain *d)
{
	int rc = -EINVAL;

	if (!page_get(pg, d))
		return -EINVAL;
	if (!pt_writable_get(pg)) {
		WRITE_ONCE(*p, val);
		pt_writable_put(pg);
		rc = 0;
	}
	page_put(pg);
	return rc;
}

static int update_other(const struct mmu_update *req, struct batch *b,
			enum pt_how how)
{
	mfn_t m = MFN(req->ptr >> PAGE_SHIFT);
	struct page *pg = mfn_lookup(m);
	u64 *p;

	if (req->ptr & 4)
		return -ENOSYS;
	if (!pg)
		return -EINVAL;
	p = (u64 *)page_to_virt(pg) + (req->ptr >> 3 & 511);
	b->l1_mfn = ~0ull;
	if (!pt_live_table(pg, b->pt_owner))
		return write_plain(pg, p, req->val, b->pt_owner);
	if (pt_level(READ_ONCE(pg->type)) == 1)
		b->l1_mfn = m.v;
	return pt_mod_table(pg, p, req->val, b->pt_owner, b->pg_owner, how);
}

static int update_m2p(const struct mmu_update *req, struct domain *d)
{
	mfn_t m = MFN(req->ptr >> PAGE_SHIFT);
	struct page *pg = mfn_lookup(m);

	if (!pg || !page_get(pg, d))
		return -EINVAL;
	m2p_set(m, req->val);
	page_put(pg);
	return 0;
}

static inline int update_one(const struct mmu_update *req, struct batch *b)
{
	u64 cmd = req->ptr & MMU_CMD_MASK;
	enum pt_how how = PT_PLAIN;
	u64 *p;

	if (unlikely(cmd == MMU_MACHPHYS_UPDATE))
		return update_m2p(req, b->pg_owner);
	if (cmd == MMU_PT_UPDATE_PRESERVE_AD)
		how = PT_KEEP_AD;
	if (unlikely(req->ptr >> PAGE_SHIFT != b->l1_mfn || (req->ptr & 4)))
		return update_other(req, b, how);
	p = maddr_to_virt(MADDR(req->ptr & ~7ull));
	return hot_mod_l1(p, req->val, b->pt_owner, b->pg_owner, how);
}

/*
 * Next requests into @r: as many as can be read in one go, or one. 0: none.
 */
static unsigned int fetch(struct mmu_update *r, gptr_t from, unsigned int left)
{
	unsigned int n = min(left, (unsigned int)CHUNK);

	if (!copy_in(r, from, n * sizeof(*r)))
		return n;
	return n > 1 && !copy_in(r, from, sizeof(*r)) ? 1 : 0;
}

/* After PT_LEFT nothing more is begun. */
static int stop(int rc, unsigned int count, unsigned int *done)
{
	return rc == PT_LEFT && ++*done < count ? -ERESTART : rc;
}

static bool yield(const struct batch *b, unsigned int done)
{
	return hypercall_yield() ||
	       (done >= SHARE && spin_wanted(&b->pt_owner->pt_lock));
}

/* Returns 0, PT_LEFT, an errno, or -ERESTART with *@done short of @count. */
static __attribute__((noinline)) int run_batch(struct batch *b, gptr_t reqs,
					       unsigned int count,
					       unsigned int *done)
{
	struct mmu_update r[CHUNK];
	unsigned int n, i;
	int rc;

	while (*done < count) {
		n = fetch(r, gptr_add(reqs, *done * sizeof(*r)), count - *done);
		if (!n)
			return -EFAULT;
		for (i = 0; i < n; i++, ++*done) {
			rc = update_one(&r[i], b);
			if (unlikely(rc))
				return stop(rc, count, done);
		}
		this_pcpu()->perf[PERF_PTE_WRITE] += n;
		if (*done < count && yield(b, *done))
			return -ERESTART;
	}
	return 0;
}

/* The caller's own domain stays without a reference; others have one. */
static int find_owners(u32 foreigndom, struct batch *b)
{
	struct domain *curr = current->d;
	u16 table = foreigndom >> 16, frame = (u16)foreigndom;

	b->pt_owner = table ? domain_get_by_id(table - 1) : curr;
	b->pg_owner = frame == DOMID_SELF ? curr : pt_frame_owner(frame);
	return b->pt_owner && b->pg_owner ? 0 : -ESRCH;
}

static void put_owners(const struct batch *b, u32 foreigndom)
{
	if (foreigndom >> 16)
		domain_put(b->pt_owner);
	if ((u16)foreigndom != DOMID_SELF)
		domain_put(b->pg_owner);
}

static int check_owners(const struct batch *b, u32 foreigndom)
{
	int rc;

	if (likely(foreigndom == DOMID_SELF))
		return 0;
	rc = pt_may_touch(b->pg_owner);
	return rc ? rc : pt_may_touch(b->pt_owner);
}

/* @done counts over all continuations of one call. */
static long finish_batch(long rc, gptr_t reqs, u32 count, u32 now, gptr_t pdone,
			 u64 foreigndom)
{
	u32 before = 0;

	if (!gptr_null(pdone)) {
		if ((count & PT_PREEMPTED) &&
		    copy_in(&before, pdone, sizeof(before)))
			return -EFAULT;
		before += now;
		if (copy_out(pdone, &before, sizeof(before)))
			return -EFAULT;
	}
	if (rc != -ERESTART)
		return rc;
	return hypercall_restart(
		__HYPERVISOR_mmu_update, 4,
		(u64[]){gptr_add(reqs, (u64)now * sizeof(struct mmu_update)).va,
			((count & ~PT_PREEMPTED) - now) | PT_PREEMPTED,
			pdone.va, foreigndom});
}

static inline long do_update(u64 reqs, u64 count, u64 pdone, u64 foreigndom)
{
	u32 n = (u32)count & ~PT_PREEMPTED, now = 0;
	struct batch b;
	long rc;

	b.l1_mfn = ~0ull;
	rc = find_owners(foreigndom, &b);
	if (!rc && n) {
		rc = check_owners(&b, foreigndom);
		if (!rc) {
			spin_lock(&b.pt_owner->pt_lock);
			rc = run_batch(&b, GPTR(reqs), n, &now);
			spin_unlock(&b.pt_owner->pt_lock);
		}
	}
	if (rc != -ESRCH)
		rc = finish_batch(rc, GPTR(reqs), count, now, GPTR(pdone),
				  foreigndom);
	put_owners(&b, foreigndom);
	return rc;
}

long hc_mmu_update(u64 reqs, u64 count, u64 pdone, u64 foreigndom)
{
	long rc;

	if (unlikely(pt_must_finish()) && pt_finish())
		return hypercall_restart(
			__HYPERVISOR_mmu_update, 4,
			(u64[]){reqs, count, pdone, foreigndom});
	if (unlikely(pt_finished_call(reqs, count)))
		return (s32)foreigndom;
	rc = do_update(reqs, count, pdone, foreigndom);
	if (likely(!rc) || rc == -ERESTART || !pt_must_finish())
		return rc;
	return pt_restart_to_finish(__HYPERVISOR_mmu_update,
				    rc == PT_LEFT ? 0 : rc);
}

/* ---- update_va_mapping ---- */

static int flush_after(u64 va, u64 flags)
{
	u64 where = flags & ~UVMF_FLUSHTYPE_MASK;

	switch (flags & UVMF_FLUSHTYPE_MASK) {
	case UVMF_TLB_FLUSH:
		va = ~0ull;
		break;
	case UVMF_INVLPG:
		break;
	default:
		return 0;
	}
	if (where == UVMF_LOCAL)
		pt_flush_here(va);
	else if (where == UVMF_ALL)
		pt_flush_vcpus(current->d, NULL, va);
	else
		return pt_flush_bitmap(current->d, GPTR(where), va);
	return 0;
}

static long update_va(u64 va, u64 val, u64 flags, struct domain *owner)
{
	struct vcpu *v = current;
	u64 *p;
	int rc = -EINVAL;

	spin_lock(&v->d->pt_lock);
	p = pt_l1_slot(v->pt.kernel_root, va);
	if (likely(p))
		rc = hot_mod_l1(p, val, v->d, owner, PT_PLAIN);
	spin_unlock(&v->d->pt_lock);
	return rc ? rc : flush_after(va, flags);
}

long hc_update_va_mapping(u64 va, u64 val, u64 flags)
{
	return update_va(va, val, flags, current->d);
}

long hc_update_va_mapping_otherdomain(u64 va, u64 val, u64 flags, u64 domid)
{
	struct domain *owner = pt_frame_owner(domid);
	long rc;

	if (!owner)
		return -ESRCH;
	rc = pt_may_touch(owner);
	if (!rc)
		rc = update_va(va, val, flags, owner);
	domain_put(owner);
	return rc;
}
