/*
 * lib/version.h: what the hypervisor says about itself
 *
 * ABI: xen_version
 */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

#include "lib/privcmd.h"

struct hv_version {
	unsigned int major, minor;
	unsigned int page_size;
	uint64_t virt_start;
	char extra[16];
	char compiler[64], compile_by[16], compile_domain[32], compile_date[32];
	char caps[1024];
	char changeset[64];
	char cmdline[1024];
	char build_id[80]; /* hexadecimal, empty when there is none */
};

/**
 * hv_version() - all of it in one go
 *
 * Returns:  0, or the first negative errno; parts the hypervisor does not give
 *           to this domain stay empty
 */
int hv_version(struct hv *hv, struct hv_version *v);

#endif /* LIB_VERSION_H */
