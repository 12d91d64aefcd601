#include <stdio.h>
#include <string.h>

#include "builder/startinfo.h"

#define RFLAGS_IF   0x200
#define DR6_DEFAULT 0xffff0ff0ul
#define DR7_DEFAULT 0x400ul

/* Selectors the hypervisor keeps in every GDT. */
#define SEL_CS	    0xe033
#define SEL_SS	    0xe02b

void startinfo_fill(const struct startinfo_in *in, struct start_info *si)
{
	const struct layout *l = in->layout;

	snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
	si->nr_pages = l->nr_pages;
	si->shared_info = in->shared_info_mfn << 12;
	si->store_mfn = in->p2m[l->store.pfn];
	si->store_evtchn = in->store_port;
	si->console.domU.mfn = in->p2m[l->console.pfn];
	si->console.domU.evtchn = in->console_port;
	si->pt_base = layout_vaddr(l, l->pgtables.pfn);
	si->nr_pt_frames = l->pgtables.pages;
	si->mfn_list = l->p2m_vaddr;
	if (l->p2m_pgtables.pages) {
		si->first_p2m_pfn = l->p2m.pfn;
		si->nr_p2m_frames = l->p2m.pages + l->p2m_pgtables.pages;
	}
	if (l->initrd.pages && l->initrd_mapped) {
		si->mod_start = layout_vaddr(l, l->initrd.pfn);
	} else if (l->initrd.pages) {
		si->mod_start = l->initrd.pfn;
		si->flags |= SIF_MOD_START_PFN;
	}
	si->mod_len = l->initrd.pages ? in->initrd_len : 0;
	snprintf((char *)si->cmd_line, STARTINFO_CMDLINE, "%s", in->cmdline);
}

void startinfo_context(const struct layout *l, uint64_t entry, uint64_t l4_mfn,
		       struct vcpu_guest_context *ctx)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->flags = VGCF_in_kernel | VGCF_online;
	ctx->user_regs.rip = entry;
	ctx->user_regs.rsp = layout_vaddr(l, l->stack.pfn + 1);
	ctx->user_regs.rsi = layout_vaddr(l, l->start_info.pfn);
	ctx->user_regs.rflags = RFLAGS_IF;
	ctx->user_regs.cs = SEL_CS;
	ctx->user_regs.ss = SEL_SS;
	ctx->kernel_ss = SEL_SS;
	ctx->kernel_sp = ctx->user_regs.rsp;
	ctx->debugreg[6] = DR6_DEFAULT;
	ctx->debugreg[7] = DR7_DEFAULT;
	ctx->ctrlreg[3] = l4_mfn << 12;
}
