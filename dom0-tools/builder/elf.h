/*
 * builder/elf.h: the ELF image of a kernel
 *
 * Owns:       nothing: all pointers lead into the image's bytes
 * Invariants: after elf_parse() every segment lies within the file, and
 *             filesz <= memsz
 */
#ifndef BUILDER_ELF_H
#define BUILDER_ELF_H

#include "builder/blob.h"

#define ELF_MAX_SEGMENTS 64

struct elf_segment {
	const uint8_t *data;
	uint64_t filesz, memsz; /* bytes; the rest of memsz is zero */
	uint64_t paddr;
};

struct elf {
	const uint8_t *data;
	size_t len;
	uint64_t entry;
	unsigned int nr_segments; /* PT_LOAD with memsz > 0, file order */
	struct elf_segment segment[ELF_MAX_SEGMENTS];
	uint64_t pstart, pend; /* lowest and past highest paddr of them */
};

/** A range of note bytes: one PT_NOTE segment or SHT_NOTE section. */
typedef int (*elf_note_fn)(void *ctx, const char *owner, uint32_t type,
			   const uint8_t *desc, size_t len);

/**
 * elf_parse() - check the header and collect what is to be loaded
 * @e:   filled on success
 *
 * Returns:  0, -EINVAL with err_set() naming what is wrong
 */
int elf_parse(const uint8_t *data, size_t len, struct elf *e);

/**
 * elf_each_note() - call @fn for each note, segments before sections
 * @fn:  nonzero ends the walk and is returned
 *
 * Notes of a segment come again where a section covers the same bytes.
 * Malformed notes end their range silently: they are none of ours.
 */
int elf_each_note(const struct elf *e, elf_note_fn fn, void *ctx);

/**
 * elf_section() - bytes of the first section named @name
 * @len: its size
 *
 * Returns:  pointer into the image, NULL when there is none
 */
const uint8_t *elf_section(const struct elf *e, const char *name, size_t *len);

#endif /* BUILDER_ELF_H */
