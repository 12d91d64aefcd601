/*
 * multiboot.c: copy what the loader left, before its memory is reused
 *
 * Runs on the start-up tables, where machine addresses below 4 GiB can be
 * used as pointers. Everything is little-endian and unaligned at worst.
 */
#include <hv/boot.h>

#define MB1_MAGIC   0x2badb002
#define MB2_MAGIC   0x36d76289

#define MB1_MEMORY  (1u << 0)
#define MB1_CMDLINE (1u << 2)
#define MB1_MODULES (1u << 3)
#define MB1_MMAP    (1u << 6)
#define MB1_LOADER  (1u << 9)

struct mb1_info {
	u32 flags;
	u32 mem_lower, mem_upper; /* KiB from 0, from 1 MiB */
	u32 boot_device;
	u32 cmdline;
	u32 mods_count, mods_addr;
	u32 syms[4];
	u32 mmap_length, mmap_addr;
	u32 drives_length, drives_addr;
	u32 config_table;
	u32 loader_name;
} __packed;

struct mb1_module {
	u32 start, end;
	u32 cmdline;
	u32 pad;
} __packed;

struct mb1_mmap {
	u32 size; /* of the rest */
	u64 addr, len;
	u32 type;
} __packed;

#define MB2_TAG_END	0
#define MB2_TAG_CMDLINE 1
#define MB2_TAG_LOADER	2
#define MB2_TAG_MODULE	3
#define MB2_TAG_MEMORY	4
#define MB2_TAG_MMAP	6
#define MB2_TAG_RSDP1	14
#define MB2_TAG_RSDP2	15

struct mb2_tag {
	u32 type, size;
} __packed;

struct mb2_module {
	struct mb2_tag tag;
	u32 start, end;
	char cmdline[];
} __packed;

struct mb2_mmap {
	struct mb2_tag tag;
	u32 entry_size, entry_version;
} __packed;

struct mb2_mmap_entry {
	u64 addr, len;
	u32 type, pad;
} __packed;

struct boot_info boot_info;

static const void *low(u32 addr)
{
	return (const void *)(uintptr_t)addr;
}

/* GRUB 2 passes arguments alone; older loaders and QEMU the file's name
 * before them. */
static bool names_files(const char *loader)
{
	return strncmp(loader, "GRUB 2", 6) && strncmp(loader, "GRUB 1.9", 8);
}

/* GRUB's own scripts give this word in place of the file's name. */
static const char placeholder[] = "placeholder";

static void copy_args(char *to, const char *from, size_t size, bool named)
{
	size_t n = sizeof(placeholder) - 1;

	if (!strncmp(from, placeholder, n) && (!from[n] || from[n] == ' ')) {
		from += n;
	} else if (named && *from && *from != ' ') {
		const char *space = strchr(from, ' ');

		from = space ? space + 1 : "";
	}
	while (*from == ' ')
		from++;
	hv_strlcpy(to, from, size);
}

static void add_module(struct boot_info *b, u32 start, u32 end,
		       const char *cmdline, bool named)
{
	struct boot_module *m;

	if (end < start || b->nr_modules == MAX_MODULES)
		return;
	m = &b->module[b->nr_modules++];
	m->start = MADDR(start);
	m->size = end - start;
	copy_args(m->cmdline, cmdline, sizeof(m->cmdline), named);
}

static void basic_memory(struct boot_info *b, u32 lower_kb, u32 upper_kb)
{
	if (b->e820.nr)
		return;
	e820_add(&b->e820, 0, (u64)lower_kb << 10, E820_RAM);
	e820_add(&b->e820, 1 << 20, (u64)upper_kb << 10, E820_RAM);
}

static void mb1_memory_map(struct boot_info *b, u32 addr, u32 length)
{
	const u8 *p = low(addr), *end = p + length;

	while ((size_t)(end - p) >= sizeof(struct mb1_mmap)) {
		const struct mb1_mmap *e = (const void *)p;

		if (e->size < sizeof(*e) - sizeof(e->size))
			break;
		e820_add(&b->e820, e->addr, e->len, e->type);
		if ((size_t)(end - p) < e->size + sizeof(e->size))
			break;
		p += e->size + sizeof(e->size);
	}
}

void multiboot1_collect(struct boot_info *b, const void *info)
{
	const struct mb1_info *i = info;
	bool named;

	if (i->flags & MB1_LOADER)
		hv_strlcpy(b->loader, low(i->loader_name), sizeof(b->loader));
	named = names_files(b->loader);
	if (i->flags & MB1_CMDLINE)
		copy_args(b->cmdline, low(i->cmdline), sizeof(b->cmdline),
			  named);
	if (i->flags & MB1_MODULES) {
		const struct mb1_module *m = low(i->mods_addr);

		for (u32 n = 0; n < i->mods_count; n++, m++)
			add_module(b, m->start, m->end,
				   m->cmdline ? low(m->cmdline) : "", named);
	}
	if (i->flags & MB1_MMAP)
		mb1_memory_map(b, i->mmap_addr, i->mmap_length);
	if (i->flags & MB1_MEMORY)
		basic_memory(b, i->mem_lower, i->mem_upper);
}

static void mb2_memory_map(struct boot_info *b, const struct mb2_mmap *m)
{
	const u8 *p = (const void *)(m + 1);
	const u8 *end = (const u8 *)m + m->tag.size;

	if (m->entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (; (size_t)(end - p) >= m->entry_size; p += m->entry_size) {
		const struct mb2_mmap_entry *e = (const void *)p;

		e820_add(&b->e820, e->addr, e->len, e->type);
	}
}

static void mb2_tag(struct boot_info *b, const struct mb2_tag *t)
{
	const u8 *data = (const void *)(t + 1);
	const u32 *words = (const void *)data;
	unsigned int len = t->size - sizeof(*t);

	switch (t->type) {
	case MB2_TAG_CMDLINE:
		if (len)
			copy_args(b->cmdline, (const char *)data,
				  min(len, sizeof(b->cmdline)), false);
		break;
	case MB2_TAG_LOADER:
		if (len)
			hv_strlcpy(b->loader, (const char *)data,
				   min(len, sizeof(b->loader)));
		break;
	case MB2_TAG_MODULE:
		if (len > 8) {
			const struct mb2_module *m = (const void *)t;

			add_module(b, m->start, m->end, m->cmdline, false);
		}
		break;
	case MB2_TAG_MEMORY:
		if (len >= 8 && !b->e820.nr)
			basic_memory(b, words[0], words[1]);
		break;
	case MB2_TAG_MMAP:
		if (len >= 8) {
			b->e820.nr = 0;
			mb2_memory_map(b, (const void *)t);
		}
		break;
	case MB2_TAG_RSDP1:
	case MB2_TAG_RSDP2:
		if (len >= 20 && len >= b->rsdp_len) {
			b->rsdp_len = len >= 36 ? 36 : 20;
			memcpy(b->rsdp, data, b->rsdp_len);
		}
		break;
	}
}

void multiboot2_collect(struct boot_info *b, const void *info)
{
	u32 total = *(const u32 *)info;
	u32 at = 8;

	while (at + sizeof(struct mb2_tag) <= total) {
		const struct mb2_tag *t = (const void *)((const u8 *)info + at);

		if (t->type == MB2_TAG_END || t->size < sizeof(*t) ||
		    t->size > total - at)
			break;
		mb2_tag(b, t);
		at += (u32)ROUND_UP(t->size, 8);
	}
}

int multiboot_collect(u32 magic, u32 info)
{
	if (magic == MB1_MAGIC)
		multiboot1_collect(&boot_info, low(info));
	else if (magic == MB2_MAGIC)
		multiboot2_collect(&boot_info, low(info));
	else
		return -EINVAL;
	e820_sanitize(&boot_info.e820);
	return 0;
}
