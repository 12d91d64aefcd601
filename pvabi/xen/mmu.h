/*
 * xen/mmu.h: requests that change page tables
 *
 * ABI: mmu_update, mmuext_op, update_va_mapping and its flags
 */
#ifndef PVABI_XEN_MMU_H
#define PVABI_XEN_MMU_H

#include <xen/types.h>

/* mmu_update.ptr bits 1:0 */
#define MMU_NORMAL_PT_UPDATE	   0
#define MMU_MACHPHYS_UPDATE	   1
#define MMU_PT_UPDATE_PRESERVE_AD  2
#define MMU_PT_UPDATE_NO_TRANSLATE 3

#define MMUEXT_PIN_L1_TABLE	   0
#define MMUEXT_PIN_L2_TABLE	   1
#define MMUEXT_PIN_L3_TABLE	   2
#define MMUEXT_PIN_L4_TABLE	   3
#define MMUEXT_UNPIN_TABLE	   4
#define MMUEXT_NEW_BASEPTR	   5
#define MMUEXT_TLB_FLUSH_LOCAL	   6
#define MMUEXT_INVLPG_LOCAL	   7
#define MMUEXT_TLB_FLUSH_MULTI	   8
#define MMUEXT_INVLPG_MULTI	   9
#define MMUEXT_TLB_FLUSH_ALL	   10
#define MMUEXT_INVLPG_ALL	   11
#define MMUEXT_FLUSH_CACHE	   12
#define MMUEXT_SET_LDT		   13
#define MMUEXT_NEW_USER_BASEPTR	   15
#define MMUEXT_CLEAR_PAGE	   16
#define MMUEXT_COPY_PAGE	   17
#define MMUEXT_FLUSH_CACHE_GLOBAL  18
#define MMUEXT_MARK_SUPER	   19
#define MMUEXT_UNMARK_SUPER	   20

/*
 * Third argument of update_va_mapping: what to flush, and on which vcpus. The
 * remaining bits may be the address of a vcpu bitmap (then UVMF_MULTI).
 */
#define UVMF_NONE		   0UL
#define UVMF_TLB_FLUSH		   1UL
#define UVMF_INVLPG		   2UL
#define UVMF_FLUSHTYPE_MASK	   3UL
#define UVMF_MULTI		   0UL
#define UVMF_LOCAL		   0UL
#define UVMF_ALL		   4UL

#ifndef __ASSEMBLER__

/* @ptr: machine address of the entry, with an MMU_* kind in bits 1:0. */
struct mmu_update {
	uint64_t ptr;
	uint64_t val;
};

struct mmuext_op {
	uint32_t cmd; /* MMUEXT_* */
	union {
		xen_pfn_t mfn;
		uint64_t linear_addr;
	} arg1;
	union {
		uint32_t nr_ents;
		GUEST_HANDLE(const void) vcpumask;
		xen_pfn_t src_mfn;
	} arg2;
};

#endif /* __ASSEMBLER__ */
#endif
