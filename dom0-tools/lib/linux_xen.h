/*
 * lib/linux_xen.h: the ioctls of Linux's Xen devices, as dom0 kernels have them
 *
 * ABI: /dev/xen/privcmd, /dev/xen/evtchn, /dev/xen/gntdev (ABI-NOTES 6.1)
 */
#ifndef LIB_LINUX_XEN_H
#define LIB_LINUX_XEN_H

#include <stdint.h>
#include <sys/ioctl.h>

struct lx_hypercall {
	uint64_t op;
	uint64_t arg[5];
};

/* Maps @num frames of a domain at @addr; err[i] is 0 or a negative errno. */
struct lx_mmapbatch_v2 {
	uint32_t num;
	uint16_t dom;
	uint64_t addr;
	const uint64_t *arr;
	int *err;
};

struct lx_mmap_resource {
	uint16_t dom;
	uint32_t type;
	uint32_t id;
	uint32_t idx;
	uint64_t num;
	uint64_t addr;
};

#define LX_PRIVCMD(nr, type)	 _IOC(_IOC_NONE, 'P', nr, sizeof(type))
#define LX_PRIVCMD_HYPERCALL	 LX_PRIVCMD(0, struct lx_hypercall)
#define LX_PRIVCMD_MMAPBATCH_V2	 LX_PRIVCMD(4, struct lx_mmapbatch_v2)
#define LX_PRIVCMD_MMAP_RESOURCE LX_PRIVCMD(7, struct lx_mmap_resource)

struct lx_evtchn_interdomain {
	uint32_t remote_domain;
	uint32_t remote_port;
};

/* One 32-bit argument each: virq, remote domain, port, port. */
#define LX_EVTCHN(nr, type)	    _IOC(_IOC_NONE, 'E', nr, sizeof(type))
#define LX_EVTCHN_BIND_VIRQ	    LX_EVTCHN(0, uint32_t)
#define LX_EVTCHN_BIND_INTERDOMAIN  LX_EVTCHN(1, struct lx_evtchn_interdomain)
#define LX_EVTCHN_BIND_UNBOUND_PORT LX_EVTCHN(2, uint32_t)
#define LX_EVTCHN_UNBIND	    LX_EVTCHN(3, uint32_t)
#define LX_EVTCHN_NOTIFY	    LX_EVTCHN(4, uint32_t)

struct lx_gntdev_ref {
	uint32_t domid;
	uint32_t ref;
};

/* @index names the mapping: the offset to give to mmap(). */
struct lx_gntdev_map {
	uint32_t count;
	uint32_t pad;
	uint64_t index;
	struct lx_gntdev_ref refs[1];
};

struct lx_gntdev_unmap {
	uint64_t index;
	uint32_t count;
	uint32_t pad;
};

#define LX_GNTDEV(nr, type) _IOC(_IOC_NONE, 'G', nr, sizeof(type))
#define LX_GNTDEV_MAP	    LX_GNTDEV(0, struct lx_gntdev_map)
#define LX_GNTDEV_UNMAP	    LX_GNTDEV(1, struct lx_gntdev_unmap)

#endif /* LIB_LINUX_XEN_H */
