/*
 * fake_domain.c: domains and references to them
 */
#include <stdlib.h>
#include "fake.h"

static struct domain *domains[FAKE_DOMAINS];
struct domain *dom0, *dom_io, *dom_xen;

struct domain *fake_domain(domid_t id, unsigned int nr, bool privileged)
{
	struct domain *d = calloc(1, sizeof(*d));
	unsigned int i;

	d->id = id;
	d->refs = 1;
	d->privileged = privileged;
	d->max_vcpus = nr;
	d->vcpu = calloc(nr, sizeof(*d->vcpu));
	d->shared_info = calloc(1, PAGE_SIZE);
	spin_lock_init(&d->lock, LOCK_DOMAIN);
	spin_lock_init(&d->page_lock, LOCK_PAGELIST);
	spin_lock_init(&d->pt_lock, LOCK_PT);
	for (i = 0; i < nr; i++) {
		d->vcpu[i] = calloc(1, sizeof(struct vcpu));
		d->vcpu[i]->id = i;
		d->vcpu[i]->d = d;
		d->vcpu[i]->info = &d->shared_info->vcpu_info[i];
	}
	domains[id] = d;
	if (id == 0)
		dom0 = d;
	return d;
}

void fake_domain_free(struct domain *d)
{
	unsigned int i;

	ck_assert_uint_eq(d->refs, 1);
	for (i = 0; i < d->max_vcpus; i++)
		free(d->vcpu[i]);
	free(d->vcpu);
	free(d->shared_info);
	domains[d->id] = NULL;
	if (dom0 == d)
		dom0 = NULL;
	free(d);
}

void fake_become(struct vcpu *v)
{
	host_stack.curr = v;
}

void domain_get(struct domain *d)
{
	__atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
}

void domain_put(struct domain *d)
{
	if (d)
		__atomic_fetch_sub(&d->refs, 1, __ATOMIC_ACQ_REL);
}

struct domain *domain_lookup(domid_t id)
{
	return id < FAKE_DOMAINS ? domains[id] : NULL;
}

struct domain *domain_get_by_id(domid_t id)
{
	struct domain *d = domain_lookup(id);

	if (d)
		domain_get(d);
	return d;
}

struct domain *domain_resolve(domid_t id)
{
	return domain_get_by_id(id == DOMID_SELF ? current->d->id : id);
}

struct domain *domain_next(unsigned int from)
{
	for (; from < FAKE_DOMAINS; from++)
		if (domains[from])
			return domain_get_by_id((domid_t)from);
	return NULL;
}

int may_control(const struct domain *d)
{
	return current->d->privileged ? 0 : -EPERM;
}
