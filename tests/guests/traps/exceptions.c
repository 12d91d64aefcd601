/*
 * guests/traps: exceptions of the guest kernel
 *
 * ABI: set_trap_table, the frame a handler finds, error codes, cr2.
 */
#include <guest.h>

PROMISE(ud2_faults_in_place, "#UD reports the address of the instruction")
{
	u64 at;

	PROBE("leaq 1f(%%rip), %0\n1: ud2", : "=r"(at) : : "memory");
	if (expect_trap(VEC_UD))
		expect_eq(caught.f.rip, at);
}

PROMISE(int3_traps_behind, "#BP reports the address after int3")
{
	u64 at;

	PROBE("leaq 1f(%%rip), %0\nint3\n1:", : "=r"(at) : : "memory");
	if (expect_trap(VEC_BP))
		expect_eq(caught.f.rip, at);
}

PROMISE(divide_by_zero_is_de, "#DE has no error code and faults in place")
{
	PROBE("divl %%ecx", : : "a"(1), "d"(0), "c"(0) : "cc");
	expect_trap(VEC_DE);
}

PROMISE(kernel_frame_has_rpl_0, "saved CS carries RPL 0, saved SS stays e02b")
{
	PROBE("ud2", : : : "memory");
	if (!expect_trap(VEC_UD))
		return;
	expect_eq(caught.f.cs & 0xffff, FLAT_KERNEL_CS & ~3);
	expect_eq(caught.f.ss & 0xffff, FLAT_KERNEL_SS);
}

PROMISE(saved_cs_holds_the_mask, "bits 39:32 of CS are the old upcall mask")
{
	PROBE("ud2", : : : "memory");
	expect_eq(caught.f.cs >> 32 & 0xff, 1);
	events_on();
	PROBE("ud2", : : : "memory");
	expect_eq(caught.f.cs >> 32 & 0xff, 0);
	events_off();
}

PROMISE(saved_if_is_not_mask, "saved IF is the inverse of the old mask")
{
	PROBE("ud2", : : : "memory");
	expect_eq(caught.f.rflags & 0x200, 0);
	events_on();
	PROBE("ud2", : : : "memory");
	expect_eq(caught.f.rflags & 0x200, 0x200);
	events_off();
}

PROMISE(saved_iopl_is_0, "IOPL in the frame is 0 without architectural_iopl")
{
	PROBE("ud2", : : : "memory");
	expect_eq(caught.f.rflags & 0x3000, 0);
}

PROMISE(mask_flag_masks_events, "a handler with flag 4 starts masked")
{
	events_on();
	PROBE("ud2", : : : "memory");
	expect_eq(caught.mask_at_entry, 1);
	/* Leaving by iret with the saved IF unmasked them again. */
	expect_eq(vcpu_info()->evtchn_upcall_mask, 0);
	events_off();
}

PROMISE(no_mask_flag_leaves_events, "a handler without it starts as it was")
{
	struct trap_info rows[2] = {trap_row(VEC_UD, 0), {0}};

	require(!hypercall(set_trap_table, rows));
	events_on();
	PROBE("ud2", : : : "memory");
	expect_eq(caught.mask_at_entry, 0);
	events_off();
	rows[0] = trap_row(VEC_UD, 4);
	require(!hypercall(set_trap_table, rows));
}

PROMISE(frame_is_aligned, "the frame ends on a 16-byte boundary")
{
	u64 frame_end;

	/* One of the two stack depths is odd. */
	PROBE("ud2", : : : "memory");
	frame_end = caught.at + sizeof(struct frame);
	expect_eq(frame_end & 15, 0);
	__asm__ volatile("subq $8, %%rsp" ::: "memory", "cc");
	PROBE("ud2", : : : "memory");
	__asm__ volatile("addq $8, %%rsp" ::: "memory", "cc");
	frame_end = caught.at + sizeof(struct frame);
	expect_eq(frame_end & 15, 0);
}

PROMISE(read_of_nothing_is_pf_0, "#PF, read: error 0, address in arch.cr2")
{
	u64 v;

	expect(!probe_read(BAD_UNMAPPED, &v));
	if (!expect_trap(VEC_PF))
		return;
	expect_eq(caught.f.error, 0);
	expect_eq(caught.cr2, (u64)BAD_UNMAPPED);
}

PROMISE(write_to_nothing_is_pf_2, "#PF, write: error 2")
{
	expect(!probe_write(BAD_UNMAPPED, 1));
	if (expect_trap(VEC_PF))
		expect_eq(caught.f.error, 2);
}

PROMISE(write_to_ro_is_pf_3, "#PF, write to read-only: error 3, no U bit")
{
	void *page = page_alloc();

	require(!page_make_ro(page));
	expect(!probe_write(page + 8, 1));
	if (expect_trap(VEC_PF)) {
		expect_eq(caught.f.error, 3);
		expect_eq(caught.cr2, (u64)page + 8);
	}
	require(!page_make_rw(page));
	page_free(page);
}

PROMISE(execute_nx_is_pf_11, "#PF, fetch from an NX page: error 0x11")
{
	u8 *page = page_alloc();

	page[0] = 0xc3;
	require(!va_map(page, va_to_mfn(page) << 12 | PTE_DATA | PTE_NX));
	PROBE("call *%0", : : "r"(page) : "memory");
	/* The call pushed a return address the fault left there. */
	__asm__ volatile("addq $8, %%rsp" ::: "memory", "cc");
	if (expect_trap(VEC_PF))
		expect_eq(caught.f.error, 0x11);
	require(!page_make_rw(page));
	page_free(page);
}

PROMISE(hypervisor_space_is_pf, "reading above the M2P is a page fault")
{
	u64 v;

	expect(!probe_read(BAD_HYPERVISOR, &v));
	expect_trap(VEC_PF);
}

PROMISE(noncanonical_is_gp_0, "a non-canonical access is #GP with error 0")
{
	u64 v;

	expect(!probe_read(BAD_NONCANONICAL, &v));
	if (expect_trap(VEC_GP))
		expect_eq(caught.f.error, 0);
}

PROMISE(bad_selector_is_gp_selector, "loading a bad selector: #GP, its index")
{
	PROBE("movl %0, %%es", : : "r"(0x1238) : "memory");
	if (expect_trap(VEC_GP))
		expect_eq(caught.f.error, 0x1238);
}

PROMISE(trap_flag_steps_once, "TF gives #DB and is clear in the handler")
{
	PROBE("pushfq\norl $0x100, (%%rsp)\npopfq\nnop\nnop",
	      :
	      :
	      : "memory", "cc");
	if (expect_trap(VEC_DB))
		expect_eq(caught.f.rflags & 0x100, 0x100);
}

/*
 * The error code of a refused `int n` is n * 8 + 2. QEMU's TCG up to 7.2 says
 * n * 16 + 2 in long mode; a hypervisor that trusts it takes n for 2n.
 */
static void expect_int_error(u64 error, u64 n)
{
	if (error != (n << 4 | 2))
		expect_eq(error, n << 3 | 2);
}

static void expect_int_entry(u64 vector, u64 n)
{
	expect(caught.happened);
	if (vector != 2 * n)
		expect_eq(vector, n);
}

/* Installs user-callable handlers for @n and what QEMU makes of it. */
static void int_gates(u8 n)
{
	struct trap_info rows[3] = {trap_row(n, 3), trap_row(2 * n, 3), {0}};

	expect_eq(hypercall(set_trap_table, rows), 0);
}

PROMISE(int_without_gate_is_gp, "`int n` without an entry: #GP, IDT error")
{
	PROBE("int $0x41", : : : "memory");
	if (expect_trap(VEC_GP))
		expect_int_error(caught.f.error, 0x41);
}

PROMISE(int_0x80_uses_the_table, "int 0x80 enters the table's handler")
{
	u64 at;

	PROBE("leaq 1f(%%rip), %0\nint $0x80\n1:", : "=r"(at) : : "memory");
	if (expect_trap(0x80))
		expect_eq(caught.f.rip, at);
}

PROMISE(int_n_advances, "`int n` with a gate resumes behind itself")
{
	u64 at;

	int_gates(0x50);
	PROBE("leaq 1f(%%rip), %0\nint $0x50\n1:", : "=r"(at) : : "memory");
	expect_int_entry(caught.f.vector, 0x50);
	expect_eq(caught.f.rip, at);
}

PROMISE(table_refuses_noncanonical, "a non-canonical handler is -EINVAL")
{
	struct trap_info rows[2] = {trap_row(0x51, 3), {0}};

	rows[0].address = (u64)BAD_NONCANONICAL;
	expect_eq(hypercall(set_trap_table, rows), -XEN_EINVAL);
}

PROMISE(table_needs_a_good_pointer, "a bad table pointer is -EFAULT")
{
	expect_eq(hypercall(set_trap_table, BAD_UNMAPPED), -XEN_EFAULT);
	expect_eq(hypercall(set_trap_table, BAD_HYPERVISOR), -XEN_EFAULT);
}

PROMISE(null_table_clears, "set_trap_table(0) forgets every handler")
{
	int_gates(0x52);
	PROBE("int $0x52", : : : "memory");
	expect_int_entry(caught.f.vector, 0x52);
	expect_eq(hypercall(set_trap_table, 0), 0);
	trap_init();
	PROBE("int $0x52", : : : "memory");
	if (expect_trap(VEC_GP))
		expect_int_error(caught.f.error, 0x52);
}

PROMISE(ts_gives_nm_once, "fpu_taskswitch(1): #NM, then TS is clear again")
{
	expect_eq(hypercall(fpu_taskswitch, 1), 0);
	PROBE("fnop", : : : "memory");
	expect_trap(VEC_NM);
	PROBE("fnop", : : : "memory");
	expect_no_trap();
	expect_eq(hypercall(fpu_taskswitch, 0), 0);
}

static u32 nmis;

static bool count_nmi(struct frame *f)
{
	if (f->vector != VEC_NMI)
		return false;
	nmis++;
	return true;
}

PROMISE(nmi_uses_trap_2, "send_nmi enters the handler of trap 2 once")
{
	nmis = 0;
	hook = count_nmi;
	expect_eq(vcpu_op(11, 0, NULL), 0);
	hypercall(xen_version, 0, 0);
	expect_eq(nmis, 1);
	expect_eq(vcpu_op(11, 0, NULL), 0);
	hypercall(xen_version, 0, 0);
	expect_eq(nmis, 2);
}
