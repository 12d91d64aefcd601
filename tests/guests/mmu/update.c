/*
 * guests/mmu: mmu_update and update_va_mapping
 *
 * ABI: which entries are accepted, which error refuses the others.
 */
#include <guest.h>

/* A pool page whose L1 entry tests may change, put back afterwards. */
static u8 *page;

static u64 plain(void)
{
	return va_to_mfn(page) << 12 | PTE_DATA;
}

static bool setup(void)
{
	if (!page)
		page = page_alloc();
	return !va_map(page, plain());
}

PROMISE(update_writes_an_l1_entry, "mmu_update 0 changes an L1 entry")
{
	require(setup());
	expect_eq(pte_write(pte_maddr(page, 1), plain() & ~PTE_RW), 0);
	expect_eq(*pte_walk(page, 1) & PTE_RW, 0);
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)page, 0);
	expect(!probe_write(page, 1));
	expect_eq(pte_write(pte_maddr(page, 1), plain()), 0);
	expect(probe_write(page, 1));
}

PROMISE(user_bit_is_forced, "US is set in every present entry")
{
	require(setup());
	expect_eq(va_map(page, plain() & ~PTE_US), 0);
	expect_eq(*pte_walk(page, 1) & PTE_US, PTE_US);
}

PROMISE(va_mapping_unmaps, "update_va_mapping 0 makes the page absent")
{
	u64 v;

	require(setup());
	expect_eq(va_map(page, 0), 0);
	expect(!probe_read(page, &v));
	expect_eq(va_map(page, plain()), 0);
	expect(probe_read(page, &v));
}

PROMISE(va_mapping_needs_an_l1, "update_va_mapping without an L1 is -EINVAL")
{
	require(setup());
	expect_eq(va_map(BAD_UNMAPPED, plain()), -XEN_EINVAL);
}

PROMISE(va_mapping_flags, "every flush flag of update_va_mapping is accepted")
{
	require(setup());
	expect_eq(hypercall(update_va_mapping, page, plain(), UVMF_NONE), 0);
	expect_eq(hypercall(update_va_mapping, page, plain(), UVMF_TLB_FLUSH),
		  0);
	expect_eq(hypercall(update_va_mapping, page, plain(),
			    UVMF_TLB_FLUSH | UVMF_ALL),
		  0);
	expect_eq(hypercall(update_va_mapping, page, plain(),
			    UVMF_INVLPG | UVMF_ALL),
		  0);
}

PROMISE(rw_mapping_of_a_table, "RW mapping of a page table is -EBUSY")
{
	u64 l1 = *pte_walk(page, 2) & PTE_MFN;

	require(setup());
	expect_eq(va_map(page, l1 | PTE_DATA), -XEN_EBUSY);
	expect_eq(va_map(page, l1 | PTE_RO), 0);
	expect_eq(va_map(page, plain()), 0);
}

PROMISE(absent_frame, "a frame that is no memory and no device is refused")
{
	require(setup());
	expect_refused(va_map(page, 0x0000fffffff00000UL | PTE_DATA));
	expect_eq(*pte_walk(page, 1) & PTE_MFN, plain() & PTE_MFN);
}

PROMISE(hypervisor_frames_are_refused,
	"the hypervisor's own frames are refused")
{
	/* The first megabytes hold the M2P's and the image's frames. */
	u64 self = va_to_mfn(page), mfn, refused = 0, tried = 0;

	require(setup());
	for (mfn = 0x100; mfn < self; mfn += 0x101) {
		if (mfn_to_pfn(mfn) < start_info->nr_pages &&
		    pfn_to_mfn(mfn_to_pfn(mfn)) == mfn)
			continue;
		tried++;
		if (va_map(page, mfn << 12 | PTE_DATA) < 0)
			refused++;
		else
			va_map(page, plain());
	}
	require(tried > 0);
	expect_eq(refused, tried);
}

PROMISE(global_bit_is_tolerated, "G in an L1 entry is accepted")
{
	require(setup());
	expect_eq(va_map(page, plain() | PTE_G), 0);
	expect_eq(va_map(page, plain()), 0);
}

PROMISE(cache_attributes_need_rights, "PCD without I/O rights is refused")
{
	long rc;

	require(setup());
	rc = va_map(page, plain() | PTE_PCD);
	if (is_dom0())
		expect_eq(rc, 0);
	else
		expect_refused_as("the call", rc);
	expect_eq(va_map(page, plain()), 0);
}

PROMISE(available_bits_are_kept, "bits 9-11 and 52-58 belong to the guest")
{
	u64 bits = 0x200UL | 1UL << 52 | 1UL << 58;

	require(setup());
	expect_eq(va_map(page, plain() | bits), 0);
	expect_eq(*pte_walk(page, 1) & bits, bits);
	expect_eq(va_map(page, plain()), 0);
}

PROMISE(preserve_ad_keeps_bits, "kind 2 keeps accessed and dirty")
{
	u64 at;

	require(setup());
	at = pte_maddr(page, 1);
	expect(probe_write(page, 1));
	expect_eq(pte_write(at | MMU_PT_UPDATE_PRESERVE_AD,
			    plain() & ~(PTE_A | PTE_D)),
		  0);
	expect_eq(*pte_walk(page, 1) & (PTE_A | PTE_D), PTE_A | PTE_D);
	expect_eq(pte_write(at, plain() & ~(PTE_A | PTE_D)), 0);
	expect_eq(*pte_walk(page, 1) & (PTE_A | PTE_D), 0);
}

PROMISE(unknown_kind_of_update,
	"kind 3 without translation is accepted or -ENOSYS")
{
	long rc;

	require(setup());
	rc = pte_write(pte_maddr(page, 1) | MMU_PT_UPDATE_NO_TRANSLATE,
		       plain());
	answer_as("the call", rc);
	expect(rc == 0 || rc == -XEN_ENOSYS || rc == -XEN_EINVAL);
}

PROMISE(machphys_changes_the_m2p, "kind 1 sets the M2P entry of a frame")
{
	u64 mfn, pfn;

	require(setup());
	mfn = va_to_mfn(page);
	pfn = va_to_pfn(page);
	expect_eq(pte_write(mfn << 12 | MMU_MACHPHYS_UPDATE, 0x1234), 0);
	expect_eq(mfn_to_pfn(mfn), 0x1234);
	expect_eq(pte_write(mfn << 12 | MMU_MACHPHYS_UPDATE, pfn), 0);
	expect_eq(mfn_to_pfn(mfn), pfn);
}

PROMISE(machphys_of_a_foreign_frame, "kind 1 on a frame of others is refused")
{
	expect_refused(pte_write(0UL << 12 | MMU_MACHPHYS_UPDATE, 1));
}

PROMISE(m2p_is_read_only, "a store to the M2P is a page fault")
{
	expect(!probe_write((u64 *)MACH2PHYS_VIRT_START + va_to_mfn(start_info),
			    0));
	expect_trap(VEC_PF);
}

PROMISE(first_error_stops, "a batch stops at the first error and writes done")
{
	struct mmu_update req[3];
	u32 done = 77;

	require(setup());
	req[0].ptr = pte_maddr(page, 1);
	req[0].val = plain() & ~PTE_RW;
	req[1].ptr = pte_maddr(page, 1);
	req[1].val = (*pte_walk(page, 2) & PTE_MFN) | PTE_DATA;
	req[2].ptr = pte_maddr(page, 1);
	req[2].val = plain();
	expect_eq(hypercall(mmu_update, req, 3, &done, DOMID_SELF), -XEN_EBUSY);
	expect_eq(done, 1);
	expect_eq(*pte_walk(page, 1) & PTE_RW, 0);
	expect_eq(va_map(page, plain()), 0);
}

PROMISE(done_counts_all, "done is the number of requests on success")
{
	struct mmu_update req[2];
	u32 done = 77;

	require(setup());
	req[0].ptr = req[1].ptr = pte_maddr(page, 1);
	req[0].val = req[1].val = plain();
	expect_eq(hypercall(mmu_update, req, 2, &done, DOMID_SELF), 0);
	expect_eq(done, 2);
	expect_eq(hypercall(mmu_update, req, 0, &done, DOMID_SELF), 0);
}

PROMISE(plain_page_gets_a_plain_write,
	"mmu_update on an untyped page writes it")
{
	u64 *own = page_alloc();

	require(!va_map(own, 0));
	require(setup());
	expect_eq(pte_write(va_to_maddr(own) + 16, 0xabcdef0), 0);
	require(!page_make_rw(own));
	expect_eq(own[2], 0xabcdef0);
	page_free(own);
}

PROMISE(writable_page_gets_a_plain_write, "the same on a writable page")
{
	u64 *own = page_alloc();

	expect_eq(pte_write(va_to_maddr(own) + 24, 0x1234560), 0);
	expect_eq(own[3], 0x1234560);
	page_free(own);
}

PROMISE(update_needs_good_pointers, "bad request pointers are -EFAULT")
{
	expect_eq(hypercall(mmu_update, BAD_UNMAPPED, 1, 0, DOMID_SELF),
		  -XEN_EFAULT);
	expect_eq(hypercall(mmu_update, BAD_HYPERVISOR, 1, 0, DOMID_SELF),
		  -XEN_EFAULT);
}

PROMISE(update_of_no_domain, "an unknown foreign domain is -ESRCH")
{
	struct mmu_update req = {0};

	expect_eq(hypercall(mmu_update, &req, 1, 0, 0x1234), -XEN_ESRCH);
}

PROMISE(otherdomain_of_no_domain, "update_va_mapping_otherdomain: -ESRCH")
{
	require(setup());
	expect_eq(hypercall(update_va_mapping_otherdomain, page, plain(),
			    UVMF_INVLPG, 0x1234),
		  -XEN_ESRCH);
}

PROMISE(interrupt_controllers_stay_ours,
	"LAPIC refused, IOAPIC at most read-only")
{
	struct mmu_update req = {.val = 0xfee00000UL | PTE_DATA};
	long rc;

	require(setup());
	req.ptr = pte_maddr(page, 1);
	expect_refused(hypercall(mmu_update, &req, 1, 0, DOMID_IO));
	expect_refused(pte_write(req.ptr, 0xfee00000UL | PTE_DATA));
	rc = pte_write(req.ptr, 0xfec00000UL | PTE_DATA);
	expect(rc < 0 || !(*pte_walk(page, 1) & PTE_RW));
	expect_eq(va_map(page, plain()), 0);
}

PROMISE(dom0_maps_device_memory, "dom0 maps the VGA window")
{
	if (!is_dom0())
		skip("needs I/O rights");
	require(setup());
	expect_eq(pte_write(pte_maddr(page, 1), 0xb8000UL | PTE_DATA), 0);
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)page, 0);
	expect(probe_write(page, 0x0720072007200720UL));
	expect_eq(va_map(page, plain()), 0);
}
