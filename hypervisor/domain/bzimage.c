/*
 * domain/bzimage.c: the kernel proper inside a bzImage (ABI-NOTES 1.1)
 */
#include <hv/lib.h>
#include "image.h"

/* Offsets into the real-mode setup header. */
#define SETUP_SECTS    0x1f1
#define HDRS_MAGIC     0x202
#define PROTOCOL       0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END     0x250
#define PROTOCOL_MIN   0x208
#define SECTOR	       512

static u32 get32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static bool is_elf(const u8 *f, u64 size)
{
	return size >= 4 && !memcmp(f, "\177ELF", 4);
}

const char *image_payload(const void *file, u64 size, struct payload *p)
{
	const u8 *f = file;
	u64 sects, offset, length;

	if (is_elf(f, size)) {
		*p = (struct payload){f, size, size, false};
		return NULL;
	}
	if (size < HEADER_END || memcmp(f + HDRS_MAGIC, "HdrS", 4))
		return "neither an ELF file nor a bzImage";
	if ((f[PROTOCOL] | f[PROTOCOL + 1] << 8) < PROTOCOL_MIN)
		return "bzImage protocol older than 2.08";

	sects = f[SETUP_SECTS] ? f[SETUP_SECTS] : 4;
	offset = (sects + 1) * SECTOR + get32(f + PAYLOAD_OFFSET);
	length = get32(f + PAYLOAD_LENGTH);
	if (offset > size || length > size - offset || length < 8)
		return "bzImage is truncated";
	p->start = f + offset;
	p->size = length;
	if (is_elf(p->start, length)) {
		p->unpacked = length;
		p->packed = false;
		return NULL;
	}
	p->unpacked = get32(p->start + length - 4);
	p->packed = true;
	if (p->unpacked == 0 || p->unpacked > KERNEL_SIZE_MAX)
		return "bzImage gives an impossible kernel size";
	return NULL;
}
