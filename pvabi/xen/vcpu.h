/*
 * xen/vcpu.h: vcpu_op
 */
#ifndef PVABI_XEN_VCPU_H
#define PVABI_XEN_VCPU_H

#include <xen/types.h>
#include <xen/time.h>

#define VCPUOP_initialise		      0
#define VCPUOP_up			      1
#define VCPUOP_down			      2
#define VCPUOP_is_up			      3
#define VCPUOP_get_runstate_info	      4
#define VCPUOP_register_runstate_memory_area  5
#define VCPUOP_set_periodic_timer	      6
#define VCPUOP_stop_periodic_timer	      7
#define VCPUOP_set_singleshot_timer	      8
#define VCPUOP_stop_singleshot_timer	      9
#define VCPUOP_register_vcpu_info	      10
#define VCPUOP_send_nmi			      11
#define VCPUOP_get_physid		      12
#define VCPUOP_register_vcpu_time_memory_area 13

#define RUNSTATE_running		      0
#define RUNSTATE_runnable		      1
#define RUNSTATE_blocked		      2
#define RUNSTATE_offline		      3

#define XEN_RUNSTATE_UPDATE		      (1ULL << 63)

struct vcpu_runstate_info {
	int32_t state;		   /* RUNSTATE_* */
	uint64_t state_entry_time; /* ns; XEN_RUNSTATE_UPDATE while written */
	uint64_t time[4];	   /* ns spent in each state */
};

struct vcpu_register_runstate_memory_area {
	union {
		GUEST_HANDLE(struct vcpu_runstate_info) h;
		struct vcpu_runstate_info *v;
		uint64_t p;
	} addr;
};

struct vcpu_set_periodic_timer {
	uint64_t period_ns;
};

#define VCPU_SSHOTTMR_future (1U << 0) /* refuse a deadline in the past */

struct vcpu_set_singleshot_timer {
	uint64_t timeout_abs_ns;
	uint32_t flags;
};

struct vcpu_register_vcpu_info {
	uint64_t mfn;
	uint32_t offset; /* of the record in that frame */
	uint32_t rsvd;
};

struct vcpu_get_physid {
	uint64_t phys_id; /* APIC id low, ACPI id high */
};

struct vcpu_register_time_memory_area {
	union {
		GUEST_HANDLE(struct vcpu_time_info) h;
		struct vcpu_time_info *v;
		uint64_t p;
	} addr;
};

#endif
