#include <errno.h>
#include <string.h>

#include "builder/bzimage.h"
#include "builder/cache.h"
#include "builder/kernel.h"
#include "builder/unpack.h"
#include "lib/err.h"
#include "lib/log.h"

#define ARM64_MAGIC_OFFSET 0x38
#define ELF_MAGIC	   "\177ELF"

static int unpack_cached(const uint8_t *data, size_t len, size_t want,
			 const char *cache, struct blob *out)
{
	int rc;

	if (cache && !cache_get(cache, data, len, out)) {
		log_debug("image found in %s", cache);
		return 0;
	}
	log_debug("unpacking the image");
	rc = unpack(data, len, want, out);
	log_debug("image unpacked");
	if (rc || !cache)
		return rc;
	rc = cache_put(cache, data, len, out);
	if (rc)
		log_debug("image not kept in %s: %s", cache, err_str(rc));
	return 0;
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

/* Turn @file into the bytes of an ELF, which may be @file itself. */
static int find_elf(struct blob *file, const char *cache, struct blob *out)
{
	struct bzimage bz;
	int rc;

	if (bzimage_known(file)) {
		rc = bzimage_parse(file, &bz);
		if (rc)
			return rc;
		if (bz.len > 4 && !memcmp(bz.payload, ELF_MAGIC, 4))
			return err_set(-EOPNOTSUPP, "boot images with an "
						    "uncompressed kernel are "
						    "not supported; use "
						    "vmlinux");
		return unpack_cached(bz.payload, bz.len, bz.unpacked, cache,
				     out);
	}
	if (file->len >= 4 && !memcmp(file->data, ELF_MAGIC, 4)) {
		*out = *file;
		memset(file, 0, sizeof(*file));
		return 0;
	}
	if (unpack_known(file->data, file->len))
		return unpack_cached(file->data, file->len, 0, cache, out);
	return not_a_kernel(file);
}

int kernel_parse(struct kernel *k, struct blob *file, const char *cache)
{
	int rc;

	memset(k, 0, sizeof(*k));
	rc = find_elf(file, cache, &k->image);
	blob_free(file);
	if (!rc)
		rc = elf_parse(k->image.data, k->image.len, &k->elf);
	if (!rc)
		rc = notes_parse(&k->elf, &k->notes);
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
