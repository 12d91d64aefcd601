/*
 * lib/victim.c: a paused domain whose memory nobody may change
 */
#include "guest.h"
#include "victim.h"
#include <xen/domctl.h>
#include <xen/memory.h>

#define FRAMES 64
#define WORDS  (PAGE_SIZE / sizeof(u64))

static domid_t id;
static u64 mfn[FRAMES];
static u64 *window;

static long control(struct xen_domctl *op, u32 cmd)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = id;
	return hypercall(domctl, op);
}

static bool create(void)
{
	struct xen_domctl op = {0};
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 4;
	c->max_maptrack_frames = 4;
	c->grant_opts = XEN_DOMCTL_GRANT_version(1);
	if (control(&op, XEN_DOMCTL_createdomain))
		return false;
	id = op.domain;
	op.u.max_mem.max_memkb = FRAMES * 4 + 64;
	return !control(&op, XEN_DOMCTL_max_mem);
}

static bool populate(void)
{
	struct xen_memory_reservation op = {.nr_extents = FRAMES, .domid = id};
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		mfn[i] = i;
	op.extent_start.p = mfn;
	return hypercall(memory_op, XENMEM_populate_physmap, &op) == FRAMES;
}

static u64 *show(unsigned int i)
{
	struct mmu_update req = {.ptr = pte_maddr(window, 1),
				 .val = mfn[i] << 12 | PTE_DATA};

	if (hypercall(mmu_update, &req, 1, 0, id))
		guest_broken("cannot map the victim's frame");
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)window, 0);
	return window;
}

static u64 pattern(unsigned int i, unsigned int k)
{
	return (i * WORDS + k + 1) * 0x9e3779b97f4a7c15UL;
}

bool victim_make(void)
{
	unsigned int i, k;
	u64 *p;

	window = page_alloc();
	if (va_map(window, 0) || !create() || !populate())
		return false;
	for (i = 0; i < FRAMES; i++) {
		p = show(i);
		for (k = 0; k < WORDS; k++)
			p[k] = pattern(i, k);
	}
	va_map(window, 0);
	return true;
}

domid_t victim_id(void)
{
	return id;
}

unsigned int victim_damage(void)
{
	unsigned int i, k, bad = 0;
	u64 *p;

	for (i = 0; i < FRAMES; i++) {
		p = show(i);
		for (k = 0; k < WORDS && p[k] == pattern(i, k); k++)
			;
		bad += k != WORDS;
	}
	va_map(window, 0);
	return bad;
}

void victim_end(void)
{
	struct xen_domctl op = {0};
	long rc;

	do {
		rc = control(&op, XEN_DOMCTL_destroydomain);
	} while (rc == -XEN_EAGAIN);
	expect_eq(rc, 0);
}
