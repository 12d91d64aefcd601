/*
 * lib/vcpu.c: further vcpus
 */
#include <xen/vcpu.h>
#include "guest.h"
#include "vcpu.h"

#define STACK_BYTES 8192

static u8 stacks[MAX_VCPUS][STACK_BYTES] __attribute__((aligned(STACK_BYTES)));
static void (*entry[MAX_VCPUS])(u32 id);
static struct vcpu_guest_context context;

extern u8 vcpu_entry[];

u32 vcpu_self(void)
{
	u64 sp = (u64)__builtin_frame_address(0);
	u64 first = (u64)stacks;

	if (sp < first || sp >= first + sizeof(stacks))
		return 0;
	return (u32)((sp - first) / STACK_BYTES);
}

struct vcpu_info *vcpu_info(void)
{
	return &shared_info->vcpu_info[vcpu_self()];
}

long vcpu_op(u32 op, u32 id, void *arg)
{
	return hypercall(vcpu_op, op, id, arg);
}

void vcpu_main(u64 id);
void vcpu_main(u64 id)
{
	entry[id]((u32)id);
	for (;;)
		vcpu_op(VCPUOP_down, (u32)id, NULL);
}

long vcpu_prepare(u32 id, void (*fn)(u32 id))
{
	unsigned int v;

	if (!id || id >= MAX_VCPUS)
		guest_broken("no stack for that vcpu");
	entry[id] = fn;
	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel;
	context.user_regs.rip = (u64)vcpu_entry;
	context.user_regs.rsp = (u64)stacks[id] + STACK_BYTES - 64;
	context.user_regs.rdi = id;
	context.user_regs.rflags = 0x1000;
	context.user_regs.cs = FLAT_KERNEL_CS;
	context.user_regs.ss = FLAT_KERNEL_SS;
	context.kernel_ss = FLAT_KERNEL_SS;
	context.kernel_sp = (u64)stacks[id] + STACK_BYTES - 64;
	context.ctrlreg[3] = xen_pfn_to_cr3(root_mfn());
	context.event_callback_eip = (u64)event_entry;
	context.failsafe_callback_eip = (u64)failsafe_entry;
	context.syscall_callback_eip = (u64)syscall_entry;
	for (v = 0; v < 32; v++)
		context.trap_ctxt[v] = trap_row((u8)v, 4);
	return vcpu_op(VCPUOP_initialise, id, &context);
}
