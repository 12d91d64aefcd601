/*
 * mm/memmap_op.c: memory_op's maps: of a domain, of the machine, of the M2P;
 * and the frames behind resources
 */
#include <hv/boot.h>
#include <hv/grant.h>
#include <hv/pt.h>
#include "memop.h"

#define CHUNK_2M (2ull << 20)

static int put_entry(gptr_t buf, u32 i, const struct e820_range *r)
{
	struct e820entry e = {r->start, r->size, r->type};

	return copy_out_at(buf, i, &e);
}

/* Another vcpu may set a new map, which frees this one: the lock is held. */
static long write_map(struct domain *d, struct xen_memory_map *x)
{
	const struct e820_map *map = d->e820;
	u32 i;

	ASSERT(spin_locked(&d->lock));
	if (!map || !map->nr)
		return -ENOSYS;
	x->nr_entries = min(x->nr_entries, map->nr);
	for (i = 0; i < x->nr_entries; i++)
		if (put_entry(GPTR_OF(x->buffer), i, &map->r[i]))
			return -EFAULT;
	return 0;
}

long memop_memory_map(const struct memop *m)
{
	struct domain *d = current->d;
	struct xen_memory_map x;
	long rc;

	if (!READ_ONCE(d->e820))
		return -ENOSYS;
	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	spin_lock(&d->lock);
	rc = write_map(d, &x);
	spin_unlock(&d->lock);
	return rc ? rc : copy_out(m->arg, &x, sizeof(x));
}

static int fetch_map(struct e820_map *map, const struct xen_memory_map *x)
{
	struct e820entry e;

	for (map->nr = 0; map->nr < x->nr_entries; map->nr++) {
		if (copy_in_at(&e, GPTR_OF(x->buffer), map->nr))
			return -EFAULT;
		map->r[map->nr] = (struct e820_range){e.addr, e.size, e.type};
	}
	return 0;
}

long memop_set_memory_map(const struct memop *m)
{
	struct xen_foreign_memory_map x;
	struct e820_map *map = NULL;
	struct domain *d;
	long rc;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	if (x.map.nr_entries > E820_MAX)
		return -EINVAL;
	d = memop_domain(x.domid, &rc);
	if (!d)
		return rc;
	rc = -ENOMEM;
	/* no longer than it must be: each domain has one */
	map = hv_alloc(offsetof(struct e820_map, r) +
		       x.map.nr_entries * sizeof(map->r[0]));
	if (!map)
		goto out;
	rc = fetch_map(map, &x.map);
	if (rc)
		goto out;
	spin_lock(&d->lock);
	{
		struct e820_map *old = d->e820;

		WRITE_ONCE(d->e820, map);
		map = old;
	}
	spin_unlock(&d->lock);
out:
	hv_free(map);
	domain_put(d);
	return rc;
}

/* ---- the machine's map: firmware's, and what is ours on top ---- */

static void map_insert(struct e820_map *map, u64 start, u64 size)
{
	unsigned int i, at = 0;

	for (i = 0; i < map->nr; i++) {
		const struct e820_range *r = &map->r[i];

		if (start < r->start + r->size && r->start < start + size)
			return; /* firmware speaks of it already */
		if (r->start < start)
			at = i + 1;
	}
	if (map->nr == E820_MAX)
		return;
	memmove(&map->r[at + 1], &map->r[at],
		(map->nr - at) * sizeof(map->r[0]));
	map->r[at] = (struct e820_range){start, size, E820_RESERVED};
	map->nr++;
}

static struct e820_map *machine_map(void)
{
	struct e820_map *map = hv_new(struct e820_map);
	unsigned int i;

	if (!map)
		return NULL;
	*map = boot_info.e820;
	for (i = 0; i < acpi.nr_ioapics; i++)
		map_insert(map, acpi.ioapic[i].maddr, PAGE_SIZE);
	map_insert(map, 0xfee00000, 0x100000);
	return map;
}

long memop_machine_map(const struct memop *m)
{
	struct xen_memory_map x;
	struct e820_map *map;
	long rc = 0;
	u32 i;

	if (!is_control_domain(current->d))
		return -EPERM;
	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	map = machine_map();
	if (!map)
		return -ENOMEM;
	/* Half a map would hide what is reserved. */
	if (x.nr_entries < map->nr)
		rc = -EINVAL;
	x.nr_entries = map->nr;
	for (i = 0; i < x.nr_entries && !rc; i++)
		rc = put_entry(GPTR_OF(x.buffer), i, &map->r[i]);
	hv_free(map);
	return rc ? rc : copy_out(m->arg, &x, sizeof(x));
}

/* ---- the M2P ---- */

long memop_machphys_mapping(const struct memop *m)
{
	struct xen_machphys_mapping x = {
		.v_start = M2P_VA,
		.v_end = M2P_VA_END,
		.max_mfn = MACH2PHYS_NR_ENTRIES - 1,
	};

	return copy_out(m->arg, &x, sizeof(x));
}

/* Holes repeat the frame before them: something that may be mapped. */
long memop_machphys_list(const struct memop *m)
{
	struct xen_machphys_mfn_list x;
	u64 va = M2P_RW_VA, last = 0, *l2;
	u32 i;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	for (i = 0; i < x.max_extents && va < M2P_RW_VA + max_mfn * 8;
	     i++, va += CHUNK_2M) {
		l2 = map_peek_l2(va);
		if (l2 && (*l2 & PTE_P))
			last = pte_mfn(*l2).v;
		if (copy_out_at(GPTR_OF(x.extent_start), i, &last))
			return -EFAULT;
	}
	x.nr_extents = i;
	return copy_out(m->arg, &x, sizeof(x));
}

/* ---- resources ---- */

static u32 resource_size(struct domain *d,
			 const struct xen_mem_acquire_resource *x)
{
	if (x->type != XENMEM_resource_grant_table)
		return 0;
	switch (x->id) {
	case XENMEM_resource_grant_table_id_shared:
		return grant_max_frames(d);
	case XENMEM_resource_grant_table_id_status:
		return grant_max_status_frames(d);
	}
	return 0;
}

static int name_frames(struct domain *d,
		       const struct xen_mem_acquire_resource *x)
{
	u64 mfn;
	u32 i;
	int rc;

	for (i = 0; i < x->nr_frames; i++) {
		if (x->id == XENMEM_resource_grant_table_id_shared)
			rc = grant_frame_mfn(d, x->frame + i, &mfn);
		else
			rc = grant_status_mfn(d, x->frame + i, &mfn);
		if (!rc)
			rc = copy_out_at(GPTR_OF(x->frame_list), i, &mfn);
		if (rc)
			return rc;
	}
	return 0;
}

static long resource_of(struct domain *d, const struct memop *m,
			struct xen_mem_acquire_resource *x)
{
	u32 size = resource_size(d, x);

	if (!size)
		return -EINVAL;
	if (!x->frame_list.p) {
		if (x->nr_frames || x->frame)
			return -EINVAL;
		x->nr_frames = size;
		return copy_out(m->arg, x, sizeof(*x));
	}
	if (x->frame > size || x->nr_frames > size - x->frame)
		return -EINVAL;
	return name_frames(d, x);
}

long memop_acquire_resource(const struct memop *m)
{
	struct xen_mem_acquire_resource x;
	struct domain *d;
	long rc;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	if (x.pad)
		return -EINVAL;
	d = domain_get_by_id(x.domid);
	if (!d)
		return -ESRCH;
	/* Its own table a domain sees by setup_table. */
	rc = d != current->d && is_control_domain(current->d)
		     ? resource_of(d, m, &x)
		     : -EPERM;
	domain_put(d);
	return rc;
}

/* Without an IOMMU no device has reserved memory. */
long memop_rdm(const struct memop *m)
{
	struct xen_reserved_device_memory_map x;

	if (copy_in(&x, m->arg, sizeof(x)))
		return -EFAULT;
	if (x.flags & ~XENMEM_RDM_ALL)
		return -EINVAL;
	x.nr_entries = 0;
	return copy_out(m->arg, &x, sizeof(x));
}
