/*
 * bench/micro: what crossing the border costs
 *
 * Rows as in bench/mmu. Each loop's own instructions are the same on every
 * hypervisor, and few beside what is measured.
 */
#include <guest.h>
#include <xen/version.h>
#include "../mmu/rows.h"
#include "../../guests/user/space.h"

#define LOOPS 2000

void bench_report(const char *name, u64 operations, u64 ticks)
{
	printf("BENCH %s %lu %lu\n", name, operations, ticks);
}

#define MEASURE(name, expression)                            \
	do {                                                 \
		u64 start_, i_;                              \
		(void)(expression); /* once to warm up */    \
		start_ = rdtsc();                            \
		for (i_ = 0; i_ < LOOPS; i_++)               \
			(void)(expression);                  \
		bench_report(name, LOOPS, rdtsc() - start_); \
	} while (0)

PROMISE(hypercalls, "the shortest calls of several kinds")
{
	struct multicall_entry calls[8];
	unsigned int i;

	MEASURE("hypercall_null", hypercall(xen_version, XENVER_version, 0));
	MEASURE("hypercall_unknown", hypercall_raw(63, 0, 0, 0, 0, 0));
	MEASURE("stack_switch",
		hypercall(stack_switch, FLAT_KERNEL_SS64, start_info));
	MEASURE("fpu_taskswitch", hypercall(fpu_taskswitch, 0));
	MEASURE("set_segment_base", hypercall(set_segment_base, SEGBASE_FS, 0));
	memset(calls, 0, sizeof(calls));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		calls[i].op = HYPERCALL_xen_version;
		calls[i].args[0] = XENVER_version;
	}
	MEASURE("multicall_of_8",
		hypercall(multicall, calls, ARRAY_SIZE(calls)));
	MEASURE("tlb_flush_local", mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
}

PROMISE(events, "send, with and without an upcall")
{
	long port = event_bind_ipi(0);

	require(port > 0);
	event_mask_port((u32)port, true);
	MEASURE("event_send_masked", event_send((u32)port));
	event_clear((u32)port);
	event_mask_port((u32)port, false);
	event_handler = NULL;
	events_on();
	MEASURE("event_send_upcall", event_send((u32)port));
	events_off();
	event_close((u32)port);
}

USER(null_call, "syscall; ud2");
USER(bad_read, "movq (%rdi), %rax; ud2");

PROMISE(borders, "into user mode, and back by system call and page fault")
{
	/* events on, as processes run */
	struct frame f = {.rdi = 0x123456789000, .rflags = 0x202};

	require(user_setup());
	MEASURE("iret_and_syscall", user(null_call, &f));
	MEASURE("iret_and_page_fault", user(bad_read, &f));
}

PROMISE(exceptions, "kernel exceptions, and instructions that are emulated")
{
	u64 v;

	MEASURE("kernel_page_fault", probe_read(BAD_UNMAPPED, &v));
	MEASURE("read_cr0", ({
			__asm__ volatile("mov %%cr0, %0" : "=r"(v));
			v;
		}));
	MEASURE("cpuid_forced", ({
			u32 a = 0, b, c = 0, d;

			__asm__ volatile(XEN_CPUID
					 : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
			a;
		}));
}
