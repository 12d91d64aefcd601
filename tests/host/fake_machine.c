/*
 * fake_machine.c: see fake_machine.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <hv/boot.h>
#include <hv/irq.h>
#include "fake_machine.h"

HOST_TLS struct stack_info host_stack;
struct pcpu fake_pcpu;
struct pcpu *pcpus[NR_PCPUS];
unsigned int nr_pcpus;
struct page *host_frametable;
u8 *host_ram;
u64 *host_m2p;
u64 max_mfn = FAKE_MFNS, hv_root_maddr;
unsigned int cpu_maddr_bits = 40;
struct acpi_facts acpi = {.lapic_maddr = 0xfee00000};
struct boot_info boot_info;

bool fake_yield;
HOST_TLS unsigned int fake_yield_in;
unsigned int fake_flushes;
void (*fake_on_flush)(void);
HOST_TLS u64 fake_restart_args[6];
static u64 heap_start;

/* ---- memory ---- */

static void *host_pages(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(p != MAP_FAILED);
	return p;
}

void fake_machine_init(void)
{
	static u64 gdt[512];

	memset(&host_stack, 0, sizeof(host_stack));
	memset(&fake_pcpu, 0, sizeof(fake_pcpu));
	fake_pcpu.gdt = gdt;
	fake_pcpu.tlb_time = tlb_clock;
	pcpus[0] = &fake_pcpu;
	nr_pcpus = 1;
	host_stack.pcpu = &fake_pcpu;
	host_ram = host_pages((size_t)FAKE_MFNS * PAGE_SIZE);
	host_frametable = host_pages(FAKE_MFNS * sizeof(struct page));
	host_m2p = host_pages(FAKE_MFNS * sizeof(u64));
	for (u64 i = 0; i < FAKE_MFNS; i++) {
		host_frametable[i].owner = OWNER_NONE;
		if (i < FAKE_LOW || (i >= FAKE_HOLE && i < FAKE_HOLE + 8))
			host_frametable[i].owner = DOMID_IO;
	}
	heap_start = heap_free_pages();
	heap_add(MFN(FAKE_LOW), MFN(FAKE_HOLE));
	heap_add(MFN(FAKE_HOLE + 8), MFN(FAKE_MFNS));
	dom_io = calloc(1, sizeof(*dom_io));
	dom_xen = calloc(1, sizeof(*dom_xen));
	dom_io->id = DOMID_IO;
	dom_xen->id = DOMID_XEN;
}

void fake_machine_done(void)
{
	ck_assert_uint_eq(heap_free_pages() - heap_start,
			  FAKE_MFNS - FAKE_LOW - 8);
	free(dom_io);
	free(dom_xen);
	munmap(host_ram, (size_t)FAKE_MFNS * PAGE_SIZE);
	munmap(host_frametable, FAKE_MFNS * sizeof(struct page));
	munmap(host_m2p, FAKE_MFNS * sizeof(u64));
}

static void take_all(bool *taken)
{
	struct page *pg;

	while ((pg = heap_alloc_stale(0)))
		taken[page_to_mfn(pg).v] = true;
}

bool fake_heap_reset(void)
{
	static bool taken[FAKE_MFNS];
	u64 i;

	if (heap_free_pages() - heap_start != FAKE_MFNS - FAKE_LOW - 8)
		return false;
	take_all(taken);
	for (i = FAKE_MFNS; i-- > 0;) {
		if (!taken[i])
			continue;
		taken[i] = false;
		tlb_stamp(&host_frametable[i]);
		host_frametable[i].tlbstamp = tlb_old_stamp();
		heap_free(&host_frametable[i], 0);
	}
	return true;
}

maddr_t virt_to_maddr(const void *p)
{
	if (p == fake_pcpu.gdt)
		return MADDR(0);
	ck_assert((u8 *)p >= host_ram);
	return MADDR((u64)((const u8 *)p - host_ram));
}

u64 *hv_l4(void)
{
	static u64 table[512];

	for (unsigned int i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		table[i] = 0xabc000 | PTE_P | i << 12;
	return table;
}

u64 *map_peek_l2(u64 va)
{
	return NULL;
}

static u64 windows[16][VWIN_PAGES];
static bool window_used[16];

u64 vwin_alloc(void)
{
	for (unsigned int i = 0; i < 16; i++)
		if (!window_used[i]) {
			window_used[i] = true;
			return VWIN_VA + i * ((u64)VWIN_PAGES << PAGE_SHIFT);
		}
	return 0;
}

static unsigned int window_nr(u64 va)
{
	return (va - VWIN_VA) / ((u64)VWIN_PAGES << PAGE_SHIFT);
}

static u64 *window(u64 va)
{
	return windows[window_nr(va)];
}

void vwin_free(u64 va)
{
	window_used[window_nr(va)] = false;
}

void vwin_set(u64 win, unsigned int i, mfn_t m)
{
	window(win)[i] = m.v;
}

void vwin_set_zero(u64 win, unsigned int i)
{
	window(win)[i] = INVALID_MFN.v;
}

mfn_t vwin_get(u64 win, unsigned int i)
{
	return MFN(window(win)[i]);
}

/* ---- processor ---- */

static void forget_translations(void)
{
	WRITE_ONCE(fake_pcpu.tlb_time, READ_ONCE(tlb_clock));
	if (fake_on_flush)
		fake_on_flush();
}

void cpu_flush_guest(void)
{
	__atomic_fetch_add(&fake_flushes, 1, __ATOMIC_RELAXED);
	forget_translations();
}

void cpu_serve_flush(void)
{
}

void cpu_flush_mask(const u64 *mask, u64 va)
{
	if (va == ~0ull)
		cpu_flush_guest();
}

void cpu_flush_page(u64 va)
{
}

void cpu_write_cr3(u64 cr3)
{
	this_pcpu()->cr3 = cr3;
	forget_translations();
}

void cpu_load_gdt(u64 base, u16 limit)
{
}

void cpu_load_ldt(u16 sel)
{
}

void cpu_write_back_caches(void)
{
}

/* ---- gate: guest pointers are host pointers, 0 faults ---- */

int copy_in(void *to, gptr_t from, size_t n)
{
	if (!from.va)
		return -EFAULT;
	memcpy(to, (void *)from.va, n);
	return 0;
}

int copy_out(gptr_t to, const void *from, size_t n)
{
	if (!to.va)
		return -EFAULT;
	memcpy((void *)to.va, from, n);
	return 0;
}

bool guest_va_ok(u64 va, u64 n)
{
	return va < HV_VA_START || va >= HV_VA_END;
}

bool hypercall_yield(void)
{
	return fake_yield || (fake_yield_in && --fake_yield_in == 0);
}

long hypercall_restart(unsigned int nr, unsigned int nargs, const u64 *args)
{
	memcpy(fake_restart_args, args, nargs * sizeof(*args));
	return -ERESTART;
}

void pirq_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable))
{
}

void event_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable))
{
}

/* ---- messages ---- */

char *fake_lines;

void printk(enum loglevel level, const char *fmt, ...)
{
	size_t used = fake_lines ? strlen(fake_lines) : 0;
	va_list ap;

	if (level > LOG_WARN)
		return;
	va_start(ap, fmt);
	if (fake_lines)
		vsnprintf(fake_lines + used, FAKE_LINES - used, fmt, ap);
	else
		vfprintf(stderr, fmt, ap);
	va_end(ap);
}

void gprintk(enum loglevel level, const char *fmt, ...)
{
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

int fake_main(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- domains ---- */

struct domain *fake_pv_domain(domid_t id, unsigned int vcpus, bool privileged,
			      u32 max_pages)
{
	struct domain *d = fake_domain(id, vcpus, privileged);
	struct vcpu *v;
	unsigned int i;

	d->page_head = d->relinquish_at = PAGE_LIST_END;
	d->max_pages = max_pages;
	d->iomem = rangeset_alloc();
	for_each_vcpu (d, v, i) {
		v->info_mfn = INVALID_MFN;
		v->gate.kernel = true;
		ck_assert_int_eq(pt_vcpu_init(v), 0);
	}
	return d;
}

void fake_pv_domain_end(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;
	int rc;

	d->dying = DOM_DYING;
	if (fake_pcpu.loaded && fake_pcpu.loaded->d == d)
		fake_pcpu.loaded = NULL;
	do {
		rc = pt_relinquish(d);
		ck_assert(!rc || rc == -ERESTART);
	} while (rc);
	for_each_vcpu (d, v, i)
		pt_vcpu_free(v);
	rangeset_free(d->iomem);
	ck_assert_uint_eq(d->tot_pages, 0);
	ck_assert_uint_eq(d->nr_pt_pages, 0);
	fake_domain_free(d);
}

unsigned int fake_pages(struct domain *d, u64 *mfns, unsigned int room)
{
	unsigned int n = 0;
	u32 m;

	for (m = d->page_head; m != PAGE_LIST_END && n < room;
	     m = host_frametable[m].next)
		mfns[n++] = m;
	return n;
}
