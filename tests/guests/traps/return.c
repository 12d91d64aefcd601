/*
 * guests/traps: how a kernel returns, and debug registers
 *
 * ABI: iret within the kernel, native iretq, set_debugreg, get_debugreg.
 */
#include <guest.h>

static bool set_registers(struct frame *f)
{
	if (f->vector != VEC_UD)
		return false;
	f->rip += 2;
	f->rax = 0xa;
	f->rcx = 0xc;
	f->r11 = 0x11;
	f->rbx = 0xb;
	return true;
}

PROMISE(iret_restores_all_registers, "iret with flags 0 loads rax, rcx, r11")
{
	u64 a = 0, b = 0, c = 0, r11;

	hook = set_registers;
	__asm__ volatile("ud2\n\tmovq %%r11, %3"
			 : "+a"(a), "+b"(b), "+c"(c), "=r"(r11)
			 :
			 : "r11", "memory");
	expect_eq(a, 0xa);
	expect_eq(b, 0xb);
	expect_eq(c, 0xc);
	expect_eq(r11, 0x11);
}

static unsigned int uds;

/* -85 in rax is ERESTART's value; to a guest it is a number like others. */
static bool return_restart(struct frame *f)
{
	if (f->vector != VEC_UD)
		return false;
	f->rip += 2;
	f->rax = uds++ ? 0 : (u64)-85;
	return true;
}

PROMISE(iret_keeps_any_rax, "iret with rax -85 goes where the frame says")
{
	u64 a = 0;

	hook = return_restart;
	uds = 0;
	__asm__ volatile("ud2" : "+a"(a) : : "memory");
	expect_eq(uds, 1);
	expect_eq(a, (u64)-85);
}

static u64 new_flags;

static bool set_flags(struct frame *f)
{
	if (f->vector != VEC_UD)
		return false;
	f->rip += 2;
	f->rflags = new_flags;
	return true;
}

PROMISE(iret_sets_the_mask_from_if, "mask becomes not IF")
{
	hook = set_flags;
	new_flags = 0x202;
	__asm__ volatile("ud2" ::: "memory", "cc");
	expect_eq(vcpu_info()->evtchn_upcall_mask, 0);
	new_flags = 0x002;
	__asm__ volatile("ud2" ::: "memory", "cc");
	expect_eq(vcpu_info()->evtchn_upcall_mask, 1);
}

PROMISE(iret_forces_real_if, "IF stays 1 whatever the frame says")
{
	hook = set_flags;
	new_flags = 0x002;
	__asm__ volatile("ud2" ::: "memory", "cc");
	expect_eq(flags_read() & 0x200, 0x200);
}

PROMISE(iret_grants_no_iopl, "IOPL stays 0 whatever the frame says")
{
	hook = set_flags;
	new_flags = 0x3202;
	__asm__ volatile("ud2" ::: "memory", "cc");
	expect_eq(flags_read() & 0x3000, 0);
	events_off();
}

PROMISE(iret_keeps_arithmetic_flags, "CF and friends arrive")
{
	u64 flags;

	hook = set_flags;
	new_flags = 0x8d7 & ~0x100UL;
	__asm__ volatile("ud2; pushfq; popq %0" : "=r"(flags)::"memory", "cc");
	expect_eq(flags & 0x8d5, 0x8d5);
}

PROMISE(native_iretq_works, "iretq to itself at CPL 3 is not intercepted")
{
	u64 done = 0;

	__asm__ volatile("movq %%rsp, %%rcx\n\t"
			 "movl %%ss, %%eax\n\t"
			 "pushq %%rax\n\t"
			 "pushq %%rcx\n\t"
			 "pushfq\n\t"
			 "movl %%cs, %%eax\n\t"
			 "pushq %%rax\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "iretq\n"
			 "1: movq $1, %0"
			 : "+r"(done)
			 :
			 : "rax", "rcx", "memory", "cc");
	expect_eq(done, 1);
}

PROMISE(debug_address_is_kept, "DR0..3 read back as written")
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		u64 va = (u64)start_info + i;

		expect_eq(hypercall(set_debugreg, i, va), 0);
		expect_eq(hypercall(get_debugreg, i), (long)va);
		expect_eq(hypercall(set_debugreg, i, 0), 0);
	}
}

PROMISE(debug_address_of_hypervisor, "a breakpoint in our slots is -EPERM")
{
	expect_eq(hypercall(set_debugreg, 0, BAD_HYPERVISOR), -XEN_EPERM);
	expect_eq(hypercall(set_debugreg, 0, BAD_NONCANONICAL), -XEN_EPERM);
}

PROMISE(debug_register_numbers, "register 8 and up are -ENODEV")
{
	expect_eq(hypercall(set_debugreg, 8, 0), -XEN_ENODEV);
	expect_eq(hypercall(get_debugreg, 8), -XEN_ENODEV);
}

PROMISE(data_breakpoint_fires, "a DR7 write breakpoint gives #DB, DR6 bit 0")
{
	static u64 watched;

	require(!hypercall(set_debugreg, 0, &watched));
	expect_eq(hypercall(set_debugreg, 7, 0xd0001 | 0x400), 0);
	PROBE("movq $1, %0\n\tnop\n\tnop", : "+m"(watched) : : "memory");
	expect_eq(hypercall(set_debugreg, 7, 0), 0);
	if (expect_trap(VEC_DB))
		expect_eq(hypercall(get_debugreg, 6) & 1, 1);
	expect_eq(hypercall(set_debugreg, 6, 0), 0);
}

PROMISE(general_detect_is_refused, "DR7.GD is -EPERM or ignored, never set")
{
	long rc = hypercall(set_debugreg, 7, 0x2400);

	answer_as("the call", rc);
	expect(rc == -XEN_EPERM || rc == -XEN_EINVAL || rc == 0);
	expect_eq(hypercall(get_debugreg, 7) & 0x2000, 0);
	hypercall(set_debugreg, 7, 0);
}
