/*
 * xen/cpuid.h: the hypervisor's own CPUID leaves
 */
#ifndef PVABI_XEN_CPUID_H
#define PVABI_XEN_CPUID_H

#define XEN_CPUID_FIRST_LEAF			  0x40000000
#define XEN_CPUID_LEAF(i)			  (XEN_CPUID_FIRST_LEAF + (i))
#define XEN_CPUID_MAX_NUM_LEAVES		  5

/* Leaf 0: "XenVMMXenVMM" in EBX, ECX, EDX */
#define XEN_CPUID_SIGNATURE_EBX			  0x566e6558
#define XEN_CPUID_SIGNATURE_ECX			  0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX			  0x4d4d566e

/* Leaf 2, ECX */
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD (1U << 0)

/* Leaf 5, EBX */
#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK	  (0xffU << 0)

#endif
