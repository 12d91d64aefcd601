/*
 * guests/calls: the border itself
 *
 * ABI: unknown numbers, preserved registers, multicall, console_io, control
 * calls with a wrong version, refused pointers.
 */
#include <guest.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sysctl.h>
#include <xen/version.h>

PROMISE(unknown_numbers, "hypercalls without meaning are -ENOSYS")
{
	static const u32 number[] = {11, 38, 43, 47, 55, 56, 63};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(number); i++)
		expect_eq(hypercall_raw(number[i], 0, 0, 0, 0, 0), -XEN_ENOSYS);
}

PROMISE(absurd_numbers, "numbers far past the table are -ENOSYS")
{
	expect_eq(hypercall_raw(64, 0, 0, 0, 0, 0), -XEN_ENOSYS);
	expect_eq(hypercall_raw(1000, 0, 0, 0, 0, 0), -XEN_ENOSYS);
	expect_eq(hypercall_raw(0x7fffffff, 0, 0, 0, 0, 0), -XEN_ENOSYS);
	expect_eq(hypercall_raw(0xffffffff, 0, 0, 0, 0, 0), -XEN_ENOSYS);
}

/* call_marked(u64 *out): a hypercall between marked registers. */
__asm__(".text\n"
	"call_marked:\n\t"
	"pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14\n\t"
	"pushq %r15; pushq %rdi\n\t"
	"movl $17, %eax; xorl %edi, %edi; xorl %esi, %esi\n\t"
	"movl $1, %ebx; movl $2, %ebp; movl $5, %edx; movl $6, %r8d\n\t"
	"movl $7, %r9d; movl $8, %r10d; movl $9, %r12d; movl $10, %r13d\n\t"
	"movl $11, %r14d; movl $12, %r15d\n\t"
	"syscall\n\t"
	"popq %rax\n\t"
	"movq %rbx, 0(%rax); movq %rbp, 8(%rax); movq %rdi, 16(%rax)\n\t"
	"movq %rsi, 24(%rax); movq %rdx, 32(%rax); movq %r8, 40(%rax)\n\t"
	"movq %r9, 48(%rax); movq %r10, 56(%rax); movq %r12, 64(%rax)\n\t"
	"movq %r13, 72(%rax); movq %r14, 80(%rax); movq %r15, 88(%rax)\n\t"
	"popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp\n\t"
	"popq %rbx\n\t"
	"ret\n");

void call_marked(u64 *out);

PROMISE(registers_survive, "all registers but rax, rcx, r11 survive a call")
{
	static const u64 want[12] = {1, 2, 0, 0, 5, 6, 7, 8, 9, 10, 11, 12};
	u64 out[12];
	unsigned int i;

	call_marked(out);
	for (i = 0; i < ARRAY_SIZE(want); i++)
		if (!expect_eq(out[i], want[i]))
			return;
}

PROMISE(multicall_runs_all, "multicall runs every entry, results apart")
{
	struct multicall_entry e[3] = {
		{.op = HYPERCALL_xen_version, .args = {XENVER_version}},
		{.op = 11},
		{.op = HYPERCALL_xen_version, .args = {XENVER_pagesize}},
	};

	expect_eq(hypercall(multicall, e, 3), 0);
	expect_eq(e[0].result, 4 << 16 | 17);
	expect_eq(e[1].result, -XEN_ENOSYS);
	expect_eq(e[2].result, 4096);
}

PROMISE(multicall_is_not_nested, "a multicall in a multicall is -EINVAL")
{
	struct multicall_entry inner = {.op = HYPERCALL_xen_version};
	struct multicall_entry outer = {.op = HYPERCALL_multicall,
					.args = {(u64)&inner, 1}};

	expect_eq(hypercall(multicall, &outer, 1), 0);
	expect_eq(outer.result, -XEN_EINVAL);
}

PROMISE(multicall_big, "a batch of 64 updates works as a whole")
{
	static struct multicall_entry e[64];
	unsigned int i;

	for (i = 0; i < 64; i++)
		e[i] = (struct multicall_entry){.op = HYPERCALL_xen_version,
						.result = 99,
						.args = {XENVER_pagesize}};
	expect_eq(hypercall(multicall, e, 64), 0);
	for (i = 0; i < 64; i++)
		if (!expect_eq(e[i].result, 4096))
			return;
	expect_eq(hypercall(multicall, e, 0), 0);
}

PROMISE(multicall_bad_pointer, "a bad entry list is -EFAULT")
{
	expect_eq(hypercall(multicall, BAD_UNMAPPED, 1), -XEN_EFAULT);
	expect_eq(hypercall(multicall, BAD_HYPERVISOR, 1), -XEN_EFAULT);
}

PROMISE(console_write_returns_0, "console_io write returns 0, also for nothing")
{
	if (!is_dom0())
		skip("dom0 only");
	expect_eq(hypercall(console_io, CONSOLEIO_write, 0, ""), 0);
	expect_eq(hypercall(console_io, CONSOLEIO_write, 1, "\n"), 0);
}

PROMISE(console_read_counts, "console_io read returns a byte count")
{
	char buffer[16];

	if (!is_dom0())
		skip("dom0 only");
	expect_eq(hypercall(console_io, CONSOLEIO_read, 16, buffer), 0);
}

PROMISE(console_refusals, "console_io: -EFAULT, -ENOSYS; -EPERM in a domU")
{
	if (!is_dom0()) {
		char c = 'x';
		long rc = hypercall(console_io, CONSOLEIO_read, 1, &c);

		answer_as("the call", rc);
		expect(rc == -XEN_EPERM || rc == 0);
		return;
	}
	expect_eq(hypercall(console_io, CONSOLEIO_write, 8, BAD_UNMAPPED),
		  -XEN_EFAULT);
	expect_eq(hypercall(console_io, CONSOLEIO_write, 8, BAD_HYPERVISOR),
		  -XEN_EFAULT);
	expect_eq(hypercall(console_io, 9, 0, 0), -XEN_ENOSYS);
}

PROMISE(domctl_version, "domctl of another version: -EACCES; domU: refused")
{
	struct xen_domctl op = {.cmd = XEN_DOMCTL_getdomaininfo,
				.interface_version = 0x14};

	if (is_dom0()) {
		expect_eq(hypercall(domctl, &op), -XEN_EACCES);
		expect_eq(hypercall(domctl, BAD_UNMAPPED), -XEN_EFAULT);
	}
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = 0x1234;
	if (is_dom0())
		expect_eq(hypercall(domctl, &op), -XEN_ESRCH);
	else
		expect_refused(hypercall(domctl, &op));
}

PROMISE(getdomaininfo_answers, "getdomaininfo of dom0 has its pages and vcpus")
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	};

	if (!is_dom0())
		skip("dom0 only");
	expect_eq(hypercall(domctl, &op), 0);
	expect_eq(op.domain, 0);
	expect_eq(op.u.getdomaininfo.shared_info_frame,
		  start_info->shared_info >> 12);
	expect(op.u.getdomaininfo.tot_pages > 0);
	expect_eq(op.u.getdomaininfo.nr_online_vcpus, 1);
	expect(op.u.getdomaininfo.cpu_time > 0);
	expect_eq(op.u.getdomaininfo.flags & XEN_DOMINF_dying, 0);
}

PROMISE(sysctl_version, "sysctl of another version: -EACCES")
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo,
				.interface_version = 0x14};

	if (!is_dom0()) {
		expect_refused(hypercall(sysctl, &op));
		return;
	}
	expect_eq(hypercall(sysctl, &op), -XEN_EACCES);
	expect_eq(hypercall(sysctl, BAD_UNMAPPED), -XEN_EFAULT);
}

PROMISE(physinfo_answers, "physinfo counts processors and memory, says pv")
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	if (!is_dom0())
		skip("dom0 only");
	expect_eq(hypercall(sysctl, &op), 0);
	expect(op.u.physinfo.nr_cpus >= 1);
	expect(op.u.physinfo.total_pages >= start_info->nr_pages);
	expect(op.u.physinfo.free_pages < op.u.physinfo.total_pages);
	expect(op.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv);
	expect(op.u.physinfo.cpu_khz > 0);
}

PROMISE(getdomaininfolist_answers, "getdomaininfolist finds dom0")
{
	static struct xen_domctl_getdomaininfo info[4];
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_getdomaininfolist,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	if (!is_dom0())
		skip("dom0 only");
	op.u.getdomaininfolist.max_domains = 4;
	op.u.getdomaininfolist.buffer.p = info;
	expect_eq(hypercall(sysctl, &op), 0);
	expect(op.u.getdomaininfolist.num_domains >= 1);
	expect_eq(info[0].domain, 0);
}

PROMISE(platform_version, "platform_op of another version: -EACCES")
{
	struct xen_platform_op op = {.cmd = XENPF_get_cpuinfo,
				     .interface_version = 0x02000000};

	if (!is_dom0())
		skip("dom0 only");
	expect_eq(hypercall(platform_op, &op), -XEN_EACCES);
	op.interface_version = XENPF_INTERFACE_VERSION;
	op.cmd = 999;
	expect_eq(hypercall(platform_op, &op), -XEN_ENOSYS);
}

PROMISE(pcpu_0_is_online, "get_cpuinfo of pcpu 0: online")
{
	struct xen_platform_op op = {
		.cmd = XENPF_get_cpuinfo,
		.interface_version = XENPF_INTERFACE_VERSION,
	};

	if (!is_dom0())
		skip("dom0 only");
	expect_eq(hypercall(platform_op, &op), 0);
	expect(op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE);
}

PROMISE(physdev_refusals, "physdev_op: unknown -ENOSYS, bad pointer -EFAULT")
{
	expect_eq(hypercall(physdev_op, 99, 0), -XEN_ENOSYS);
	expect_eq(hypercall(physdev_op, PHYSDEVOP_set_iopl, BAD_UNMAPPED),
		  -XEN_EFAULT);
}

PROMISE(callback_refusals, "callback_op: types, addresses, pointers")
{
	struct callback_register reg = {.type = 99, .address = VIRT_BASE};

	expect_eq(hypercall(callback_op, CALLBACKOP_register, &reg),
		  -XEN_ENOSYS);
	reg.type = CALLBACKTYPE_syscall32;
	reg.address = (u64)BAD_NONCANONICAL;
	expect_eq(hypercall(callback_op, CALLBACKOP_register, &reg),
		  -XEN_EINVAL);
	expect_eq(hypercall(callback_op, 9, &reg), -XEN_ENOSYS);
	expect_eq(hypercall(callback_op, CALLBACKOP_register, BAD_UNMAPPED),
		  -XEN_EFAULT);
}

PROMISE(callback_unregister, "event and failsafe cannot be unregistered")
{
	struct callback_unregister un = {.type = CALLBACKTYPE_event};

	expect_eq(hypercall(callback_op, CALLBACKOP_unregister, &un),
		  -XEN_EINVAL);
	un.type = CALLBACKTYPE_failsafe;
	expect_eq(hypercall(callback_op, CALLBACKOP_unregister, &un),
		  -XEN_EINVAL);
}

PROMISE(stack_switch_is_lenient, "stack_switch takes any stack, returns 0")
{
	expect_eq(hypercall(stack_switch, FLAT_KERNEL_SS, 0x1000), 0);
}

PROMISE(copies_end_at_the_hypervisor,
	"an answer that runs into slot 256: -EFAULT")
{
	u64 edge = HYPERVISOR_VIRT_START - 8;

	expect_eq(hypercall(xen_version, XENVER_capabilities, edge),
		  -XEN_EFAULT);
}

PROMISE(m2p_is_no_target, "an answer written to the M2P is -EFAULT")
{
	expect_eq(hypercall(xen_version, XENVER_extraversion,
			    MACH2PHYS_VIRT_START),
		  -XEN_EFAULT);
}

PROMISE(read_only_page_is_no_target, "an answer to a read-only page: -EFAULT")
{
	u8 *page = page_alloc();

	require(!page_make_ro(page));
	expect_eq(hypercall(xen_version, XENVER_extraversion, page),
		  -XEN_EFAULT);
	require(!page_make_rw(page));
	page_free(page);
}

PROMISE(page_end_is_respected, "an answer that ends on an absent page: -EFAULT")
{
	u8 *first = page_alloc(), *second = page_alloc();

	if (second != first + PAGE_SIZE) {
		page_free(second);
		page_free(first);
		skip("pool pages are not neighbours");
	}
	require(!va_map(second, 0));
	expect_eq(hypercall(xen_version, XENVER_extraversion, second - 8),
		  -XEN_EFAULT);
	expect_eq(hypercall(xen_version, XENVER_extraversion, second - 16), 0);
	require(!page_make_rw(second));
	page_free(second);
	page_free(first);
}
