/*
 * guests/emulation: privileged instructions of a PV kernel
 *
 * ABI: which are emulated, with what result, and which are #GP.
 */
#include <guest.h>
#include <xen/physdev.h>

#define MSR_APIC_BASE	   0x1b
#define MSR_PAT		   0x277
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

static bool rdmsr(u32 msr, u64 *value)
{
	u32 lo = 0, hi = 0;

	PROBE("rdmsr", : "+a"(lo), "+d"(hi) : "c"(msr) : "memory");
	*value = (u64)hi << 32 | lo;
	return !caught.happened;
}

static bool wrmsr(u32 msr, u64 value)
{
	PROBE("wrmsr",
	      :
	      : "a"((u32)value), "d"((u32)(value >> 32)), "c"(msr)
	      : "memory");
	return !caught.happened;
}

PROMISE(cr0_shows_protection, "CR0 reads as real, TS clear")
{
	u64 cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	expect_eq(cr0 & 0x80000001, 0x80000001);
	expect_eq(cr0 & 8, 0);
}

PROMISE(cr0_ts_is_virtual, "writing CR0.TS gives #NM, clts clears it")
{
	u64 cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	PROBE("movq %0, %%cr0", : : "r"(cr0 | 8) : "memory");
	expect_no_trap();
	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	expect_eq(cr0 & 8, 8);
	PROBE("clts", : : : "memory");
	expect_no_trap();
	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	expect_eq(cr0 & 8, 0);
	PROBE("fnop", : : : "memory");
	expect_no_trap();
}

PROMISE(cr0_others_are_gp, "clearing CR0.WP is #GP")
{
	u64 cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	PROBE("movq %0, %%cr0", : : "r"(cr0 & ~0x10000UL) : "memory");
	expect_trap(VEC_GP);
}

PROMISE(cr2_is_virtual, "CR2 holds the last fault, writes reach arch.cr2")
{
	u64 v;

	PROBE("movq %0, %%cr2", : : "r"(0x2000UL) : "memory");
	expect_no_trap();
	expect_eq(vcpu_info()->arch.cr2, 0x2000);
	__asm__ volatile("movq %%cr2, %0" : "=r"(v));
	expect_eq(v, 0x2000);
	expect(!probe_read(BAD_UNMAPPED, &v));
	__asm__ volatile("movq %%cr2, %0" : "=r"(v));
	expect_eq(v, (u64)BAD_UNMAPPED);
}

PROMISE(cr3_names_the_root, "CR3 reads as the root's frame number << 12")
{
	u64 v;

	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	expect_eq(v, xen_pfn_to_cr3(root_mfn()));
	PROBE("movq %0, %%cr3", : : "r"(v) : "memory");
	expect_no_trap();
}

PROMISE(cr3_is_checked, "loading a CR3 that is no L4 is #GP")
{
	u64 v = va_to_mfn(start_info) << 12;

	PROBE("movq %0, %%cr3", : : "r"(v) : "memory");
	expect_trap(VEC_GP);
}

PROMISE(cr4_keeps_pae, "CR4 reads with PAE; rewriting it is accepted")
{
	u64 v;

	__asm__ volatile("movq %%cr4, %0" : "=r"(v));
	expect_eq(v & 0x20, 0x20);
	PROBE("movq %0, %%cr4", : : "r"(v) : "memory");
	expect_no_trap();
}

PROMISE(cr8_is_gp, "CR8 is #GP")
{
	u64 v;

	PROBE("movq %%cr8, %0", : "=r"(v) : : "memory");
	expect(caught.happened);
}

PROMISE(hlt_is_gp, "hlt is #GP")
{
	PROBE("hlt", : : : "memory");
	expect_trap(VEC_GP);
}

static void iopl(u32 level)
{
	struct physdev_set_iopl op = {.iopl = level};

	expect_eq(hypercall(physdev_op, PHYSDEVOP_set_iopl, &op), 0);
}

PROMISE(cli_without_iopl_is_gp, "cli and sti are #GP at iopl 0")
{
	iopl(0);
	PROBE("cli", : : : "memory");
	expect_trap(VEC_GP);
	PROBE("sti", : : : "memory");
	expect_trap(VEC_GP);
}

PROMISE(cli_with_iopl_is_nothing, "cli and sti do nothing at iopl 1")
{
	iopl(1);
	PROBE("cli", : : : "memory");
	expect_no_trap();
	expect_eq(flags_read() & 0x200, 0x200);
	PROBE("sti", : : : "memory");
	expect_no_trap();
	expect_eq(vcpu_info()->evtchn_upcall_mask, 1);
	iopl(0);
}

PROMISE(iopl_4_is_refused, "set_iopl above 3 is -EINVAL")
{
	struct physdev_set_iopl op = {.iopl = 4};

	expect_eq(hypercall(physdev_op, PHYSDEVOP_set_iopl, &op), -XEN_EINVAL);
}

PROMISE(io_without_iopl_is_gp, "in and out are #GP at iopl 0")
{
	u8 v;

	iopl(0);
	PROBE("inb $0x80, %0", : "=a"(v) : : "memory");
	expect_trap(VEC_GP);
	PROBE("outb %0, $0x80", : : "a"((u8)0) : "memory");
	expect_trap(VEC_GP);
}

PROMISE(forbidden_ports_read_ones, "a port without right reads all ones")
{
	u8 b = 0;
	u16 w = 0;
	u32 l = 0;

	iopl(1);
	PROBE("inb $0x20, %0", : "+a"(b) : : "memory");
	expect_no_trap();
	expect_eq(b, 0xff);
	PROBE("inw %w1, %0", : "+a"(w) : "d"(0xa0) : "memory");
	expect_eq(w, 0xffff);
	PROBE("inl %w1, %0", : "+a"(l) : "d"(0x3f8) : "memory");
	expect_eq(l, 0xffffffff);
	PROBE("outb %0, $0x20", : : "a"((u8)0) : "memory");
	expect_no_trap();
	iopl(0);
}

PROMISE(dom0_reaches_ports, "dom0 reads and writes an unused port")
{
	u8 v;

	if (!is_dom0())
		skip("dom0 only");
	iopl(1);
	PROBE("outb %0, $0x80", : : "a"((u8)0x55) : "memory");
	expect_no_trap();
	PROBE("inb $0x80, %0", : "=a"(v) : : "memory");
	expect_no_trap();
	iopl(0);
}

PROMISE(string_io_is_emulated, "rep insb from a forbidden port fills with ones")
{
	static u8 buffer[8];
	u8 *p = buffer;
	u64 n = 4;

	iopl(1);
	PROBE("rep insb", : "+D"(p), "+c"(n) : "d"(0x20) : "memory");
	expect_no_trap();
	expect_eq(n, 0);
	expect_eq(buffer[0], 0xff);
	expect_eq(buffer[3], 0xff);
	expect_eq(buffer[4], 0);
	iopl(0);
}

PROMISE(pci_address_is_latched, "0xcf8 reads back what was written")
{
	u32 v = 0x80000000, back = 0;

	if (!is_dom0())
		skip("dom0 only");
	iopl(1);
	PROBE("outl %0, %w1", : : "a"(v), "d"(0xcf8) : "memory");
	expect_no_trap();
	PROBE("inl %w1, %0", : "=a"(back) : "d"(0xcf8) : "memory");
	expect_eq(back, v);
	PROBE("inl %w1, %0", : "=a"(back) : "d"(0xcfc) : "memory");
	expect_eq(back & 0xffff, 0x8086); /* QEMU's host bridge */
	iopl(0);
}

PROMISE(base_msrs, "FS_BASE, GS_BASE, KERNEL_GS_BASE can be read and written")
{
	static const u32 msr[] = {MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE};
	unsigned int i;
	u64 v;

	for (i = 0; i < ARRAY_SIZE(msr); i++) {
		expect(wrmsr(msr[i], (u64)start_info + i));
		expect(rdmsr(msr[i], &v));
		expect_eq(v, (u64)start_info + i);
		expect(!wrmsr(msr[i], (u64)BAD_NONCANONICAL));
		expect_trap(VEC_GP);
		expect(wrmsr(msr[i], 0));
	}
}

PROMISE(efer_may_be_rewritten, "EFER reads with LME and takes its own value")
{
	u64 v;

	expect(rdmsr(MSR_EFER, &v));
	expect_eq(v & 0x500, 0x500);
	expect(wrmsr(MSR_EFER, v));
}

PROMISE(apic_base_value, "APIC_BASE is fee00000, enabled, BSP on vcpu 0")
{
	u64 v;

	expect(rdmsr(MSR_APIC_BASE, &v));
	expect_eq(v, 0xfee00900);
}

PROMISE(pat_value, "PAT reads as the ABI's order")
{
	u64 v;

	expect(rdmsr(MSR_PAT, &v));
	expect_eq(v, 0x050100070406UL);
}

PROMISE(star_is_gp_or_zero, "STAR can at most be read")
{
	u64 v;

	expect(!rdmsr(MSR_STAR, &v) || v == 0);
}

PROMISE(unknown_msr_is_gp, "an MSR that does not exist is #GP")
{
	u64 v;

	expect(!rdmsr(0xdeadbeef, &v));
	expect_trap(VEC_GP);
	expect(!wrmsr(0xdeadbeef, 0));
	expect_trap(VEC_GP);
}

PROMISE(wbinvd_does_not_fault, "wbinvd is accepted")
{
	PROBE("wbinvd", : : : "memory");
	expect_no_trap();
}

PROMISE(debug_registers_by_mov, "mov to and from DR works as the hypercalls")
{
	u64 v = 0;

	PROBE("movq %0, %%db1", : : "r"((u64)start_info) : "memory");
	expect_no_trap();
	PROBE("movq %%db1, %0", : "=r"(v) : : "memory");
	expect_no_trap();
	expect_eq(v, (u64)start_info);
	expect_eq(hypercall(get_debugreg, 1), (long)(u64)start_info);
	PROBE("movq %0, %%db1", : : "r"(0UL) : "memory");
	expect_no_trap();
}

PROMISE(table_registers, "lgdt, lidt, lldt and ltr are #GP")
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) table = {0, 0};

	PROBE("lgdt %0", : : "m"(table) : "memory");
	expect_trap(VEC_GP);
	PROBE("lidt %0", : : "m"(table) : "memory");
	expect_trap(VEC_GP);
	PROBE("lldt %w0", : : "r"(0) : "memory");
	expect_trap(VEC_GP);
	PROBE("ltr %w0", : : "r"(0) : "memory");
	expect_trap(VEC_GP);
}

PROMISE(invlpg_is_accepted, "invlpg and invd: emulated or #GP, never fatal")
{
	PROBE("invlpg (%0)", : : "r"(start_info) : "memory");
	PROBE("invd", : : : "memory");
	expect(true);
}

PROMISE(rdtsc_is_native, "rdtsc works and advances")
{
	u64 a = rdtsc(), b;

	PROBE("rdtsc", : : : "rax", "rdx", "memory");
	expect_no_trap();
	b = rdtsc();
	expect(b >= a);
}

PROMISE(swapgs_is_gp, "swapgs at CPL 3 is #GP")
{
	PROBE("swapgs", : : : "memory");
	expect(caught.happened);
}
