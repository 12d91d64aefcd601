/*
 * evil/device.h: one end of a split device: its grants, port and nodes
 */
#ifndef EVIL_DEVICE_H
#define EVIL_DEVICE_H

#include <guest.h>
#include <xen/grant_table.h>
#include <xen/io_ring.h>
#include "xenstore.h"

typedef int16_t s16;
typedef int32_t s32;

#define NR_GRANTS 512 /* entries of the one page that we use */
#define PEER_S	  20  /* how long the other end may take for an answer */

/* States of either end. */
enum { INITIALISING = 1, INIT_WAIT, INITIALISED, CONNECTED, CLOSING, CLOSED };

/* Requests of a network's sender carry 12 bytes, of its receiver 8. */
struct net_tx {
	u32 gref;
	u16 offset, flags, id, size;
};

struct net_tx_answer {
	u16 id;
	s16 status;
};

struct net_rx {
	u16 id, pad;
	u32 gref;
};

struct net_rx_answer {
	u16 id, offset, flags;
	s16 status;
};

/* Something after the request it belongs to. */
struct net_extra {
	u8 type, flags;
	u8 body[6];
};

#define NET_CSUM_BLANK 1
#define NET_MORE       4
#define NET_EXTRA      8

#define BLK_READ       0
#define BLK_WRITE      1
#define BLK_FLUSH      3
#define BLK_DISCARD    5
#define BLK_INDIRECT   6
#define BLK_SEGMENTS   11

struct blk_segment {
	u32 gref;
	u8 first, last;
	u16 pad;
};

struct blk_request {
	u8 op, nr_segments;
	u16 handle;
	u32 pad;
	u64 id, sector;
	struct blk_segment segment[BLK_SEGMENTS];
};

/* The same slot with a list of segments elsewhere. */
struct blk_indirect {
	u8 op, what;
	u16 nr_segments;
	u32 pad;
	u64 id, sector;
	u16 handle, pad2;
	u32 list[8];
};

struct blk_answer {
	u64 id;
	u8 op, pad;
	s16 status;
};

/* -- grants --------------------------------------------------------------- */

/* Our version 1 table. */
struct grant_entry_v1 *grants(void);
/* Lend @page to @domid as @ref, with GTF_readonly or 0 in @flags. */
void grant(u32 ref, u16 domid, const void *page, u16 flags);
void grant_end(u32 ref);
/* Map what @domid lends as @ref over @va, a page of ours; GNTST_*. */
int grant_map(u16 domid, u32 ref, void *va, u32 *handle);
void grant_unmap(void *va, u32 handle);

/* -- a front end ----------------------------------------------------------- */

struct front {
	const char *dir; /* "device/vbd/51712" */
	char back[STORE_PATH];
	u32 port;
};

/* Find the device in the store; false without one. */
bool front_find(struct front *f, const char *kind);
void front_state(struct front *f, u32 state);
bool front_wait(struct front *f, u32 state); /* of the back end */
void front_put(struct front *f, const char *node, const char *value);
/** front_jump_states() - from unconnected, connected and closing to each of
 * state_jumps; false: the back end did not connect any more */
bool front_jump_states(struct front *f, bool (*connect)(void));
/* Close both ends and begin anew, with a fresh port. */
bool front_restart(struct front *f);

/* States to jump to, and those after which a back end is there no more. */
#define NR_JUMPS 9
#define NR_ENDS	 4
extern const char *const state_jumps[NR_JUMPS], *const state_ends[NR_ENDS];

/* Until *@index is @value; false after PEER_S. */
bool wait_index(const RING_IDX *index, RING_IDX value);

#endif
