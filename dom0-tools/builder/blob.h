/*
 * builder/blob.h: a run of bytes: a file, or what was unpacked from one
 *
 * Owns:       its bytes, by malloc() or mmap(), until blob_free()
 * Invariants: an empty blob has data NULL and len 0; freeing it is fine
 */
#ifndef BUILDER_BLOB_H
#define BUILDER_BLOB_H

#include <stddef.h>
#include <stdint.h>

struct blob {
	const uint8_t *data;
	size_t len;
	void *map;	/* mmap base, NULL when data is malloc'ed */
	size_t map_len; /* bytes mapped at @map */
};

/**
 * blob_read_file() - the whole of a regular file
 * @b:    set on success only
 * @path: named in the error sentence
 *
 * Returns:  0 or a negative errno with err_set(); an empty file is -ENODATA
 */
int blob_read_file(struct blob *b, const char *path);

/**
 * blob_room() - malloc() for @len bytes that will all be written
 *
 * The pages are there at once: one call of the kernel, instead of an exception
 * for each, which in a PV guest is four changes of the root.
 *
 * Returns:  the memory, for free(); NULL without enough of it
 */
void *blob_room(size_t len);

/** blob_free() - release the bytes and empty @b */
void blob_free(struct blob *b);

/** le16(), le32(), le64() - little-endian numbers at any alignment */
static inline uint16_t le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static inline uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

#endif /* BUILDER_BLOB_H */
