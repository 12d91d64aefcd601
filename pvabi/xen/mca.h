/*
 * xen/mca.h: machine check reports for the initial domain
 */
#ifndef PVABI_XEN_MCA_H
#define PVABI_XEN_MCA_H

#include <xen/types.h>

#define XEN_MCA_INTERFACE_VERSION 0x01ecc003

#define XEN_MC_fetch		  1
#define XEN_MC_notifydomain	  2
#define XEN_MC_physcpuinfo	  3
#define XEN_MC_msrinject	  4
#define XEN_MC_mceinject	  5
#define XEN_MC_inject_v2	  6

/* xen_mc_fetch.flags, caller's part */
#define XEN_MC_NONURGENT	  0x0001
#define XEN_MC_URGENT		  0x0002
#define XEN_MC_ACK		  0x0004

/* xen_mc_fetch.flags, our answer */
#define XEN_MC_OK		  0x0
#define XEN_MC_FETCHFAILED	  0x1
#define XEN_MC_NODATA		  0x2
#define XEN_MC_NOMATCH		  0x4
#define XEN_MC_CANNOTHANDLE	  0x8
#define XEN_MC_NOTDELIVERED	  0x10

#define MC_TYPE_GLOBAL		  0
#define MC_TYPE_BANK		  1
#define MC_TYPE_EXTENDED	  2
#define MC_TYPE_RECOVERY	  3

#define MCINFO_MAXSIZE		  768
#define MC_NCAPS		  7
#define MC_MSRINJ_MAXMSRS	  8

struct mcinfo_common {
	uint16_t type; /* MC_TYPE_* */
	uint16_t size; /* bytes, this header included */
};

struct mcinfo_global {
	struct mcinfo_common common;
	uint16_t mc_domid;
	uint16_t mc_vcpuid;
	uint32_t mc_socketid;
	uint16_t mc_coreid;
	uint16_t mc_core_threadid;
	uint32_t mc_apicid;
	uint32_t mc_flags;
	uint64_t mc_gstatus;
};

struct mcinfo_bank {
	struct mcinfo_common common;
	uint16_t mc_bank;
	uint16_t mc_domid;
	uint64_t mc_status;
	uint64_t mc_addr;
	uint64_t mc_misc;
	uint64_t mc_ctrl2;
	uint64_t mc_tsc;
};

struct mcinfo_msr {
	uint64_t reg;
	uint64_t value;
};

struct mc_info {
	uint32_t mi_nentries;
	uint32_t flags;
	uint64_t mi_data[(MCINFO_MAXSIZE - 1) / 8];
};

struct mcinfo_logical_cpu {
	uint32_t mc_cpunr;
	uint32_t mc_chipid;
	uint16_t mc_coreid;
	uint16_t mc_threadid;
	uint32_t mc_apicid;
	uint32_t mc_clusterid;
	uint32_t mc_ncores;
	uint32_t mc_ncores_active;
	uint32_t mc_nthreads;
	int32_t mc_cpuid_level;
	uint32_t mc_family;
	uint32_t mc_vendor;
	uint32_t mc_model;
	uint32_t mc_step;
	char mc_vendorid[16];
	char mc_brandid[64];
	uint32_t mc_cpu_caps[MC_NCAPS];
	uint32_t mc_cache_size;
	uint32_t mc_cache_alignment;
	int32_t mc_nmsrvals;
	struct mcinfo_msr mc_msrvalues[8];
};

struct xen_mc_fetch {
	uint32_t flags;
	uint32_t _pad0;
	uint64_t fetch_id;
	GUEST_HANDLE(struct mc_info) data;
};

struct xen_mc_notifydomain {
	uint16_t mc_domid;
	uint16_t mc_vcpuid;
	uint32_t flags;
};

struct xen_mc_physcpuinfo {
	uint32_t ncpus; /* IN: room; OUT: online cpus */
	uint32_t _pad0;
	GUEST_HANDLE(struct mcinfo_logical_cpu) info; /* NULL: count only */
};

struct xen_mc_msrinject {
	uint32_t mcinj_cpunr;
	uint32_t mcinj_flags;
	uint32_t mcinj_count;
	domid_t mcinj_domid;
	uint16_t _pad0;
	struct mcinfo_msr mcinj_msr[MC_MSRINJ_MAXMSRS];
};

struct xen_mc_mceinject {
	uint32_t mceinj_cpunr;
};

struct xen_mc_inject_v2 {
	uint32_t flags;
	struct xenctl_bitmap cpumap;
};

struct xen_mc {
	uint32_t cmd; /* XEN_MC_* */
	uint32_t interface_version;
	union {
		struct xen_mc_fetch mc_fetch;
		struct xen_mc_notifydomain mc_notifydomain;
		struct xen_mc_physcpuinfo mc_physcpuinfo;
		struct xen_mc_msrinject mc_msrinject;
		struct xen_mc_mceinject mc_mceinject;
		struct xen_mc_inject_v2 mc_inject_v2;
	} u;
};

#endif
