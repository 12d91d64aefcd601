/*
 * xen/arch-x86_64.h: registers, descriptors and address space of a 64-bit
 * PV guest
 *
 * ABI: the guest kernel and its processes both run at CPL 3; selectors with
 *      the high bits 0xe0.. name descriptors the hypervisor supplies.
 */
#ifndef PVABI_XEN_ARCH_X86_64_H
#define PVABI_XEN_ARCH_X86_64_H

#include <xen/types.h>

/* Flat segments present in every GDT. DS64 is the null selector. */
#define FLAT_RING3_CS32		 0xe023
#define FLAT_RING3_CS64		 0xe033
#define FLAT_RING3_DS32		 0xe02b
#define FLAT_RING3_DS64		 0x0000
#define FLAT_RING3_SS32		 0xe02b
#define FLAT_RING3_SS64		 0xe02b

#define FLAT_KERNEL_CS64	 FLAT_RING3_CS64
#define FLAT_KERNEL_CS32	 FLAT_RING3_CS32
#define FLAT_KERNEL_CS		 FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS64	 FLAT_RING3_DS64
#define FLAT_KERNEL_DS32	 FLAT_RING3_DS32
#define FLAT_KERNEL_DS		 FLAT_KERNEL_DS64
#define FLAT_KERNEL_SS64	 FLAT_RING3_SS64
#define FLAT_KERNEL_SS32	 FLAT_RING3_SS32
#define FLAT_KERNEL_SS		 FLAT_KERNEL_SS64

#define FLAT_USER_CS64		 FLAT_RING3_CS64
#define FLAT_USER_CS32		 FLAT_RING3_CS32
#define FLAT_USER_CS		 FLAT_USER_CS64
#define FLAT_USER_DS64		 FLAT_RING3_DS64
#define FLAT_USER_DS32		 FLAT_RING3_DS32
#define FLAT_USER_DS		 FLAT_USER_DS64
#define FLAT_USER_SS64		 FLAT_RING3_SS64
#define FLAT_USER_SS32		 FLAT_RING3_SS32
#define FLAT_USER_SS		 FLAT_USER_SS64

/* The guest's part of its GDT: 14 pages; the rest is the hypervisor's. */
#define FIRST_RESERVED_GDT_PAGE	 14
#define FIRST_RESERVED_GDT_BYTE	 (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/* L4 slots 256..271 belong to the hypervisor; the first maps the M2P. */
#ifdef __ASSEMBLER__
#define HYPERVISOR_VIRT_START 0xffff800000000000
#define HYPERVISOR_VIRT_END   0xffff880000000000
#define MACH2PHYS_VIRT_START  0xffff800000000000
#define MACH2PHYS_VIRT_END    0xffff804000000000
#else
#define HYPERVISOR_VIRT_START 0xffff800000000000UL
#define HYPERVISOR_VIRT_END   0xffff880000000000UL
#define MACH2PHYS_VIRT_START  0xffff800000000000UL
#define MACH2PHYS_VIRT_END    0xffff804000000000UL
#endif
#define MACH2PHYS_NR_ENTRIES	      ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)

/* First argument of set_segment_base. */
#define SEGBASE_FS		      0
#define SEGBASE_GS_USER		      1
#define SEGBASE_GS_KERNEL	      2
#define SEGBASE_GS_USER_SEL	      3 /* the value is a selector, loaded into GS */

/* vcpu_guest_context.flags; VGCF_in_syscall also in iret_context.flags. */
#define VGCF_i387_valid		      (1 << 0)
#define VGCF_in_kernel		      (1 << 2)
#define VGCF_failsafe_disables_events (1 << 3)
#define VGCF_syscall_disables_events  (1 << 4)
#define VGCF_online		      (1 << 5)
#define VGCF_in_syscall		      (1 << 8)
#define VGCF_I387_VALID		      VGCF_i387_valid
#define VGCF_IN_KERNEL		      VGCF_in_kernel
#define VGCF_IN_SYSCALL		      VGCF_in_syscall

#define XEN_LEGACY_MAX_VCPUS	      32 /* vcpus with a slot in shared_info */

/* ud2 and the letters "xen": the next instruction is emulated at #UD. */
#define XEN_EMULATE_PREFIX	      ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID		      XEN_EMULATE_PREFIX "cpuid"

#ifndef __ASSEMBLER__

struct cpu_user_regs {
	uint64_t r15;
	uint64_t r14;
	uint64_t r13;
	uint64_t r12;
	uint64_t rbp;
	uint64_t rbx;
	uint64_t r11;
	uint64_t r10;
	uint64_t r9;
	uint64_t r8;
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rsi;
	uint64_t rdi;
	uint32_t error_code;
	uint32_t entry_vector;
	uint64_t rip;
	uint16_t cs;
	uint16_t _pad0[1];
	uint8_t saved_upcall_mask;
	uint8_t _pad1[3];
	uint64_t rflags;
	uint64_t rsp;
	uint16_t ss;
	uint16_t _pad2[3];
	uint16_t es;
	uint16_t _pad3[3];
	uint16_t ds;
	uint16_t _pad4[3];
	uint16_t fs;
	uint16_t _pad5[3];
	uint16_t gs;
	uint16_t _pad6[3];
};

/* What the iret hypercall expects at the guest's stack pointer. */
struct iret_context {
	uint64_t rax;
	uint64_t r11;
	uint64_t rcx;
	uint64_t flags; /* VGCF_in_syscall: leave rcx and r11 alone */
	uint64_t rip;
	uint64_t cs;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};

/* trap_info.flags: bits 1:0 are the DPL for `int n`, bit 2 masks events. */
#define TI_GET_DPL(ti)	    ((ti)->flags & 3)
#define TI_GET_IF(ti)	    ((ti)->flags & 4)
#define TI_SET_DPL(ti, dpl) ((ti)->flags |= (dpl))
#define TI_SET_IF(ti, on)   ((ti)->flags |= (!!(on)) << 2)

struct trap_info {
	uint8_t vector;
	uint8_t flags;
	uint16_t cs;
	uint64_t address; /* 0 ends a table */
};

struct vcpu_guest_context {
	struct {
		char x[512];
	} fpu_ctxt;
	uint64_t flags; /* VGCF_* */
	struct cpu_user_regs user_regs;
	struct trap_info trap_ctxt[256];
	uint64_t ldt_base, ldt_ents;
	uint64_t gdt_frames[16], gdt_ents;
	uint64_t kernel_ss, kernel_sp;
	uint64_t ctrlreg[8]; /* [1]: user root, [3]: kernel root, as CR3 */
	uint64_t debugreg[8];
	uint64_t event_callback_eip;
	uint64_t failsafe_callback_eip;
	uint64_t syscall_callback_eip;
	uint64_t vm_assist; /* bit per VMASST_TYPE */
	uint64_t fs_base;
	uint64_t gs_base_kernel;
	uint64_t gs_base_user;
};

static inline uint64_t xen_pfn_to_cr3(xen_pfn_t pfn)
{
	return pfn << 12;
}

static inline xen_pfn_t xen_cr3_to_pfn(uint64_t cr3)
{
	return cr3 >> 12;
}

/* How a guest tells tools where its frame list is, and gets NMI reasons. */
struct arch_shared_info {
	uint64_t max_pfn;
	xen_pfn_t pfn_to_mfn_frame_list_list;
	uint64_t nmi_reason;
	uint64_t p2m_cr3;
	uint64_t p2m_vaddr;
	uint64_t p2m_generation; /* odd while the list changes */
};

struct arch_vcpu_info {
	uint64_t cr2; /* address of the last page fault delivered */
	uint64_t pad;
};

/* Devices a domain sees emulated; a PV domain has none or the PIT. */
#define XEN_X86_EMU_LAPIC      (1U << 0)
#define XEN_X86_EMU_HPET       (1U << 1)
#define XEN_X86_EMU_PM	       (1U << 2)
#define XEN_X86_EMU_RTC	       (1U << 3)
#define XEN_X86_EMU_IOAPIC     (1U << 4)
#define XEN_X86_EMU_PIC	       (1U << 5)
#define XEN_X86_EMU_VGA	       (1U << 6)
#define XEN_X86_EMU_IOMMU      (1U << 7)
#define XEN_X86_EMU_PIT	       (1U << 8)
#define XEN_X86_EMU_USE_PIRQ   (1U << 9)
#define XEN_X86_EMU_VPCI       (1U << 10)
#define XEN_X86_EMU_ALL	       0x7ffU

#define XEN_X86_MSR_RELAXED    (1U << 0)
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED

struct xen_arch_domainconfig {
	uint32_t emulation_flags; /* XEN_X86_EMU_* */
	uint32_t misc_flags;	  /* XEN_X86_MSR_RELAXED */
};

/* One CPUID answer; subleaf is NO_SUBLEAF where ECX does not matter. */
#define XEN_CPUID_NO_SUBLEAF 0xffffffffU

typedef struct xen_cpuid_leaf {
	uint32_t leaf, subleaf;
	uint32_t a, b, c, d;
} xen_cpuid_leaf_t;

typedef struct xen_msr_entry {
	uint32_t idx;
	uint32_t flags; /* must be 0 */
	uint64_t val;
} xen_msr_entry_t;

#endif /* __ASSEMBLER__ */
#endif
