#include <errno.h>
#include <stdlib.h>

#include "../../tests/host/suite.h"
#include "builder/blob.h"
#include "builder/compact.h"
#include "builder/elf.h"
#include "builder/elf_maker.h"
#include "builder/notes.h"
#include "lib/err.h"

static struct elf e;
static struct notes n;

static int parse(const struct maker *m)
{
	return elf_parse(m->data, m->len, &e);
}

static int parse_notes(const struct maker *m)
{
	int rc = parse(m);

	return rc ? rc : notes_parse(&e, &n);
}

static void refuse(int rc, const char *word)
{
	ck_assert_int_lt(rc, 0);
	ck_assert_msg(strstr(err_text(), word), "\"%s\" lacks \"%s\"",
		      err_text(), word);
}

START_TEST(segments_are_placed_by_paddr)
{
	struct maker m = maker_start();

	maker_load(&m, 0x200000, 0x1800, 0x3000, 1);
	maker_load(&m, 0x100000, 0x10, 0x10, 2);
	ck_assert_int_eq(parse(&m), 0);
	ck_assert_uint_eq(e.nr_segments, 2);
	ck_assert_uint_eq(e.pstart, 0x100000);
	ck_assert_uint_eq(e.pend, 0x203000);
	ck_assert_uint_eq(e.segment[0].filesz, 0x1800);
	ck_assert_int_eq(e.segment[1].data[15], 2);
}
END_TEST

START_TEST(foreign_images_are_named)
{
	struct maker m = maker_linux(0x4000);

	m.h->e_machine = EM_AARCH64;
	refuse(parse(&m), "64-bit Arm");
	m.h->e_machine = EM_386;
	m.h->e_ident[EI_CLASS] = ELFCLASS32;
	refuse(parse(&m), "32-bit x86");
	m = maker_linux(0x4000);
	m.h->e_ident[EI_DATA] = ELFDATA2MSB;
	refuse(parse(&m), "big-endian");
	m = maker_linux(0x4000);
	m.h->e_type = ET_DYN;
	refuse(parse(&m), "no executable");
	m = maker_linux(0x4000);
	m.data[0] = 'X';
	refuse(parse(&m), "not an ELF");
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	struct maker m = maker_start();
	uint8_t *exact;
	size_t len;

	maker_load(&m, 0x100000, 0x2000, 0x2000, 1);
	for (len = 0; len < m.len; len += len < 1100 ? 1 : 97) {
		exact = malloc(len + 1);
		memcpy(exact, m.data, len);
		ck_assert_int_lt(elf_parse(exact, len, &e), 0);
		free(exact);
	}
	ck_assert_int_eq(parse(&m), 0);
}
END_TEST

START_TEST(impossible_segments_are_refused)
{
	struct maker m = maker_linux(0x4000);

	m.ph[0].p_memsz = 1;
	refuse(parse(&m), "impossible size");
	m = maker_linux(0x4000);
	m.ph[0].p_paddr = UINT64_MAX - 0x100;
	refuse(parse(&m), "impossible size");
	m = maker_linux(0x4000);
	m.ph[0].p_offset = UINT64_MAX - 0x10;
	refuse(parse(&m), "truncated");
	m = maker_start();
	refuse(parse(&m), "nothing to load");
}
END_TEST

START_TEST(linux_notes_are_understood)
{
	struct maker m = maker_linux(0x4000);

	ck_assert_int_eq(parse_notes(&m), 0);
	ck_assert_uint_eq(n.entry, MAKER_BASE + MAKER_PADDR + 0x10);
	ck_assert_uint_eq(n.virt_base, MAKER_BASE);
	ck_assert_uint_eq(n.paddr_offset, 0);
	ck_assert_uint_eq(n.init_p2m, MAKER_P2M);
	ck_assert_uint_eq(n.hypercall_page, NOTE_UNSET);
	ck_assert(n.mod_start_pfn);
	ck_assert_str_eq(n.guest_os, "linux");
}
END_TEST

START_TEST(small_kernels_get_defaults)
{
	struct maker m = maker_start();

	maker_load(&m, 0x100000, 0x1000, 0x2000, 1);
	maker_note_str(&m, XEN_ELFNOTE_GUEST_OS, "tiny");
	m.h->e_entry = 0x100008;
	ck_assert_int_eq(parse_notes(&m), 0);
	ck_assert_uint_eq(n.virt_base, 0);
	ck_assert_uint_eq(n.entry, 0x100008);
	ck_assert_uint_eq(n.init_p2m, NOTE_UNSET);
	ck_assert(!n.mod_start_pfn);
}
END_TEST

START_TEST(kernels_without_xen_notes_are_named)
{
	struct maker m = maker_start();

	maker_load(&m, 0x100000, 0x1000, 0x2000, 1);
	refuse(parse_notes(&m), "CONFIG_XEN_PV");
	/* A PVH-only kernel has notes, but says nothing of a guest OS. */
	maker_note_num(&m, 18, 0x100000);
	refuse(parse_notes(&m), "CONFIG_XEN_PV");
}
END_TEST

START_TEST(impossible_demands_are_refused)
{
	struct maker m = maker_linux(0x4000);

	maker_note_str(&m, XEN_ELFNOTE_FEATURES, "!supervisor_mode_kernel");
	refuse(parse_notes(&m), "supervisor_mode_kernel");
	m = maker_linux(0x4000);
	maker_note_str(&m, XEN_ELFNOTE_FEATURES, "unheard_of|!unknown_too");
	refuse(parse_notes(&m), "unknown_too");
	m = maker_linux(0x4000);
	maker_note_str(&m, XEN_ELFNOTE_FEATURES, "unheard_of");
	ck_assert_int_eq(parse_notes(&m), 0);
	maker_note_str(&m, XEN_ELFNOTE_XEN_VERSION, "xen-9");
	refuse(parse_notes(&m), "xen-9");
	m = maker_linux(0x4000);
	maker_note_num(&m, XEN_ELFNOTE_ENTRY, MAKER_BASE);
	refuse(parse_notes(&m), "outside its image");
	m = maker_linux(0x4000);
	maker_note_num(&m, XEN_ELFNOTE_HYPERCALL_PAGE, MAKER_BASE + 1);
	refuse(parse_notes(&m), "hypercall page");
	m = maker_linux(0x4000);
	maker_note_num(&m, XEN_ELFNOTE_PADDR_OFFSET, 0x2000000);
	refuse(parse_notes(&m), "below its own base");
}
END_TEST

START_TEST(malformed_notes_end_their_range)
{
	struct maker m = maker_linux(0x4000);
	Elf64_Nhdr bad = {0xfffffff0, 0xfffffff0, 1};

	maker_note(&m, XEN_ELFNOTE_GUEST_VERSION, "x", 2);
	memcpy(m.data + m.ph[m.h->e_phnum - 1].p_offset, &bad, sizeof(bad));
	ck_assert_int_eq(parse_notes(&m), 0);
}
END_TEST

static void image(const struct elf *from, uint8_t *mem, uint64_t base)
{
	unsigned int i;

	for (i = 0; i < from->nr_segments; i++) {
		const struct elf_segment *s = &from->segment[i];

		memset(mem + (s->paddr - base), 0, s->memsz);
		memcpy(mem + (s->paddr - base), s->data, s->filesz);
	}
}

START_TEST(compact_form_loads_to_the_same_memory)
{
	struct maker m = maker_linux(0x4000);
	size_t off = maker_load(&m, 0x1100000, 0x180000, 0x1a0000, 0);
	static uint8_t was[0x400000], is[0x400000];
	struct notes small_notes;
	struct blob small;
	struct elf se;

	memset(m.data + off + 0x100, 1, 0x20);
	memset(m.data + off + 0x90000, 2, 0x1001);
	memset(m.data + off + 0x17ffff, 3, 1);
	ck_assert_int_eq(parse_notes(&m), 0);
	ck_assert_int_eq(compact_elf(&e, &small), 0);
	ck_assert_uint_lt(small.len, 0x10000);
	ck_assert_int_eq(elf_parse(small.data, small.len, &se), 0);
	ck_assert_int_eq(notes_parse(&se, &small_notes), 0);
	ck_assert_mem_eq(&n, &small_notes, sizeof(n));
	ck_assert_uint_eq(e.pstart, se.pstart);
	ck_assert_uint_eq(e.pend, se.pend);
	image(&e, was, e.pstart);
	image(&se, is, e.pstart);
	ck_assert_mem_eq(was, is, sizeof(was));
	blob_free(&small);
}
END_TEST

SUITE("elf", segments_are_placed_by_paddr, foreign_images_are_named,
      every_truncation_is_refused, impossible_segments_are_refused,
      linux_notes_are_understood, small_kernels_get_defaults,
      kernels_without_xen_notes_are_named, impossible_demands_are_refused,
      malformed_notes_end_their_range, compact_form_loads_to_the_same_memory)
