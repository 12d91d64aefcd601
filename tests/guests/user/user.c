/*
 * guests/user: going to user mode and coming back
 *
 * ABI: iret to CPL 3 user mode, stack_switch, the syscall callback, exceptions
 * and events from user mode, segment bases.
 */
#include "space.h"
#include <xen/callback.h>
#include <xen/physdev.h>

USER(call, "movl $0x123, %eax; syscall; ud2");

PROMISE(syscall_enters_the_callback,
	"syscall from user mode: callback, rip, rcx")
{
	struct frame f = {.rdi = 0x77, .r15 = 0x15};

	require(user_setup());
	user(call, &f);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	expect_eq(caught.f.rip, USER_CODE + 7);
	expect_eq(caught.f.rcx, USER_CODE + 7);
	expect_eq(caught.f.r11, 0x202); /* the real flags */
	expect_eq(caught.f.rax, 0x123);
	expect_eq(caught.f.rdi, 0x77);
	expect_eq(caught.f.r15, 0x15);
	expect_eq(caught.f.rsp, USER_SP);
}

PROMISE(entry_uses_the_kernel_stack, "the frame ends at stack_switch's address")
{
	struct frame f = {0};

	require(user_setup());
	user(call, &f);
	expect_eq(caught.at + sizeof(struct frame), kernel_stack_end);
}

PROMISE(mask_callback_masks, "a callback with mask_events starts masked")
{
	struct frame f = {.rflags = 0x202};

	require(user_setup());
	user(call, &f);
	expect_eq(caught.mask_at_entry, 1);
	expect_eq(caught.f.cs >> 32 & 0xff, 0);
	expect_eq(caught.f.cs & 3, 3);
	expect_eq(caught.f.rflags & 0x200, 0x200);
}

USER(odd_flags, "stc; std; syscall");

/* The hypervisor has two ways in and out; only IF may tell them apart. */
PROMISE(system_calls_keep_all_registers,
	"with events on and off: all registers and flags but rcx, r11")
{
	const struct frame all = {
		.r15 = 15,
		.r14 = 14,
		.r13 = 13,
		.r12 = 12,
		.rbp = 0xb9,
		.rbx = 0xbb,
		.r11 = 11,
		.r10 = 10,
		.r9 = 9,
		.r8 = 8,
		.rax = 0xffffffff00000017,
		.rcx = 0xc,
		.rdx = 0xd,
		.rsi = 0x5,
		.rdi = 0xd1,
		.rsp = USER_SP - 8,
	};
	u64 flags[] = {0x2, 0x202, 0x202};
	unsigned int i;

	require(user_setup());
	for (i = 0; i < 3; i++) {
		struct frame f = all, want = all;

		f.rflags = flags[i];
		if (i == 2) { /* so that SYSRET may bring us there */
			f.rip = f.rcx = USER_CODE;
			f.r11 = flags[i];
		}
		user(odd_flags, &f);
		want.rip = want.rcx = USER_CODE + 4;
		want.cs = FLAT_USER_CS64 | (flags[i] & 0x200 ? 0 : 1ull << 32);
		want.rflags = flags[i] | 0x401;
		want.r11 = 0x603; /* the real ones */
		want.ss = FLAT_USER_SS64;
		want.vector = ENTRY_SYSCALL;
		want.error = caught.f.error;
		expect_eq(memcmp(&caught.f, &want, sizeof(want)), 0);
		expect_eq(caught.mask_at_entry, 1);
	}
}

USER(flags, "pushfq; popq %rax; syscall");

PROMISE(user_if_is_forced, "IF is 1 and IOPL 0 in user mode")
{
	struct frame f = {.rflags = 0x3002};

	require(user_setup());
	user(flags, &f);
	expect_eq(caught.f.rax & 0x200, 0x200);
	expect_eq(caught.f.rax & 0x3000, 0);
}

PROMISE(selectors_get_rpl_3, "cs and ss without RPL still give user mode")
{
	struct frame f = {.ss = FLAT_USER_SS64 & ~3};

	require(user_setup());
	user(flags, &f);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	expect_eq(caught.f.ss & 3, 3);
}

USER(read_it, "movq (%rdi), %rax; syscall");

PROMISE(user_fault_has_u_bit, "#PF from user mode sets error bit 2")
{
	struct frame f = {.rdi = 0x123456789000};

	require(user_setup());
	user(read_it, &f);
	expect_eq(caught.f.vector, VEC_PF);
	expect_eq(caught.f.error, 4);
	expect_eq(caught.cr2, 0x123456789000);
	expect_eq(caught.f.rip, USER_CODE);
}

PROMISE(user_cannot_see_the_kernel, "kernel addresses are absent in user mode")
{
	struct frame f = {.rdi = VIRT_BASE};

	require(user_setup());
	user(read_it, &f);
	expect_eq(caught.f.vector, VEC_PF);
	expect_eq(caught.cr2, VIRT_BASE);
}

PROMISE(user_cannot_see_the_m2p, "the M2P is absent in user mode")
{
	struct frame f = {.rdi = MACH2PHYS_VIRT_START};

	require(user_setup());
	user(read_it, &f);
	expect_eq(caught.f.vector, VEC_PF);
	expect_eq(caught.cr2, MACH2PHYS_VIRT_START);
	expect_eq(caught.f.error & 4, 4);
}

USER(int80, "int $0x80; ud2");

PROMISE(user_int80_uses_the_table, "int 0x80 from user mode enters trap 0x80")
{
	struct frame f = {0};

	require(user_setup());
	user(int80, &f);
	expect_eq(caught.f.vector, 0x80);
	expect_eq(caught.f.rip, USER_CODE + 2);
}

USER(int3, "int3; ud2");

PROMISE(user_int3_is_allowed, "int3 from user mode enters trap 3")
{
	struct frame f = {0};

	require(user_setup());
	user(int3, &f);
	expect_eq(caught.f.vector, VEC_BP);
	expect_eq(caught.f.rip, USER_CODE + 1);
}

USER(int14, "int $14; ud2");

PROMISE(user_int_checks_dpl, "int 14 with DPL 0 is #GP for a user")
{
	struct frame f = {0};

	require(user_setup());
	user(int14, &f);
	expect_eq(caught.f.vector, VEC_GP);
	expect_eq(caught.f.rip, USER_CODE);
}

USER(halt, "hlt; ud2");
USER(disable, "cli; ud2");
USER(port, "inb $0x80, %al; ud2");
USER(control, "movq %cr3, %rax; ud2");

PROMISE(user_privileged_is_gp, "hlt, cli, in and cr3 reads are #GP for users")
{
	struct frame a = {0}, b = {0}, c = {0}, d = {0};

	require(user_setup());
	user(halt, &a);
	expect_eq(caught.f.vector, VEC_GP);
	user(disable, &b);
	expect_eq(caught.f.vector, VEC_GP);
	user(port, &c);
	expect_eq(caught.f.vector, VEC_GP);
	user(control, &d);
	expect_eq(caught.f.vector, VEC_GP);
}

USER(bad_insn, "ud2");

PROMISE(user_ud_is_delivered, "#UD from user mode arrives with its rip")
{
	struct frame f = {.rflags = 0x202};

	require(user_setup());
	user(bad_insn, &f);
	expect_eq(caught.f.vector, VEC_UD);
	expect_eq(caught.f.rip, USER_CODE);
	expect_eq(caught.f.cs & 3, 3);
}

USER(no_hypercall, "movl $17, %eax; xorl %edi, %edi; syscall");

PROMISE(users_make_no_hypercalls,
	"syscall with a hypercall's number calls nobody")
{
	struct frame f = {0};

	require(user_setup());
	user(no_hypercall, &f);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	expect_eq(caught.f.rax, 17);
}

PROMISE(no_callback_is_ud, "without a syscall callback users get #UD")
{
	struct callback_register reg = {.type = CALLBACKTYPE_syscall};
	struct frame f = {0};

	require(user_setup());
	expect_eq(hypercall(callback_op, CALLBACKOP_register, &reg), 0);
	user(call, &f);
	expect_eq(caught.f.vector, VEC_UD);
	reg.flags = CALLBACKF_mask_events;
	reg.address = (u64)syscall_entry;
	expect_eq(hypercall(callback_op, CALLBACKOP_register, &reg), 0);
}

USER(get_fs, "movq %fs:0, %rax; syscall");
USER(get_gs, "movq %gs:0, %rax; syscall");

PROMISE(fs_base_reaches_users, "set_segment_base 0 is the base of user FS")
{
	struct frame f = {0};

	require(user_setup());
	*(u64 *)USER_STACK = 0xf5f5;
	expect_eq(hypercall(set_segment_base, SEGBASE_FS, USER_STACK), 0);
	user(get_fs, &f);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	expect_eq(caught.f.rax, 0xf5f5);
}

PROMISE(gs_bases_swap, "user and kernel GS bases are exchanged at the border")
{
	static u64 kernel_word = 0x6e6e, seen;
	struct frame f = {0};

	require(user_setup());
	*(u64 *)USER_STACK = 0x5555;
	expect_eq(hypercall(set_segment_base, SEGBASE_GS_KERNEL, &kernel_word),
		  0);
	expect_eq(hypercall(set_segment_base, SEGBASE_GS_USER, USER_STACK), 0);
	__asm__ volatile("movq %%gs:0, %0" : "=r"(seen));
	expect_eq(seen, 0x6e6e);
	user(get_gs, &f);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	expect_eq(caught.f.rax, 0x5555);
	__asm__ volatile("movq %%gs:0, %0" : "=r"(seen));
	expect_eq(seen, 0x6e6e);
}

USER(set_gs, "wrgsbase %rdi; movq %gs:0, %rax; syscall");

PROMISE(user_gs_base_is_seen, "KERNEL_GS_BASE shows what wrgsbase set in user")
{
	struct frame f = {.rdi = USER_STACK + 8};
	u32 lo = 0, hi = 0;

	require(user_setup());
	*(u64 *)(USER_STACK + 8) = 0x8888;
	expect_eq(hypercall(set_segment_base, SEGBASE_GS_USER, USER_STACK), 0);
	user(set_gs, &f);
	if (caught.f.vector == VEC_UD)
		skip("no FSGSBASE, or hidden");
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	expect_eq(caught.f.rax, 0x8888);
	PROBE("rdmsr", : "+a"(lo), "+d"(hi) : "c"(0xc0000102) : "memory");
	expect_no_trap();
	expect_eq((u64)hi << 32 | lo, USER_STACK + 8);
}

PROMISE(segment_base_checks, "bad bases are -EINVAL, bad selector 3 gives null")
{
	expect_eq(hypercall(set_segment_base, SEGBASE_FS, BAD_NONCANONICAL),
		  -XEN_EINVAL);
	expect_eq(hypercall(set_segment_base, 4, 0), -XEN_EINVAL);
	expect_eq(hypercall(set_segment_base, SEGBASE_GS_USER_SEL, 0x1238), 0);
}

USER(port_in, "inb $0x80, %al; syscall");

PROMISE(user_ports_by_bitmap, "set_iobitmap lets a user reach a port, no other")
{
	static u8 bitmap[32];
	struct physdev_set_iobitmap op = {.nr_ports = 256};
	struct frame f = {0}, again = {0};

	require(user_setup());
	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[0x80 / 8] = 0xfe;
	op.bitmap.p = bitmap;
	expect_eq(hypercall(physdev_op, PHYSDEVOP_set_iobitmap, &op), 0);
	user(port_in, &f);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	bitmap[0x80 / 8] = 0xff;
	user(port_in, &again);
	expect_eq(caught.f.vector, VEC_GP);
	op.nr_ports = 0;
	expect_eq(hypercall(physdev_op, PHYSDEVOP_set_iobitmap, &op), 0);
}

static bool event_seen;
static u64 event_cs;

static bool note_event(struct frame *f)
{
	if (f->vector != ENTRY_EVENT)
		return false;
	event_seen = true;
	event_cs = f->cs;
	f->rflags &= ~0x200UL;
	return false;
}

PROMISE(pending_event_comes_first, "iret to user with an event pending: upcall")
{
	struct frame f = {.rflags = 0x202};
	long port = event_bind_ipi(0);

	require(user_setup() && port > 0);
	event_mask_port((u32)port, false);
	expect_eq(event_send((u32)port), 0);
	event_seen = false;
	hook = note_event;
	user(call, &f);
	expect(event_seen);
	expect_eq(event_cs & 3, 3);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	event_close((u32)port);
}

PROMISE(masked_event_waits, "iret with IF clear enters user mode undisturbed")
{
	struct frame f = {.rflags = 0x002};
	long port = event_bind_ipi(0);

	require(user_setup() && port > 0);
	event_mask_port((u32)port, false);
	expect_eq(event_send((u32)port), 0);
	event_seen = false;
	hook = note_event;
	user(call, &f);
	expect(!event_seen);
	expect_eq(caught.f.vector, ENTRY_SYSCALL);
	expect_eq(caught.f.cs >> 32 & 0xff, 1);
	event_close((u32)port);
}

USER(see_rcx, "movq %rcx, %rax; movq %r11, %rbx; syscall");

PROMISE(iret_flag_0_restores_rcx_r11, "iret without VGCF_in_syscall loads both")
{
	struct frame f = {.rcx = 0xc0de, .r11 = 0x1111};

	require(user_setup());
	user(see_rcx, &f);
	expect_eq(caught.f.rax, 0xc0de);
	expect_eq(caught.f.rbx, 0x1111);
}

USER(loop, "1: incq %rax; cmpq $200000000, %rax; jb 1b; syscall");

PROMISE(timer_interrupts_users, "a timer event arrives while a user computes")
{
	struct frame f = {.rflags = 0x202};
	long port = event_bind_virq(VIRQ_TIMER, 0);

	require(user_setup() && port > 0);
	event_mask_port((u32)port, false);
	event_seen = false;
	hook = note_event;
	/* The 100 Hz tick runs until it is stopped. */
	user(loop, &f);
	expect(event_seen);
	event_close((u32)port);
}
