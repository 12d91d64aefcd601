/*
 * hv/domain.h: domains and their vcpus, from creation to the last put
 *
 * Owns:       struct domain, struct vcpu, the domain list, domctl, sysctl,
 *             building dom0
 * Invariants: a domain in the list holds one reference on itself; its memory
 *             goes when it is dying and relinquished, its struct with the
 *             last put; no vcpu of a dying domain runs
 * Lock:       DOMLIST for the list, DOMAIN (struct domain.lock) for settings
 * ABI:        pvabi/xen/domctl.h, sysctl.h, vcpu.h
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <hv/lock.h>
#include <hv/gate.h>
#include <hv/pt.h>
#include <hv/event.h>
#include <hv/sched.h>
#include <hv/time.h>
#include <xen/xen.h>

struct grant_table;
struct pirq_table;
struct xen_domctl_createdomain;

/* Feature words tools may narrow: 1d 1c e1d e1c Da1 7b0 7c0 e7d e8b 7d0 7a1 */
#define CPUID_WORDS 11

struct vcpu {
	unsigned int id;
	struct domain *d;
	bool initialised;	   /* has a context (VCPUOP_initialise, ...) */
	struct pcpu *loaded_on;	   /* whose registers hold its state, or NULL */
	struct cpu_user_regs regs; /* while not loaded on a pcpu */

	/* segment and base registers while not loaded */
	u64 fs_base, gs_base_kernel, gs_base_user;
	u16 ds, es, fs, gs;
	u64 cr4;     /* guest-chosen bits over the real CR4 */
	bool cr0_ts; /* virtual task-switched flag */
	u64 dr[8];   /* 6: last #DB's bits; 7 validated */

	u8 *xsave; /* FPU/XSAVE area, xsave_size, 64-aligned */
	u64 xcr0;
	bool fpu_used; /* state in xsave is not the initial one */

	gptr_t iobmp;	 /* set_iobitmap */
	u32 iobmp_limit; /* ports covered */

	/* vcpu_info: in shared_info or registered; always mapped for us */
	struct vcpu_info *info;
	mfn_t info_mfn; /* INVALID_MFN while in shared_info */

	gptr_t runstate_area; /* guest va or 0 */
	gptr_t time_area;     /* register_vcpu_time_memory_area */

	struct vcpu_gate gate;
	struct vcpu_pt pt;
	struct vcpu_event event;
	struct vcpu_sched sched;
	struct vcpu_time time;
};

enum dying {
	DOM_ALIVE,
	DOM_DYING, /* destroydomain began: being relinquished */
	DOM_DEAD,  /* nothing left but references to the struct */
};

struct domain {
	domid_t id;
	u32 refs;	    /* atomic */
	struct list list;   /* all domains, by rising id; DOMLIST */
	bool complete;	    /* all parts are there: numbers find it */
	bool privileged;    /* dom0: control, hardware */
	enum dying dying;   /* DOMAIN */
	bool started;	    /* was unpaused once: its CPUs are settled */
	bool shutting_down; /* SCHEDOP_shutdown by some vcpu */
	bool shut_down;	    /* all its vcpus have stopped */
	u32 shutdown_code;  /* SHUTDOWN_*; ~0 before any */
	u32 ctl_pauses;	    /* pauses by domctl, DOMAIN */
	bool crashed_line;  /* domain_crash() has printed its line */
	u32 pause_count;    /* atomic */
	u8 handle[16];	    /* uuid from the toolstack */
	u32 ssidref;
	u32 create_flags;    /* XEN_DOMCTL_CDF_* */
	u32 emulation_flags; /* XEN_X86_EMU_* */

	spinlock_t lock; /* DOMAIN */
	unsigned int max_vcpus;
	struct vcpu **vcpu; /* [max_vcpus]; entries may be NULL */

	spinlock_t page_lock; /* PAGELIST */
	u32 page_head;	      /* first mfn of its list, PAGE_LIST_END */
	u32 tot_pages, max_pages;
	u32 xenheap_pages;     /* shared hypervisor frames */
	u32 outstanding_pages; /* claim_pages */

	spinlock_t pt_lock;   /* PT */
	u32 relinquish_phase; /* pt_relinquish(): what is done so far */
	u32 relinquish_at;    /* and the frame to go on with */
	struct shared_info *shared_info;
	u64 nr_pt_pages; /* frames now typed L1..L4, for info */

	struct event_domain *event;
	struct grant_table *grant;
	struct pirq_table *pirqs; /* irq/ */

	struct rangeset *iomem; /* mfns it may map */
	struct rangeset *ioports;
	struct rangeset *irqs; /* gsis it may bind */
	bool cache_flush_ok;   /* wbinvd, uncached mappings of RAM */

	struct e820_map *e820;	       /* XENMEM_set_memory_map; or NULL */
	s64 time_offset;	       /* seconds, settimeoffset */
	u32 tsc_mode, tsc_incarnation; /* settscinfo */
	u32 cpuid_hidden[CPUID_WORDS]; /* features tools took away */
	char console_line[160];
	unsigned int console_len;
	struct domain *next_dead; /* refs went to 0, not yet freed */
	struct domain_sched sched;
};

/* dom0 and the two owners that are no domains (DOMID_IO, DOMID_XEN) */
extern struct domain *dom0, *dom_io, *dom_xen;

/* ---- finding ---- */
/** domain_get_by_id() - a reference; NULL when there is none such. DOMID_SELF
 * is not understood here. */
struct domain *domain_get_by_id(domid_t id);
void domain_get(struct domain *d);
void domain_put(struct domain *d); /* NULL is fine */
/** domain_lookup() - no reference: for frame owners (which keep it alive) and
 * for DOMID_IO, DOMID_XEN */
struct domain *domain_lookup(domid_t id);
/**
 * domain_resolve() - guest-supplied @id, DOMID_SELF understood
 * Returns:  a referenced domain, or NULL: -ESRCH
 */
struct domain *domain_resolve(domid_t id);
/** domain_next() - referenced next domain with id >= @from, or NULL */
struct domain *domain_next(unsigned int from);

static inline struct vcpu *domain_vcpu(struct domain *d, u64 id)
{
	return id < d->max_vcpus ? d->vcpu[index_nospec(id, d->max_vcpus)]
				 : NULL;
}

#define for_each_vcpu(d, v, i)                     \
	for ((i) = 0; (i) < (d)->max_vcpus; (i)++) \
		if (((v) = (d)->vcpu[i]) != NULL)

/** domain_hide_features() - clear in @r, the answer for a leaf, what tools
 * took away from @d */
void domain_hide_features(const struct domain *d, u32 leaf, u32 sub, u32 r[4]);

/* ---- life ---- */
/** domain_create() - an empty, paused domain. Returns NULL with *rc set */
struct domain *domain_create(domid_t id,
			     const struct xen_domctl_createdomain *cfg,
			     bool privileged, int *rc);
/** vcpu_create() - vcpu @id, offline; -ENOMEM, -EEXIST, -EINVAL */
int vcpu_create(struct domain *d, unsigned int id);
/** vcpu_set_context() - vcpu_guest_context checked and adopted; -EINVAL, or
 * -ERESTART: call again, after pt_finish() */
int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
/** vcpu_get_context() - the reverse; @v must be paused */
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
/** domain_kill() - destroydomain: 0, -ERESTART while not done */
int domain_kill(struct domain *d);
/** domain_shutdown() - stop all vcpus, record @reason, tell dom0
 * (VIRQ_DOM_EXC). For dom0: restart or halt the machine as configured. */
void domain_shutdown(struct domain *d, u32 reason);
/** domain_resume() - after a cancelled suspend */
void domain_resume(struct domain *d);
/**
 * domain_crash() - this guest cannot go on: one line naming domain, vcpu,
 * RIP and reason, then domain_shutdown(SHUTDOWN_crash). Returns; the caller
 * unwinds, the vcpu never runs guest code again.
 */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);
/** domain_pause(), domain_unpause() - nestable; pause waits until no vcpu of
 * it runs. Not for the running domain. */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);
/** domain_bytes() - hypervisor memory that @d takes besides its own: structs,
 * shared_info, grant frames; not the page tables of its window, which are
 * shared */
size_t domain_bytes(struct domain *d);
/** is_control_domain() - may the running domain control others? */
static inline bool is_control_domain(const struct domain *d)
{
	return d->privileged;
}
/** may_control() - 0 if the running domain may act on @d, else -EPERM */
int may_control(const struct domain *d);

/* ---- switching (called by sched/) ---- */
/** vcpu_switch_to() - save what is loaded here, load @next: registers,
 * segments, GDT, roots. @next == NULL: hypervisor root, nothing loaded. */
void vcpu_switch_to(struct vcpu *next);
/** vcpu_unload_idle() - an idle pcpu's answer to cpu_ask_unload() */
void vcpu_unload_idle(void);
/** vcpu_sync() - make a descheduled vcpu's state complete in struct vcpu */
void vcpu_sync(struct vcpu *v);

/* ---- dom0 ---- */
struct dom0_image {
	const void *kernel;
	u64 kernel_size; /* bytes */
	maddr_t kernel_maddr;
	const char *cmdline; /* dom0's own */
	maddr_t initrd;
	u64 initrd_size; /* bytes; 0: none */
};
/** dom0_build() - build it and leave it runnable; panics with the cause */
void dom0_build(const struct dom0_image *img);
/** domains_init() - list, DOMID_XEN, DOMID_IO */
void domains_init(void);

#endif
