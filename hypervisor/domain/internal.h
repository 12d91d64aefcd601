/*
 * domain/internal.h: between the files of domain/
 */
#ifndef DOMAIN_INTERNAL_H
#define DOMAIN_INTERNAL_H

#include <hv/domain.h>
#include <hv/grant.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#define SHUTDOWN_NONE (~0u)

/* Where vcpus without a slot in shared_info write; nobody reads it. */
extern struct vcpu_info dummy_vcpu_info;

/* ---- domain.c ---- */
/** domain_reap() - free the domains whose last reference went; no locks held */
void domain_reap(void);
/** domid_free() - may @id be given to a new domain? */
bool domid_free(domid_t id);

/* ---- vcpu.c ---- */
void vcpu_free(struct vcpu *v);
/** vcpu_map_info() - register_vcpu_info: the record moves to @mfn + @offset */
int vcpu_map_info(struct vcpu *v, u64 mfn, u32 offset);
/** vcpu_unmap_info() - of a dying domain: drop that frame */
void vcpu_unmap_info(struct vcpu *v);

/* ---- life.c ---- */
/** domain_ctl_pause(), domain_ctl_unpause() - counted; -EINVAL not paused,
 * -EOVERFLOW too often */
int domain_ctl_pause(struct domain *d);
int domain_ctl_unpause(struct domain *d);

/** vcpu_pause(), vcpu_unpause() - one vcpu, not the running one; counted.
 * Its state is complete in struct vcpu meanwhile */
void vcpu_pause(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);

/* ---- info.c ---- */
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* ---- domctl_vcpu.c, domctl_state.c, domctl_rights.c, domctl_memory.c: each
 * acts on @d, which the caller holds; results go into @op ---- */
long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op);
long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op);
long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op);
long domctl_setaffinity(struct domain *d, struct xen_domctl *op);
long domctl_getaffinity(struct domain *d, struct xen_domctl *op);
long domctl_sendtrigger(struct domain *d, struct xen_domctl *op);
long domctl_setextcontext(struct domain *d, struct xen_domctl *op);
long domctl_getextcontext(struct domain *d, struct xen_domctl *op);
long domctl_setextstate(struct domain *d, struct xen_domctl *op);
long domctl_getextstate(struct domain *d, struct xen_domctl *op);
long domctl_set_msrs(struct domain *d, struct xen_domctl *op);
long domctl_get_msrs(struct domain *d, struct xen_domctl *op);
long domctl_irq_permission(struct domain *d, struct xen_domctl *op);
long domctl_iomem_permission(struct domain *d, struct xen_domctl *op);
long domctl_ioport_permission(struct domain *d, struct xen_domctl *op);
long domctl_pageframeinfo(struct domain *d, struct xen_domctl *op);
long domctl_hypercall_init(struct domain *d, struct xen_domctl *op);
/** copy_bitmap_out(), copy_bitmap_in() - xenctl_bitmap against @nbits of ours
 */
int copy_bitmap_out(const struct xenctl_bitmap *to, const u64 *map,
		    unsigned int nbits);
int copy_bitmap_in(u64 *map, const struct xenctl_bitmap *from,
		   unsigned int nbits);

/* ---- cpu_policy.c ---- */
long domctl_get_policy(struct domain *d, struct xen_domctl *op);
long domctl_set_policy(struct domain *d, struct xen_domctl *op);
long sysctl_cpu_policy(struct xen_sysctl_cpu_policy *p);
long sysctl_featureset(struct xen_sysctl_cpu_featureset *f);
/* ---- perfc.c ---- */
long sysctl_perfc(struct xen_sysctl_perfc_op *op);
/* ---- sysctl_info.c ---- */
long sysctl_physinfo(struct xen_sysctl_physinfo *p);
long sysctl_cputopo(struct xen_sysctl_cputopoinfo *t);
long sysctl_numa(struct xen_sysctl_numainfo *n);
long sysctl_pcitopo(struct xen_sysctl_pcitopoinfo *t);
long sysctl_cpupool(struct xen_sysctl_cpupool_op *op);

#endif
