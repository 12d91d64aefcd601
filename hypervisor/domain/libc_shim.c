/*
 * domain/libc_shim.c: the little of a C library that the decompressors need
 *
 * They are the distribution's static libraries, compiled for user space: they
 * use SSE, a stack protector cookie at %fs:0x28, and malloc. All of it is
 * provided while dom0 is being built, and only then. Memory comes from one
 * block and goes back with it.
 */
#include <hv/cpu.h>
#include <hv/mm.h>
#include "libc_shim.h"

#define ALIGN 64

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);
void __stack_chk_fail(void) __noreturn;

static struct {
	struct page *pg;
	unsigned int order;
	u8 *next, *end;
} arena;

/* %fs points here; the cookie's value does not matter. */
static u64 tls_block[8] __aligned(64);

/* liblzma chooses its CRC routine in a constructor (hv.lds collects them). */
extern void (*const hv_init_array_start[])(void);
extern void (*const hv_init_array_end[])(void);

static void run_constructors(void)
{
	void (*const *fn)(void);

	for (fn = hv_init_array_start; fn != hv_init_array_end; fn++)
		(*fn)();
}

bool shim_enter(unsigned int order)
{
	arena.pg = heap_alloc_stale(order);
	if (!arena.pg)
		return false;
	arena.order = order;
	arena.next = page_to_virt(arena.pg);
	arena.end = arena.next + ((u64)PAGE_SIZE << order);
	wrmsr(MSR_FS_BASE, (u64)tls_block);
	__asm__ volatile("clts");
	run_constructors();
	return true;
}

void shim_leave(void)
{
	wrmsr(MSR_FS_BASE, 0);
	heap_free(arena.pg, arena.order);
	arena.pg = NULL;
	arena.next = arena.end = NULL;
}

void *malloc(size_t size)
{
	u8 *p = arena.next;

	if (size > (size_t)(arena.end - p))
		return NULL;
	arena.next = min(p + ROUND_UP(size, ALIGN), arena.end);
	return p;
}

void *calloc(size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	p = malloc(bytes);
	return p ? memset(p, 0, bytes) : NULL;
}

void free(void *p)
{
}

void __stack_chk_fail(void)
{
	panic("stack overrun while unpacking the dom0 kernel");
}

/* Tracing hooks libzstd calls where they exist. It declares them weak; absent
 * they would be address 0, out of a call's reach from where we are linked. */
unsigned long long ZSTD_trace_decompress_begin(const void *ctx);
unsigned long long ZSTD_trace_decompress_begin(const void *ctx)
{
	return 0;
}

void ZSTD_trace_decompress_end(unsigned long long id, const void *trace);
void ZSTD_trace_decompress_end(unsigned long long id, const void *trace)
{
}
