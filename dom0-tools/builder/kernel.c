#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "builder/bzimage.h"
#include "builder/cache.h"
#include "builder/compact.h"
#include "builder/kernel.h"
#include "builder/unpack.h"
#include "lib/err.h"
#include "lib/log.h"

#define ARM64_MAGIC_OFFSET 0x38
#define ELF_MAGIC	   "\177ELF"

/* What was unpacked; nothing when the file itself was the ELF. */
struct source {
	const uint8_t *packed;
	size_t len;
	const char *cache; /* where to keep the result, NULL for nowhere */
	enum kernel_from from;
};

static int unpack_source(struct source *src, size_t want, struct blob *out)
{
	int rc;

	if (src->cache && !cache_get(src->cache, src->packed, src->len, out)) {
		log_debug("image found in %s", src->cache);
		src->cache = NULL;
		src->from = KERNEL_FROM_CACHE;
		return 0;
	}
	src->from = KERNEL_UNPACKED;
	log_debug("unpacking the image");
	rc = unpack(src->packed, src->len, want, out);
	log_debug("image unpacked");
	return rc;
}

static int not_a_kernel(const struct blob *file)
{
	if (file->len >= ARM64_MAGIC_OFFSET + 4 &&
	    !memcmp(file->data + ARM64_MAGIC_OFFSET, "ARM\x64", 4))
		return err_set(-EINVAL, "the kernel is for 64-bit Arm; need "
					"an x86-64 kernel");
	return err_set(-EINVAL, "not a kernel image: expected a bzImage or "
				"an x86-64 ELF");
}

static int find_in_bzimage(const struct blob *file, struct source *src,
			   struct blob *out)
{
	struct bzimage bz;
	int rc = bzimage_parse(file, &bz);

	if (rc)
		return rc;
	if (!memcmp(bz.payload, ELF_MAGIC, 4))
		return err_set(-EOPNOTSUPP, "boot images with an uncompressed "
					    "kernel are not supported; use "
					    "vmlinux");
	src->packed = bz.payload;
	src->len = bz.len;
	return unpack_source(src, bz.unpacked, out);
}

/* Turn @file into the bytes of an ELF, which may be @file itself. */
static int find_elf(struct blob *file, struct source *src, struct blob *out)
{
	if (bzimage_known(file))
		return find_in_bzimage(file, src, out);
	if (file->len >= 4 && !memcmp(file->data, ELF_MAGIC, 4)) {
		*out = *file;
		memset(file, 0, sizeof(*file));
		src->cache = NULL;
		return 0;
	}
	if (unpack_known(file->data, file->len)) {
		src->packed = file->data;
		src->len = file->len;
		return unpack_source(src, 0, out);
	}
	return not_a_kernel(file);
}

/*
 * Keep the image for next time, in compact form unless that loses notes, as it
 * does where they are in sections only.
 */
static int keep(const struct kernel *k, const struct source *src)
{
	struct blob image = {NULL, 0, NULL, 0};
	const struct blob *best = &k->image;
	struct notes notes;
	struct elf elf;
	int rc;

	if (!compact_elf(&k->elf, &image) &&
	    !elf_parse(image.data, image.len, &elf) &&
	    !notes_parse(&elf, &notes) &&
	    !memcmp(&notes, &k->notes, sizeof(notes)))
		best = &image;
	rc = cache_put(src->cache, src->packed, src->len, best);
	log_debug("image %skept in %s%s%s", rc ? "not " : "", src->cache,
		  rc ? ": " : "", rc ? err_str(rc) : "");
	blob_free(&image);
	return rc;
}

int kernel_parse(struct kernel *k, struct blob *file, const char *cache)
{
	struct source src = {.cache = cache};
	int rc;

	memset(k, 0, sizeof(*k));
	rc = find_elf(file, &src, &k->image);
	if (!rc)
		rc = elf_parse(k->image.data, k->image.len, &k->elf);
	if (!rc)
		rc = notes_parse(&k->elf, &k->notes);
	k->from = src.from;
	if (!rc && src.cache)
		k->kept = keep(k, &src);
	blob_free(file);
	if (rc)
		kernel_free(k);
	return rc;
}

int kernel_load(struct kernel *k, const char *path, const char *cache)
{
	struct blob file;
	int rc = blob_read_file(&file, path);

	if (rc)
		return rc;
	rc = kernel_parse(k, &file, cache);
	return rc ? err_prefix(rc, "%s", path) : 0;
}

void kernel_free(struct kernel *k)
{
	blob_free(&k->image);
	memset(k, 0, sizeof(*k));
}
