/*
 * builder/compact.h: an ELF without the zeroes
 *
 * Linux images carry tens of MiB of zeroes (bss and scratch space as file
 * contents) and tables only native boots read. The compact form loads to the
 * same memory from half the bytes: segments are cut at long runs of zeroes,
 * which become the part of a segment that has no file contents.
 */
#ifndef BUILDER_COMPACT_H
#define BUILDER_COMPACT_H

#include "builder/elf.h"

/**
 * compact_elf() - write the compact form
 * @e:   parsed image
 * @out: set on success only
 *
 * Entry, notes in segments and contents of memory stay; sections go.
 *
 * Returns:  0, -ENOMEM
 */
int compact_elf(const struct elf *e, struct blob *out);

#endif /* BUILDER_COMPACT_H */
