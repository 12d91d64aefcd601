/*
 * domain/domain.c: domains: the list, references, making and freeing them
 *
 * A domain is found by number through a two-level table that only grows, so
 * that owners of frames are looked up without a lock. The last domain_put()
 * may come under any lock (a page reference dropped deep in pt/), so it only
 * queues the domain; domain_reap() frees it later, with no lock held.
 */
#include <hv/irq.h>
#include <hv/mm.h>
#include "internal.h"

#define IDS_PER_PAGE (PAGE_SIZE / sizeof(struct domain *))

struct domain *dom0, *dom_io, *dom_xen;

static spinlock_t list_lock = SPINLOCK_INIT(DOMLIST);
static struct list domains = LIST_INIT(domains);
static struct domain **domid_table[DIV_UP(0x8000, IDS_PER_PAGE)];
static struct domain *dead;

static struct domain **domid_slot(domid_t id)
{
	struct domain **page = LOAD_ACQ(domid_table[id / IDS_PER_PAGE]);

	return page ? &page[id % IDS_PER_PAGE] : NULL;
}

struct domain *domain_lookup(domid_t id)
{
	struct domain **slot;

	if (id >= 0x8000)
		return NULL;
	slot = domid_slot(id);
	return slot ? LOAD_ACQ(*slot) : NULL;
}

static bool get_unless_dead(struct domain *d)
{
	u32 refs = READ_ONCE(d->refs);

	while (refs)
		if (__atomic_compare_exchange_n(&d->refs, &refs, refs + 1,
						false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* One that is still being made is found as an owner of frames only. */
static bool get_by_number(struct domain *d)
{
	return LOAD_ACQ(d->complete) && get_unless_dead(d);
}

void domain_get(struct domain *d)
{
	u32 old = __atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);

	BUG_ON(old == 0);
}

void domain_put(struct domain *d)
{
	struct domain *head;

	if (!d || __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL))
		return;
	head = READ_ONCE(dead);
	do {
		d->next_dead = head;
	} while (!__atomic_compare_exchange_n(
		&dead, &head, d, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

struct domain *domain_get_by_id(domid_t id)
{
	struct domain *d;

	if (id >= DOMID_FIRST_RESERVED)
		return NULL;
	/* No waiting in between: domain_reap() relies on it. */
	d = domain_lookup(id);
	return d && get_by_number(d) ? d : NULL;
}

struct domain *domain_resolve(domid_t id)
{
	if (id != DOMID_SELF)
		return domain_get_by_id(id);
	domain_get(current->d);
	return current->d;
}

struct domain *domain_next(unsigned int from)
{
	struct domain *d, *found = NULL;

	spin_lock(&list_lock);
	list_for_each (d, &domains, list) {
		if (d->id >= from && get_by_number(d)) {
			found = d;
			break;
		}
	}
	spin_unlock(&list_lock);
	return found;
}

bool domid_free(domid_t id)
{
	return !domain_lookup(id);
}

/* Publish @d, rising by id. The table page must exist. */
static int domain_insert(struct domain *d)
{
	struct domain **page = domid_table[d->id / IDS_PER_PAGE];
	struct domain *after;
	int rc = 0;

	if (!page) {
		page = page_alloc_hv();
		if (!page)
			return -ENOMEM;
	}
	spin_lock(&list_lock);
	if (!domid_table[d->id / IDS_PER_PAGE])
		STORE_REL(domid_table[d->id / IDS_PER_PAGE], page);
	if (domain_lookup(d->id)) {
		rc = -EEXIST;
	} else {
		if (d->id < DOMID_FIRST_RESERVED) {
			list_for_each (after, &domains, list)
				if (after->id > d->id)
					break;
			list_add_tail(&d->list, &after->list);
		}
		STORE_REL(*domid_slot(d->id), d);
	}
	spin_unlock(&list_lock);
	if (page != domid_table[d->id / IDS_PER_PAGE])
		page_free_hv(page);
	return rc;
}

static void domain_remove(struct domain *d)
{
	struct domain **slot = domid_slot(d->id);

	spin_lock(&list_lock);
	list_del(&d->list);
	if (slot && *slot == d)
		STORE_REL(*slot, NULL);
	spin_unlock(&list_lock);
}

static struct domain *domain_alloc(domid_t id)
{
	struct domain *d = hv_new(struct domain);

	if (!d)
		return NULL;
	d->id = id;
	d->refs = 1;
	d->shutdown_code = SHUTDOWN_NONE;
	d->page_head = PAGE_LIST_END;
	list_init(&d->list);
	spin_lock_init(&d->lock, LOCK_DOMAIN);
	spin_lock_init(&d->page_lock, LOCK_PAGELIST);
	spin_lock_init(&d->pt_lock, LOCK_PT);
	sched_domain_init(d);
	return d;
}

/* Everything a domain owns but its guest frames; any part may be missing. */
static void domain_free(struct domain *d)
{
	unsigned int i;

	for (i = 0; d->vcpu && i < d->max_vcpus; i++)
		vcpu_free(d->vcpu[i]);
	hv_free(d->vcpu);
	if (d->grant)
		grant_domain_free(d);
	if (d->pirqs)
		pirq_domain_free(d);
	if (d->event)
		event_domain_free(d);
	/* Frames still mapped somewhere go with their last mapping. */
	if (d->shared_info && !domain_unshare_hv_page(d, d->shared_info))
		page_free_hv(d->shared_info);
	rangeset_free(d->iomem);
	rangeset_free(d->ioports);
	rangeset_free(d->irqs);
	hv_free(d->e820);
	sched_domain_destroy(d);
	hv_free(d);
}

void domain_reap(void)
{
	struct domain *d = __atomic_exchange_n(&dead, NULL, __ATOMIC_ACQUIRE);

	while (d) {
		struct domain *next = d->next_dead;

		domain_remove(d);
		/*
		 * A pcpu that found its number before may be about to look at
		 * its references. It does not wait for anything until then, so
		 * once it has answered a flush it is done.
		 */
		tlb_flush_everywhere();
		domain_free(d);
		d = next;
	}
}

static int domain_init_rights(struct domain *d)
{
	d->iomem = rangeset_alloc();
	d->ioports = rangeset_alloc();
	d->irqs = rangeset_alloc();
	return d->iomem && d->ioports && d->irqs ? 0 : -ENOMEM;
}

static int domain_init_shared_info(struct domain *d)
{
	d->shared_info = page_alloc_hv();
	if (!d->shared_info)
		return -ENOMEM;
	domain_share_hv_page(d, d->shared_info);
	return 0;
}

/* A negative limit asks for the default. */
static unsigned int grant_limit(int32_t asked, unsigned int dflt)
{
	return asked < 0 ? dflt : (unsigned int)asked;
}

static int domain_init(struct domain *d,
		       const struct xen_domctl_createdomain *cfg)
{
	int rc;

	d->ssidref = cfg->ssidref;
	d->create_flags = cfg->flags;
	d->emulation_flags = cfg->arch.emulation_flags;
	memcpy(d->handle, cfg->handle, sizeof(d->handle));
	d->vcpu = hv_alloc(cfg->max_vcpus * sizeof(*d->vcpu));
	if (!d->vcpu)
		return -ENOMEM;
	d->max_vcpus = cfg->max_vcpus;

	rc = domain_init_rights(d);
	if (!rc)
		rc = domain_init_shared_info(d);
	if (!rc)
		rc = event_domain_init(d);
	if (!rc) {
		event_set_max_port(d, cfg->max_evtchn_port);
		rc = grant_domain_init(
			d, grant_limit(cfg->max_grant_frames, 64),
			grant_limit(cfg->max_maptrack_frames, 1024));
	}
	if (!rc) {
		grant_set_max_version(
			d, XEN_DOMCTL_GRANT_version(cfg->grant_opts));
		rc = pirq_domain_init(d);
	}
	return rc;
}

struct domain *domain_create(domid_t id,
			     const struct xen_domctl_createdomain *cfg,
			     bool privileged, int *rc)
{
	struct domain *d = domain_alloc(id);

	*rc = -ENOMEM;
	if (!d)
		return NULL;
	d->privileged = privileged;
	d->pause_count = 1;
	d->ctl_pauses = 1;
	/* Owners of shared frames are looked up, so publish before sharing. */
	*rc = domain_insert(d);
	if (*rc) {
		hv_free(d);
		return NULL;
	}
	*rc = domain_init(d, cfg);
	if (!*rc) {
		time_update_wallclock(d);
		STORE_REL(d->complete, true);
		return d;
	}
	WRITE_ONCE(d->dying, DOM_DEAD);
	if (d->event)
		event_domain_destroy(d);
	domain_put(d);
	domain_reap();
	return NULL;
}

static struct domain *special_domain(domid_t id)
{
	struct domain *d = domain_alloc(id);

	if (!d || domain_insert(d))
		panic("no memory for domain %#x", id);
	d->max_pages = ~0u;
	return d;
}

void domains_init(void)
{
	dom_xen = special_domain(DOMID_XEN);
	dom_io = special_domain(DOMID_IO);
}
