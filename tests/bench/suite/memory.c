/* suite: page faults, mappings, protection, bandwidth */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define FAULT_PAGES 1024
#define AROUND	    16 /* pages that Linux maps at a file fault */

uint64_t run_anon_fault(uint64_t n, struct watch *w)
{
	uint64_t done;

	for (done = 0; done < n; done += FAULT_PAGES) {
		char *p = map_pages(FAULT_PAGES * PAGE);

		watch_start(w);
		touch(p, FAULT_PAGES * PAGE);
		watch_stop(w);
		munmap(p, FAULT_PAGES * PAGE);
	}
	return done;
}

static int file_of_pages(unsigned int pages)
{
	int fd = open("/tmp/bench-file", O_CREAT | O_RDWR | O_TRUNC, 0600);
	char page[PAGE];
	unsigned int i;

	if (fd < 0)
		fail("/tmp/bench-file");
	memset(page, 1, sizeof(page));
	for (i = 0; i < pages; i++)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			fail("/tmp/bench-file");
	return fd;
}

uint64_t run_file_fault(uint64_t n, struct watch *w)
{
	const size_t bytes = FAULT_PAGES * PAGE;
	int fd = file_of_pages(FAULT_PAGES);
	uint64_t done = 0;
	size_t i;

	while (done < n) {
		volatile char *p =
			mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

		if (p == MAP_FAILED)
			fail("mmap of a file");
		watch_start(w);
		for (i = 0; i < bytes; i += AROUND * PAGE)
			(void)p[i];
		watch_stop(w);
		munmap((void *)p, bytes);
		done += FAULT_PAGES / AROUND;
	}
	close(fd);
	unlink("/tmp/bench-file");
	return done;
}

uint64_t run_mmap_munmap(uint64_t n, struct watch *w)
{
	const size_t bytes = 256 * KIB;
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++) {
		char *p = map_pages(bytes);

		touch(p, bytes / 4);
		munmap(p, bytes);
	}
	watch_stop(w);
	return n;
}

uint64_t run_mprotect(uint64_t n, struct watch *w)
{
	const size_t bytes = 4 * MIB;
	char *p = map_pages(bytes);
	uint64_t i;

	touch(p, bytes);
	watch_start(w);
	for (i = 0; i < n; i++)
		if (mprotect(p, bytes, PROT_READ) ||
		    mprotect(p, bytes, PROT_READ | PROT_WRITE))
			fail("mprotect");
	watch_stop(w);
	munmap(p, bytes);
	return n;
}

#define SPAN ((size_t)8)

/* Keeps the compiler from dropping work whose result nobody reads. */
static void use(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

uint64_t run_mem_read(uint64_t n, struct watch *w)
{
	char *p = map_pages(SPAN * MIB);
	uint64_t i, sum = 0;

	memset(p, 1, SPAN * MIB);
	watch_start(w);
	for (i = 0; i < n; i++) {
		const uint64_t *at = (void *)(p + i % SPAN * MIB);
		size_t k;

		for (k = 0; k < MIB / sizeof(*at); k += 4)
			sum += at[k] + at[k + 1] + at[k + 2] + at[k + 3];
		use(&sum);
	}
	watch_stop(w);
	munmap(p, SPAN * MIB);
	return n;
}

uint64_t run_mem_write(uint64_t n, struct watch *w)
{
	char *p = map_pages(SPAN * MIB);
	uint64_t i;

	touch(p, SPAN * MIB);
	watch_start(w);
	for (i = 0; i < n; i++) {
		memset(p + i % SPAN * MIB, (int)i, MIB);
		use(p);
	}
	watch_stop(w);
	munmap(p, SPAN * MIB);
	return n;
}

/*
 * Not a power of two apart: QEMU's TLB is indexed by the low bits of a page's
 * number, so that each load would evict the page of the store before it.
 */
#define APART (SPAN * MIB + 17 * PAGE)

uint64_t run_mem_copy(uint64_t n, struct watch *w)
{
	char *from = map_pages(APART + SPAN * MIB), *to = from + APART;
	uint64_t i;

	touch(from, APART + SPAN * MIB);
	watch_start(w);
	for (i = 0; i < n; i++) {
		memcpy(to + i % SPAN * MIB, from + i % SPAN * MIB, MIB);
		use(to);
	}
	watch_stop(w);
	munmap(from, APART + SPAN * MIB);
	return n;
}
