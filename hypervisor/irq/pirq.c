/*
 * irq/pirq.c: interrupts as domains know them
 *
 * A pirq is a domain's number for an irq. For a line it is the GSI; messages
 * get numbers above the lines. Bound to an event-channel port it delivers:
 *
 *   unmapped --map--> mapped --bind--> bound --unbind--> mapped --unmap-->
 *
 * A bound one can be unmapped as well (a device is taken from a domain that
 * does not let go): nothing arrives any more, and its number stays taken until
 * the domain closes the port.
 */
#include <hv/domain.h>
#include <hv/event.h>
#include <hv/mm.h>
#include <xen/physdev.h>
#include "internal.h"

int pirq_domain_init(struct domain *d)
{
	d->pirqs = hv_new(struct pirq_table);
	return d->pirqs ? 0 : -ENOMEM;
}

void pirq_domain_free(struct domain *d)
{
	unsigned int i;

	for (i = 0; d->pirqs && i < ARRAY_SIZE(d->pirqs->bucket); i++)
		hv_free(d->pirqs->bucket[i]);
	hv_free(d->pirqs);
	d->pirqs = NULL;
}

size_t pirq_bytes(const struct domain *d)
{
	size_t n = hv_size(d->pirqs);
	unsigned int i;

	for (i = 0; d->pirqs && i < ARRAY_SIZE(d->pirqs->bucket); i++)
		n += hv_size(d->pirqs->bucket[i]);
	return n;
}

unsigned int pirq_count(const struct domain *d)
{
	return MAX_IRQS;
}

/* What stands for those whose bucket nobody needed yet: not mapped. */
static struct pirq unmapped;

static struct pirq *find(struct domain *d, unsigned int pirq)
{
	struct pirq *bucket;

	if (!d->pirqs || pirq >= MAX_IRQS)
		return NULL;
	pirq = (unsigned int)index_nospec(pirq, MAX_IRQS);
	bucket = LOAD_ACQ(d->pirqs->bucket[pirq / PIRQ_BUCKET]);
	return bucket ? &bucket[pirq % PIRQ_BUCKET] : &unmapped;
}

/* The same, to be mapped: -EINVAL no such number, -ENOMEM. irq_lock */
static int find_to_map(struct domain *d, unsigned int pirq, struct pirq **found)
{
	struct pirq *bucket;
	unsigned int i;

	*found = find(d, pirq);
	if (!*found)
		return -EINVAL;
	if (*found != &unmapped)
		return 0;
	bucket = hv_alloc(PIRQ_BUCKET * sizeof(*bucket));
	if (!bucket)
		return -ENOMEM;
	for (i = 0; i < PIRQ_BUCKET; i++) {
		bucket[i].d = d;
		bucket[i].pirq = pirq - pirq % PIRQ_BUCKET + i;
	}
	STORE_REL(d->pirqs->bucket[pirq / PIRQ_BUCKET], bucket);
	*found = find(d, pirq);
	return 0;
}

/* ---- the guest's page of those that need EOI ---- */
_Static_assert(MAX_IRQS <= PAGE_SIZE * 8, "a bit for each pirq");

int pirq_set_eoi_map(struct domain *d, u64 gmfn, bool auto_unmask)
{
	struct page *pg = mfn_lookup(MFN(gmfn));
	int rc = -EBUSY;

	if (!pg || page_get_and_type(pg, d, PGT_writable))
		return -EINVAL;
	spin_lock(&irq_lock);
	if (!d->pirqs->eoi_map) {
		d->pirqs->eoi_map = page_to_virt(pg);
		WRITE_ONCE(d->pirqs->auto_unmask, auto_unmask);
		rc = 0;
	}
	spin_unlock(&irq_lock);
	if (rc)
		page_put_and_type(pg);
	return rc;
}

static void drop_eoi_map(struct domain *d)
{
	void *map;

	spin_lock(&irq_lock);
	map = d->pirqs->eoi_map;
	d->pirqs->eoi_map = NULL;
	spin_unlock(&irq_lock);
	if (map)
		page_put_and_type(mfn_to_page(virt_to_mfn(map)));
}

static void show_needs_eoi(const struct pirq *p)
{
	u64 *map = p->d->pirqs->eoi_map;

	if (map && p->desc->level)
		bit_set(map, p->pirq);
	else if (map)
		bit_clear(map, p->pirq);
}

void pirq_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable))
{
	if (d->pirqs && d->pirqs->eoi_map)
		held(virt_to_mfn(d->pirqs->eoi_map).v, true);
}

/* ---- delivery ---- */

void pirq_deliver(struct irq_desc *desc)
{
	unsigned int i;

	if (!desc->nr_guests)
		return;
	if (desc->level) {
		irq_mask(desc);
		desc->guest_masked = true;
		desc->in_flight = 0;
	}
	for (i = 0; i < desc->nr_guests; i++) {
		struct pirq *p = desc->guest[i];

		if (desc->level) {
			p->need_eoi = true;
			desc->in_flight++;
		}
		event_send_port(p->d, p->port);
	}
}

/* One guest fewer to wait for; the last one opens the line again. */
static void eoi_done(struct pirq *p)
{
	struct irq_desc *desc = p->desc;

	if (!p->need_eoi)
		return;
	p->need_eoi = false;
	if (--desc->in_flight == 0 && desc->guest_masked) {
		desc->guest_masked = false;
		irq_unmask(desc);
	}
}

int pirq_eoi(struct domain *d, unsigned int pirq)
{
	struct pirq *p = find(d, pirq);
	struct irq_desc *desc = p ? LOAD_ACQ(p->desc) : NULL;
	int rc = -EINVAL;

	if (!desc)
		return rc;
	spin_lock(&desc->lock);
	if (READ_ONCE(p->desc) == desc) {
		if (READ_ONCE(d->pirqs->auto_unmask) && p->port)
			event_unmask_port(d, p->port);
		eoi_done(p);
		rc = 0;
	}
	spin_unlock(&desc->lock);
	return rc;
}

int pirq_status(struct domain *d, unsigned int pirq, u32 *flags)
{
	struct pirq *p = find(d, pirq);

	*flags = 0;
	if (!p)
		return -EINVAL;
	spin_lock(&irq_lock);
	if (p->desc && p->desc->level)
		*flags |= XENIRQSTAT_needs_eoi;
	if (p->desc && p->desc->nr_guests && p->share)
		*flags |= XENIRQSTAT_shared;
	spin_unlock(&irq_lock);
	return 0;
}

void pirq_trigger_chosen(struct irq_desc *desc)
{
	unsigned int i;

	for (i = 0; i < desc->nr_guests; i++) {
		if (!desc->level)
			eoi_done(desc->guest[i]);
		show_needs_eoi(desc->guest[i]);
	}
	ioapic_program(desc, desc->guest_masked);
}

/* ---- binding to ports ---- */

static int bind(struct pirq *p, u32 port, bool share)
{
	struct irq_desc *desc = p->desc;
	int rc;

	if (p->port)
		return -EEXIST;
	if (desc->fn)
		return -EBUSY;
	if (desc->nr_guests) {
		if (!share || !desc->guest[0]->share ||
		    desc->nr_guests == MAX_SHARERS)
			return -EBUSY;
	}
	rc = irq_assign_vector(desc);
	if (rc)
		return rc;
	p->port = port;
	p->share = share;
	desc->guest[desc->nr_guests++] = p;
	show_needs_eoi(p);
	if (desc->nr_guests == 1) {
		if (desc->kind == IRQ_LINE)
			ioapic_program(desc, false);
		else
			irq_unmask(desc);
	}
	return 0;
}

int pirq_bind_port(struct domain *d, unsigned int pirq, u32 port, bool share,
		   struct vcpu *v)
{
	struct pirq *p = find(d, pirq);
	struct irq_desc *desc;
	int rc = -EPERM; /* mapping it gives the right to bind it */

	if (!p)
		return -EINVAL;
	spin_lock(&irq_lock);
	desc = p->desc;
	if (desc) {
		spin_lock(&desc->lock);
		rc = bind(p, port, share);
		spin_unlock(&desc->lock);
	}
	spin_unlock(&irq_lock);
	return rc;
}

/* Its irq delivers to its port no more; desc->lock held */
static void sever_locked(struct pirq *p)
{
	struct irq_desc *desc = p->desc;
	unsigned int i;

	for (i = 0; desc->guest[i] != p; i++)
		;
	desc->guest[i] = desc->guest[--desc->nr_guests];
	if (!desc->nr_guests)
		irq_mask(desc);
	eoi_done(p);
	if (!desc->nr_guests)
		irq_mask(desc);
}

/* irq_lock held */
static void unbind(struct pirq *p)
{
	struct irq_desc *desc = p->desc;

	if (!p->port)
		return;
	if (!desc) { /* unmapped since */
		p->port = 0;
		return;
	}
	spin_lock(&desc->lock);
	sever_locked(p);
	p->port = 0;
	spin_unlock(&desc->lock);
}

void pirq_unbind_port(struct domain *d, unsigned int pirq)
{
	struct pirq *p = find(d, pirq);

	if (!p)
		return;
	spin_lock(&irq_lock);
	unbind(p);
	spin_unlock(&irq_lock);
}

/* ---- mapping ---- */

static bool is_free(const struct pirq *p)
{
	return !p->desc && !p->port;
}

int pirq_find_free(struct domain *d)
{
	unsigned int i;

	for (i = irq_nr_gsis(); i < MAX_IRQS; i++)
		if (is_free(find(d, i)))
			return (int)i;
	return -ENOSPC;
}

/* An EOI on its way comes before, or after. */
static void set_desc(struct pirq *p, struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	STORE_REL(p->desc, desc);
	spin_unlock(&desc->lock);
}

static void clear_desc(struct pirq *p, struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	if (p->port)
		sever_locked(p);
	STORE_REL(p->desc, NULL);
	spin_unlock(&desc->lock);
}

static int map_line(struct domain *d, struct physdev_map_pirq *map)
{
	struct irq_desc *desc = irq_desc_line((unsigned int)map->index);
	struct pirq *p;
	int rc;

	if (!desc)
		return -EINVAL;
	/* Who maps gives: the domain's own right to the line comes later. */
	if (!rangeset_contains(current->d->irqs, desc->irq, desc->irq))
		return -EPERM;
	if (map->pirq < 0)
		map->pirq = map->index;
	rc = find_to_map(d, (unsigned int)map->pirq, &p);
	if (rc)
		return rc;
	if (p->desc != desc && !is_free(p))
		return -EEXIST;
	set_desc(p, desc);
	return 0;
}

static int map_msi(struct domain *d, struct physdev_map_pirq *map)
{
	struct msi_where w = {
		.bus = (u8)map->bus,
		.devfn = (u8)map->devfn,
		.table = map->table_base,
	};
	struct irq_desc *desc;
	struct pirq *p;
	int pirq, rc;

	if (map->type != MAP_PIRQ_TYPE_MSI)
		w.seg = (u16)((u32)map->bus >> 16);
	if (w.table)
		w.entry = (u16)map->entry_nr;
	pirq = map->pirq < 0 ? pirq_find_free(d) : map->pirq;
	if (pirq < 0)
		return pirq;
	rc = find_to_map(d, (unsigned int)pirq, &p);
	if (rc)
		return rc;
	if (!is_free(p))
		return -EINVAL;
	desc = irq_desc_new_msi();
	if (!desc)
		return -ENOSPC;
	rc = msi_enable(desc, &w);
	if (rc) {
		irq_desc_free_msi(desc);
		return rc;
	}
	map->pirq = pirq;
	set_desc(p, desc);
	return 0;
}

int pirq_map(struct domain *d, struct physdev_map_pirq *map)
{
	int rc;

	spin_lock(&irq_lock);
	switch (map->type) {
	case MAP_PIRQ_TYPE_GSI:
		rc = map_line(d, map);
		break;
	case MAP_PIRQ_TYPE_MULTI_MSI:
		/* One vector at a time: the caller retries with one. */
		if (!map->table_base && map->entry_nr > 1) {
			map->entry_nr = 1;
			rc = 1;
			break;
		}
		/* fall through */
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
		rc = map_msi(d, map);
		break;
	default:
		rc = -EINVAL;
		break;
	}
	spin_unlock(&irq_lock);
	return rc;
}

static void unmap(struct pirq *p)
{
	struct irq_desc *desc = p->desc;

	clear_desc(p, desc);
	if (desc->kind == IRQ_MSI) {
		msi_disable(desc);
		irq_desc_free_msi(desc);
	}
}

int pirq_unmap(struct domain *d, unsigned int pirq)
{
	struct pirq *p = find(d, pirq);
	int rc = 0;

	if (!p)
		return -EINVAL;
	spin_lock(&irq_lock);
	if (p->desc)
		unmap(p);
	else
		rc = -EINVAL;
	spin_unlock(&irq_lock);
	return rc;
}

void pirq_domain_destroy(struct domain *d)
{
	unsigned int i;

	if (!d->pirqs)
		return;
	spin_lock(&irq_lock);
	for (i = 0; i < MAX_IRQS; i++) {
		struct pirq *p = find(d, i);

		unbind(p);
		if (p->desc)
			unmap(p);
	}
	spin_unlock(&irq_lock);
	drop_eoi_map(d);
}
