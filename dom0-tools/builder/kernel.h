/*
 * builder/kernel.h: a kernel file, read, unpacked and understood
 *
 * Owns:       the bytes that @elf points into, until kernel_free()
 */
#ifndef BUILDER_KERNEL_H
#define BUILDER_KERNEL_H

#include "builder/blob.h"
#include "builder/elf.h"
#include "builder/notes.h"

/** How the ELF was come by. */
enum kernel_from { KERNEL_PLAIN, KERNEL_UNPACKED, KERNEL_FROM_CACHE };

struct kernel {
	struct blob image; /* the ELF */
	enum kernel_from from;
	int kept; /* of KERNEL_UNPACKED: 0, or why the cache has it not */
	struct elf elf;
	struct notes notes;
};

/**
 * kernel_load() - bzImage, compressed ELF or plain ELF
 * @k:     set on success only
 * @path:  file; named in every error sentence
 * @cache: directory of unpacked images, NULL for none
 *
 * Returns:  0 or a negative errno with err_set()
 */
int kernel_load(struct kernel *k, const char *path, const char *cache);

/**
 * kernel_parse() - the same from memory
 * @file: emptied: its bytes now belong to @k, or have been freed
 */
int kernel_parse(struct kernel *k, struct blob *file, const char *cache);

/** kernel_free() - release it; zeroed memory is fine */
void kernel_free(struct kernel *k);

#endif /* BUILDER_KERNEL_H */
