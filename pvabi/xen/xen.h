/*
 * xen/xen.h: hypercall numbers and the structures every guest needs
 *
 * ABI: Xen 4.17 x86-64 PV. Number in %eax; arguments in %rdi, %rsi, %rdx,
 *      %r10, %r8, %r9; result in %rax; %rcx and %r11 are lost.
 *      calls/hypercalls.def lists what is implemented and is checked against
 *      these numbers.
 */
#ifndef PVABI_XEN_XEN_H
#define PVABI_XEN_XEN_H

#include <xen/types.h>
#include <xen/arch-x86_64.h>
#include <xen/time.h>
#include <xen/mmu.h>
#include <xen/start_info.h>

#define __HYPERVISOR_set_trap_table		   0
#define __HYPERVISOR_mmu_update			   1
#define __HYPERVISOR_set_gdt			   2
#define __HYPERVISOR_stack_switch		   3
#define __HYPERVISOR_set_callbacks		   4
#define __HYPERVISOR_fpu_taskswitch		   5
#define __HYPERVISOR_sched_op_compat		   6
#define __HYPERVISOR_platform_op		   7
#define __HYPERVISOR_set_debugreg		   8
#define __HYPERVISOR_get_debugreg		   9
#define __HYPERVISOR_update_descriptor		   10
#define __HYPERVISOR_memory_op			   12
#define __HYPERVISOR_multicall			   13
#define __HYPERVISOR_update_va_mapping		   14
#define __HYPERVISOR_set_timer_op		   15
#define __HYPERVISOR_event_channel_op_compat	   16
#define __HYPERVISOR_xen_version		   17
#define __HYPERVISOR_console_io			   18
#define __HYPERVISOR_physdev_op_compat		   19
#define __HYPERVISOR_grant_table_op		   20
#define __HYPERVISOR_vm_assist			   21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret			   23
#define __HYPERVISOR_vcpu_op			   24
#define __HYPERVISOR_set_segment_base		   25
#define __HYPERVISOR_mmuext_op			   26
#define __HYPERVISOR_xsm_op			   27
#define __HYPERVISOR_nmi_op			   28
#define __HYPERVISOR_sched_op			   29
#define __HYPERVISOR_callback_op		   30
#define __HYPERVISOR_xenoprof_op		   31
#define __HYPERVISOR_event_channel_op		   32
#define __HYPERVISOR_physdev_op			   33
#define __HYPERVISOR_hvm_op			   34
#define __HYPERVISOR_sysctl			   35
#define __HYPERVISOR_domctl			   36
#define __HYPERVISOR_kexec_op			   37
#define __HYPERVISOR_tmem_op			   38
#define __HYPERVISOR_argo_op			   39
#define __HYPERVISOR_xenpmu_op			   40
#define __HYPERVISOR_dm_op			   41
#define __HYPERVISOR_hypfs_op			   42
#define __HYPERVISOR_arch_0			   48
#define __HYPERVISOR_arch_1			   49
#define __HYPERVISOR_arch_2			   50
#define __HYPERVISOR_arch_3			   51
#define __HYPERVISOR_arch_4			   52
#define __HYPERVISOR_arch_5			   53
#define __HYPERVISOR_arch_6			   54
#define __HYPERVISOR_arch_7			   55
#define __HYPERVISOR_mca			   __HYPERVISOR_arch_0

/* Virtual interrupts. TIMER, DEBUG and XENOPROF exist once per vcpu. */
#define VIRQ_TIMER				   0
#define VIRQ_DEBUG				   1
#define VIRQ_CONSOLE				   2
#define VIRQ_DOM_EXC				   3
#define VIRQ_TBUF				   4
#define VIRQ_DEBUGGER				   6
#define VIRQ_XENOPROF				   7
#define VIRQ_CON_RING				   8
#define VIRQ_PCPU_STATE				   9
#define VIRQ_MEM_EVENT				   10
#define VIRQ_ARGO				   11
#define VIRQ_ENOMEM				   12
#define VIRQ_XENPMU				   13
#define VIRQ_ARCH_0				   16
#define VIRQ_ARCH_1				   17
#define VIRQ_ARCH_2				   18
#define VIRQ_ARCH_3				   19
#define VIRQ_ARCH_4				   20
#define VIRQ_ARCH_5				   21
#define VIRQ_ARCH_6				   22
#define VIRQ_ARCH_7				   23
#define VIRQ_MCA				   VIRQ_ARCH_0
#define NR_VIRQS				   24

/* Domain numbers from 0x7ff0 on name no domain of their own. */
#define DOMID_FIRST_RESERVED			   0x7ff0U
#define DOMID_SELF				   0x7ff0U
#define DOMID_IO				   0x7ff1U /* owner of device memory */
#define DOMID_XEN				   0x7ff2U /* owner of the M2P and trace pages */
#define DOMID_COW				   0x7ff3U
#define DOMID_INVALID				   0x7ff4U
#define DOMID_IDLE				   0x7fffU
#define DOMID_MASK				   0x7fffU

#define CONSOLEIO_write				   0
#define CONSOLEIO_read				   1

#define VMASST_CMD_enable			   0
#define VMASST_CMD_disable			   1
#define VMASST_TYPE_4gb_segments		   0
#define VMASST_TYPE_4gb_segments_notify		   1
#define VMASST_TYPE_writable_pagetables		   2
#define VMASST_TYPE_pae_extended_cr3		   3
#define VMASST_TYPE_architectural_iopl		   4
#define VMASST_TYPE_runstate_update_flag	   5
#define VMASST_TYPE_m2p_strict			   32

/* nmi_op, and the bits of arch_shared_info.nmi_reason */
#define XENNMI_register_callback		   0
#define XENNMI_unregister_callback		   1
#define XEN_NMIREASON_io_error			   (1UL << 0)
#define XEN_NMIREASON_pci_serr			   (1UL << 1)
#define XEN_NMIREASON_unknown			   (1UL << 2)

#ifndef __ASSEMBLER__

struct multicall_entry {
	xen_ulong_t op;
	xen_ulong_t result; /* the call's return value, sign extended */
	xen_ulong_t args[6];
};

struct xennmi_callback {
	uint64_t handler_address;
	uint64_t pad;
};

struct vcpu_info {
	uint8_t evtchn_upcall_pending; /* set by the hypervisor only */
	uint8_t evtchn_upcall_mask; /* the virtual interrupt flag, inverted */
	uint8_t _pad[6];
	xen_ulong_t evtchn_pending_sel; /* words of evtchn_pending to scan */
	struct arch_vcpu_info arch;
	struct vcpu_time_info time;
};

struct shared_info {
	struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
	xen_ulong_t evtchn_pending[64]; /* bit per port, two-level ABI */
	xen_ulong_t evtchn_mask[64];
	uint32_t wc_version; /* odd while wc_* change */
	uint32_t wc_sec;     /* epoch time at system time 0 */
	uint32_t wc_nsec;
	uint32_t wc_sec_hi; /* bits 63:32 of the seconds */
	struct arch_shared_info arch;
};

#endif /* __ASSEMBLER__ */
#endif
