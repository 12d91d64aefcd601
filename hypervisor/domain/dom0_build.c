/*
 * domain/dom0_build.c: from boot modules to a domain ready to run
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/dev.h>
#include "dom0.h"
#include "internal.h"
#include "libc_shim.h"

/* xz wants its dictionary (32 MiB at most in kernels); zstd and gzip little */
#define UNPACK_ORDER	    14
#define CONSOLE_INFO_OFFSET sizeof(struct start_info)

static void __noreturn bad_kernel(const char *why)
{
	panic("dom0 kernel: %s", why);
}

static unsigned int order_of_bytes(u64 bytes)
{
	unsigned int order = 0;

	while ((u64)PAGE_SIZE << order < bytes)
		order++;
	return order;
}

static const void *unpack_kernel(struct dom0_plan *p, struct payload *pl)
{
	u64 start = now();
	const char *bad;
	void *elf;

	p->unpacked_order = order_of_bytes(pl->unpacked);
	p->unpacked = heap_alloc_stale(p->unpacked_order);
	if (!p->unpacked || !shim_enter(UNPACK_ORDER))
		panic("dom0 kernel: no memory to unpack %lu MiB",
		      pl->unpacked >> 20);
	elf = page_to_virt(p->unpacked);
	bad = unpack(pl, elf);
	shim_leave();
	if (bad)
		bad_kernel(bad);
	printk(LOG_INFO, "dom0 kernel: unpacked %lu to %lu KiB in %lu ms\n",
	       pl->size >> 10, pl->unpacked >> 10,
	       (u64)((now() - start) / NS_PER_MS));
	return elf;
}

static void find_kernel(struct dom0_plan *p)
{
	const struct dom0_image *img = p->img;
	struct payload pl;
	const void *elf;
	const char *bad = image_payload(img->kernel, img->kernel_size, &pl);

	if (bad)
		bad_kernel(bad);
	elf = pl.packed ? unpack_kernel(p, &pl) : pl.start;
	bad = elf_parse(elf, pl.unpacked, &p->elf);
	if (bad)
		bad_kernel(bad);
}

/* The boot module is not needed any more; whole pages only. */
static void release_module(maddr_t start, u64 size)
{
	u64 first = DIV_UP(start.v, PAGE_SIZE);
	u64 end = (start.v + size) >> PAGE_SHIFT;

	if (first < end)
		heap_add(MFN(first), MFN(end));
}

static void load_kernel(struct dom0_plan *p)
{
	u8 *mem = mfn_to_virt(p->initial);

	elf_load(&p->elf, mem, p->l.nr_initial << PAGE_SHIFT);
	if (p->elf.hypercall_page != UNSET)
		fill_hypercall_page(mem +
				    (p->elf.hypercall_page - p->l.v_start));
	if (p->unpacked)
		heap_free(p->unpacked, p->unpacked_order);
	release_module(p->img->kernel_maddr, p->img->kernel_size);
}

/*
 * The module's frames become dom0's when the kernel does not need them
 * mapped; the end of the last page is not the initrd's.
 */
static void place_initrd(struct dom0_plan *p)
{
	const struct dom0_image *img = p->img;
	u8 *from = maddr_to_virt(img->initrd);
	u64 bytes = p->initrd_pages << PAGE_SHIFT;

	if (p->initrd_in_place) {
		memset(from + img->initrd_size, 0, bytes - img->initrd_size);
		return;
	}
	if (!img->initrd_size)
		return;
	memcpy(mfn_to_virt(p->initrd), from, img->initrd_size);
	memset((u8 *)mfn_to_virt(p->initrd) + img->initrd_size, 0,
	       bytes - img->initrd_size);
	release_module(img->initrd, img->initrd_size);
}

static void set_module(struct dom0_plan *p, struct start_info *si)
{
	if (!p->img->initrd_size)
		return;
	si->mod_len = p->img->initrd_size;
	if (p->elf.mod_start_pfn) {
		si->mod_start = p->l.initrd;
		si->flags |= SIF_MOD_START_PFN;
	} else {
		si->mod_start = p->l.v_start + (p->l.initrd << PAGE_SHIFT);
	}
}

static void fill_start_info(struct dom0_plan *p)
{
	const struct layout *l = &p->l;
	struct start_info *si = mfn_to_virt(MFN(p->initial.v + l->start_info));
	struct dom0_vga_console_info *vga =
		(void *)((u8 *)si + CONSOLE_INFO_OFFSET);

	memset(si, 0, PAGE_SIZE);
	hv_strlcpy(si->magic, XEN_START_MAGIC "p", sizeof(si->magic));
	si->nr_pages = l->nr_pages;
	si->shared_info = virt_to_maddr(p->d->shared_info).v;
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = l->v_start + (l->tables << PAGE_SHIFT);
	si->nr_pt_frames = l->nr_tables;
	si->mfn_list = l->p2m_va;
	if (l->p2m >= l->nr_initial) {
		si->first_p2m_pfn = l->p2m;
		si->nr_p2m_frames = l->nr_p2m_list + l->nr_p2m_tables;
	}
	set_module(p, si);
	hv_strlcpy((char *)si->cmd_line, p->img->cmdline, sizeof(si->cmd_line));
	if (console_vga_info(vga)) {
		si->console.dom0.info_off = CONSOLE_INFO_OFFSET;
		si->console.dom0.info_size = sizeof(*vga);
	}
}

static void create(struct dom0_plan *p)
{
	struct xen_domctl_createdomain cfg = {
		.max_vcpus = opt_dom0_max_vcpus
				     ? min(opt_dom0_max_vcpus,
					   (unsigned int)MAX_VCPUS)
				     : min(nr_pcpus, (unsigned int)MAX_VCPUS),
		.max_evtchn_port = ~0u,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(2),
	};
	unsigned int i;
	int rc;

	dom0 = domain_create(0, &cfg, true, &rc);
	if (!dom0)
		panic("dom0 cannot be created: error %d", -rc);
	p->d = dom0;
	dom0->max_pages = ~0u;
	if (opt_dom0_mem_max)
		dom0->max_pages =
			(u32)min(opt_dom0_mem_max >> PAGE_SHIFT, (u64)~0u);
	for (i = 0; i < cfg.max_vcpus; i++) {
		rc = vcpu_create(dom0, i);
		if (rc)
			panic("dom0 vcpu %u: error %d", i, -rc);
	}
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		dom0->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
}

static void plan(struct dom0_plan *p)
{
	u64 pages = dom0_nr_pages(p);
	const char *bad;

	p->initrd_pages = DIV_UP(p->img->initrd_size, PAGE_SIZE);
	p->initrd_in_place = p->initrd_pages && p->elf.mod_start_pfn &&
			     p->img->initrd.v % PAGE_SIZE == 0;
	if (opt_dom0_mem_max)
		pages = min(pages, opt_dom0_mem_max >> PAGE_SHIFT);
	bad = layout_compute(&p->elf, pages, p->initrd_pages, &p->l);
	if (bad)
		bad_kernel(bad);
}

static void start_vcpu(struct dom0_plan *p)
{
	struct vcpu_guest_context *c = hv_new(struct vcpu_guest_context);
	const struct layout *l = &p->l;
	int rc;

	if (!c)
		panic("dom0: no memory for its context");
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = p->elf.entry;
	c->user_regs.rsp = l->v_start + ((l->stack + 1) << PAGE_SHIFT);
	c->user_regs.rsi = l->v_start + (l->start_info << PAGE_SHIFT);
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = xen_pfn_to_cr3(p->initial.v + l->tables);
	rc = vcpu_set_context(p->d->vcpu[0], c);
	if (rc)
		panic("dom0 context refused: error %d", -rc);
	hv_free(c);
}

static void report(const struct dom0_plan *p, u64 start)
{
	const struct layout *l = &p->l;
	u64 v = l->v_start;

	printk(LOG_INFO, "dom0: kernel %016lx-%016lx, entry %016lx\n",
	       v + kernel_start(&p->elf), v + kernel_end(&p->elf),
	       p->elf.entry);
	printk(LOG_INFO, "dom0: region %016lx-%016lx, p2m %016lx\n", v,
	       v + (l->nr_initial << PAGE_SHIFT), l->p2m_va);
	printk(LOG_INFO, "dom0: %lu MiB, %u vcpus, built in %lu ms\n",
	       l->nr_pages >> 8, p->d->max_vcpus,
	       (u64)((now() - start) / NS_PER_MS));
}

void dom0_build(const struct dom0_image *img)
{
	static struct dom0_plan p;
	u64 start = now();
	int rc;

	p.img = img;
	find_kernel(&p);
	create(&p);
	plan(&p);
	dom0_alloc_fixed(&p);
	load_kernel(&p);
	place_initrd(&p);
	dom0_alloc_rest(&p);
	fill_start_info(&p);
	dom0_map(&p);
	dom0_grant_rights(p.d);
	start_vcpu(&p);
	report(&p, start);
	rc = domain_ctl_unpause(p.d);
	BUG_ON(rc);
}
