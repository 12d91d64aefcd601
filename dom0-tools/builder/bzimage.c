#include <errno.h>
#include <string.h>

#include "builder/bzimage.h"
#include "lib/err.h"

/* Offsets of the boot protocol's header in the file. */
#define BZ_SETUP_SECTS	  0x1f1
#define BZ_MAGIC	  0x202
#define BZ_PROTOCOL	  0x206
#define BZ_PAYLOAD_OFFSET 0x248
#define BZ_PAYLOAD_LENGTH 0x24c
#define BZ_HEADER_END	  0x250

#define BZ_MIN_PROTOCOL	  0x208 /* first with payload_offset */
#define BZ_SECTOR	  512u
#define BZ_DEFAULT_SETUP  4u

bool bzimage_known(const struct blob *file)
{
	return file->len >= BZ_HEADER_END &&
	       !memcmp(file->data + BZ_MAGIC, "HdrS", 4);
}

int bzimage_parse(const struct blob *file, struct bzimage *bz)
{
	unsigned int protocol = le16(file->data + BZ_PROTOCOL);
	uint64_t setup = file->data[BZ_SETUP_SECTS];
	uint64_t start, len;

	if (protocol < BZ_MIN_PROTOCOL)
		return err_set(-EINVAL,
			       "boot protocol %u.%02u is too old; need 2.08",
			       protocol >> 8, protocol & 0xff);
	if (!setup)
		setup = BZ_DEFAULT_SETUP;
	start = (setup + 1) * BZ_SECTOR + le32(file->data + BZ_PAYLOAD_OFFSET);
	len = le32(file->data + BZ_PAYLOAD_LENGTH);
	if (len < 8)
		return err_set(-EINVAL, "no kernel inside this boot image");
	if (start + len > file->len)
		return err_set(-EINVAL,
			       "truncated: the kernel inside needs %llu bytes, "
			       "the file has %zu; fetch the file again",
			       (unsigned long long)(start + len), file->len);
	bz->payload = file->data + start;
	bz->len = len;
	bz->unpacked = le32(bz->payload + len - 4);
	return 0;
}
