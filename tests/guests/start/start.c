/*
 * guests/start: what a guest may count on at its first instruction
 *
 * ABI: start-of-day registers, start_info, the initial mapping.
 */
#include <guest.h>
#include <xen/memory.h>
#include <xen/version.h>

#define REG(field) entry_regs[offsetof(struct frame, field) / 8]

PROMISE(magic_names_the_abi, "start_info.magic is xen-3.0-x86_64, p in dom0")
{
	const char *want = is_dom0() ? "xen-3.0-x86_64p" : "xen-3.0-x86_64";

	expect_eq(strcmp(start_info->magic, want), 0);
}

PROMISE(registers_are_clear, "rsi is start_info, all other registers are 0")
{
	expect_eq(REG(rsi), (u64)start_info);
	expect_eq(REG(rax), 0);
	expect_eq(REG(rbx), 0);
	expect_eq(REG(rcx), 0);
	expect_eq(REG(rdx), 0);
	expect_eq(REG(rdi), 0);
	expect_eq(REG(rbp), 0);
	expect_eq(REG(r8) | REG(r9) | REG(r10) | REG(r11), 0);
	expect_eq(REG(r12) | REG(r13) | REG(r14) | REG(r15), 0);
}

PROMISE(flat_selectors_are_loaded, "CS e033, SS e02b, the others null")
{
	expect_eq(REG(cs), FLAT_KERNEL_CS);
	expect_eq(REG(ss), FLAT_KERNEL_SS);
	expect_eq(entry_segments[0], 0);
	expect_eq(entry_segments[1], 0);
	expect_eq(entry_segments[2], 0);
	expect_eq(entry_segments[3], 0);
}

PROMISE(real_interrupts_are_on, "IF is 1 in the real flags at entry")
{
	expect(REG(rflags) & 0x200);
	expect_eq(REG(rflags) & 0x23000, 0);
}

PROMISE(stack_is_the_page_after_the_tables, "rsp ends the boot stack page")
{
	expect_eq(REG(rsp), start_info->pt_base +
				    start_info->nr_pt_frames * PAGE_SIZE +
				    PAGE_SIZE);
}

PROMISE(events_start_masked, "evtchn_upcall_mask is 1 in all 32 slots")
{
	unsigned int i;

	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		if (!expect_eq(shared_info->vcpu_info[i].evtchn_upcall_mask, 1))
			break;
}

PROMISE(clock_is_set_before_entry, "vcpu_time_info has a multiplier")
{
	expect(vcpu_info()->time.tsc_to_system_mul != 0);
	expect_eq(vcpu_info()->time.version & 1, 0);
}

PROMISE(command_line_arrives, "cmd_line holds the words after the image")
{
	expect_eq(option_number("marker", 0), 7);
}

PROMISE(dom0_has_no_store_and_console, "dom0: store_mfn, store_evtchn are 0")
{
	if (!is_dom0())
		skip("a domU");
	expect_eq(start_info->store_mfn, 0);
	expect_eq(start_info->store_evtchn, 0);
	expect(start_info->flags & SIF_PRIVILEGED);
}

PROMISE(no_module_no_length, "without a module mod_start and mod_len are 0")
{
	expect_eq(start_info->mod_start, 0);
	expect_eq(start_info->mod_len, 0);
}

PROMISE(nr_pages_is_the_allocation, "nr_pages frames belong to the domain")
{
	domid_t self = DOMID_SELF;
	long now = hypercall(memory_op, XENMEM_current_reservation, &self);

	expect(start_info->nr_pages > 512);
	expect(now >= (long)start_info->nr_pages);
}

/* First address behind the initial mapping. */
static u64 region_end(void)
{
	u64 va = REG(rsp);
	u64 *e;

	for (;; va += PAGE_SIZE) {
		e = pte_walk((void *)va, 1);
		if (!e || !(*e & PTE_P))
			return va;
	}
}

PROMISE(region_maps_pfns_in_order, "va - VIRT_BASE is pfn << 12 throughout")
{
	u64 end = region_end(), va;

	for (va = VIRT_BASE; va < end; va += PAGE_SIZE) {
		u64 *e = pte_walk((void *)va, 1);
		u64 mfn = pfn_to_mfn(va_to_pfn((void *)va));

		if ((void *)va == shared_info)
			continue;
		require(e != NULL);
		if (!expect_eq((*e & PTE_MFN) >> 12, mfn))
			return;
	}
}

PROMISE(region_has_padding, "512 KiB follow, up to a 4 MiB boundary")
{
	u64 end = region_end();

	expect(end - REG(rsp) >= 512 * 1024);
	expect_eq(end & ((4UL << 20) - 1), 0);
}

PROMISE(m2p_inverts_p2m, "the M2P leads from every frame back to its pfn")
{
	u64 pfn;

	for (pfn = 0; pfn < start_info->nr_pages; pfn++)
		if (!expect_eq(mfn_to_pfn(pfn_to_mfn(pfn)), pfn))
			return;
}

PROMISE(tables_are_read_only, "every page-table frame is mapped without RW")
{
	u64 i, value;

	for (i = 0; i < start_info->nr_pt_frames; i++) {
		void *va = (void *)(start_info->pt_base + i * PAGE_SIZE);
		u64 *e = pte_walk(va, 1);

		require(e != NULL);
		if (!expect_eq(*e & PTE_RW, 0))
			return;
		expect(probe_read(va, &value));
	}
}

PROMISE(pt_base_is_the_root, "pt_base is the L4 that CR3 names")
{
	u64 cr3;

	__asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
	expect_eq(xen_cr3_to_pfn(cr3), root_mfn());
}

PROMISE(root_is_pinned, "the boot L4 can be unpinned once, and pinned again")
{
	u64 root = root_mfn();

	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, root, 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, root, 0), -XEN_EINVAL);
	expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, root, 0), 0);
}

PROMISE(shared_info_is_a_machine_page, "shared_info is an aligned address")
{
	expect_eq(start_info->shared_info & (PAGE_SIZE - 1), 0);
	expect(start_info->shared_info != 0);
}

PROMISE(hypercall_page_is_filled, "stub 17 of the hypercall page is a call")
{
	long ret;

	__asm__ volatile("call *%1"
			 : "=a"(ret)
			 : "r"(hypercall_page + HYPERCALL_xen_version * 32),
			   "D"((u64)XENVER_version), "S"(0UL)
			 : "memory");
	expect_eq(ret >> 16, 4);
}

PROMISE(hypercall_page_keeps_rcx_r11, "a stub preserves rcx and r11")
{
	u64 rcx, r11, ret;

	__asm__ volatile("movq $0x1111, %%rcx\n\t"
			 "movq $0x2222, %%r11\n\t"
			 "call *%3\n\t"
			 "movq %%r11, %2"
			 : "=a"(ret), "=&c"(rcx), "=&r"(r11)
			 : "r"(hypercall_page + HYPERCALL_xen_version * 32),
			   "D"((u64)XENVER_version), "S"(0UL)
			 : "r11", "memory");
	expect_eq(rcx, 0x1111);
	expect_eq(r11, 0x2222);
}
