#include <stdlib.h>
#include <string.h>
#include <hv/lib.h>
#include <xen/elfnote.h>
#include "image.h"
#include "../../tests/host/suite.h"

/* ---- a small kernel: headers, one segment, notes ---- */
#define BASE	     0xffffffff80000000ull
#define KERNEL_PADDR 0x10000ull
#define FILE_BYTES   0x2000
#define TEXT_AT	     0x1000
#define TEXT_BYTES   0xf00
#define NOTES_AT     0x400
#define PHDR_AT	     64
#define PHDR_BYTES   56

static u8 file[FILE_BYTES];
static u32 notes_end;

static void put(u64 at, u64 value, unsigned int bytes)
{
	memcpy(file + at, &value, bytes);
}

static void phdr(unsigned int i, u32 type, u64 offset, u64 paddr, u64 filesz,
		 u64 memsz)
{
	u64 at = PHDR_AT + i * PHDR_BYTES;

	put(at, type, 4);
	put(at + 8, offset, 8);
	put(at + 24, paddr, 8);
	put(at + 32, filesz, 8);
	put(at + 40, memsz, 8);
}

static void note(u32 type, const void *desc, u32 size)
{
	put(notes_end, 4, 4);
	put(notes_end + 4, size, 4);
	put(notes_end + 8, type, 4);
	memcpy(file + notes_end + 12, "Xen", 4);
	memcpy(file + notes_end + 16, desc, size);
	notes_end += 16 + (u32)ROUND_UP(size, 4);
	phdr(1, 4, NOTES_AT, 0, notes_end - NOTES_AT, 0);
}

static void note_num(u32 type, u64 value)
{
	note(type, &value, 8);
}

static void start_elf(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF\2\1\1", 7);
	put(16, 2, 2);		  /* executable */
	put(18, 62, 2);		  /* x86-64 */
	put(24, KERNEL_PADDR, 8); /* entry, if no note gives one */
	put(32, PHDR_AT, 8);
	put(54, PHDR_BYTES, 2);
	put(56, 2, 2);
	put(58, 64, 2);
	phdr(0, 1, TEXT_AT, KERNEL_PADDR, TEXT_BYTES, 0x3000);
	memset(file + TEXT_AT, 0x90, TEXT_BYTES);
	notes_end = NOTES_AT;
}

static void good_elf(void)
{
	start_elf();
	note_num(XEN_ELFNOTE_ENTRY, BASE + KERNEL_PADDR + 0x10);
	note_num(XEN_ELFNOTE_VIRT_BASE, BASE);
	note_num(XEN_ELFNOTE_PADDR_OFFSET, 0);
	note(XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	note(XEN_ELFNOTE_GUEST_OS, "linux", 6);
	note(XEN_ELFNOTE_LOADER, "generic", 8);
	note(XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb",
	     41);
	note_num(XEN_ELFNOTE_INIT_P2M, 0x8000000000ull);
	note_num(XEN_ELFNOTE_MOD_START_PFN, 1);
	note_num(XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801);
}

/* From an exact copy on the heap: reading past its end is an error. */
static const char *parse_n(u64 size, struct kernel_elf *k)
{
	u8 *copy = malloc(size ? size : 1);
	const char *bad;

	memcpy(copy, file, size);
	bad = elf_parse(copy, size, k);
	if (!bad && kernel_end(k) <= 1 << 22) {
		u64 bytes = kernel_end(k);
		u8 *mem = malloc(bytes);

		elf_load(k, mem, bytes);
		free(mem);
	}
	free(copy);
	return bad;
}

static const char *parse(struct kernel_elf *k)
{
	return parse_n(sizeof(file), k);
}

START_TEST(notes_are_understood)
{
	struct kernel_elf k;

	good_elf();
	ck_assert_ptr_null(parse(&k));
	ck_assert_uint_eq(k.entry, BASE + KERNEL_PADDR + 0x10);
	ck_assert_uint_eq(k.virt_base, BASE);
	ck_assert_uint_eq(k.init_p2m, 0x8000000000ull);
	ck_assert_uint_eq(k.hypercall_page, UNSET);
	ck_assert(k.mod_start_pfn);
	ck_assert_uint_eq(k.supported, 0x8801);
	ck_assert_uint_eq(kernel_start(&k), KERNEL_PADDR);
	ck_assert_uint_eq(kernel_end(&k), KERNEL_PADDR + 0x3000);
}
END_TEST

START_TEST(few_notes_are_enough)
{
	struct kernel_elf k;

	start_elf();
	note(XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	note(XEN_ELFNOTE_LOADER, "generic", 8);
	ck_assert_ptr_null(parse(&k));
	ck_assert_uint_eq(k.virt_base, 0);
	ck_assert_uint_eq(k.entry, KERNEL_PADDR);
	ck_assert_uint_eq(k.init_p2m, UNSET);
	ck_assert(!k.mod_start_pfn);
}
END_TEST

START_TEST(section_notes_serve_without_segments)
{
	struct kernel_elf k;
	u64 shdr = 0x1f00;

	good_elf();
	phdr(1, 0, 0, 0, 0, 0);
	put(40, shdr, 8);
	put(58, 64, 2);
	put(60, 1, 2);
	put(shdr + 4, 7, 4);
	put(shdr + 24, NOTES_AT, 8);
	put(shdr + 32, notes_end - NOTES_AT, 8);
	ck_assert_ptr_null(parse(&k));
	ck_assert_uint_eq(k.virt_base, BASE);
}
END_TEST

START_TEST(segments_land_at_their_physical_address)
{
	struct kernel_elf k;
	u8 *mem = malloc(KERNEL_PADDR + 0x3000);

	good_elf();
	memset(mem, 0xee, KERNEL_PADDR + 0x3000);
	ck_assert_ptr_null(elf_parse(file, sizeof(file), &k));
	elf_load(&k, mem, KERNEL_PADDR + 0x3000);
	ck_assert_uint_eq(mem[KERNEL_PADDR - 1], 0xee);
	ck_assert_uint_eq(mem[KERNEL_PADDR], 0x90);
	ck_assert_uint_eq(mem[KERNEL_PADDR + TEXT_BYTES - 1], 0x90);
	ck_assert_uint_eq(mem[KERNEL_PADDR + TEXT_BYTES], 0);
	ck_assert_uint_eq(mem[KERNEL_PADDR + 0x2fff], 0);
	free(mem);
}
END_TEST

static void refuses(const char *why)
{
	struct kernel_elf k;
	const char *bad = parse(&k);

	ck_assert_msg(bad, "accepted, but should say: %s", why);
	ck_assert_msg(strstr(bad, why), "says '%s', not '%s'", bad, why);
}

START_TEST(wrong_files_are_named)
{
	good_elf();
	put(18, 183, 2);
	refuses("not an x86-64");
	good_elf();
	file[4] = 1;
	refuses("not an x86-64");
	good_elf();
	put(16, 1, 2);
	refuses("not executable");
	good_elf();
	file[0] = 0;
	refuses("not an ELF");
	good_elf();
	put(56, 0, 2);
	refuses("program headers");
	start_elf();
	refuses("not a PV kernel");
}
END_TEST

START_TEST(impossible_segments_are_refused)
{
	good_elf();
	phdr(0, 1, TEXT_AT, KERNEL_PADDR, FILE_BYTES, FILE_BYTES);
	refuses("truncated");
	good_elf();
	phdr(0, 1, TEXT_AT, KERNEL_PADDR, 0x200, 0x100);
	refuses("impossible");
	good_elf();
	phdr(0, 1, TEXT_AT, ~0ull - 10, 0x10, 0x100);
	refuses("impossible");
	good_elf();
	phdr(0, 1, TEXT_AT, KERNEL_PADDR, 0x100, 2ull << 30);
	refuses("1 GiB");
	good_elf();
	phdr(0, 1, TEXT_AT, KERNEL_PADDR, 0, 0);
	refuses("nothing to load");
}
END_TEST

START_TEST(impossible_notes_are_refused)
{
	good_elf();
	note_num(XEN_ELFNOTE_ENTRY, BASE);
	refuses("entry point");
	good_elf();
	note_num(XEN_ELFNOTE_HYPERCALL_PAGE, BASE + KERNEL_PADDR + 0x3000);
	refuses("hypercall page");
	good_elf();
	note(XEN_ELFNOTE_XEN_VERSION, "xen-2.0", 8);
	refuses("xen-3.0");
	good_elf();
	note(XEN_ELFNOTE_LOADER, "grub", 5);
	note(XEN_ELFNOTE_GUEST_OS, "BSD", 4);
	refuses("generic-loader");
	good_elf();
	note(XEN_ELFNOTE_FEATURES, "dom0|!supervisor_mode_kernel", 28);
	refuses("requires a feature");
	good_elf();
	note_num(XEN_ELFNOTE_SUPPORTED_FEATURES, 1);
	refuses("cannot be dom0");
	good_elf();
	note_num(XEN_ELFNOTE_PADDR_OFFSET, KERNEL_PADDR + 0x1000);
	refuses("PADDR_OFFSET");
	good_elf();
	note_num(XEN_ELFNOTE_VIRT_BASE, 0xffff810000000000ull);
	note_num(XEN_ELFNOTE_ENTRY, 0xffff810000000000ull + KERNEL_PADDR);
	refuses("not an address for guests");
	good_elf();
	note_num(XEN_ELFNOTE_INIT_P2M, 0x800000000000ull);
	refuses("not an address for guests");
}
END_TEST

START_TEST(every_truncation_is_survived)
{
	struct kernel_elf k;
	u64 n;

	good_elf();
	for (n = 0; n < sizeof(file); n += n < 0x800 ? 1 : 61)
		if (n < TEXT_AT + TEXT_BYTES)
			ck_assert_ptr_nonnull(parse_n(n, &k));
}
END_TEST

START_TEST(garbage_is_survived)
{
	struct kernel_elf k;
	unsigned int round, i;

	srand(4);
	for (round = 0; round < 5000; round++) {
		good_elf();
		for (i = 0; i < 1 + round % 6; i++)
			file[(u32)rand() % notes_end] = (u8)rand();
		if (parse(&k))
			continue;
		ck_assert(kernel_end(&k) <= KERNEL_SIZE_MAX);
		ck_assert(k.entry - k.virt_base < kernel_end(&k));
	}
}
END_TEST

/* ---- bzImage ---- */
static u8 image[4096];

static void good_bzimage(void)
{
	u32 offset = 0x40, length = 0x200, unpacked = 5000;

	memset(image, 0, sizeof(image));
	image[0x1f1] = 2;
	memcpy(image + 0x202, "HdrS\x0f\x02", 6);
	memcpy(image + 0x248, &offset, 4);
	memcpy(image + 0x24c, &length, 4);
	memcpy(image + 3 * 512 + 0x40 + 0x200 - 4, &unpacked, 4);
}

static const char *payload_n(u64 size, struct payload *p)
{
	u8 *copy = malloc(size ? size : 1);
	const char *bad;

	memcpy(copy, image, size);
	bad = image_payload(copy, size, p);
	if (!bad) {
		ck_assert(p->start >= copy && p->size <= size &&
			  p->start + p->size <= copy + size);
		p->start = image + (p->start - copy);
	}
	free(copy);
	return bad;
}

START_TEST(payload_is_found)
{
	struct payload p;

	good_bzimage();
	ck_assert_ptr_null(payload_n(sizeof(image), &p));
	ck_assert_ptr_eq(p.start, image + 3 * 512 + 0x40);
	ck_assert_uint_eq(p.size, 0x200);
	ck_assert_uint_eq(p.unpacked, 5000);
	ck_assert(p.packed);
	image[0x1f1] = 0; /* means 4 */
	memcpy(image + 5 * 512 + 0x40 + 0x200 - 4, "\1\0\0\0", 4);
	ck_assert_ptr_null(payload_n(sizeof(image), &p));
	ck_assert_ptr_eq(p.start, image + 5 * 512 + 0x40);
}
END_TEST

START_TEST(plain_elf_is_its_own_payload)
{
	struct payload p;

	good_elf();
	ck_assert_ptr_null(image_payload(file, sizeof(file), &p));
	ck_assert(!p.packed);
	ck_assert_uint_eq(p.unpacked, sizeof(file));
}
END_TEST

START_TEST(bad_bzimages_are_refused)
{
	struct payload p;
	u64 n;

	good_bzimage();
	for (n = 0; n < 3 * 512 + 0x40 + 0x200; n++)
		ck_assert_ptr_nonnull(payload_n(n, &p));
	image[0x206] = 7;
	ck_assert_ptr_nonnull(payload_n(sizeof(image), &p));
	good_bzimage();
	memset(image + 0x248, 0xff, 4);
	ck_assert_ptr_nonnull(payload_n(sizeof(image), &p));
	good_bzimage();
	memset(image + 0x24c, 0xff, 4);
	ck_assert_ptr_nonnull(payload_n(sizeof(image), &p));
	good_bzimage();
	memset(image + 3 * 512 + 0x40 + 0x200 - 4, 0xff, 4);
	ck_assert_ptr_nonnull(payload_n(sizeof(image), &p));
}
END_TEST

/* ---- layout ---- */
static const struct kernel_elf debian = {
	.pstart = 0x1000000,
	.pend = 0x4a00000,
	.virt_base = BASE,
	.init_p2m = 0x8000000000ull,
	.mod_start_pfn = true,
};

START_TEST(layout_equals_the_reference_boot)
{
	struct layout l;

	ck_assert_ptr_null(layout_compute(&debian, 131072, 6000, &l));
	ck_assert_uint_eq(l.start_info, 0x4a00);
	ck_assert_uint_eq(l.tables, 0x4a01);
	ck_assert_uint_eq(l.nr_tables, 0x29);
	ck_assert_uint_eq(l.stack, 0x4a2a);
	ck_assert_uint_eq(l.nr_initial, 0x4c00);
	ck_assert_uint_eq(l.initrd, 0x4c00);
	ck_assert_uint_eq(l.p2m, 0x4c00 + 6000);
	ck_assert_uint_eq(l.nr_p2m_list, 256);
	ck_assert_uint_eq(l.nr_p2m_tables, 3);
	ck_assert_uint_eq(l.p2m_va, 0x8000000000ull);
	ck_assert_uint_eq(l.nr_fixed, 0x4c00 + 6000 + 259);
}
END_TEST

START_TEST(without_notes_all_is_in_the_region)
{
	struct kernel_elf k = {
		.pstart = 0x100000, .pend = 0x140000, .init_p2m = UNSET};
	struct layout l;

	ck_assert_ptr_null(layout_compute(&k, 16384, 100, &l));
	ck_assert_uint_eq(l.initrd, 0x140);
	ck_assert_uint_eq(l.p2m, 0x140 + 100);
	ck_assert_uint_eq(l.p2m_va, (0x140ull + 100) << PAGE_SHIFT);
	ck_assert_uint_eq(l.nr_p2m_list, 32);
	ck_assert_uint_eq(l.nr_p2m_tables, 0);
	ck_assert_uint_eq(l.start_info, 0x140 + 100 + 32);
	ck_assert_uint_eq(l.nr_fixed, l.nr_initial);
}
END_TEST

/* For many kernel sizes: enough tables, the padding, the alignment. */
START_TEST(region_always_has_room)
{
	struct layout l;
	u64 end;

	for (end = 0x1001000; end < 0x3c000000; end += 0x1f3000) {
		struct kernel_elf k = debian;
		u64 v_end;

		k.pend = end;
		ck_assert_ptr_null(layout_compute(&k, 1 << 20, 0, &l));
		v_end = l.v_start + (l.nr_initial << PAGE_SHIFT);
		ck_assert_uint_eq(v_end % (4 << 20), 0);
		ck_assert(l.nr_initial - l.stack - 1 >= 128);
		ck_assert(l.nr_initial - l.stack - 1 < 128 + 1024);
		ck_assert_uint_eq(l.nr_tables, 3 + l.nr_initial / 512);
	}
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	struct kernel_elf k = debian;
	struct layout l;

	ck_assert_ptr_nonnull(layout_compute(&debian, 0x4c00, 0, &l));
	ck_assert_ptr_nonnull(layout_compute(&debian, 131072, 131072, &l));
	ck_assert_ptr_nonnull(layout_compute(&debian, 1000, 131072, &l));
	k.mod_start_pfn = false;
	ck_assert_ptr_nonnull(layout_compute(&k, 1 << 20, 0x3c000, &l));
	k.pend = (1ull << 30) - 0x1000;
	ck_assert_ptr_nonnull(layout_compute(&k, 1 << 20, 0, &l));
}
END_TEST

SUITE("image", notes_are_understood, few_notes_are_enough,
      section_notes_serve_without_segments,
      segments_land_at_their_physical_address, wrong_files_are_named,
      impossible_segments_are_refused, impossible_notes_are_refused,
      every_truncation_is_survived, garbage_is_survived, payload_is_found,
      plain_elf_is_its_own_payload, bad_bzimages_are_refused,
      layout_equals_the_reference_boot, without_notes_all_is_in_the_region,
      region_always_has_room, what_does_not_fit_is_refused)
