/*
 * guests/preempt: memory by the hundred MiB, and the end of domains
 *
 * `mib=N` sets the size of the domain that is destroyed, `only=` picks it.
 */
#include "hold.h"
#include <xen/domctl.h>
#include <xen/memory.h>

#define DOMAIN_ID   78
#define ORDER	    9
#define MAX_EXTENTS 8192 /* 16 GiB */
#define DOMAIN_L1   48

static struct xen_domctl op;
static u64 list[MAX_EXTENTS];
static u64 mfns[DOMAIN_L1 + 3];

static long control(u32 cmd)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = DOMAIN_ID;
	return hypercall(domctl, &op);
}

static bool create(u64 mib)
{
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	memset(&op, 0, sizeof(op));
	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 4;
	c->max_maptrack_frames = 4;
	c->grant_opts = 1;
	if (control(XEN_DOMCTL_createdomain))
		return false;
	memset(&op, 0, sizeof(op));
	op.u.max_mem.max_memkb = (mib + 4) * 1024;
	return !control(XEN_DOMCTL_max_mem);
}

static long reservation(u32 cmd, u64 *extents, u64 nr, unsigned int order)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr,
		.extent_order = order,
		.domid = DOMAIN_ID,
	};

	r.extent_start.p = extents;
	return hypercall(memory_op, cmd, &r);
}

static long destroy(void)
{
	long rc;

	do {
		memset(&op, 0, sizeof(op));
		rc = control(XEN_DOMCTL_destroydomain);
	} while (rc == -XEN_EAGAIN || rc == -XEN_ERESTART);
	return rc;
}

/* Gives a domain @n extents at pfn 0.. */
static bool populate(u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		list[i] = i << ORDER;
	return reservation(XENMEM_populate_physmap, list, n, ORDER) == (long)n;
}

PROMISE(destroy_in_pieces, "populate and destroy a domain, mib=96 of it")
{
	u64 mib = option_number("mib", 96), start;

	hold_begin();
	require(mib / 2 <= MAX_EXTENTS);
	require(create(mib));
	require(populate(mib / 2));
	hold_expect("populate");
	hold_reset();
	start = rdtsc();
	expect_eq(destroy(), 0);
	printf("DESTROY %lu MiB: %lu\n", mib, rdtsc() - start);
	hold_expect("destroy");
}

PROMISE(largest_extents, "the largest extents given and taken")
{
	unsigned int order;
	long n;

	hold_begin();
	require(create(32));
	for (order = 12; order > 0; order--) {
		list[0] = 0;
		n = reservation(XENMEM_populate_physmap, list, 1, order);
		if (n == 1)
			break;
	}
	printf("the largest order is %u\n", order);
	hold_expect("populate_largest");
	hold_reset();
	expect_eq(reservation(XENMEM_decrease_reservation, list, 1, order), 1);
	hold_expect("decrease_largest");
	expect_eq(destroy(), 0);
}

PROMISE(single_frames, "4,096 frames given and taken one by one")
{
	unsigned int i;

	hold_begin();
	require(create(32));
	for (i = 0; i < 4096; i++)
		list[i] = i;
	expect_eq(reservation(XENMEM_populate_physmap, list, 4096, 0), 4096);
	hold_expect("populate_4096");
	hold_reset();
	expect_eq(reservation(XENMEM_decrease_reservation, list, 4096, 0),
		  4096);
	hold_expect("decrease_4096");
	expect_eq(destroy(), 0);
}

/* 512 single frames for one extent, and back: of the domain above, by mfn. */
static long exchange(u64 *in, u64 nr_in, unsigned int in_order, u64 *out,
		     u64 nr_out, unsigned int out_order)
{
	struct xen_memory_exchange x = {
		.in = {.nr_extents = nr_in,
		       .extent_order = in_order,
		       .domid = DOMAIN_ID},
		.out = {.nr_extents = nr_out,
			.extent_order = out_order,
			.domid = DOMAIN_ID},
	};

	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	return hypercall(memory_op, XENMEM_exchange, &x);
}

PROMISE(exchanges, "frames traded for the largest extents that may be")
{
	static u64 out[4096];
	unsigned int order, i;
	long rc = -1;

	hold_begin();
	require(create(48));
	for (i = 0; i < 4096; i++)
		list[i] = out[i] = i;
	require(reservation(XENMEM_populate_physmap, list, 4096, 0) == 4096);
	for (order = 12; order > 0; order--) {
		hold_reset();
		rc = exchange(list, 1u << order, 0, out, 1, order);
		if (rc != -XEN_EPERM)
			break;
	}
	expect_eq(rc, 0);
	printf("the largest order is %u\n", order);
	hold_expect("exchange_into_one");
	hold_reset();
	expect_eq(exchange(out, 1, order, list, 1u << order, 0), 0);
	hold_expect("exchange_into_many");
	expect_eq(destroy(), 0);
}

/* ---- a domain that is all page tables ---- */

static u8 *window;

static u64 *see(u64 mfn)
{
	struct mmu_update req = {.val = mfn << 12 | PTE_DATA};

	if (!window) {
		window = page_alloc();
		if (va_map(window, 0))
			guest_broken("cannot clear a window");
	}
	req.ptr = pte_maddr(window, 1);
	if (hypercall(mmu_update, &req, 1, 0, DOMAIN_ID))
		guest_broken("cannot map a frame of another domain");
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)window, 0);
	return (u64 *)window;
}

static void fill(u64 mfn, const u64 *to, unsigned int n, u64 bits)
{
	u64 *t = see(mfn);
	unsigned int i;

	for (i = 0; i < 512; i++)
		t[i] = i < n ? to[i] << 12 | bits : 0;
	if (va_map(window, 0))
		guest_broken("cannot clear a window");
}

static long pin(u64 mfn)
{
	struct mmuext_op pin_op = {.cmd = MMUEXT_PIN_L4_TABLE};

	pin_op.arg1.mfn = mfn;
	return hypercall(mmuext_op, &pin_op, 1, 0, DOMAIN_ID);
}

/* All tables of a domain: its L4. */
static bool build_domain(void)
{
	u64 same[512], *l2 = &mfns[DOMAIN_L1], *l3 = l2 + 1, *l4 = l2 + 2;
	unsigned int i;

	if (!create(8))
		return false;
	for (i = 0; i < ARRAY_SIZE(mfns); i++)
		mfns[i] = i;
	list[0] = 0;
	if (reservation(XENMEM_populate_physmap, mfns, ARRAY_SIZE(mfns), 0) !=
		    ARRAY_SIZE(mfns) ||
	    reservation(XENMEM_populate_physmap, list, 1, ORDER) != 1)
		return false;
	for (i = 0; i < 512; i++)
		same[i] = list[0] + i;
	for (i = 0; i < DOMAIN_L1; i++)
		fill(mfns[i], same, 512, PTE_DATA);
	fill(*l2, mfns, DOMAIN_L1, PTE_TABLE);
	fill(*l3, l2, 1, PTE_TABLE);
	fill(*l4, l3, 1, PTE_TABLE);
	return true;
}

PROMISE(destroy_with_tables, "a domain that dies with a tree pinned")
{
	hold_begin();
	require(build_domain());
	hold_reset();
	expect_eq(pin(mfns[DOMAIN_L1 + 2]), 0);
	hold_expect("pin_foreign");
	hold_reset();
	expect_eq(destroy(), 0);
	hold_expect("destroy_pinned");
}

static long set_context(u64 kernel, u64 user)
{
	static struct vcpu_guest_context c;

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rflags = 0x200;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.ctrlreg[3] = xen_pfn_to_cr3(kernel);
	c.ctrlreg[1] = user ? xen_pfn_to_cr3(user) : 0;
	memset(&op, 0, sizeof(op));
	op.u.vcpucontext.ctxt.p = &c;
	return control(XEN_DOMCTL_setvcpucontext);
}

PROMISE(destroy_with_roots, "a domain whose vcpu has the tree as its root")
{
	u64 l4 = mfns[DOMAIN_L1 + 2];

	hold_begin();
	require(build_domain());
	l4 = mfns[DOMAIN_L1 + 2];
	memset(&op, 0, sizeof(op));
	op.u.max_vcpus.max = 1;
	require(!control(XEN_DOMCTL_max_vcpus));
	hold_reset();
	/* refused at its second root, it has none */
	expect_eq(set_context(l4, mfns[0]), -XEN_EINVAL);
	expect_eq(set_context(l4, 0), 0);
	hold_expect("set_context");
	hold_reset();
	expect_eq(destroy(), 0);
	hold_expect("destroy_root");
}
