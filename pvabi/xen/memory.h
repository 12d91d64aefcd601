/*
 * xen/memory.h: memory_op, how a domain's frames come, go and are described
 *
 * ABI: long calls are continued by the hypervisor with the number of finished
 *      extents kept in the bits of cmd above MEMOP_CMD_MASK.
 */
#ifndef PVABI_XEN_MEMORY_H
#define PVABI_XEN_MEMORY_H

#include <xen/types.h>
#include <xen/physdev.h>

#define XENMEM_increase_reservation	  0
#define XENMEM_decrease_reservation	  1
#define XENMEM_maximum_ram_page		  2
#define XENMEM_current_reservation	  3
#define XENMEM_maximum_reservation	  4
#define XENMEM_machphys_mfn_list	  5
#define XENMEM_populate_physmap		  6
#define XENMEM_add_to_physmap		  7
#define XENMEM_memory_map		  9
#define XENMEM_machine_memory_map	  10
#define XENMEM_exchange			  11
#define XENMEM_machphys_mapping		  12
#define XENMEM_set_memory_map		  13
#define XENMEM_maximum_gpfn		  14
#define XENMEM_remove_from_physmap	  15
#define XENMEM_set_pod_target		  16
#define XENMEM_get_pod_target		  17
#define XENMEM_get_sharing_freed_pages	  18
#define XENMEM_get_sharing_shared_pages	  19
#define XENMEM_paging_op		  20
#define XENMEM_access_op		  21
#define XENMEM_sharing_op		  22
#define XENMEM_add_to_physmap_batch	  23
#define XENMEM_claim_pages		  24
#define XENMEM_machphys_compat_mfn_list	  25
#define XENMEM_get_vnumainfo		  26
#define XENMEM_reserved_device_memory_map 27
#define XENMEM_acquire_resource		  28

#define MEMOP_EXTENT_SHIFT		  6
#define MEMOP_CMD_MASK			  ((1 << MEMOP_EXTENT_SHIFT) - 1)

/* mem_flags: width limit in bits 7:0, node + 1 in bits 15:8. */
#define XENMEMF_address_bits(x)		  (x)
#define XENMEMF_get_address_bits(x)	  ((x)&0xffU)
#define XENMEMF_node(x)			  (((x) + 1) << 8)
#define XENMEMF_get_node(x)		  ((((x) >> 8) - 1) & 0xffU)
#define XENMEMF_populate_on_demand	  (1 << 16)
#define XENMEMF_exact_node_request	  (1 << 17)
#define XENMEMF_exact_node(n)		  (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode			  (1 << 18)

struct xen_memory_reservation {
	GUEST_HANDLE(xen_pfn_t) extent_start;
	xen_ulong_t nr_extents;
	uint32_t extent_order; /* log2 of frames per extent */
	uint32_t mem_flags;    /* XENMEMF_* */
	domid_t domid;
};

struct xen_memory_exchange {
	struct xen_memory_reservation in;
	struct xen_memory_reservation out;
	xen_ulong_t nr_exchanged; /* IN: 0; OUT: input extents done */
};

struct xen_memory_domain {
	domid_t domid;
};

struct xen_machphys_mfn_list {
	uint32_t max_extents;
	GUEST_HANDLE(xen_pfn_t) extent_start; /* one mfn per 2 MiB of M2P */
	uint32_t nr_extents;		      /* OUT */
};

struct xen_machphys_mapping {
	xen_ulong_t v_start, v_end;
	xen_ulong_t max_mfn;
};

#define XENMAPSPACE_shared_info	     0
#define XENMAPSPACE_grant_table	     1
#define XENMAPSPACE_gmfn	     2
#define XENMAPSPACE_gmfn_range	     3
#define XENMAPSPACE_gmfn_foreign     4
#define XENMAPSPACE_dev_mmio	     5
#define XENMAPIDX_grant_table_status 0x80000000

struct xen_add_to_physmap {
	domid_t domid;
	uint16_t size; /* gmfn_range only */
	uint32_t space;
	xen_ulong_t idx;
	xen_pfn_t gpfn;
};

struct xen_add_to_physmap_batch {
	domid_t domid;
	uint16_t space;
	uint16_t size;
	union xen_add_to_physmap_batch_extra {
		domid_t foreign_domid;
		uint16_t res0;
	} u;
	GUEST_HANDLE(xen_ulong_t) idxs;
	GUEST_HANDLE(xen_pfn_t) gpfns;
	GUEST_HANDLE(int32_t) errs;
};

struct xen_remove_from_physmap {
	domid_t domid;
	xen_pfn_t gpfn;
};

/* The buffer holds struct e820entry records. */
struct xen_memory_map {
	uint32_t nr_entries; /* IN: room; OUT: written */
	GUEST_HANDLE(void) buffer;
};

#define XEN_E820_RAM	  1
#define XEN_E820_RESERVED 2
#define XEN_E820_ACPI	  3
#define XEN_E820_NVS	  4
#define XEN_E820_UNUSABLE 5

struct e820entry {
	uint64_t addr; /* bytes */
	uint64_t size;
	uint32_t type; /* XEN_E820_* */
} __attribute__((packed));

struct xen_foreign_memory_map {
	domid_t domid;
	struct xen_memory_map map;
};

struct xen_pod_target {
	uint64_t target_pages;
	uint64_t tot_pages;	  /* OUT */
	uint64_t pod_cache_pages; /* OUT */
	uint64_t pod_entries;	  /* OUT */
	domid_t domid;
};

struct xen_reserved_device_memory {
	xen_pfn_t start_pfn;
	xen_ulong_t nr_pages;
};

#define XENMEM_RDM_ALL 1

struct xen_reserved_device_memory_map {
	uint32_t flags;
	uint32_t nr_entries;
	GUEST_HANDLE(struct xen_reserved_device_memory) buffer;
	union {
		struct physdev_pci_device pci;
	} dev;
};

#define XENMEM_resource_ioreq_server	      0
#define XENMEM_resource_grant_table	      1
#define XENMEM_resource_vmtrace_buf	      2
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1

struct xen_mem_acquire_resource {
	domid_t domid;
	uint16_t type;	    /* XENMEM_resource_* */
	uint32_t id;	    /* of the resource within its type */
	uint32_t nr_frames; /* OUT as well: total, when frame_list is NULL */
	uint32_t pad;
	uint64_t frame; /* index of the first one wanted */
	GUEST_HANDLE(xen_pfn_t) frame_list;
};

typedef struct xen_vmemrange {
	uint64_t start, end; /* bytes, end exclusive */
	uint32_t flags;
	uint32_t nid;
} xen_vmemrange_t;

struct xen_vnuma_topology_info {
	domid_t domid;
	uint16_t pad;
	uint32_t nr_vnodes; /* IN: room; OUT: needed or written */
	uint32_t nr_vcpus;
	uint32_t nr_vmemranges;
	union {
		GUEST_HANDLE(uint32_t) h;
		uint64_t pad;
	} vdistance;
	union {
		GUEST_HANDLE(uint32_t) h;
		uint64_t pad;
	} vcpu_to_vnode;
	union {
		GUEST_HANDLE(struct xen_vmemrange) h;
		uint64_t pad;
	} vmemrange;
};

#endif
