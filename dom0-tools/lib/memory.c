#include <errno.h>
#include <string.h>

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "lib/memory.h"

#define E820_TYPE_RAM 1

/* One entry of the map; 20 bytes, unaligned in the ABI. */
struct e820_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));

long mem_populate(struct hv *hv, domid_t domid, unsigned int order,
		  xen_pfn_t *pfns, size_t n)
{
	struct xen_memory_reservation op = {
		.nr_extents = n, .extent_order = order, .domid = domid};

	op.extent_start.p = pfns;
	return hv_call_struct(hv, __HYPERVISOR_memory_op,
			      XENMEM_populate_physmap, &op, sizeof(op));
}

int mem_set_map(struct hv *hv, domid_t domid, uint64_t bytes)
{
	struct xen_foreign_memory_map op = {.domid = domid};
	struct e820_entry *map = hv_buf_alloc(hv, sizeof(*map));
	long rc;

	if (!map)
		return -ENOMEM;
	*map = (struct e820_entry){0, bytes, E820_TYPE_RAM};
	op.map.nr_entries = 1;
	op.map.buffer.p = (void *)map;
	rc = hv_call_struct(hv, __HYPERVISOR_memory_op, XENMEM_set_memory_map,
			    &op, sizeof(op));
	hv_buf_free(hv, map, sizeof(*map));
	return rc < 0 ? rc : 0;
}

int mem_pin_l4(struct hv *hv, domid_t domid, uint64_t mfn)
{
	struct mmuext_op *op = hv_buf_alloc(hv, sizeof(*op));
	long rc;

	if (!op)
		return -ENOMEM;
	op->cmd = MMUEXT_PIN_L4_TABLE;
	op->arg1.mfn = mfn;
	rc = hv_call(hv, __HYPERVISOR_mmuext_op, (uintptr_t)op, 1, 0, domid, 0);
	hv_buf_free(hv, op, sizeof(*op));
	return rc < 0 ? rc : 0;
}

int mem_alloc_port(struct hv *hv, domid_t domid, domid_t remote)
{
	struct evtchn_alloc_unbound op = {.dom = domid, .remote_dom = remote};
	long rc = hv_call_struct(hv, __HYPERVISOR_event_channel_op,
				 EVTCHNOP_alloc_unbound, &op, sizeof(op));

	return rc < 0 ? rc : (int)op.port;
}

int mem_grant_frame(struct hv *hv, domid_t domid, uint64_t *mfn)
{
	struct gnttab_setup_table *op = hv_buf_alloc(hv, HV_PAGE_SIZE);
	xen_pfn_t *frame;
	long rc;

	if (!op)
		return -ENOMEM;
	frame = (xen_pfn_t *)(op + 1);
	op->dom = domid;
	op->nr_frames = 1;
	op->frame_list.p = (void *)frame;
	rc = hv_call(hv, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
		     (uintptr_t)op, 1, 0, 0);
	if (!rc && op->status != GNTST_okay)
		rc = op->status == GNTST_permission_denied ? -EPERM : -EINVAL;
	if (!rc)
		*mfn = *frame;
	hv_buf_free(hv, op, HV_PAGE_SIZE);
	return rc < 0 ? rc : 0;
}
