/*
 * builder/initrd.h: is an initrd whole?
 *
 * The guest unpacks it; we only notice a file that was cut short, because a
 * guest that finds half an initrd fails in ways nobody connects to the cause.
 * cpio archives are walked, gzip streams run through, zstd frames stepped
 * over, xz streams judged by their footer. Other formats pass unseen.
 */
#ifndef BUILDER_INITRD_H
#define BUILDER_INITRD_H

#include "builder/blob.h"

/**
 * initrd_check() - 0, or -EINVAL with err_set() when the file is cut short
 */
int initrd_check(const struct blob *b);

#endif /* BUILDER_INITRD_H */
