/*
 * mm/memop.h: the parts of memory_op, one function per sub-operation
 *
 * ABI: pvabi/xen/memory.h
 */
#ifndef MM_MEMOP_H
#define MM_MEMOP_H

#include <hv/domain.h>
#include <xen/memory.h>
#include "internal.h"

struct memop {
	u64 cmd;    /* XENMEM_* */
	u64 start;  /* extents finished by earlier parts of this call */
	gptr_t arg; /* the guest's struct */
};
/**
 * memop_domain() - the referenced domain @id, if the caller may act on it
 * Returns:  NULL with *@rc -ESRCH or -EPERM
 */
struct domain *memop_domain(u16 id, long *rc);
/** memop_restart() - go on later, @done extents being finished */
long memop_restart(const struct memop *m, u64 done);
/** memop_name_frame() - M2P entry of a frame just given to @d, while it is
 * still @d's: another vcpu may give it back at any moment */
void memop_name_frame(struct domain *d, struct page *pg, u64 gpfn);
/** memop_list_ok() - elements [@first, @first + @n) of a list of frame numbers
 * lie where the guest may have memory */
static inline bool memop_list_ok(gptr_t list, u64 first, u64 n)
{
	return n <= 1ull << 44 && guest_va_ok(list.va + first * 8, n * 8);
}
/** memop_max_order() - largest extent the running domain may ask for */
unsigned int memop_max_order(void);

long memop_increase(const struct memop *m);
long memop_decrease(const struct memop *m);
long memop_populate(const struct memop *m);
long memop_exchange(const struct memop *m);
long memop_memory_map(const struct memop *m);
long memop_machine_map(const struct memop *m);
long memop_set_memory_map(const struct memop *m);
long memop_machphys_mapping(const struct memop *m);
long memop_machphys_list(const struct memop *m);
long memop_acquire_resource(const struct memop *m);
long memop_rdm(const struct memop *m);

#endif
