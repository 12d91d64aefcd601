/*
 * domain/info.c: getdomaininfo, and the bitmaps of control calls
 */
#include <hv/irq.h>
#include <hv/mm.h>
#include <xen/vcpu.h>
#include "internal.h"

/* Running if any vcpu is, blocked if all are; nothing without online ones. */
static u32 vcpu_flags(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	u32 flags = XEN_DOMINF_blocked;
	struct vcpu_runstate_info rs;
	struct vcpu *v;
	unsigned int i;

	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for_each_vcpu (d, v, i) {
		sched_runstate(v, &rs);
		info->cpu_time += rs.time[RUNSTATE_running];
		info->max_vcpu_id = i;
		if (!v->sched.online)
			continue;
		info->nr_online_vcpus++;
		if (!v->sched.blocked)
			flags &= ~XEN_DOMINF_blocked;
		if (v->sched.running)
			flags |= XEN_DOMINF_running;
	}
	return info->nr_online_vcpus ? flags : 0;
}

void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = d->id;
	info->flags = vcpu_flags(d, info);
	if (d->dying == DOM_DEAD)
		info->flags |= XEN_DOMINF_dying;
	if (d->shut_down)
		info->flags |= XEN_DOMINF_shutdown;
	if (d->ctl_pauses)
		info->flags |= XEN_DOMINF_paused;
	if (d->create_flags & XEN_DOMCTL_CDF_xs_domain)
		info->flags |= XEN_DOMINF_xs_domain;
	/* 4.17 shows the reason, all ones before there is any, unmasked. */
	info->flags |= d->shutdown_code << XEN_DOMINF_shutdownshift;

	info->tot_pages = d->tot_pages;
	info->max_pages = d->max_pages;
	info->outstanding_pages = d->outstanding_pages;
	info->shared_info_frame = virt_to_mfn(d->shared_info).v;
	info->ssidref = d->ssidref;
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->gpaddr_bits = (u8)cpu_maddr_bits;
	info->arch_config.emulation_flags = d->emulation_flags;
}

static size_t vcpu_bytes(const struct vcpu *v)
{
	return hv_size(v) + hv_size(v->xsave) + hv_size(v->gate.rare_traps);
}

size_t domain_bytes(struct domain *d)
{
	size_t n = hv_size(d) + PAGE_SIZE; /* shared_info */
	struct vcpu *v;
	unsigned int i;

	n += hv_size(d->vcpu) + hv_size(d->e820);
	for_each_vcpu (d, v, i)
		n += vcpu_bytes(v);
	n += rangeset_bytes(d->iomem) + rangeset_bytes(d->ioports) +
	     rangeset_bytes(d->irqs);
	return n + event_bytes(d) + grant_bytes(d) + pirq_bytes(d);
}

int copy_bitmap_out(const struct xenctl_bitmap *to, const u64 *map,
		    unsigned int nbits)
{
	unsigned int want = DIV_UP(to->nr_bits, 8), i;

	if (to->nr_bits > 1u << 16)
		return -EINVAL;
	for (i = 0; i < want; i++) {
		unsigned int b = i * 8;
		u8 byte = 0;

		if (b < nbits)
			byte = (u8)(map[b / 64] >> b % 64);
		if (b + 8 > nbits && b < nbits)
			byte &= (u8)((1u << (nbits - b)) - 1);
		if (copy_out(gptr_add(GPTR_OF(to->bitmap), i), &byte, 1))
			return -EFAULT;
	}
	return 0;
}

int copy_bitmap_in(u64 *map, const struct xenctl_bitmap *from,
		   unsigned int nbits)
{
	unsigned int n = min(from->nr_bits, nbits), i;

	memset(map, 0, BITS_TO_LONGS(nbits) * sizeof(*map));
	for (i = 0; i < DIV_UP(n, 8); i++) {
		u8 byte;

		if (copy_in(&byte, gptr_add(GPTR_OF(from->bitmap), i), 1))
			return -EFAULT;
		if (i * 8 + 8 > n)
			byte &= (u8)((1u << (n - i * 8)) - 1);
		map[i / 8] |= (u64)byte << i % 8 * 8;
	}
	return 0;
}
