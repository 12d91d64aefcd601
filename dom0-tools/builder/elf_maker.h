/*
 * builder/elf_maker.h: small ELF kernels for tests
 *
 * Owns: one image at a time, in static storage
 */
#ifndef BUILDER_ELF_MAKER_H
#define BUILDER_ELF_MAKER_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

#include <xen/elfnote.h>

#define MAKER_ROOM (4u << 20)

struct maker {
	uint8_t *data;
	size_t len;
	Elf64_Ehdr *h;
	Elf64_Phdr *ph; /* 16 of them */
};

static uint8_t maker_room[MAKER_ROOM];

static inline struct maker maker_start(void)
{
	struct maker m = {.data = maker_room};

	memset(maker_room, 0, sizeof(maker_room));
	m.h = (Elf64_Ehdr *)m.data;
	memcpy(m.h->e_ident, ELFMAG, SELFMAG);
	m.h->e_ident[EI_CLASS] = ELFCLASS64;
	m.h->e_ident[EI_DATA] = ELFDATA2LSB;
	m.h->e_type = ET_EXEC;
	m.h->e_machine = EM_X86_64;
	m.h->e_phoff = sizeof(*m.h);
	m.h->e_phentsize = sizeof(Elf64_Phdr);
	m.ph = (Elf64_Phdr *)(m.data + sizeof(*m.h));
	m.len = sizeof(*m.h) + 16 * sizeof(Elf64_Phdr);
	return m;
}

/* Returns the offset of @bytes of @fill in the file. */
static inline size_t maker_load(struct maker *m, uint64_t paddr,
				uint64_t filesz, uint64_t memsz, int fill)
{
	Elf64_Phdr *p = &m->ph[m->h->e_phnum++];
	size_t off = m->len;

	*p = (Elf64_Phdr){.p_type = PT_LOAD,
			  .p_offset = off,
			  .p_paddr = paddr,
			  .p_filesz = filesz,
			  .p_memsz = memsz};
	memset(m->data + off, fill, filesz);
	m->len += filesz;
	return off;
}

static inline void maker_note(struct maker *m, uint32_t type, const void *desc,
			      size_t len)
{
	Elf64_Phdr *p = &m->ph[m->h->e_phnum++];
	Elf64_Nhdr n = {4, len, type};
	uint8_t *to;

	m->len = (m->len + 3) & ~3ul;
	to = m->data + m->len;
	memcpy(to, &n, sizeof(n));
	memcpy(to + sizeof(n), "Xen", 4);
	memcpy(to + sizeof(n) + 4, desc, len);
	*p = (Elf64_Phdr){.p_type = PT_NOTE,
			  .p_offset = m->len,
			  .p_filesz = sizeof(n) + 4 + ((len + 3) & ~3ul)};
	m->len += p->p_filesz;
}

static inline void maker_note_str(struct maker *m, uint32_t type, const char *s)
{
	maker_note(m, type, s, strlen(s) + 1);
}

static inline void maker_note_num(struct maker *m, uint32_t type, uint64_t n)
{
	maker_note(m, type, &n, sizeof(n));
}

#define MAKER_BASE  0xffffffff80000000ull
#define MAKER_PADDR 0x1000000ull
#define MAKER_P2M   0x8000000000ull

/* Much like Linux: one segment at 16 MiB, notes as 6.1 has them. */
static inline struct maker maker_linux(uint64_t memsz)
{
	struct maker m = maker_start();

	maker_load(&m, MAKER_PADDR, 0x3000, memsz, 0x5a);
	maker_note_num(&m, XEN_ELFNOTE_ENTRY, MAKER_BASE + MAKER_PADDR + 0x10);
	maker_note_num(&m, XEN_ELFNOTE_VIRT_BASE, MAKER_BASE);
	maker_note_num(&m, XEN_ELFNOTE_PADDR_OFFSET, 0);
	maker_note_str(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	maker_note_str(&m, XEN_ELFNOTE_GUEST_OS, "linux");
	maker_note_str(&m, XEN_ELFNOTE_LOADER, "generic");
	maker_note(&m, XEN_ELFNOTE_FEATURES,
		   "!writable_page_tables|pae_pgdir_above_4gb", 41);
	maker_note_num(&m, XEN_ELFNOTE_INIT_P2M, MAKER_P2M);
	maker_note_num(&m, XEN_ELFNOTE_MOD_START_PFN, 1);
	return m;
}

#endif /* BUILDER_ELF_MAKER_H */
