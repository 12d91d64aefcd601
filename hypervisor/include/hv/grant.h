/*
 * hv/grant.h: frames one domain lends to another
 *
 * Owns:       struct grant_table, from domain creation to the last put
 * Invariants: an entry with handles > 0 holds a reference on its frame;
 *             handles across mappers == maps - unmaps
 *             grant_check() asserts both
 * Lock:       grant_table.lock, rank GRANT
 * ABI:        pvabi/xen/grant_table.h
 */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include <hv/lib.h>
#include <hv/types.h>
#include <xen/grant_table.h>

struct domain;

/** grant_domain_init() - limits in frames; -ENOMEM */
int grant_domain_init(struct domain *d, unsigned int max_frames,
		      unsigned int max_maptrack_frames);
/** grant_domain_release() - a dying domain's maps of others are undone;
 * 0 or -ERESTART */
int grant_domain_release(struct domain *d);
void grant_domain_free(struct domain *d);
/** grant_frame_mfn() - frame @i of the shared table, growing it; for
 * setup_table and acquire_resource. -EINVAL past the limit, -ENOMEM */
int grant_frame_mfn(struct domain *d, unsigned int i, u64 *mfn);
/** grant_set_max_version() - what @d may choose: 1, or 2 (the default) */
void grant_set_max_version(struct domain *d, unsigned int version);
/** grant_version() - the layout in force, 1 or 2 */
unsigned int grant_version(struct domain *d);
/** grant_nr_status_frames(), grant_status_mfn() - version 2's status array,
 * for get_status_frames and acquire_resource; the table grows as far as that
 * frame needs. -EINVAL past the limit or in version 1, -ENOMEM */
unsigned int grant_nr_status_frames(struct domain *d);
/** grant_max_status_frames() - 0 in version 1 */
unsigned int grant_max_status_frames(struct domain *d);
int grant_status_mfn(struct domain *d, unsigned int i, u64 *mfn);
/** grant_nr_frames(), grant_nr_maps() - for info and leak tests */
unsigned int grant_nr_frames(struct domain *d);
/** grant_max_frames() - what @d may grow to */
unsigned int grant_max_frames(struct domain *d);
unsigned int grant_nr_maps(struct domain *d);
/** grant_bytes() - hypervisor memory that @d's table takes, frames included */
size_t grant_bytes(const struct domain *d);
/** grant_count_frames() - tell pt_check() which frames @d's entries in use
 * hold: one reference each, @writable: and one writable type reference */
void grant_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable));
/** grant_dump() - @d's entries as lines of text, the first ones at least;
 * number of entries that are not empty */
typedef void (*grant_say_fn)(enum loglevel level, const char *fmt, ...)
	__printf(2, 3);
unsigned int grant_dump(struct domain *d, grant_say_fn say);
/** grant_check() - assert the invariants; number of inconsistencies */
unsigned int grant_check(struct domain *d);

/*
 * Offered by pt/ to grant/: map a frame into the running domain's page
 * tables. @dst is a VA, or with @contains_pte the machine address of a PTE.
 */
struct page;
/** pt_grant_map() - write an L1 entry for a granted @mfn with @flags (PTE_RW
 * or not, avail bits). Returns GNTST-free errno: -EINVAL no L1, -EPERM.. */
int pt_grant_map(u64 dst, bool contains_pte, u64 mfn, u64 pte_flags);
/** pt_grant_unmap() - clear (or replace by that of VA @new_va when not 0) the
 * entry, which must still map @mfn; no TLB flush */
int pt_grant_unmap(u64 dst, bool contains_pte, u64 mfn, bool readonly,
		   u64 new_va);

#endif
