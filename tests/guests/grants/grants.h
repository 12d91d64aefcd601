/*
 * grants/grants.h: the table, a frame to lend, and a place to map it
 */
#ifndef GUEST_GRANTS_GRANTS_H
#define GUEST_GRANTS_GRANTS_H

#include <guest.h>
#include <xen/grant_table.h>

#define REF 100

extern struct grant_entry_v1 *table;
extern u8 *lent, *window;

/* Version 1, its first frame at `table`; false when that is refused. */
bool setup(void);
/* Lends `lent` to ourselves. */
void grant_self(u32 ref, u16 flags);
struct gnttab_map_grant_ref map_at_window(u32 ref, u32 flags);
int unmap_window(u32 handle);

#endif
