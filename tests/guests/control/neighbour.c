/*
 * control/neighbour.c: a second domain
 */
#include "neighbour.h"

static u8 *window[4];
u32 neighbour_grant_version = 1;

long control(struct xen_domctl *op, u32 cmd, domid_t d)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = d;
	return hypercall(domctl, op);
}

u64 free_pages(void)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	if (hypercall(sysctl, &op))
		return 0;
	return op.u.physinfo.free_pages;
}

u64 settled_free_pages(void)
{
	u64 last = free_pages();
	unsigned int i, calm = 0;

	for (i = 0; i < 500 && calm < 50; i++) {
		u64 now;

		sleep_ns(20 * MS);
		now = free_pages();
		calm = now == last ? calm + 1 : 0;
		last = now;
	}
	return last;
}

long neighbour_create(struct neighbour *n, u64 kib)
{
	struct xen_domctl op = {0};
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	long rc;

	memset(n, 0, sizeof(*n));
	memset(c->handle, 0x5e, sizeof(c->handle));
	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 4;
	c->max_maptrack_frames = 4;
	c->grant_opts = XEN_DOMCTL_GRANT_version(neighbour_grant_version);
	rc = control(&op, XEN_DOMCTL_createdomain, 0);
	if (rc)
		return rc;
	n->id = op.domain;
	op.u.max_vcpus.max = 1;
	rc = control(&op, XEN_DOMCTL_max_vcpus, n->id);
	if (rc)
		return rc;
	op.u.max_mem.max_memkb = kib;
	return control(&op, XEN_DOMCTL_max_mem, n->id);
}

long neighbour_populate(struct neighbour *n)
{
	struct xen_memory_reservation op = {
		.nr_extents = NR_PAGES,
		.domid = n->id,
	};
	unsigned int i;
	long done;

	for (i = 0; i < NR_PAGES; i++)
		n->mfn[i] = i;
	op.extent_start.p = n->mfn;
	done = hypercall(memory_op, XENMEM_populate_physmap, &op);
	return done == NR_PAGES ? 0 : -1;
}

void *neighbour_map(struct neighbour *n, u64 mfn, unsigned int slot)
{
	struct mmu_update req = {.val = mfn << 12 | PTE_DATA};

	if (!window[slot]) {
		window[slot] = page_alloc();
		if (va_map(window[slot], 0))
			guest_broken("cannot clear a window");
	}
	req.ptr = pte_maddr(window[slot], 1);
	if (hypercall(mmu_update, &req, 1, 0, n->id))
		return NULL;
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)window[slot], 0);
	return window[slot];
}

void neighbour_unmap(unsigned int slot)
{
	if (window[slot] && va_map(window[slot], 0))
		guest_broken("cannot clear a window");
}

/* Code, data and stack at VIRT_BASE, tables read-only behind them. */
static void fill_tables(struct neighbour *n)
{
	static const struct {
		u8 table, index, target;
		u16 flags;
	} entry[] = {
		{L4, 0, L3, PTE_TABLE}, /* index filled in below */
		{L3, 0, L2, PTE_TABLE},	      {L2, 0, L1, PTE_TABLE},
		{L1, CODE, CODE, PTE_DATA},   {L1, DATA, DATA, PTE_DATA},
		{L1, STACK, STACK, PTE_DATA}, {L1, L4, L4, PTE_RO},
		{L1, L3, L3, PTE_RO},	      {L1, L2, L2, PTE_RO},
		{L1, L1, L1, PTE_RO},
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entry); i++) {
		unsigned int at = entry[i].index;
		u64 *t = neighbour_map(n, n->mfn[entry[i].table], 0);

		if (!t)
			guest_broken("cannot map a neighbour's frame");
		if (entry[i].table == L4)
			at = VIRT_BASE >> 39 & 511;
		else if (entry[i].table == L3)
			at = VIRT_BASE >> 30 & 511;
		t[at] = n->mfn[entry[i].target] << 12 | entry[i].flags;
	}
	neighbour_unmap(0);
}

long neighbour_build(struct neighbour *n, const u8 *from, const u8 *to)
{
	struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE};
	unsigned int i;
	u8 *page;

	for (i = 0; i < NR_PAGES; i++) {
		page = neighbour_map(n, n->mfn[i], 0);
		if (!page)
			return -1;
		memset(page, 0, PAGE_SIZE);
		if (i == CODE)
			memcpy(page, from, (size_t)(to - from));
	}
	fill_tables(n);
	pin.arg1.mfn = n->mfn[L4];
	return hypercall(mmuext_op, &pin, 1, 0, n->id);
}

long neighbour_context(struct neighbour *n, u64 argument)
{
	static struct vcpu_guest_context c;
	struct xen_domctl op = {0};

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = VIRT_BASE;
	c.user_regs.rsp = VIRT_BASE + (STACK + 1) * PAGE_SIZE;
	c.user_regs.rdi = argument;
	c.user_regs.rsi = DATA_VA;
	c.user_regs.rflags = 0x200;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	c.ctrlreg[3] = xen_pfn_to_cr3(n->mfn[L4]);
	op.u.vcpucontext.vcpu = 0;
	op.u.vcpucontext.ctxt.p = &c;
	return control(&op, XEN_DOMCTL_setvcpucontext, n->id);
}

long neighbour_destroy(struct neighbour *n)
{
	struct xen_domctl op = {0};

	return control(&op, XEN_DOMCTL_destroydomain, n->id);
}

bool neighbour_make(struct neighbour *n, const u8 *from, const u8 *to,
		    u64 argument)
{
	return !neighbour_create(n, 1024) && !neighbour_populate(n) &&
	       !neighbour_build(n, from, to) && !neighbour_context(n, argument);
}

struct xen_domctl_getdomaininfo neighbour_info(struct neighbour *n)
{
	struct xen_domctl op = {0};

	if (control(&op, XEN_DOMCTL_getdomaininfo, n->id) || op.domain != n->id)
		op.u.getdomaininfo.flags = ~0U;
	return op.u.getdomaininfo;
}
