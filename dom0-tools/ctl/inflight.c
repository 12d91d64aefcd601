#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xen/grant_table.h>
#include <xen/memory.h>

#include "ctl/inflight.h"
#include "lib/err.h"

#define PAGE_BYTES 4096
#define MAX_RINGS  64 /* more queues than any front end makes */

/* How every ring's first page begins. */
struct ring_head {
	uint32_t req_prod, req_event, rsp_prod, rsp_event;
};

static int table_version(struct ctl *c, domid_t domid)
{
	struct gnttab_get_version op = {.dom = domid};
	long rc = hv_call_struct(c->hv, __HYPERVISOR_grant_table_op,
				 GNTTABOP_get_version, &op, sizeof(op));

	return rc < 0 ? (int)rc : (int)op.version;
}

/* The frame that a grant of the domain lends. */
static int granted_frame(struct ctl *c, domid_t domid, uint64_t gref,
			 xen_pfn_t *frame)
{
	int version = table_version(c, domid);
	size_t size = version == 2 ? sizeof(union grant_entry_v2)
				   : sizeof(struct grant_entry_v1);
	uint64_t page = gref / (PAGE_BYTES / size);
	void *table;

	if (version < 0)
		return err_set(version, "no version of the grant table: %s",
			       err_str(version));
	if (page > UINT16_MAX)
		return err_set(-EINVAL, "no grant has the number %llu",
			       (unsigned long long)gref);
	table = hv_map_resource(c->hv, domid, XENMEM_resource_grant_table,
				XENMEM_resource_grant_table_id_shared, page, 1,
				PROT_READ);
	if (!table)
		return -EINVAL;
	gref %= PAGE_BYTES / size;
	if (version == 2)
		*frame = ((union grant_entry_v2 *)table)[gref].full_page.frame;
	else
		*frame = ((struct grant_entry_v1 *)table)[gref].frame;
	hv_unmap(table, 1);
	return 0;
}

static int count_ring(struct ctl *c, domid_t domid, char *gref, unsigned int *n)
{
	struct ring_head *ring;
	xen_pfn_t frame;
	int rc = granted_frame(c, domid, strtoul(gref, NULL, 10), &frame);

	free(gref);
	if (rc)
		return rc;
	ring = hv_map_foreign(c->hv, domid, &frame, 1, PROT_READ);
	if (!ring)
		return -EINVAL;
	*n += ring->req_prod - ring->rsp_prod;
	hv_unmap(ring, 1);
	return 0;
}

/* A ring has one page, or several that are numbered. */
static char *read_ref(struct ctl *c, const struct device *dev,
		      const char *queue)
{
	char node[32], *gref;

	snprintf(node, sizeof(node), "%sring-ref", queue);
	gref = device_front_read(c->xs, dev, node);
	if (gref)
		return gref;
	snprintf(node, sizeof(node), "%sring-ref0", queue);
	return device_front_read(c->xs, dev, node);
}

int front_in_flight(struct ctl *c, const struct device *dev, unsigned int *n)
{
	char *gref = read_ref(c, dev, ""), queue[16];
	unsigned int i;
	int rc = 0;

	*n = 0;
	if (gref)
		return count_ring(c, dev->domid, gref, n);
	for (i = 0; !rc && i < MAX_RINGS; i++) {
		snprintf(queue, sizeof(queue), "queue-%u/", i);
		gref = read_ref(c, dev, queue);
		if (!gref)
			break;
		rc = count_ring(c, dev->domid, gref, n);
	}
	return rc;
}
