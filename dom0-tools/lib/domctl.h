/*
 * lib/domctl.h: create, tune, read and destroy domains
 *
 * Thin and typed: one function per control call, busy answers retried. All
 * return 0 or the hypervisor's negative errno and say nothing; the caller
 * knows what the user was after and words the error.
 *
 * ABI: domctl, interface version 0x15
 */
#ifndef LIB_DOMCTL_H
#define LIB_DOMCTL_H

#include <stdbool.h>

#include <xen/xen.h>
#include <xen/domctl.h>

#include "lib/privcmd.h"

/**
 * dom_create() - make an empty, paused domain
 * @cfg:   what it is and its limits
 * @domid: set on success only
 */
int dom_create(struct hv *hv, const struct xen_domctl_createdomain *cfg,
	       domid_t *domid);

/** dom_destroy() - kill it and free all it owns; repeats until done */
int dom_destroy(struct hv *hv, domid_t domid);

/** dom_pause() - take it off the processors; counted */
int dom_pause(struct hv *hv, domid_t domid);

/** dom_unpause() - undo one dom_pause(), or start a new domain */
int dom_unpause(struct hv *hv, domid_t domid);

/** dom_set_max_vcpus() - allocate @n vcpus, as many as at creation */
int dom_set_max_vcpus(struct hv *hv, domid_t domid, unsigned int n);

/** dom_set_max_mem() - limit of what it may own, in KiB */
int dom_set_max_mem(struct hv *hv, domid_t domid, uint64_t kib);

/** dom_set_address_size() - width of the guest in bits: 64 */
int dom_set_address_size(struct hv *hv, domid_t domid, unsigned int bits);

/** dom_set_tsc() - tsc_mode: 0 default, 1 emulate, 2 native */
int dom_set_tsc(struct hv *hv, domid_t domid, unsigned int mode);

/** dom_set_handle() - change its uuid */
int dom_set_handle(struct hv *hv, domid_t domid, const uint8_t uuid[16]);

/** dom_hypercall_init() - fill the page of hypercall stubs at frame @gmfn */
int dom_hypercall_init(struct hv *hv, domid_t domid, uint64_t gmfn);

/** dom_set_context() - initial registers of @vcpu */
int dom_set_context(struct hv *hv, domid_t domid, unsigned int vcpu,
		    const struct vcpu_guest_context *ctx);

/**
 * dom_info() - state of exactly this domain
 *
 * The call answers for the next existing domain when @domid is free; that is
 * reported as -ESRCH here.
 */
int dom_info(struct hv *hv, domid_t domid,
	     struct xen_domctl_getdomaininfo *info);

/** dom_vcpu_info() - state of @vcpu; -ESRCH when there is none */
int dom_vcpu_info(struct hv *hv, domid_t domid, unsigned int vcpu,
		  struct xen_domctl_getvcpuinfo *info);

enum dom_affinity { DOM_AFFINITY_HARD, DOM_AFFINITY_SOFT };

/**
 * dom_vcpu_affinity() - pcpus @vcpu may or prefers to run on
 * @map:   bit n of byte n / 8 is pcpu n
 * @bytes: size of @map, at most one page
 */
int dom_vcpu_affinity(struct hv *hv, domid_t domid, unsigned int vcpu,
		      enum dom_affinity which, uint8_t *map, size_t bytes);

/**
 * dom_set_affinity() - the reverse
 * @hard, @soft: maps of @bytes bytes; NULL leaves it
 * @force:       ends a pinning by the domain itself, else -EBUSY
 */
int dom_set_affinity(struct hv *hv, domid_t domid, unsigned int vcpu,
		     const uint8_t *hard, const uint8_t *soft, size_t bytes,
		     bool force);

struct dom_share {
	uint16_t weight; /* 0: leave it */
	uint16_t cap;	 /* percent of a pcpu, 0 for none; 0xffff: leave it */
};

/** dom_share() - ask for @s or set it, by the scheduler that there is */
int dom_share(struct hv *hv, domid_t domid, struct dom_share *s, bool set);

/**
 * dom_allow_irq() - it may use one of its pirqs
 * @allow: false takes the right away again; so in the next two
 */
int dom_allow_irq(struct hv *hv, domid_t domid, unsigned int pirq, bool allow);

/** dom_allow_iomem() - it may map @n frames of device memory from @mfn */
int dom_allow_iomem(struct hv *hv, domid_t domid, uint64_t mfn, uint64_t n,
		    bool allow);

/** dom_allow_ioports() - it may use @n ports from @port */
int dom_allow_ioports(struct hv *hv, domid_t domid, unsigned int port,
		      unsigned int n, bool allow);

/** dom_map_line() - interrupt line @gsi becomes a pirq of the domain */
int dom_map_line(struct hv *hv, domid_t domid, int gsi, int *pirq);

/** dom_unmap_line() - and is no longer; -EINVAL when it was none */
int dom_unmap_line(struct hv *hv, domid_t domid, int pirq);

#endif /* LIB_DOMCTL_H */
