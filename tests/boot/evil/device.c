#include "device.h"

const char *const state_jumps[NR_JUMPS] = {"1", "2", "3", "4", "5",
					   "6", "7", "8", "9"};
const char *const state_ends[NR_ENDS] = {"0", "x", "", "-1"};

struct grant_entry_v1 *grants(void)
{
	static struct grant_entry_v1 *table;
	struct gnttab_set_version version = {.version = 1};
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 1};
	u64 frame = 0;

	if (table)
		return table;
	op.frame_list.p = &frame;
	hypercall(grant_table_op, GNTTABOP_set_version, &version, 1);
	table = page_alloc();
	if (hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1) ||
	    op.status || va_map(table, frame << 12 | PTE_DATA))
		guest_broken("no grant table");
	return table;
}

void grant(u32 ref, u16 domid, const void *page, u16 flags)
{
	struct grant_entry_v1 *e = grants() + ref;

	WRITE_ONCE(e->flags, 0);
	barrier();
	e->domid = domid;
	e->frame = (u32)va_to_mfn(page);
	__sync_synchronize();
	WRITE_ONCE(e->flags, (u16)(GTF_permit_access | flags));
}

void grant_end(u32 ref)
{
	WRITE_ONCE(grants()[ref].flags, 0);
}

int grant_map(u16 domid, u32 ref, void *va, u32 *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (u64)va,
		.flags = GNTMAP_host_map,
		.ref = ref,
		.dom = domid,
	};

	if (hypercall(grant_table_op, GNTTABOP_map_grant_ref, &op, 1))
		return GNTST_general_error;
	*handle = op.handle;
	return op.status;
}

void grant_unmap(void *va, u32 handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = (u64)va,
		.handle = handle,
	};

	hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1);
}

bool front_find(struct front *f, const char *kind)
{
	static char dir[STORE_PATH];
	const char *id = store_first(text("device/%s", kind)), *back;

	if (!*id)
		return false;
	id = text("device/%s/%s", kind, id);
	memcpy(dir, id, strlen(id) + 1);
	f->dir = dir;
	back = store_read(text("%s/backend", dir));
	memcpy(f->back, back, strlen(back) + 1);
	return true;
}

void front_put(struct front *f, const char *node, const char *value)
{
	store_write(text("%s/%s", f->dir, node), value);
}

void front_state(struct front *f, u32 state)
{
	front_put(f, "state", text("%u", state));
}

bool front_wait(struct front *f, u32 state)
{
	return store_wait(text("%s/state", f->back), text("%u", state), PEER_S);
}

bool front_restart(struct front *f)
{
	u32 before = f->port;
	long port;

	/* The back end sees the second only once it has seen the first. */
	front_state(f, CLOSING);
	if (!front_wait(f, CLOSING))
		return false;
	front_state(f, CLOSED);
	if (!front_wait(f, CLOSED))
		return false;
	front_state(f, INITIALISING);
	port = event_alloc(0);
	if (port < 0 || !front_wait(f, INIT_WAIT))
		return false;
	f->port = (u32)port;
	event_mask_port(f->port, true);
	if (before)
		event_close(before);
	return true;
}

bool wait_index(const RING_IDX *index, RING_IDX value)
{
	u64 end = system_time() + PEER_S * 1000 * MS;

	while (READ_ONCE(*index) != value) {
		if (system_time() > end)
			return false;
		sleep_ns(MS);
	}
	return true;
}

bool front_jump_states(struct front *f, bool (*connect)(void))
{
	unsigned int i, from;

	for (from = 0; from < 3; from++)
		for (i = 0; i < NR_JUMPS; i++) {
			if (from && !connect())
				return false;
			if (from == 2)
				front_state(f, CLOSING);
			front_put(f, "state", state_jumps[i]);
			sleep_ns(10 * MS);
		}
	return true;
}
