/*
 * domain/vcpu.c: making and freeing vcpus, and where vcpu_info lives
 */
#include <hv/mm.h>
#include "internal.h"

struct vcpu_info dummy_vcpu_info = {.evtchn_upcall_mask = 1};

#define DR6_INIT 0xffff0ff0ull
#define DR7_INIT 0x400ull

static void vcpu_init_regs(struct vcpu *v)
{
	const struct vcpu *first = v->d->vcpu[0];

	v->dr[6] = DR6_INIT;
	v->dr[7] = DR7_INIT;
	v->xcr0 = 1;
	v->info_mfn = INVALID_MFN;
	v->info = v->id < XEN_LEGACY_MAX_VCPUS
			  ? &v->d->shared_info->vcpu_info[v->id]
			  : &dummy_vcpu_info;
	v->gate.kernel = true;
	/* Assists are a domain's; each vcpu carries a copy. */
	if (first)
		v->gate.vm_assist = first->gate.vm_assist;
}

int vcpu_create(struct domain *d, unsigned int id)
{
	struct vcpu *v;
	int rc;

	if (id >= d->max_vcpus || d->dying != DOM_ALIVE)
		return -EINVAL;
	if (d->vcpu[id])
		return -EEXIST;
	v = hv_new(struct vcpu);
	if (!v)
		return -ENOMEM;
	v->d = d;
	v->id = id;
	vcpu_init_regs(v);

	rc = gate_vcpu_init(v);
	if (rc)
		goto fail_gate;
	rc = pt_vcpu_init(v);
	if (rc)
		goto fail_pt;
	rc = fpu_vcpu_init(v);
	if (rc)
		goto fail_fpu;
	rc = time_vcpu_init(v);
	if (rc)
		goto fail_time;
	rc = sched_vcpu_init(v);
	if (rc)
		goto fail_sched;
	STORE_REL(d->vcpu[id], v);
	return 0;

fail_sched:
	time_vcpu_destroy(v);
fail_time:
	fpu_vcpu_free(v);
fail_fpu:
	pt_vcpu_free(v);
fail_pt:
	gate_vcpu_free(v);
fail_gate:
	hv_free(v);
	return rc;
}

void vcpu_free(struct vcpu *v)
{
	if (!v)
		return;
	vcpu_sync(v);
	vcpu_unmap_info(v);
	sched_vcpu_destroy(v);
	time_vcpu_destroy(v);
	fpu_vcpu_free(v);
	pt_vcpu_free(v);
	gate_vcpu_free(v);
	hv_free(v);
}

int vcpu_map_info(struct vcpu *v, u64 mfn, u32 offset)
{
	struct domain *d = v->d;
	struct vcpu_info *to;
	struct page *pg;

	if (offset > PAGE_SIZE - sizeof(*to) || offset % sizeof(u64))
		return -ENXIO;
	if (!mfn_none(v->info_mfn) || d->dying != DOM_ALIVE)
		return -EINVAL;
	if (v != current && v->sched.online)
		return -EINVAL;
	if (!mfn_valid(MFN(mfn)))
		return -EINVAL;
	pg = mfn_to_page(MFN(mfn));
	if (page_get_and_type(pg, d, PGT_writable))
		return -EINVAL;

	to = (struct vcpu_info *)((u8 *)page_to_virt(pg) + offset);
	if (v->info == &dummy_vcpu_info) {
		memset(to, 0, sizeof(*to));
		to->evtchn_upcall_mask = 1;
	} else {
		memcpy(to, v->info, sizeof(*to));
	}
	v->info_mfn = MFN(mfn);
	STORE_REL(v->info, to);
	event_vcpu_info_moved(v);
	time_update_vcpu(v);
	return 0;
}

void vcpu_unmap_info(struct vcpu *v)
{
	mfn_t m = v->info_mfn;

	STORE_REL(v->info, &dummy_vcpu_info);
	if (mfn_none(m))
		return;
	v->info_mfn = INVALID_MFN;
	/*
	 * A pcpu raising an event may have read v->info before. Between that
	 * and its store it does not wait for anything, so once it has answered
	 * a flush it is done.
	 */
	tlb_flush_everywhere();
	page_put_and_type(mfn_to_page(m));
}
