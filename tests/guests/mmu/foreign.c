/*
 * guests/mmu: frames and tables of others, and ourselves under other names
 *
 * ABI: foreigndom names the owner of the frames (low half) and of the tables
 * (high half, plus one); without a right to them -EPERM, absent -ESRCH.
 */
#include <guest.h>

static u8 *page, *other;

static u64 plain(void)
{
	return va_to_mfn(page) << 12 | PTE_DATA;
}

/* Another frame of ours, so that the update is more than one of flags. */
static u64 changed(void)
{
	return va_to_mfn(other) << 12 | PTE_DATA;
}

static bool setup(void)
{
	if (!page) {
		page = page_alloc();
		other = page_alloc();
	}
	return !va_map(page, plain());
}

static long update_as(u64 foreigndom, u64 kind)
{
	struct mmu_update req = {.ptr = pte_maddr(page, 1) | kind,
				 .val = changed()};

	if (kind == MMU_MACHPHYS_UPDATE) {
		req.ptr = va_to_mfn(page) << 12 | kind;
		req.val = va_to_pfn(page);
	}
	return hypercall(mmu_update, &req, 1, 0, foreigndom);
}

static long ext_as(u16 domid, u32 cmd)
{
	struct mmuext_op op = {.cmd = cmd, .arg1.mfn = va_to_mfn(page)};

	return hypercall(mmuext_op, &op, 1, 0, domid);
}

#define TABLES_OF(id) (((u64)(id) + 1) << 16)

PROMISE(own_number,
	"for frames one is DOMID_SELF, never a number; tables: both")
{
	require(setup());
	if (!is_dom0())
		skip("a domU does not know its number");
	expect_eq(update_as(0, 0), -XEN_ESRCH);
	expect_eq(update_as(0, MMU_MACHPHYS_UPDATE), -XEN_ESRCH);
	expect_eq(ext_as(0, MMUEXT_TLB_FLUSH_LOCAL), -XEN_ESRCH);
	expect_eq(hypercall(update_va_mapping_otherdomain, page, changed(),
			    UVMF_INVLPG, 0),
		  -XEN_ESRCH);
	expect_eq(*pte_walk(page, 1) & PTE_MFN, plain() & PTE_MFN);
	expect_eq(update_as(TABLES_OF(0) | DOMID_SELF, 0), 0);
	expect_eq(update_as(TABLES_OF(DOMID_SELF) | DOMID_SELF, 0), -XEN_ESRCH);
	require(setup());
}

PROMISE(strangers, "absent domains: -ESRCH, whichever half names them")
{
	require(setup());
	expect_eq(update_as(0x1234, 0), -XEN_ESRCH);
	expect_eq(update_as(TABLES_OF(0x1234) | DOMID_SELF, 0), -XEN_ESRCH);
	expect_eq(ext_as(0x1234, MMUEXT_PIN_L1_TABLE), -XEN_ESRCH);
	expect_eq(ext_as(0x1234, 99), -XEN_ESRCH);
}

PROMISE(special_numbers, "DOMID_IO, DOMID_XEN and others that are no domain")
{
	static const u16 id[] = {DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID};
	static const char *const name[] = {"IO", "XEN", "COW", "INVALID"};
	unsigned int i;

	require(setup());
	for (i = 0; i < ARRAY_SIZE(id); i++) {
		/* Our frame is not theirs, whatever we may do with theirs. */
		expect_refused_as(name[i], update_as(id[i], 0));
		expect_refused_as(name[i],
				  update_as(TABLES_OF(id[i]) | DOMID_SELF, 0));
		expect_refused_as(name[i],
				  update_as(id[i], MMU_MACHPHYS_UPDATE));
		expect_refused_as(name[i], ext_as(id[i], MMUEXT_PIN_L1_TABLE));
		expect_refused_as(name[i],
				  hypercall(update_va_mapping_otherdomain, page,
					    changed(), UVMF_INVLPG, id[i]));
	}
	expect_eq(*pte_walk(page, 1) & PTE_MFN, plain() & PTE_MFN);
}

PROMISE(domu_touches_nobody, "a domU may not name dom0: -EPERM")
{
	require(setup());
	if (is_dom0())
		skip("for a domU");
	expect_eq(update_as(0, 0), -XEN_EPERM);
	expect_eq(update_as(TABLES_OF(0) | DOMID_SELF, 0), -XEN_EPERM);
	expect_eq(ext_as(0, MMUEXT_PIN_L1_TABLE), -XEN_EPERM);
	expect_eq(hypercall(update_va_mapping_otherdomain, page, plain(),
			    UVMF_INVLPG, 0),
		  -XEN_EPERM);
}

PROMISE(domu_maps_no_device, "device memory without right: -EPERM")
{
	require(setup());
	if (is_dom0())
		skip("for a domU");
	expect_eq(pte_write(pte_maddr(page, 1), 0xb8000UL | PTE_RO),
		  -XEN_EPERM);
	expect_eq(va_map(page, 0xb8000UL | PTE_DATA), -XEN_EPERM);
	expect_eq(pte_write(pte_maddr(page, 1), 0xfee00000UL | PTE_RO),
		  -XEN_EPERM);
}

PROMISE(shared_info_is_ordinary_to_map,
	"shared_info: RW in L1s, no table, ever")
{
	u64 mfn = start_info->shared_info >> 12;
	u32 level;

	for (level = 1; level <= 4; level++)
		expect_refused_as(
			"pin", mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn, 0));
	expect_refused(hypercall(set_gdt, &mfn, 512));
	expect_refused(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn, 0));
	require(setup());
	expect_eq(va_map(page, start_info->shared_info | PTE_RO), 0);
	expect_eq(va_map(page, plain()), 0);
	answer_as("CLEAR_PAGE of a copy",
		  mmuext(MMUEXT_COPY_PAGE, va_to_mfn(page), mfn));
}

PROMISE(m2p_frames_are_read_only, "dom0 maps M2P frames through DOMID_XEN, RO")
{
	struct mmu_update req;
	u64 *m2p = (u64 *)MACH2PHYS_VIRT_START + va_to_mfn(start_info);
	u64 v;

	if (!is_dom0())
		skip("for tools");
	/* As seen by reading it: the value for start_info's frame. */
	require(probe_read(m2p, &v));
	require(setup());
	req.ptr = pte_maddr(page, 1);
	req.val = (u64)0x100 << 12 | PTE_DATA;
	expect_refused(hypercall(mmu_update, &req, 1, 0, DOMID_XEN));
	expect_eq(*pte_walk(page, 1) & PTE_MFN, plain() & PTE_MFN);
}

PROMISE(m2p_past_its_end_faults, "the M2P past memory: a page fault, no more")
{
	u64 *end = (u64 *)MACH2PHYS_VIRT_END, v;

	expect(!probe_read(end - 1, &v));
	expect_trap(VEC_PF);
	expect_eq(caught.f.error & 2, 0);
	expect(!probe_read(end, &v));
	expect_trap(VEC_PF);
}

PROMISE(ops_for_others_only, "roots, flushes and LDTs are one's own")
{
	static const struct {
		u32 cmd;
		const char *name;
	} op[] = {
		{MMUEXT_NEW_BASEPTR, "NEW_BASEPTR"},
		{MMUEXT_NEW_USER_BASEPTR, "NEW_USER_BASEPTR"},
		{MMUEXT_TLB_FLUSH_LOCAL, "TLB_FLUSH_LOCAL"},
		{MMUEXT_INVLPG_LOCAL, "INVLPG_LOCAL"},
		{MMUEXT_TLB_FLUSH_MULTI, "TLB_FLUSH_MULTI"},
		{MMUEXT_INVLPG_MULTI, "INVLPG_MULTI"},
		{MMUEXT_TLB_FLUSH_ALL, "TLB_FLUSH_ALL"},
		{MMUEXT_INVLPG_ALL, "INVLPG_ALL"},
		{MMUEXT_FLUSH_CACHE, "FLUSH_CACHE"},
		{MMUEXT_FLUSH_CACHE_GLOBAL, "FLUSH_CACHE_GLOBAL"},
		{MMUEXT_SET_LDT, "SET_LDT"},
	};
	unsigned int i;

	require(setup());
	if (!is_dom0())
		skip("others are refused before");
	for (i = 0; i < ARRAY_SIZE(op); i++)
		expect_refused_as(op[i].name, ext_as(DOMID_IO, op[i].cmd));
}
