/*
 * builder/domain.h: fill an empty domain so that it can run
 *
 * The domain exists, is paused, has its vcpus and its memory limit. Afterwards
 * it is ready for its first instruction. On failure it is left half built for
 * the caller to destroy.
 *
 * ABI: ABI-NOTES 1.3 to 1.6, 6.2
 */
#ifndef BUILDER_DOMAIN_H
#define BUILDER_DOMAIN_H

#include "builder/kernel.h"
#include "builder/layout.h"
#include "lib/privcmd.h"

struct domain_in {
	domid_t domid;
	const struct kernel *kernel;
	const struct blob *initrd;   /* empty = none */
	const struct layout *layout; /* of that kernel and initrd */
	const char *cmdline;	     /* shorter than STARTINFO_CMDLINE */
	uint32_t store_port, console_port;
	domid_t store_domid, console_domid; /* who serves those pages */
};

struct domain_out {
	uint64_t store_mfn, console_mfn;
};

/**
 * domain_build() - memory, images, tables, registers, grants
 * @out: set on success only
 *
 * Returns:  0 or a negative errno with err_set()
 */
int domain_build(struct hv *hv, const struct domain_in *in,
		 struct domain_out *out);

#endif /* BUILDER_DOMAIN_H */
