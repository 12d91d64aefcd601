/*
 * builder/unpack.h: compressed kernel images
 *
 * Formats: gzip, xz and zstd. Others that kernels use are recognised, so that
 * the refusal can name them.
 */
#ifndef BUILDER_UNPACK_H
#define BUILDER_UNPACK_H

#include <stdbool.h>

#include "builder/blob.h"

/** Largest image we unpack: what one L2 page table can map. */
#define UNPACK_MAX (1ul << 30)

/**
 * unpack_known() - is this the start of a compressed stream of any kind?
 */
bool unpack_known(const uint8_t *data, size_t len);

/**
 * unpack() - decompress one stream; bytes after it are ignored
 * @data: stream
 * @len:  bytes available
 * @want: size that must come out, 0 when unknown
 * @out:  set on success only
 *
 * Returns:  0; -EOPNOTSUPP for a format we lack, -EINVAL for one nobody knows
 *           or for damaged data, -EFBIG past UNPACK_MAX, -ENOMEM
 */
int unpack(const uint8_t *data, size_t len, size_t want, struct blob *out);

#endif /* BUILDER_UNPACK_H */
