/*
 * xen/start_info.h: what a guest finds at %rsi on its first instruction
 *
 * ABI: one page; all addresses are guest virtual unless a comment says
 *      machine.
 */
#ifndef PVABI_XEN_START_INFO_H
#define PVABI_XEN_START_INFO_H

#include <xen/types.h>

#define XEN_START_MAGIC	    "xen-3.0-x86_64"
#define MAX_GUEST_CMDLINE   1024

/* start_info.flags */
#define SIF_PRIVILEGED	    (1 << 0)
#define SIF_INITDOMAIN	    (1 << 1)
#define SIF_MULTIBOOT_MOD   (1 << 2)
#define SIF_MOD_START_PFN   (1 << 3) /* mod_start is a pfn, not an address */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)
#define SIF_PM_MASK	    (0xff << 8)

#ifndef __ASSEMBLER__

struct start_info {
	char magic[32];
	uint64_t nr_pages;
	uint64_t shared_info; /* machine address of the page */
	uint32_t flags;	      /* SIF_* */
	xen_pfn_t store_mfn;  /* 0 in the initial domain */
	uint32_t store_evtchn;
	union {
		struct {
			xen_pfn_t mfn;
			uint32_t evtchn;
		} domU;
		struct {
			uint32_t info_off; /* from this struct, bytes */
			uint32_t info_size;
		} dom0;
	} console;
	uint64_t pt_base; /* the L4, first of nr_pt_frames frames */
	uint64_t nr_pt_frames;
	uint64_t mfn_list; /* 8 bytes per pfn */
	uint64_t mod_start;
	uint64_t mod_len; /* bytes */
	int8_t cmd_line[MAX_GUEST_CMDLINE];
	uint64_t first_p2m_pfn; /* list mapped apart: its frames, */
	uint64_t nr_p2m_frames; /* tables included */
};

struct xen_multiboot_mod_list {
	uint32_t mod_start;
	uint32_t mod_end;
	uint32_t cmdline;
	uint32_t pad;
};

#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB	0x23
#define XEN_VGATYPE_EFI_LFB	0x70

/* The screen as firmware left it, found through console.dom0. */
struct dom0_vga_console_info {
	uint8_t video_type; /* XEN_VGATYPE_* */
	union {
		struct {
			uint16_t font_height;
			uint16_t cursor_x, cursor_y;
			uint16_t rows, columns;
		} text_mode_3;
		struct {
			uint16_t width, height;
			uint16_t bytes_per_line;
			uint16_t bits_per_pixel;
			uint32_t lfb_base;
			uint32_t lfb_size; /* units of 64 KiB */
			uint8_t red_pos, red_size;
			uint8_t green_pos, green_size;
			uint8_t blue_pos, blue_size;
			uint8_t rsvd_pos, rsvd_size;
			uint32_t gbl_caps;
			uint16_t mode_attrs;
			uint16_t pad;
			uint32_t ext_lfb_base; /* address bits 63:32 */
		} vesa_lfb;
	} u;
};

#endif /* __ASSEMBLER__ */
#endif
