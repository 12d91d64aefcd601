/*
 * domain/image.h: a kernel image, from file bytes to a memory layout
 *
 * Pure: host-tested. Nothing here trusts a byte of the image; functions
 * return NULL or the cause of refusal, fit for "dom0 kernel: %s".
 */
#ifndef DOMAIN_IMAGE_H
#define DOMAIN_IMAGE_H

#include <hv/types.h>

#define UNSET		(~0ull)
#define KERNEL_SIZE_MAX (1ull << 30) /* unpacked, and in memory */

/* ---- bzimage.c ---- */
struct payload {
	const u8 *start; /* the compressed stream, or all of a plain ELF */
	u64 size;	 /* bytes */
	u64 unpacked;	 /* bytes; equals size when nothing is packed */
	bool packed;
};
/** image_payload() - find the kernel proper within a bzImage or ELF file */
const char *image_payload(const void *file, u64 size, struct payload *p);

/* ---- unpack.c ---- */
/** unpack() - gzip, xz or zstd @p into @dst, which has p->unpacked bytes */
const char *unpack(const struct payload *p, void *dst);

/* ---- elf.c ---- */
struct kernel_elf {
	const u8 *file;
	u64 size;
	u64 pstart, pend; /* physical range of the PT_LOADs, bytes */
	u64 virt_base;	  /* VA of pfn 0 */
	u64 paddr_offset;
	u64 entry;	    /* VA */
	u64 hypercall_page; /* VA or UNSET */
	u64 init_p2m;	    /* VA or UNSET */
	bool mod_start_pfn; /* the initrd may stay unmapped */
	u64 supported;	    /* XENFEAT bits; UNSET: no such note */
	char guest_os[16], loader[16], xen_version[16];
	char features[256];
};
/** elf_parse() - headers and notes; checks that this is a PV kernel */
const char *elf_parse(const void *file, u64 size, struct kernel_elf *k);
/**
 * elf_load() - place the PT_LOADs, clear what they have beyond the file
 * @mem:  memory of pfn 0 upwards
 * @size: bytes of it, at least kernel_end(k)
 */
void elf_load(const struct kernel_elf *k, u8 *mem, u64 size);

/* Offsets from VIRT_BASE, which is pfn 0. */
static inline u64 kernel_start(const struct kernel_elf *k)
{
	return k->pstart - k->paddr_offset;
}

static inline u64 kernel_end(const struct kernel_elf *k)
{
	return k->pend - k->paddr_offset;
}

/* ---- layout.c ---- */
/* The initial mapping (ABI-NOTES 1.3). All page numbers are pfns. */
struct layout {
	u64 v_start;	       /* VA of pfn 0 */
	u64 nr_initial;	       /* pfns mapped from v_start */
	u64 initrd, nr_initrd; /* first pfn, count; mapped when < nr_initial */
	u64 p2m, nr_p2m_list;  /* the list; in the initial region or apart */
	u64 nr_p2m_tables;     /* right after the list, when apart */
	u64 p2m_va;	       /* where the list is mapped */
	u64 start_info;	       /* pfn */
	u64 tables, nr_tables; /* L4 first */
	u64 stack;	       /* pfn of the one stack page */
	u64 nr_fixed;	       /* pfns this layout gives a meaning to */
	u64 nr_pages;	       /* all of the domain's */
};
/**
 * layout_compute() - @nr_pages: all pages of the domain; @initrd_pages of
 * them hold the initrd
 */
const char *layout_compute(const struct kernel_elf *k, u64 nr_pages,
			   u64 initrd_pages, struct layout *l);

#endif
