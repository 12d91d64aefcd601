/*
 * paravane/extensions.h: what Paravane offers beyond the Xen ABI
 *
 * A guest finds the leaves below, if its hypervisor is Paravane, and uses only
 * what their feature words announce. docs/abi/extensions.md tells the rules.
 */
#ifndef PARAVANE_EXTENSIONS_H
#define PARAVANE_EXTENSIONS_H

/* EAX: the last leaf. EBX, ECX, EDX: the signature. */
#define PARAVANE_CPUID_BASE	  0x40000100u
#define PARAVANE_SIGNATURE	  "ParavanePVx1"
/* EAX: version of this interface. ECX: features. */
#define PARAVANE_CPUID_FEATURES	  0x40000101u
#define PARAVANE_VERSION	  1
#define PARAVANE_FEAT_PTE_FLAGS	  (1u << 0) /* the operation below */

/*
 * mmuext_op: change flags of consecutive entries of one L1 table
 *
 * arg1: machine address of the first entry, a multiple of 8
 * arg2: number of entries, and what to do with each that is present
 *
 * The number is outside of what Xen uses.
 */
#define PARAVANE_MMUEXT_PTE_FLAGS 0x50560001
#define PARAVANE_PTE_COUNT	  0x3ff /* 1..512, within the table */
#define PARAVANE_PTE_CLEAR_RW	  (1u << 16)
#define PARAVANE_PTE_SET_RW	  (1u << 17)
#define PARAVANE_PTE_CLEAR_NX	  (1u << 18)
#define PARAVANE_PTE_SET_NX	  (1u << 19)

#endif /* PARAVANE_EXTENSIONS_H */
