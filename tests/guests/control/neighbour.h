/*
 * control/neighbour.h: a second domain, made and run by this test kernel
 *
 * Its kernel is one page of code at VIRT_BASE, with a data page and a stack
 * behind it. Needs the rights of dom0.
 */
#ifndef GUEST_CONTROL_NEIGHBOUR_H
#define GUEST_CONTROL_NEIGHBOUR_H

#include <guest.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/sysctl.h>

enum { CODE, DATA, STACK, L4, L3, L2, L1, SPARE, NR_PAGES };

struct neighbour {
	domid_t id;
	u64 mfn[NR_PAGES];
};

#define DATA_VA (VIRT_BASE + DATA * PAGE_SIZE)

/* domctl for @d; the structure keeps what came back. */
long control(struct xen_domctl *op, u32 cmd, domid_t d);
/* sysctl physinfo.free_pages + what waits for scrubbing. */
u64 free_pages(void);

/* An empty, paused domain with one vcpu and room for @kib of memory. */
long neighbour_create(struct neighbour *n, u64 kib);
/* Populates NR_PAGES frames at pfn 0. */
long neighbour_populate(struct neighbour *n);
/* The highest grant version of domains made from now on: 1, or 2. */
extern u32 neighbour_grant_version;
/* free_pages() once it has stopped changing. */
u64 settled_free_pages(void);
/* Maps frame @mfn of @n in our window @slot, 0 to 3; NULL if refused. */
void *neighbour_map(struct neighbour *n, u64 mfn, unsigned int slot);
void neighbour_unmap(unsigned int slot);
/* Writes code and tables, pins the root. */
long neighbour_build(struct neighbour *n, const u8 *from, const u8 *to);
/* Sets the first registers; rdi = @argument, rsi = address of its data page. */
long neighbour_context(struct neighbour *n, u64 argument);
long neighbour_destroy(struct neighbour *n);
/* getdomaininfo; flags are all ones where it failed. */
struct xen_domctl_getdomaininfo neighbour_info(struct neighbour *n);
/* create, populate, build, context; still paused. */
bool neighbour_make(struct neighbour *n, const u8 *from, const u8 *to,
		    u64 argument);

#define DOM0_ONLY()                                       \
	do {                                              \
		if (!is_dom0())                           \
			skip("needs the rights of dom0"); \
	} while (0)

/* Code of a neighbour, between two labels. */
#define KERNEL(id, text)                                              \
	__asm__(".pushsection .rodata\n" #id "_from:\n" text "\n" #id \
		"_to:\n.popsection");                                 \
	extern const u8 id##_from[], id##_to[]

#endif
