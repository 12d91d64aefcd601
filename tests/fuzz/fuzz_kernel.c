/*
 * tests/fuzz/fuzz_kernel.c: dom0 kernels of any content, as the hypervisor
 * reads them: bzImage, gzip, xz, zstd, ELF, notes, layout
 *
 * What is accepted must load inside the memory that was promised.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../hypervisor/domain/image.h"

#define UNPACKED_MAX (4u << 20)
#define MEMORY_MAX   (16u << 20)
#define PAGES	     8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *room(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		abort();
	return p;
}

static void check_elf(const uint8_t *file, u64 size)
{
	struct kernel_elf k;
	struct layout l;
	u8 *mem;

	if (elf_parse(file, size, &k))
		return;
	if (kernel_start(&k) > kernel_end(&k))
		abort();
	if (kernel_end(&k) <= MEMORY_MAX) {
		mem = room(kernel_end(&k));
		elf_load(&k, mem, kernel_end(&k));
		free(mem);
	}
	if (layout_compute(&k, PAGES, 10, &l))
		return;
	if (l.nr_fixed > PAGES || l.stack >= l.nr_initial ||
	    l.start_info >= l.nr_initial ||
	    l.tables + l.nr_tables > l.nr_initial)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct payload p;
	u8 *file = room(size), *out;

	memcpy(file, data, size);
	if (!image_payload(file, size, &p)) {
		if (p.start < file || p.size > size ||
		    p.start + p.size > file + size)
			abort();
		if (!p.packed) {
			check_elf(p.start, p.size);
		} else if (p.unpacked <= UNPACKED_MAX) {
			out = room(p.unpacked);
			if (!unpack(&p, out))
				check_elf(out, p.unpacked);
			free(out);
		}
	}
	free(file);
	return 0;
}
