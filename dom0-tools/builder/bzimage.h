/*
 * builder/bzimage.h: the compressed ELF inside a Linux boot image
 *
 * ABI: Linux x86 boot protocol 2.08 and later (ABI-NOTES 1.1)
 */
#ifndef BUILDER_BZIMAGE_H
#define BUILDER_BZIMAGE_H

#include <stdbool.h>

#include "builder/blob.h"

struct bzimage {
	const uint8_t *payload; /* inside the file */
	size_t len;		/* of the compressed stream and its trailer */
	size_t unpacked;	/* size the payload must unpack to */
};

/** bzimage_known() - does the file carry the boot protocol's signature? */
bool bzimage_known(const struct blob *file);

/**
 * bzimage_parse() - find the payload
 * @bz:  set on success only; points into @file
 *
 * Returns:  0, -EINVAL with err_set()
 */
int bzimage_parse(const struct blob *file, struct bzimage *bz);

#endif /* BUILDER_BZIMAGE_H */
