#include <errno.h>
#include <stdlib.h>

#include "../../tests/host/suite.h"
#include "builder/elf_maker.h"
#include "builder/layout.h"
#include "builder/pgtable.h"
#include "builder/startinfo.h"
#include "lib/err.h"

#define MIB_PAGES 256ull

static struct elf e;
static struct notes n;
static struct layout l;

static int compute(struct maker m, uint64_t initrd, uint64_t mib)
{
	struct layout_in in = {&e, &n, initrd, mib * MIB_PAGES};
	int rc = elf_parse(m.data, m.len, &e);

	if (!rc)
		rc = notes_parse(&e, &n);
	ck_assert_int_eq(rc, 0);
	return layout_compute(&in, &l);
}

static struct maker tiny(void)
{
	struct maker m = maker_start();

	maker_load(&m, 0x100000, 0x1000, 0x2000, 1);
	maker_note_str(&m, XEN_ELFNOTE_GUEST_OS, "tiny");
	m.h->e_entry = 0x100008;
	return m;
}

static void follows(struct area before, struct area after)
{
	ck_assert_uint_eq(before.pfn + before.pages, after.pfn);
}

START_TEST(linux_layout_is_in_order)
{
	ck_assert_int_eq(compute(maker_linux(0x3a00000), 5000, 256), 0);
	ck_assert_uint_eq(l.kernel.pfn, 0x1000);
	ck_assert_uint_eq(l.kernel.pages, 0x3a00);
	follows(l.kernel, l.start_info);
	follows(l.start_info, l.store);
	follows(l.store, l.console);
	follows(l.console, l.pgtables);
	follows(l.pgtables, l.stack);
	/* Region 0..0x4c00000 needs 1 + 1 + 1 tables and 38 L1. */
	ck_assert_uint_eq(l.mapped_pages, 0x4c00);
	ck_assert_uint_eq(l.pgtables.pages, 3 + 38);
	ck_assert(!l.initrd_mapped);
	ck_assert_uint_eq(l.initrd.pfn, l.mapped_pages);
	ck_assert_uint_eq(l.initrd.pages, 2);
	follows(l.initrd, l.p2m);
	ck_assert_uint_eq(l.p2m.pages, 128);
	ck_assert_uint_eq(l.p2m_vaddr, MAKER_P2M);
	follows(l.p2m, l.p2m_pgtables);
	ck_assert_uint_eq(l.p2m_pgtables.pages, 3);
}
END_TEST

START_TEST(small_kernels_have_everything_mapped)
{
	ck_assert_int_eq(compute(tiny(), 4096, 32), 0);
	ck_assert(l.initrd_mapped);
	follows(l.kernel, l.initrd);
	follows(l.initrd, l.p2m);
	ck_assert_uint_eq(l.p2m.pages, 16);
	ck_assert_uint_eq(l.p2m_vaddr, layout_vaddr(&l, l.p2m.pfn));
	ck_assert_uint_eq(l.p2m_pgtables.pages, 0);
	follows(l.p2m, l.start_info);
	ck_assert_uint_ge(l.mapped_pages * LAYOUT_PAGE,
			  (l.stack.pfn + 1) * LAYOUT_PAGE + (512 << 10));
	ck_assert_uint_eq(l.mapped_pages % 1024, 0);
}
END_TEST

START_TEST(too_little_memory_is_refused_with_what_is_needed)
{
	ck_assert_int_eq(compute(maker_linux(0x3a00000), 0, 32), -ENOSPC);
	ck_assert(strstr(err_text(), "is too little"));
	ck_assert_int_eq(compute(maker_linux(0x3a00000), 512 << 20, 256),
			 -ENOSPC);
	ck_assert_int_eq(compute(maker_linux(0x3a00000), 0, 77), 0);
}
END_TEST

START_TEST(addresses_of_the_hypervisor_are_refused)
{
	struct maker m = maker_linux(0x4000);

	maker_note_num(&m, XEN_ELFNOTE_INIT_P2M, 0xffff800000000000);
	ck_assert_int_eq(compute(m, 0, 64), -EINVAL);
	m = maker_linux(0x4000);
	maker_note_num(&m, XEN_ELFNOTE_INIT_P2M, MAKER_BASE + 0x10000000);
	ck_assert_int_eq(compute(m, 0, 64), -EINVAL);
	m = maker_linux(0x4000);
	maker_note_num(&m, XEN_ELFNOTE_INIT_P2M, 0x0001000000000000);
	ck_assert_int_eq(compute(m, 0, 64), -EINVAL);
	m = maker_linux(0x4000);
	maker_note_num(&m, XEN_ELFNOTE_VIRT_BASE, 0xffff830000000000);
	maker_note_num(&m, XEN_ELFNOTE_ENTRY, 0xffff830001000000);
	ck_assert_int_eq(compute(m, 0, 64), -EINVAL);
	ck_assert_int_eq(compute(maker_linux(1ull << 30), 0, 2048), -EINVAL);
}
END_TEST

/* A machine: mfn = 2 * pfn + 0x100000, tables found by mfn. */
static uint64_t *p2m;
static uint64_t *tables, *p2m_tables;

static uint64_t mfn_of(uint64_t pfn)
{
	return 2 * pfn + 0x100000;
}

static uint64_t *table_at(uint64_t mfn)
{
	uint64_t pfn = (mfn - 0x100000) / 2;

	if (pfn - l.pgtables.pfn < l.pgtables.pages)
		return tables + (pfn - l.pgtables.pfn) * 512;
	ck_assert_uint_lt(pfn - l.p2m_pgtables.pfn, l.p2m_pgtables.pages);
	return p2m_tables + (pfn - l.p2m_pgtables.pfn) * 512;
}

/* The L1 entry that translates @vaddr, 0 where nothing is mapped. */
static uint64_t walk(uint64_t vaddr)
{
	uint64_t *t = tables, pte;
	int shift;

	for (shift = 39; shift > 12; shift -= 9) {
		pte = t[vaddr >> shift & 511];
		if (!pte)
			return 0;
		ck_assert_uint_eq(pte & 0xfff, 0x67);
		t = table_at(pte >> 12);
	}
	return t[vaddr >> 12 & 511];
}

static void build_tables(void)
{
	uint64_t i;

	p2m = calloc(l.nr_pages, 8);
	tables = calloc(l.pgtables.pages, 4096);
	p2m_tables = calloc(l.p2m_pgtables.pages + 1, 4096);
	for (i = 0; i < l.nr_pages; i++)
		p2m[i] = mfn_of(i);
	pgtable_fill(&l, p2m, tables, l.p2m_pgtables.pages ? p2m_tables : NULL);
}

static void free_tables(void)
{
	free(p2m);
	free(tables);
	free(p2m_tables);
}

static void check_main_region(void)
{
	uint64_t pfn, pte, rw;

	for (pfn = 0; pfn < l.mapped_pages; pfn++) {
		pte = walk(layout_vaddr(&l, pfn));
		rw = pfn - l.pgtables.pfn < l.pgtables.pages ? 0 : 2;
		ck_assert_uint_eq(pte, mfn_of(pfn) << 12 | 0x21 | rw);
	}
	ck_assert_uint_eq(walk(layout_vaddr(&l, pfn)), 0);
}

START_TEST(tables_map_the_region_and_protect_themselves)
{
	uint64_t i;

	ck_assert_int_eq(compute(maker_linux(0x3a00000), 5000, 256), 0);
	build_tables();
	check_main_region();
	for (i = 0; i < l.p2m.pages; i++)
		ck_assert_uint_eq(walk(MAKER_P2M + i * 4096),
				  mfn_of(l.p2m.pfn + i) << 12 | 0x23);
	ck_assert_uint_eq(walk(MAKER_P2M + i * 4096), 0);
	free_tables();
}
END_TEST

START_TEST(tables_of_small_kernels_map_from_zero)
{
	ck_assert_int_eq(compute(tiny(), 0, 32), 0);
	build_tables();
	check_main_region();
	free_tables();
}
END_TEST

START_TEST(start_info_says_where_things_are)
{
	static struct start_info si;
	struct startinfo_in in = {.layout = &l,
				  .shared_info_mfn = 0x777,
				  .initrd_len = 5000,
				  .store_port = 3,
				  .console_port = 4,
				  .cmdline = "console=hvc0"};

	ck_assert_int_eq(compute(maker_linux(0x3a00000), 5000, 256), 0);
	build_tables();
	in.p2m = p2m;
	startinfo_fill(&in, &si);
	ck_assert_str_eq((char *)si.magic, "xen-3.0-x86_64");
	ck_assert_uint_eq(si.nr_pages, 256 * MIB_PAGES);
	ck_assert_uint_eq(si.shared_info, 0x777000);
	ck_assert_uint_eq(si.flags, SIF_MOD_START_PFN);
	ck_assert_uint_eq(si.store_mfn, mfn_of(l.store.pfn));
	ck_assert_uint_eq(si.store_evtchn, 3);
	ck_assert_uint_eq(si.console.domU.mfn, mfn_of(l.console.pfn));
	ck_assert_uint_eq(si.console.domU.evtchn, 4);
	ck_assert_uint_eq(si.pt_base, layout_vaddr(&l, l.pgtables.pfn));
	ck_assert_uint_eq(si.nr_pt_frames, l.pgtables.pages);
	ck_assert_uint_eq(si.mfn_list, MAKER_P2M);
	ck_assert_uint_eq(si.mod_start, l.initrd.pfn);
	ck_assert_uint_eq(si.mod_len, 5000);
	ck_assert_uint_eq(si.first_p2m_pfn, l.p2m.pfn);
	ck_assert_uint_eq(si.nr_p2m_frames, 128 + 3);
	ck_assert_str_eq((char *)si.cmd_line, "console=hvc0");
	free_tables();
}
END_TEST

START_TEST(first_registers_are_those_of_the_contract)
{
	struct vcpu_guest_context ctx;

	ck_assert_int_eq(compute(maker_linux(0x3a00000), 0, 256), 0);
	startinfo_context(&l, n.entry, 0x1234, &ctx);
	ck_assert_uint_eq(ctx.flags, VGCF_in_kernel | VGCF_online);
	ck_assert_uint_eq(ctx.user_regs.rip, n.entry);
	ck_assert_uint_eq(ctx.user_regs.rsi,
			  layout_vaddr(&l, l.start_info.pfn));
	ck_assert_uint_eq(ctx.user_regs.rsp,
			  layout_vaddr(&l, l.stack.pfn) + 4096);
	ck_assert_uint_eq(ctx.user_regs.cs, 0xe033);
	ck_assert_uint_eq(ctx.user_regs.ss, 0xe02b);
	ck_assert_uint_eq(ctx.user_regs.ds, 0);
	ck_assert_uint_eq(ctx.user_regs.rflags, 0x200);
	ck_assert_uint_eq(ctx.ctrlreg[3], 0x1234000);
}
END_TEST

SUITE("layout", linux_layout_is_in_order, small_kernels_have_everything_mapped,
      too_little_memory_is_refused_with_what_is_needed,
      addresses_of_the_hypervisor_are_refused,
      tables_map_the_region_and_protect_themselves,
      tables_of_small_kernels_map_from_zero, start_info_says_where_things_are,
      first_registers_are_those_of_the_contract)
