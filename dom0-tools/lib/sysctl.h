/*
 * lib/sysctl.h: the machine as a whole
 *
 * All return 0, or a count where said, or the hypervisor's negative errno, and
 * leave the wording of errors to the caller.
 *
 * ABI: sysctl, interface version 0x15
 */
#ifndef LIB_SYSCTL_H
#define LIB_SYSCTL_H

#include <stdbool.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "lib/privcmd.h"

/** sys_physinfo() - processors and memory */
int sys_physinfo(struct hv *hv, struct xen_sysctl_physinfo *info);

/** sys_sched_id() - XEN_SCHEDULER_*, or negative errno */
int sys_sched_id(struct hv *hv);

/**
 * sys_domain_list() - all domains
 * @list: malloc'ed array in rising domid; set on success only
 *
 * Returns:  number of entries
 */
int sys_domain_list(struct hv *hv, struct xen_domctl_getdomaininfo **list);

/**
 * sys_read_console() - the hypervisor's log
 * @clear: empty it
 * @text:  malloc'ed, NUL-terminated; set on success only
 */
int sys_read_console(struct hv *hv, bool clear, char **text);

/** sys_debug_keys() - act as if @keys were typed on the console */
int sys_debug_keys(struct hv *hv, const char *keys);

/** One counter of the hypervisor: the sum over its values. */
struct sys_counter {
	char name[80];
	uint64_t value;
};

/**
 * sys_counters() - performance counters
 * @list: malloc'ed; set on success only
 *
 * Returns:  number of counters; -EOPNOTSUPP or -ENOSYS where it keeps none
 */
int sys_counters(struct hv *hv, struct sys_counter **list);

#endif /* LIB_SYSCTL_H */
