/*
 * domain/elf.c: ELF headers, Xen notes, placing the segments
 */
#include <hv/lib.h>
#include <hv/memmap.h>
#include <xen/elfnote.h>
#include <xen/features.h>
#include "image.h"

struct ehdr {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct shdr {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 addralign, entsize;
};

struct nhdr {
	u32 namesz, descsz, type;
};

#define ET_EXEC	  2
#define ET_DYN	  3
#define EM_X86_64 62
#define PT_LOAD	  1
#define PT_NOTE	  4
#define SHT_NOTE  7

static bool in_file(const struct kernel_elf *k, u64 offset, u64 size)
{
	return offset <= k->size && size <= k->size - offset;
}

/* The file may be anywhere in memory, unaligned: copy, never cast. */
static bool get(const struct kernel_elf *k, u64 offset, void *to, size_t size)
{
	if (!in_file(k, offset, size))
		return false;
	memcpy(to, k->file + offset, size);
	return true;
}

static const char *check_header(const struct kernel_elf *k, struct ehdr *h)
{
	if (!get(k, 0, h, sizeof(*h)) || memcmp(h->ident, "\177ELF", 4))
		return "not an ELF file";
	if (h->ident[4] != 2 || h->ident[5] != 1 || h->machine != EM_X86_64)
		return "not an x86-64 ELF file";
	if (h->type != ET_EXEC && h->type != ET_DYN)
		return "ELF file is not executable";
	if (h->phentsize != sizeof(struct phdr) || h->phnum == 0 ||
	    !in_file(k, h->phoff, (u64)h->phnum * sizeof(struct phdr)))
		return "ELF program headers are truncated";
	return NULL;
}

static void get_phdr(const struct kernel_elf *k, const struct ehdr *h,
		     unsigned int i, struct phdr *p)
{
	memcpy(p, k->file + h->phoff + i * sizeof(*p), sizeof(*p));
}

static const char *check_loads(struct kernel_elf *k, const struct ehdr *h)
{
	struct phdr p;
	unsigned int i;

	k->pstart = ~0ull;
	k->pend = 0;
	for (i = 0; i < h->phnum; i++) {
		get_phdr(k, h, i, &p);
		if (p.type != PT_LOAD || p.memsz == 0)
			continue;
		if (!in_file(k, p.offset, p.filesz))
			return "ELF file is truncated";
		if (p.filesz > p.memsz || p.paddr + p.memsz < p.paddr)
			return "ELF segment sizes are impossible";
		k->pstart = min(k->pstart, p.paddr);
		k->pend = max(k->pend, p.paddr + p.memsz);
	}
	if (k->pend == 0)
		return "ELF file has nothing to load";
	if (k->pend - k->pstart > KERNEL_SIZE_MAX)
		return "kernel is larger than 1 GiB";
	return NULL;
}

/* ---- notes ---- */
static u64 note_number(const u8 *desc, u32 size)
{
	u64 v = 0;

	memcpy(&v, desc, min(size, (u32)sizeof(v)));
	return v;
}

static void note_string(char *to, size_t room, const u8 *desc, u32 size)
{
	size_t n = min((size_t)size, room - 1);

	memcpy(to, desc, n);
	to[n] = 0;
}

static void take_note(struct kernel_elf *k, u32 type, const u8 *desc, u32 size)
{
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		k->entry = note_number(desc, size);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		k->hypercall_page = note_number(desc, size);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		k->virt_base = note_number(desc, size);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		k->paddr_offset = note_number(desc, size);
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		note_string(k->xen_version, sizeof(k->xen_version), desc, size);
		break;
	case XEN_ELFNOTE_GUEST_OS:
		note_string(k->guest_os, sizeof(k->guest_os), desc, size);
		break;
	case XEN_ELFNOTE_LOADER:
		note_string(k->loader, sizeof(k->loader), desc, size);
		break;
	case XEN_ELFNOTE_FEATURES:
		note_string(k->features, sizeof(k->features), desc, size);
		break;
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		k->supported = note_number(desc, size);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		k->init_p2m = note_number(desc, size);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		k->mod_start_pfn = note_number(desc, size) != 0;
		break;
	default:
		break;
	}
}

/* Walk one block of notes; returns how many of ours it held. */
static unsigned int read_notes(struct kernel_elf *k, u64 offset, u64 size)
{
	unsigned int found = 0;
	struct nhdr n;
	u64 end;

	if (!in_file(k, offset, size))
		return 0;
	end = offset + size;
	while (end - offset >= sizeof(n)) {
		u64 name, desc;

		memcpy(&n, k->file + offset, sizeof(n));
		name = offset + sizeof(n);
		desc = name + ROUND_UP((u64)n.namesz, 4);
		if (desc > end || n.descsz > end - desc)
			break;
		if (n.namesz == 4 && !memcmp(k->file + name, "Xen", 4)) {
			take_note(k, n.type, k->file + desc, n.descsz);
			found++;
		}
		offset = desc + ROUND_UP((u64)n.descsz, 4);
		if (offset > end)
			break;
	}
	return found;
}

static unsigned int notes_of_segments(struct kernel_elf *k,
				      const struct ehdr *h)
{
	unsigned int i, found = 0;
	struct phdr p;

	for (i = 0; i < h->phnum; i++) {
		get_phdr(k, h, i, &p);
		if (p.type == PT_NOTE)
			found += read_notes(k, p.offset, p.filesz);
	}
	return found;
}

static unsigned int notes_of_sections(struct kernel_elf *k,
				      const struct ehdr *h)
{
	unsigned int i, found = 0;
	struct shdr s;

	if (h->shentsize != sizeof(s))
		return 0;
	for (i = 0; i < h->shnum; i++)
		if (get(k, h->shoff + (u64)i * sizeof(s), &s, sizeof(s)) &&
		    s.type == SHT_NOTE)
			found += read_notes(k, s.offset, s.size);
	return found;
}

/* ---- what the notes demand ---- */
static const char *const feature_names[] = {
	"writable_page_tables",
	"writable_descriptor_tables",
	"auto_translated_physmap",
	"pae_pgdir_above_4gb",
	"mmu_pt_update_preserve_ad",
	"highmem_assist",
	"gnttab_map_avail_bits",
	"hvm_callback_vector",
	"hvm_safe_pvclock",
	"hvm_pirqs",
	"dom0",
	"memory_op_vnode_supported",
};

static bool feature_known(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_names); i++)
		if (strlen(feature_names[i]) == len &&
		    !strncmp(feature_names[i], name, len))
			return true;
	return false;
}

/* Only names we never heard of are refused: Linux "requires" writable page
 * tables and is content without. */
static bool features_ok(const char *s)
{
	while (*s) {
		const char *end = s;

		while (*end && *end != '|')
			end++;
		if (*s == '!' && !feature_known(s + 1, (size_t)(end - s - 1)))
			return false;
		s = *end ? end + 1 : end;
	}
	return true;
}

static bool in_image(const struct kernel_elf *k, u64 va, u64 size)
{
	u64 off = va - k->virt_base;

	return off >= kernel_start(k) && off < kernel_end(k) &&
	       size <= kernel_end(k) - off;
}

/* A GiB from @va that guests may have. */
static bool va_free(u64 va)
{
	u64 last = va + (1ull << 30) - 1;

	if ((u64)((s64)(va << 16) >> 16) != va || last < va)
		return false;
	return last < 1ull << 47 || va >= HV_VA_END;
}

static const char *check_notes(const struct kernel_elf *k)
{
	if (strncmp(k->xen_version, "xen-3.0", 7))
		return "not built for xen-3.0";
	if (strncmp(k->loader, "generic", 7) &&
	    strncmp(k->guest_os, "linux", 5))
		return "neither a generic-loader nor a Linux kernel";
	if (!features_ok(k->features))
		return "requires a feature this hypervisor does not have";
	if (k->supported != UNSET && !(k->supported >> XENFEAT_dom0 & 1))
		return "cannot be dom0 (no dom0 feature)";
	if (k->pstart < k->paddr_offset)
		return "physical addresses lie below PADDR_OFFSET";
	if (kernel_end(k) > KERNEL_SIZE_MAX)
		return "kernel ends above 1 GiB of its base";
	if ((k->virt_base | k->paddr_offset) % PAGE_SIZE)
		return "VIRT_BASE or PADDR_OFFSET is not page-aligned";
	if (!va_free(k->virt_base) ||
	    (k->init_p2m != UNSET && !va_free(k->init_p2m)))
		return "VIRT_BASE or INIT_P2M is not an address for guests";
	if (!in_image(k, k->entry, 1))
		return "entry point lies outside the image";
	if (k->hypercall_page != UNSET &&
	    (k->hypercall_page % PAGE_SIZE ||
	     !in_image(k, k->hypercall_page, PAGE_SIZE)))
		return "hypercall page lies outside the image";
	if (k->init_p2m != UNSET && k->init_p2m % (1ull << 21))
		return "INIT_P2M is not aligned to 2 MiB";
	return NULL;
}

const char *elf_parse(const void *file, u64 size, struct kernel_elf *k)
{
	const char *bad;
	struct ehdr h;

	memset(k, 0, sizeof(*k));
	k->file = file;
	k->size = size;
	k->hypercall_page = UNSET;
	k->init_p2m = UNSET;
	k->supported = UNSET;

	bad = check_header(k, &h);
	if (!bad)
		bad = check_loads(k, &h);
	if (bad)
		return bad;
	k->entry = h.entry;
	if (!notes_of_segments(k, &h) && !notes_of_sections(k, &h))
		return "no Xen notes: not a PV kernel";
	return check_notes(k);
}

void elf_load(const struct kernel_elf *k, u8 *mem, u64 size)
{
	struct ehdr h;
	struct phdr p;
	unsigned int i;
	u8 *to;

	BUG_ON(kernel_end(k) > size);
	memcpy(&h, k->file, sizeof(h));
	for (i = 0; i < h.phnum; i++) {
		get_phdr(k, &h, i, &p);
		if (p.type != PT_LOAD || p.memsz == 0)
			continue;
		to = mem + (p.paddr - k->paddr_offset);
		memcpy(to, k->file + p.offset, p.filesz);
		memset(to + p.filesz, 0, p.memsz - p.filesz);
	}
}
