#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "builder/elf.h"
#include "lib/err.h"

/* Structures are copied out: the image may lie at any alignment. */
static bool peek(const uint8_t *data, size_t len, uint64_t off, void *out,
		 size_t bytes)
{
	if (off > len || len - off < bytes)
		return false;
	memcpy(out, data + off, bytes);
	return true;
}

static const char *machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_ARM:
		return "32-bit Arm";
	case EM_AARCH64:
		return "64-bit Arm";
	case EM_RISCV:
		return "RISC-V";
	case EM_PPC64:
		return "64-bit PowerPC";
	case EM_S390:
		return "s390";
	default:
		return "another architecture";
	}
}

static int check_header(const Elf64_Ehdr *h)
{
	unsigned int machine = h->e_machine; /* same place in both classes */

	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(-EINVAL, "the kernel is big-endian; need an "
					"x86-64 kernel");
	if (machine != EM_X86_64)
		return err_set(-EINVAL,
			       "the kernel is for %s (ELF machine "
			       "%u); need an x86-64 kernel",
			       machine_name(machine), machine);
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return err_set(-EINVAL, "the kernel is a 32-bit ELF; need an "
					"x86-64 kernel");
	if (h->e_type != ET_EXEC)
		return err_set(-EINVAL,
			       "ELF type %u is no executable kernel "
			       "image",
			       h->e_type);
	if (h->e_phentsize != sizeof(Elf64_Phdr))
		return err_set(-EINVAL,
			       "program headers of %u bytes; the "
			       "image is damaged",
			       h->e_phentsize);
	return 0;
}

static int truncated(void)
{
	return err_set(-EINVAL, "the ELF image is truncated; fetch the file "
				"again");
}

static int add_segment(struct elf *e, const Elf64_Phdr *p)
{
	struct elf_segment *s;

	if (p->p_offset > e->len || e->len - p->p_offset < p->p_filesz)
		return truncated();
	if (p->p_filesz > p->p_memsz || p->p_paddr + p->p_memsz < p->p_paddr)
		return err_set(-EINVAL, "a segment of the ELF image has an "
					"impossible size");
	if (e->nr_segments == ELF_MAX_SEGMENTS)
		return err_set(-EINVAL,
			       "more than %d segments in the ELF "
			       "image",
			       ELF_MAX_SEGMENTS);
	s = &e->segment[e->nr_segments++];
	s->data = e->data + p->p_offset;
	s->filesz = p->p_filesz;
	s->memsz = p->p_memsz;
	s->paddr = p->p_paddr;
	if (s->paddr < e->pstart)
		e->pstart = s->paddr;
	if (s->paddr + s->memsz > e->pend)
		e->pend = s->paddr + s->memsz;
	return 0;
}

int elf_parse(const uint8_t *data, size_t len, struct elf *e)
{
	Elf64_Ehdr h;
	Elf64_Phdr p;
	unsigned int i;
	int rc;

	memset(e, 0, sizeof(*e));
	e->data = data;
	e->len = len;
	e->pstart = UINT64_MAX;
	if (len < SELFMAG || memcmp(data, ELFMAG, SELFMAG))
		return err_set(-EINVAL, "not an ELF image");
	if (!peek(data, len, 0, &h, sizeof(h)))
		return truncated();
	rc = check_header(&h);
	for (i = 0; !rc && i < h.e_phnum; i++) {
		if (!peek(data, len, h.e_phoff + i * sizeof(p), &p, sizeof(p)))
			return truncated();
		if (p.p_type == PT_LOAD && p.p_memsz)
			rc = add_segment(e, &p);
	}
	if (!rc && !e->nr_segments)
		rc = err_set(-EINVAL, "nothing to load in the ELF image");
	e->entry = h.e_entry;
	return rc;
}

/* Name and description are each padded to four bytes. */
static uint64_t pad4(uint64_t n)
{
	return (n + 3) & ~3ull;
}

static int walk_range(const struct elf *e, uint64_t off, uint64_t bytes,
		      elf_note_fn fn, void *ctx)
{
	const uint8_t *p;
	uint64_t end;
	Elf64_Nhdr n;
	int rc = 0;

	if (off > e->len || e->len - off < bytes)
		return 0;
	end = off + bytes;
	while (!rc && peek(e->data, end, off, &n, sizeof(n))) {
		off += sizeof(n);
		p = e->data + off;
		if (pad4(n.n_namesz) > end - off ||
		    n.n_descsz > end - off - pad4(n.n_namesz))
			return 0;
		if (n.n_namesz && !p[n.n_namesz - 1])
			rc = fn(ctx, (const char *)p, n.n_type,
				p + pad4(n.n_namesz), n.n_descsz);
		off += pad4(n.n_namesz) + pad4(n.n_descsz);
	}
	return rc;
}

int elf_each_note(const struct elf *e, elf_note_fn fn, void *ctx)
{
	Elf64_Ehdr h;
	Elf64_Phdr p;
	Elf64_Shdr s;
	unsigned int i;
	int rc = 0;

	if (!peek(e->data, e->len, 0, &h, sizeof(h)))
		return 0;
	for (i = 0; !rc && i < h.e_phnum; i++)
		if (peek(e->data, e->len, h.e_phoff + i * sizeof(p), &p,
			 sizeof(p)) &&
		    p.p_type == PT_NOTE)
			rc = walk_range(e, p.p_offset, p.p_filesz, fn, ctx);
	for (i = 0; !rc && i < h.e_shnum; i++)
		if (peek(e->data, e->len, h.e_shoff + i * sizeof(s), &s,
			 sizeof(s)) &&
		    s.sh_type == SHT_NOTE)
			rc = walk_range(e, s.sh_offset, s.sh_size, fn, ctx);
	return rc;
}

/* Is the string at @off of section @strtab equal to @name? */
static bool name_is(const struct elf *e, const Elf64_Shdr *strtab, uint64_t off,
		    const char *name)
{
	size_t n = strlen(name) + 1;

	if (strtab->sh_offset > e->len ||
	    e->len - strtab->sh_offset < strtab->sh_size ||
	    off > strtab->sh_size || strtab->sh_size - off < n)
		return false;
	return !memcmp(e->data + strtab->sh_offset + off, name, n);
}

const uint8_t *elf_section(const struct elf *e, const char *name, size_t *len)
{
	Elf64_Shdr s, strtab;
	Elf64_Ehdr h;
	unsigned int i;

	if (!peek(e->data, e->len, 0, &h, sizeof(h)) ||
	    h.e_shstrndx >= h.e_shnum ||
	    !peek(e->data, e->len, h.e_shoff + h.e_shstrndx * sizeof(s),
		  &strtab, sizeof(strtab)))
		return NULL;
	for (i = 0; i < h.e_shnum; i++) {
		if (!peek(e->data, e->len, h.e_shoff + i * sizeof(s), &s,
			  sizeof(s)) ||
		    !name_is(e, &strtab, s.sh_name, name))
			continue;
		if (s.sh_type == SHT_NOBITS || s.sh_offset > e->len ||
		    e->len - s.sh_offset < s.sh_size)
			return NULL;
		*len = s.sh_size;
		return e->data + s.sh_offset;
	}
	return NULL;
}
