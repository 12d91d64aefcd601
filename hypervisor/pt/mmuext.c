/*
 * pt/mmuext.c: mmuext_op: pins, roots, flushes, descriptor tables
 */
#include <paravane/extensions.h>
#include "internal.h"

/* What an operation acts on: the caller, and the owner it named. */
struct ext {
	struct domain *d; /* running */
	struct vcpu *v;
	struct domain *owner;
	struct mmuext_op op;
};

static int ext_pin(struct ext *x)
{
	u64 type = (u64)(x->op.cmd - MMUEXT_PIN_L1_TABLE + 1) << 61;
	struct domain *d = x->owner;
	mfn_t m = MFN(x->op.arg1.mfn);
	struct page *pg;
	int rc;

	spin_lock(&d->pt_lock);
	rc = READ_ONCE(d->dying) == DOM_ALIVE ? pt_get_both(m, d, type)
					      : -EINVAL;
	if (rc)
		goto out;
	pg = mfn_to_page(m);
	if (__atomic_fetch_or(&pg->type, PGT_pinned, __ATOMIC_SEQ_CST) &
	    PGT_pinned) {
		pt_drop_both(pg, d);
		rc = -EINVAL;
	}
out:
	spin_unlock(&d->pt_lock);
	return rc;
}

static int ext_unpin(struct ext *x)
{
	struct domain *d = x->owner;
	struct page *pg = mfn_lookup(MFN(x->op.arg1.mfn));
	int rc = -EINVAL;

	/* Held, or it might become another's that pins it. */
	if (!pg || !page_get(pg, d))
		return -EINVAL;
	spin_lock(&d->pt_lock);
	if (__atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST) &
	    PGT_pinned) {
		pt_drop_both(pg, d);
		rc = 0;
	}
	spin_unlock(&d->pt_lock);
	page_put(pg);
	return rc;
}

static int ext_new_baseptr(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	return pt_set_kernel_root(x->v, MFN(x->op.arg1.mfn));
}

static int ext_new_user_baseptr(struct ext *x)
{
	mfn_t root = x->op.arg1.mfn ? MFN(x->op.arg1.mfn) : INVALID_MFN;

	if (x->owner != x->d)
		return -EPERM;
	if (x->op.arg1.mfn && mfn_none(root))
		return -EINVAL;
	return pt_set_user_root(x->v, root);
}

static int ext_flush_local(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	pt_flush_here(~0ull);
	return 0;
}

static int ext_invlpg_local(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	if (guest_va_ok(x->op.arg1.linear_addr, 1))
		pt_flush_here(x->op.arg1.linear_addr);
	return 0;
}

static int ext_flush_multi(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	return pt_flush_bitmap(x->d, GPTR_OF(x->op.arg2.vcpumask), ~0ull)
		       ? -EINVAL
		       : 0;
}

static int ext_invlpg_multi(struct ext *x)
{
	u64 va = x->op.arg1.linear_addr;

	if (x->owner != x->d)
		return -EPERM;
	if (!guest_va_ok(va, 1))
		return 0;
	return pt_flush_bitmap(x->d, GPTR_OF(x->op.arg2.vcpumask), va) ? -EINVAL
								       : 0;
}

static int ext_flush_all(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	pt_flush_vcpus(x->d, NULL, ~0ull);
	return 0;
}

static int ext_invlpg_all(struct ext *x)
{
	u64 va = x->op.arg1.linear_addr;

	if (x->owner != x->d)
		return -EPERM;
	if (guest_va_ok(va, 1))
		pt_flush_vcpus(x->d, NULL, va);
	return 0;
}

static int ext_flush_cache(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	if (!x->d->cache_flush_ok)
		return x->op.cmd == MMUEXT_FLUSH_CACHE ? -EACCES : -EINVAL;
	cpu_write_back_caches();
	return 0;
}

static int ext_set_ldt(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	return pt_set_ldt(x->v, x->op.arg1.linear_addr, x->op.arg2.nr_ents);
}

/* A frame of the owner, held for writing; NULL when it cannot be. */
static struct page *get_writable(struct ext *x)
{
	if (pt_get_both(MFN(x->op.arg1.mfn), x->owner, PGT_writable))
		return NULL;
	return mfn_to_page(MFN(x->op.arg1.mfn));
}

static int ext_clear_page(struct ext *x)
{
	struct page *pg = get_writable(x);

	if (!pg)
		return -EINVAL;
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	page_put_and_type(pg);
	return 0;
}

static int ext_copy_page(struct ext *x)
{
	struct page *src = mfn_lookup(MFN(x->op.arg2.src_mfn)), *dst;

	if (!src || !page_get(src, x->owner))
		return -EINVAL;
	dst = get_writable(x);
	if (dst) {
		memcpy(page_to_virt(dst), page_to_virt(src), PAGE_SIZE);
		page_put_and_type(dst);
	}
	page_put(src);
	return dst ? 0 : -EINVAL;
}

static int ext_pte_flags(struct ext *x)
{
	if (x->owner != x->d)
		return -EPERM;
	return pt_change_flags(x->d, x->op.arg1.mfn, x->op.arg2.src_mfn);
}

static int ext_super(struct ext *x)
{
	return -EOPNOTSUPP;
}

static int (*const ext_table[])(struct ext *x) = {
	[MMUEXT_PIN_L1_TABLE] = ext_pin,
	[MMUEXT_PIN_L2_TABLE] = ext_pin,
	[MMUEXT_PIN_L3_TABLE] = ext_pin,
	[MMUEXT_PIN_L4_TABLE] = ext_pin,
	[MMUEXT_UNPIN_TABLE] = ext_unpin,
	[MMUEXT_NEW_BASEPTR] = ext_new_baseptr,
	[MMUEXT_TLB_FLUSH_LOCAL] = ext_flush_local,
	[MMUEXT_INVLPG_LOCAL] = ext_invlpg_local,
	[MMUEXT_TLB_FLUSH_MULTI] = ext_flush_multi,
	[MMUEXT_INVLPG_MULTI] = ext_invlpg_multi,
	[MMUEXT_TLB_FLUSH_ALL] = ext_flush_all,
	[MMUEXT_INVLPG_ALL] = ext_invlpg_all,
	[MMUEXT_FLUSH_CACHE] = ext_flush_cache,
	[MMUEXT_FLUSH_CACHE_GLOBAL] = ext_flush_cache,
	[MMUEXT_SET_LDT] = ext_set_ldt,
	[MMUEXT_NEW_USER_BASEPTR] = ext_new_user_baseptr,
	[MMUEXT_CLEAR_PAGE] = ext_clear_page,
	[MMUEXT_COPY_PAGE] = ext_copy_page,
	[MMUEXT_MARK_SUPER] = ext_super,
	[MMUEXT_UNMARK_SUPER] = ext_super,
};

static int ext_one(struct ext *x)
{
	u64 cmd = x->op.cmd;

	if (cmd == PARAVANE_MMUEXT_PTE_FLAGS)
		return ext_pte_flags(x);
	if (cmd >= ARRAY_SIZE(ext_table))
		return -ENOSYS;
	cmd = index_nospec(cmd, ARRAY_SIZE(ext_table));
	return ext_table[cmd] ? ext_table[cmd](x) : -ENOSYS;
}

static int run_ops(struct ext *x, gptr_t ops, u32 count, u32 *done)
{
	int rc;

	for (; *done < count; ++*done) {
		if (*done && (pt_must_finish() || hypercall_yield()))
			return -ERESTART;
		if (copy_in_at(&x->op, ops, *done))
			return -EFAULT;
		rc = ext_one(x);
		if (rc)
			return rc;
	}
	return 0;
}

/* @pdone counts over all continuations of one call. */
static long report_done(long rc, u64 count, u32 now, gptr_t pdone)
{
	u32 before = 0;

	if (gptr_null(pdone))
		return rc;
	if (((u32)count & PT_PREEMPTED) &&
	    copy_in(&before, pdone, sizeof(before)))
		return -EFAULT;
	before += now;
	return copy_out(pdone, &before, sizeof(before)) ? -EFAULT : rc;
}

static long do_ops(u64 ops, u64 count, u64 pdone, u64 foreigndom)
{
	struct ext x = {.d = current->d, .v = current};
	u32 n = (u32)count & ~PT_PREEMPTED, now = 0;
	long rc;

	x.owner = pt_frame_owner(foreigndom);
	if (!x.owner)
		return -ESRCH;
	rc = pt_may_touch(x.owner);
	if (!rc)
		rc = run_ops(&x, GPTR(ops), n, &now);
	rc = report_done(rc, count, now, GPTR(pdone));
	domain_put(x.owner);
	if (rc != -ERESTART)
		return rc;
	return hypercall_restart(__HYPERVISOR_mmuext_op, 4,
				 (u64[]){ops + (u64)now * sizeof(x.op),
					 (n - now) | PT_PREEMPTED, pdone,
					 foreigndom});
}

long hc_mmuext_op(u64 ops, u64 count, u64 pdone, u64 foreigndom)
{
	long rc = pt_finish();

	if (rc)
		return hypercall_restart(
			__HYPERVISOR_mmuext_op, 4,
			(u64[]){ops, count, pdone, foreigndom});
	if (pt_finished_call(ops, count))
		return (s32)foreigndom;
	rc = do_ops(ops, count, pdone, foreigndom);
	if (rc != -ERESTART && pt_must_finish())
		return pt_restart_to_finish(__HYPERVISOR_mmuext_op, rc);
	return rc;
}
