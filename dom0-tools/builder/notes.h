/*
 * builder/notes.h: what a PV kernel asks of whoever builds its domain
 *
 * Kernels say it in ELF notes with owner "Xen"; old ones in one string, the
 * section __xen_guest.
 *
 * ABI: pvabi/xen/elfnote.h (ABI-NOTES 1.2)
 */
#ifndef BUILDER_NOTES_H
#define BUILDER_NOTES_H

#include <stdbool.h>

#include "builder/elf.h"

/** Value of an address the kernel did not give. */
#define NOTE_UNSET UINT64_MAX

struct notes {
	uint64_t entry;		 /* vaddr of the first instruction */
	uint64_t virt_base;	 /* vaddr of pfn 0 */
	uint64_t paddr_offset;	 /* ELF paddr of pfn 0 */
	uint64_t hypercall_page; /* vaddr, or NOTE_UNSET */
	uint64_t init_p2m;	 /* vaddr of the p2m list, or NOTE_UNSET */
	bool mod_start_pfn;	 /* the initrd may stay unmapped */
	char guest_os[32];
	char guest_version[32];
	char loader[32];
	char xen_version[32];
};

/**
 * notes_parse() - read and judge the notes of an image
 * @n:  filled on success; addresses have their defaults resolved
 *
 * Returns:  0; -ENOEXEC when the kernel is not built for Xen PV; -EINVAL for
 *           demands we cannot meet; both with err_set()
 */
int notes_parse(const struct elf *e, struct notes *n);

#endif /* BUILDER_NOTES_H */
