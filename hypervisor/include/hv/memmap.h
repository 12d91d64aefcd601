/*
 * hv/memmap.h: the hypervisor's sixteen L4 slots
 *
 * docs/memory-map.md is this list with reasons. Every L4 in use shares the
 * L3 tables of slots 257..271; only slot 256 differs: user roots lack it.
 */
#ifndef HV_MEMMAP_H
#define HV_MEMMAP_H

#ifdef __ASSEMBLY__
#define VA(x) x
#else
#define VA(x) x##ul
#endif

#define HV_FIRST_SLOT	 256
#define HV_LAST_SLOT	 271
#define HV_VA_START	 VA(0xffff800000000000)
#define HV_VA_END	 VA(0xffff880000000000)

/* 256: machine-to-physical table, 8 bytes a frame, guests read it */
#define M2P_SLOT	 256
#define M2P_VA		 VA(0xffff800000000000)
#define M2P_VA_END	 VA(0xffff804000000000)
/* 257: the gate of ring-1 mode */
#define GATE_VA		 VA(0xffff808000000000)
/* 258: one window per vcpu: 16 pages of GDT, 16 of LDT */
#define VWIN_VA		 VA(0xffff810000000000)
#define VWIN_PAGES	 32
#define VWIN_MAX	 65536
/* 259: the hypervisor image, linked here, loaded at HV_LOAD_PA */
#define HV_IMAGE_BASE	 VA(0xffff818000000000)
#define HV_LOAD_PA	 VA(0x200000)
/* 260: frame table */
#define FRAMETABLE_VA	 VA(0xffff820000000000)
/* 261: the M2P again, writable for us */
#define M2P_RW_VA	 VA(0xffff828000000000)
/* 262: stacks, device registers, firmware tables: mapped by need */
#define VMAP_VA		 VA(0xffff830000000000)
#define VMAP_VA_END	 VA(0xffff838000000000)
/* 264..271: all RAM, writable, not executable */
#define DIRECTMAP_VA	 VA(0xffff840000000000)
#define DIRECTMAP_VA_END HV_VA_END

#endif
