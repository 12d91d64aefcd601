/*
 * grant/hypercall.c: grant_table_op
 *
 * An operation takes an array and leaves a status in each element. This file
 * is where errno becomes GNTST_*.
 */
#include <hv/pt.h>
#include "internal.h"

/* Unmaps between two TLB flushes. */
#define UNMAP_BATCH 32

static s16 status_of(int rc)
{
	switch (rc) {
	case 0:
		return GNTST_okay;
	case -ESRCH:
		return GNTST_bad_domain;
	case -ENOENT:
		return GNTST_bad_gntref;
	case -EBADF:
		return GNTST_bad_handle;
	case -EFAULT:
		return GNTST_bad_virt_addr;
	case -EPERM:
		return GNTST_permission_denied;
	case -ENXIO:
		return GNTST_bad_page;
	case -E2BIG:
		return GNTST_bad_copy_arg;
	case -EAGAIN:
		return GNTST_eagain;
	case -ENOSPC:
		return GNTST_no_space;
	}
	return GNTST_general_error;
}

static long restart(u32 cmd, gptr_t uop, u32 done, u32 count, size_t size)
{
	u64 args[3] = {cmd, uop.va + (u64)done * size, count - done};

	return hypercall_restart(__HYPERVISOR_grant_table_op, 3, args);
}

/* Domain @id, when the caller may look into its table; it puts it. */
static int table_owner(domid_t id, struct domain **d)
{
	int rc;

	*d = domain_resolve(id);
	if (!*d || !(*d)->grant) {
		domain_put(*d);
		return -ESRCH;
	}
	rc = *d == current->d ? 0 : may_control(*d);
	if (rc)
		domain_put(*d);
	return rc;
}

/* ---- arrays, one element at a time ---- */
#define EACH(type, op, body)                                        \
	do {                                                        \
		for (u32 i_ = 0; i_ < count; i_++) {                \
			type op;                                    \
			if (i_ && hypercall_yield())                \
				return restart(cmd, uop, i_, count, \
					       sizeof(op));         \
			if (copy_in_at(&op, uop, i_))               \
				return -EFAULT;                     \
			body;                                       \
			if (copy_out_at(uop, i_, &op))              \
				return -EFAULT;                     \
		}                                                   \
		return 0;                                           \
	} while (0)

static long op_map(u32 cmd, gptr_t uop, u32 count)
{
	EACH(struct gnttab_map_grant_ref, op,
	     op.status = status_of(grant_map(&op)));
}

static long op_transfer(u32 cmd, gptr_t uop, u32 count)
{
	EACH(struct gnttab_transfer, op,
	     op.status = status_of(grant_transfer(&op)));
}

static long op_copy(u32 cmd, gptr_t uop, u32 count)
{
	EACH(struct gnttab_copy, op, op.status = status_of(grant_copy(&op)));
}

static long op_swap(u32 cmd, gptr_t uop, u32 count)
{
	EACH(struct gnttab_swap_grant_ref, op,
	     op.status = status_of(grant_swap(op.ref_a, op.ref_b)));
}

static long op_cache_flush(u32 cmd, gptr_t uop, u32 count)
{
	struct gnttab_cache_flush op;
	u32 i;
	int rc;

	for (i = 0; i < count; i++) {
		if (i && hypercall_yield())
			return restart(cmd, uop, i, count, sizeof(op));
		if (copy_in_at(&op, uop, i))
			return -EFAULT;
		rc = grant_cache_flush(&op);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---- unmapping: start a batch, flush once, finish it ---- */
static void finish_batch(const struct unmap *batch, u32 n)
{
	u32 i;

	if (!n)
		return;
	/* they were in its own tables, in nobody else's */
	pt_flush_domain(current->d);
	for (i = 0; i < n; i++)
		grant_unmap_finish(&batch[i]);
}

/* unmap_and_replace differs from unmap in what its second word means. */
_Static_assert(sizeof(struct gnttab_unmap_and_replace) ==
		       sizeof(struct gnttab_unmap_grant_ref),
	       "one layout");
_Static_assert(offsetof(struct gnttab_unmap_and_replace, new_addr) ==
		       offsetof(struct gnttab_unmap_grant_ref, dev_bus_addr),
	       "one layout");
_Static_assert(offsetof(struct gnttab_unmap_and_replace, handle) ==
		       offsetof(struct gnttab_unmap_grant_ref, handle),
	       "one layout");
_Static_assert(offsetof(struct gnttab_unmap_and_replace, status) ==
		       offsetof(struct gnttab_unmap_grant_ref, status),
	       "one layout");

static long op_unmap(u32 cmd, gptr_t uop, u32 count)
{
	bool replace = cmd == GNTTABOP_unmap_and_replace;
	struct unmap batch[UNMAP_BATCH];
	struct gnttab_unmap_grant_ref op;
	u32 i, n = 0;
	long rc = 0;
	int err;

	for (i = 0; i < count && !rc; i++) {
		if (n == UNMAP_BATCH) {
			finish_batch(batch, n);
			n = 0;
			if (hypercall_yield())
				return restart(cmd, uop, i, count, sizeof(op));
		}
		if (copy_in_at(&op, uop, i)) {
			rc = -EFAULT;
			break;
		}
		batch[n] = (struct unmap){
			.host_addr = op.host_addr,
			.dev_addr = replace ? 0 : op.dev_bus_addr,
			.new_addr = replace ? op.dev_bus_addr : 0,
			.handle = op.handle,
		};
		err = grant_unmap_start(&batch[n]);
		if (!err)
			n++;
		op.status = status_of(err);
		if (copy_out_at(uop, i, &op))
			rc = -EFAULT;
	}
	finish_batch(batch, n);
	return rc;
}

/* ---- the table itself: a single element, which says whose ---- */
#define ONE(type, act)                                               \
	do {                                                         \
		type op;                                             \
		struct domain *d;                                    \
		int rc;                                              \
		if (count != 1)                                      \
			return -EINVAL;                              \
		if (copy_in(&op, uop, sizeof(op)))                   \
			return -EFAULT;                              \
		rc = table_owner(op.dom, &d);                        \
		if (!rc) {                                           \
			rc = act(d, &op);                            \
			domain_put(d);                               \
		}                                                    \
		op.status = status_of(rc);                           \
		return copy_out(uop, &op, sizeof(op)) ? -EFAULT : 0; \
	} while (0)

static int write_frames(struct domain *d, const struct gnttab_setup_table *op)
{
	u64 mfn = 0;
	u32 i;
	int rc;

	if (op->nr_frames > grant_max_frames(d))
		return -EINVAL;
	/* all of them first, so that a failure leaves the list untouched */
	for (i = 0; i < op->nr_frames; i++) {
		rc = grant_frame_mfn(d, i, &mfn);
		if (rc)
			return -EINVAL;
	}
	for (i = 0; i < op->nr_frames; i++) {
		rc = grant_frame_mfn(d, i, &mfn);
		if (rc)
			return -EINVAL;
		if (copy_out_at(GPTR_OF(op->frame_list), i, &mfn))
			return -EFAULT;
	}
	return 0;
}

static long op_setup_table(gptr_t uop, u32 count)
{
	ONE(struct gnttab_setup_table, write_frames);
}

static int tell_size(struct domain *d, struct gnttab_query_size *op)
{
	op->nr_frames = grant_nr_frames(d);
	op->max_nr_frames = grant_max_frames(d);
	return 0;
}

static long op_query_size(gptr_t uop, u32 count)
{
	ONE(struct gnttab_query_size, tell_size);
}

/* A guest's lines are limited, as all that it causes. */
static int dump(struct domain *d, const struct gnttab_dump_table *op)
{
	(void)op;
	grant_dump(d, gprintk);
	return 0;
}

static long op_dump_table(gptr_t uop, u32 count)
{
	ONE(struct gnttab_dump_table, dump);
}

static long op_set_version(gptr_t uop)
{
	struct gnttab_set_version op;
	long rc;

	if (copy_in(&op, uop, sizeof(op)))
		return -EFAULT;
	rc = grant_set_version(op.version);
	op.version = grant_version(current->d);
	return copy_out(uop, &op, sizeof(op)) ? -EFAULT : rc;
}

static long op_get_version(gptr_t uop)
{
	struct gnttab_get_version op;
	struct domain *d;
	int rc;

	if (copy_in(&op, uop, sizeof(op)))
		return -EFAULT;
	rc = table_owner(op.dom, &d);
	if (rc)
		return rc;
	op.version = grant_version(d);
	domain_put(d);
	return copy_out(uop, &op, sizeof(op)) ? -EFAULT : 0;
}

/* Only version 2 has status frames. */
static int write_status(struct domain *d,
			const struct gnttab_get_status_frames *op)
{
	u64 mfn;
	u32 i;

	if (grant_version(d) != 2 || op->nr_frames > grant_nr_status_frames(d))
		return -EINVAL;
	for (i = 0; i < op->nr_frames; i++) {
		if (grant_status_mfn(d, i, &mfn))
			return -EINVAL;
		if (copy_out_at(GPTR_OF(op->frame_list), i, &mfn))
			return -EFAULT;
	}
	return 0;
}

static long op_get_status_frames(gptr_t uop, u32 count)
{
	ONE(struct gnttab_get_status_frames, write_status);
}

long hc_grant_table_op(u64 cmd, u64 arg, u64 nr)
{
	u32 op = (u32)cmd, count = (u32)nr;
	gptr_t uop = GPTR(arg);

	if ((s32)count < 0)
		return -EINVAL;
	switch (op) {
	case GNTTABOP_map_grant_ref:
		return op_map(op, uop, count);
	case GNTTABOP_unmap_grant_ref:
	case GNTTABOP_unmap_and_replace:
		return op_unmap(op, uop, count);
	case GNTTABOP_setup_table:
		return op_setup_table(uop, count);
	case GNTTABOP_dump_table:
		return op_dump_table(uop, count);
	case GNTTABOP_transfer:
		return op_transfer(op, uop, count);
	case GNTTABOP_copy:
		return op_copy(op, uop, count);
	case GNTTABOP_query_size:
		return op_query_size(uop, count);
	case GNTTABOP_set_version:
		return op_set_version(uop);
	case GNTTABOP_get_version:
		return op_get_version(uop);
	case GNTTABOP_get_status_frames:
		return op_get_status_frames(uop, count);
	case GNTTABOP_swap_grant_ref:
		return op_swap(op, uop, count);
	case GNTTABOP_cache_flush:
		return op_cache_flush(op, uop, count);
	}
	return -ENOSYS;
}
