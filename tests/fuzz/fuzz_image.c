/*
 * tests/fuzz/fuzz_image.c: kernel files and initrds of any content
 *
 * The first byte chooses what the rest is taken for. A kernel that is accepted
 * must also survive layout and compaction, and its compact form must describe
 * the same kernel.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder/compact.h"
#include "builder/initrd.h"
#include "builder/kernel.h"
#include "builder/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct blob copy_of(const uint8_t *data, size_t len)
{
	struct blob b = {.data = malloc(len), .len = len};

	if (!b.data)
		abort();
	memcpy((void *)b.data, data, len);
	return b;
}

static void must(int condition)
{
	if (!condition)
		abort();
}

static void check_compact(const struct kernel *k)
{
	struct blob small;
	struct notes notes;
	struct elf elf;

	must(!compact_elf(&k->elf, &small));
	must(!elf_parse(small.data, small.len, &elf));
	must(elf.pstart == k->elf.pstart && elf.pend == k->elf.pend);
	if (!notes_parse(&elf, &notes))
		must(!*notes.loader || !strcmp(notes.loader, "generic"));
	blob_free(&small);
}

static void check_layout(const struct kernel *k)
{
	struct layout_in in = {&k->elf, &k->notes, 4097, 1 << 18};
	struct layout l;

	if (layout_compute(&in, &l))
		return;
	must(l.mapped_pages <= l.nr_pages);
	must(l.stack.pfn < l.mapped_pages);
	must(l.kernel.pfn + l.kernel.pages <= l.start_info.pfn);
	must(l.p2m.pfn + l.p2m.pages <= l.nr_pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kernel k;
	struct blob b;

	if (len < 2)
		return 0;
	b = copy_of(data + 1, len - 1);
	if (data[0] & 1) {
		initrd_check(&b);
		blob_free(&b);
		return 0;
	}
	if (kernel_parse(&k, &b, NULL))
		return 0;
	check_compact(&k);
	check_layout(&k);
	kernel_free(&k);
	return 0;
}
