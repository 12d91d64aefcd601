/*
 * builder/domain_test.c: domain_build() against a machine made of one file
 *
 * The functions of lib/privcmd.h, lib/domctl.h and lib/memory.h that the
 * builder calls are played here. Each of them can be told to fail.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/grant_table.h>
#include <xen/memory.h>

#include "../../tests/host/suite.h"
#include "builder/domain.h"
#include "builder/elf_maker.h"
#include "builder/startinfo.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/memory.h"

#define FRAMES	     20000u
#define SHARED_INFO  19998u
#define GRANT_FRAME  19999u
#define GIVEN	     (32u << 8) /* pages: 32 MiB */
#define RAMDISK_SIZE 5000u
#define DIRT	     0xa5
#define FIRST_MFN    37u
#define MFN_STEP     9600u /* second half of the memory lies elsewhere */

static int ram = -1;
static unsigned int next_mfn;
static int mappings, buffers, calls, fail_at;
static unsigned int big_extents; /* how many the machine has left */
static uint64_t pinned, hypercall_frame;
static struct vcpu_guest_context context;
static bool no_resources;

/* True when it is this call's turn to fail. */
static bool fails(void)
{
	return ++calls == fail_at;
}

void *hv_buf_alloc(struct hv *hv, size_t bytes)
{
	if (fails()) {
		err_set(-ENOMEM, "no buffer");
		return NULL;
	}
	buffers++;
	return calloc(1, bytes);
}

void hv_buf_free(struct hv *hv, void *buf, size_t bytes)
{
	if (buf)
		buffers--;
	free(buf);
}

void *hv_map_foreign(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		     size_t n, int prot)
{
	uint8_t *area;
	size_t i;

	ck_assert_uint_gt(n, 0);
	if (fails()) {
		err_set(-EFAULT, "no mapping");
		return NULL;
	}
	area = mmap(NULL, n * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	for (i = 0; i < n; i++) {
		ck_assert_uint_lt(mfns[i], FRAMES);
		ck_assert_ptr_ne(mmap(area + i * 4096, 4096, prot,
				      MAP_SHARED | MAP_FIXED, ram,
				      mfns[i] * 4096),
				 MAP_FAILED);
	}
	mappings++;
	return area;
}

void hv_unmap(void *addr, size_t n)
{
	if (!addr)
		return;
	mappings--;
	munmap(addr, n * 4096);
}

void *hv_map_resource(struct hv *hv, domid_t domid, unsigned int type,
		      unsigned int id, unsigned int frame, size_t n, int prot)
{
	xen_pfn_t mfn = GRANT_FRAME;

	ck_assert_uint_eq(type, XENMEM_resource_grant_table);
	errno = EOPNOTSUPP;
	if (no_resources)
		return NULL;
	errno = EINVAL;
	return hv_map_foreign(hv, domid, &mfn, 1, prot);
}

long mem_populate(struct hv *hv, domid_t domid, unsigned int order,
		  xen_pfn_t *pfns, size_t n)
{
	size_t i;

	if (fails())
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (order && !big_extents)
			return i;
		big_extents -= order ? 1 : 0;
		if (next_mfn + (1u << order) > SHARED_INFO)
			return i;
		pfns[i] = next_mfn;
		next_mfn += 1u << order;
		if (next_mfn >= FIRST_MFN + GIVEN / 2 && next_mfn < MFN_STEP)
			next_mfn = MFN_STEP;
	}
	return n;
}

int mem_pin_l4(struct hv *hv, domid_t domid, uint64_t mfn)
{
	ck_assert_int_eq(mappings, 0);
	pinned = mfn;
	return fails() ? -EINVAL : 0;
}

int mem_grant_frame(struct hv *hv, domid_t domid, uint64_t *mfn)
{
	*mfn = GRANT_FRAME;
	return fails() ? -EINVAL : 0;
}

int dom_hypercall_init(struct hv *hv, domid_t domid, uint64_t gmfn)
{
	hypercall_frame = gmfn;
	return fails() ? -EINVAL : 0;
}

int dom_set_context(struct hv *hv, domid_t domid, unsigned int vcpu,
		    const struct vcpu_guest_context *ctx)
{
	context = *ctx;
	return fails() ? -EINVAL : 0;
}

int dom_info(struct hv *hv, domid_t domid,
	     struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->shared_info_frame = SHARED_INFO;
	return fails() ? -ESRCH : 0;
}

/* -- one build ------------------------------------------------------------ */

static struct kernel kernel;
static struct layout layout;
static struct blob ramdisk;
static struct domain_out out;

static void start_machine(void)
{
	static uint8_t dirt[4096];
	unsigned int i;

	if (ram < 0)
		ram = memfd_create("ram", 0);
	memset(dirt, DIRT, sizeof(dirt));
	for (i = 0; i < FRAMES; i++)
		ck_assert_int_eq(pwrite(ram, dirt, 4096, i * 4096l), 4096);
	next_mfn = FIRST_MFN;
	big_extents = 3;
	calls = fail_at = mappings = buffers = 0;
	pinned = hypercall_frame = 0;
	no_resources = false;
}

static void start_kernel(bool stubs)
{
	struct maker m = maker_linux(0x40000);
	struct layout_in in = {&kernel.elf, &kernel.notes, RAMDISK_SIZE, GIVEN};
	uint8_t *data = malloc(RAMDISK_SIZE);
	struct blob file;

	if (stubs)
		maker_note_num(&m, XEN_ELFNOTE_HYPERCALL_PAGE,
			       MAKER_BASE + MAKER_PADDR + 0x1000);
	file = (struct blob){.data = malloc(m.len), .len = m.len};
	memcpy((void *)file.data, m.data, m.len);
	ck_assert_int_eq(kernel_parse(&kernel, &file, NULL), 0);
	memset(data, 0x3c, RAMDISK_SIZE);
	ramdisk = (struct blob){.data = data, .len = RAMDISK_SIZE};
	ck_assert_int_eq(layout_compute(&in, &layout), 0);
}

static int build(void)
{
	struct domain_in in = {.domid = 7,
			       .kernel = &kernel,
			       .initrd = &ramdisk,
			       .layout = &layout,
			       .cmdline = "quiet",
			       .store_port = 1,
			       .console_port = 2,
			       .store_domid = 5,
			       .console_domid = 6};

	err_clear();
	return domain_build(NULL, &in, &out);
}

static void stop(void)
{
	kernel_free(&kernel);
	blob_free(&ramdisk);
}

static uint8_t page[4096];

static const uint8_t *frame(uint64_t mfn)
{
	ck_assert_int_eq(pread(ram, page, 4096, mfn * 4096), 4096);
	return page;
}

/*
 * Frames of the first half follow each other, and those of the second half,
 * where everything but free memory lies.
 */
static uint64_t expected_mfn(uint64_t pfn)
{
	return pfn < GIVEN / 2 ? FIRST_MFN + pfn : MFN_STEP + pfn - GIVEN / 2;
}

static uint64_t *read_list(void)
{
	uint64_t *list = calloc(layout.p2m.pages, 4096), i, mfn;

	for (i = 0; i < layout.p2m.pages; i++) {
		mfn = expected_mfn(layout.p2m.pfn + i);
		ck_assert_int_eq(pread(ram, list + i * 512, 4096, mfn * 4096),
				 4096);
	}
	return list;
}

static bool all(const uint8_t *p, int c, size_t n)
{
	while (n--)
		if (*p++ != c)
			return false;
	return true;
}

START_TEST(a_domain_is_complete)
{
	const struct start_info *si;
	const struct grant_entry_v1 *g;
	uint64_t *list, i;

	start_machine();
	start_kernel(true);
	big_extents = 100;
	ck_assert_int_eq(build(), 0);
	ck_assert_int_eq(mappings, 0);
	ck_assert_int_eq(buffers, 0);

	/* The L4 is pinned and its register points at it. */
	ck_assert_uint_eq(context.ctrlreg[3], pinned << 12);
	ck_assert_uint_eq(context.user_regs.rip, kernel.notes.entry);

	si = (const void *)frame(expected_mfn(layout.start_info.pfn));
	ck_assert_str_eq((const char *)si->magic, "xen-3.0-x86_64");
	ck_assert_uint_eq(si->store_mfn, out.store_mfn);
	ck_assert_uint_eq(si->console.domU.mfn, out.console_mfn);
	ck_assert_uint_eq(si->shared_info, (uint64_t)SHARED_INFO << 12);
	ck_assert_str_eq((const char *)si->cmd_line, "quiet");

	list = read_list();
	for (i = 0; i < layout.nr_pages; i++)
		ck_assert_uint_eq(list[i], expected_mfn(i));
	ck_assert_uint_eq(list[layout.store.pfn], out.store_mfn);
	ck_assert_uint_eq(list[layout.pgtables.pfn], pinned);
	ck_assert_uint_eq(hypercall_frame, list[layout.kernel.pfn + 1]);
	for (i = layout.nr_pages; i < layout.p2m.pages * 512; i++)
		ck_assert_uint_eq(list[i], UINT64_MAX);

	/* Three pages of text, then bss, whatever lay there before. */
	ck_assert(all(frame(list[layout.kernel.pfn]), 0x5a, 4096));
	ck_assert(all(frame(list[layout.kernel.pfn + 2]), 0x5a, 4096));
	for (i = 3; i < layout.kernel.pages; i++)
		ck_assert(all(frame(list[layout.kernel.pfn + i]), 0, 4096));
	ck_assert(all(frame(list[layout.initrd.pfn]), 0x3c, 4096));
	frame(list[layout.initrd.pfn + 1]);
	ck_assert(all(page, 0x3c, RAMDISK_SIZE - 4096));
	ck_assert(all(page + RAMDISK_SIZE - 4096, 0, 8192 - RAMDISK_SIZE));
	ck_assert(all(frame(out.store_mfn), 0, 4096));
	ck_assert(all(frame(out.console_mfn), 0, 4096));
	ck_assert(all(frame(list[layout.stack.pfn]), 0, 4096));

	g = (const void *)frame(GRANT_FRAME);
	ck_assert_uint_eq(g[0].flags, GTF_permit_access);
	ck_assert_uint_eq(g[0].domid, 6);
	ck_assert_uint_eq(g[0].frame, out.console_mfn);
	ck_assert_uint_eq(g[1].domid, 5);
	ck_assert_uint_eq(g[1].frame, out.store_mfn);

	frame(SHARED_INFO);
	ck_assert_uint_eq(
		((struct shared_info *)page)->vcpu_info[31].evtchn_upcall_mask,
		1);
	ck_assert_uint_eq(((struct shared_info *)page)
				  ->vcpu_info[0]
				  .evtchn_upcall_pending,
			  0);
	free(list);
	stop();
}
END_TEST

START_TEST(memory_in_pieces_serves_as_well)
{
	start_machine();
	start_kernel(false);
	ck_assert_int_eq(build(), 0);
	ck_assert_uint_eq(out.store_mfn, expected_mfn(layout.store.pfn));
	ck_assert_uint_eq(hypercall_frame, 0);
	stop();
}
END_TEST

START_TEST(grants_are_seeded_without_resources)
{
	start_machine();
	start_kernel(false);
	no_resources = true;
	ck_assert_int_eq(build(), 0);
	ck_assert_uint_eq(
		((const struct grant_entry_v1 *)frame(GRANT_FRAME))[1].frame,
		out.store_mfn);
	stop();
}
END_TEST

START_TEST(a_machine_without_memory_says_so)
{
	start_machine();
	start_kernel(false);
	next_mfn = SHARED_INFO - 100;
	ck_assert_int_eq(build(), -ENOMEM);
	ck_assert(strstr(err_text(), "no 32 MiB left"));
	ck_assert_int_eq(buffers, 0);
	stop();
}
END_TEST

START_TEST(every_single_failure_is_reported_and_leaves_nothing)
{
	int n, rc = -1;

	start_kernel(true);
	for (n = 1; rc; n++) {
		start_machine();
		fail_at = n;
		no_resources = true;
		rc = build();
		ck_assert_int_eq(mappings, 0);
		ck_assert_int_eq(buffers, 0);
		if (rc)
			ck_assert_str_ne(err_text(), "");
		ck_assert_int_le(rc, 0);
	}
	/* The last round reached the end because nothing was left to fail. */
	ck_assert_int_lt(calls, fail_at);
	ck_assert_int_gt(n, 15);
	stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("domain");
	TCase *c = tcase_create("domain");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, a_domain_is_complete);
	tcase_add_test(c, memory_in_pieces_serves_as_well);
	tcase_add_test(c, grants_are_seeded_without_resources);
	tcase_add_test(c, a_machine_without_memory_says_so);
	tcase_add_test(c, every_single_failure_is_reported_and_leaves_nothing);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
