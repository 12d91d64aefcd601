/*
 * builder/startinfo.h: the page that greets a PV kernel, and its registers
 *
 * ABI: pvabi/xen/start_info.h, struct vcpu_guest_context (ABI-NOTES 1.4, 1.5)
 */
#ifndef BUILDER_STARTINFO_H
#define BUILDER_STARTINFO_H

#include <xen/xen.h>

#include "builder/layout.h"

/** Longest command line, with its NUL. */
#define STARTINFO_CMDLINE 1024

struct startinfo_in {
	const struct layout *layout;
	const uint64_t *p2m;
	uint64_t shared_info_mfn;
	uint64_t initrd_len; /* bytes */
	uint32_t store_port, console_port;
	const char *cmdline; /* shorter than STARTINFO_CMDLINE */
};

/** startinfo_fill() - write the whole structure; @si is zeroed memory */
void startinfo_fill(const struct startinfo_in *in, struct start_info *si);

/**
 * startinfo_context() - registers of vcpu 0 at its first instruction
 * @entry:  vaddr of that instruction
 * @l4_mfn: root of the initial page tables
 */
void startinfo_context(const struct layout *l, uint64_t entry, uint64_t l4_mfn,
		       struct vcpu_guest_context *ctx);

#endif /* BUILDER_STARTINFO_H */
