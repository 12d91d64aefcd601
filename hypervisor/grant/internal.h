/*
 * grant/internal.h: private to grant/
 */
#ifndef HV_GRANT_INTERNAL_H
#define HV_GRANT_INTERNAL_H

#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/lock.h>
#include <hv/mm.h>

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_FRAME	  (PAGE_SIZE / sizeof(union grant_entry_v2))
#define STATUS_PER_FRAME  (PAGE_SIZE / sizeof(grant_status_t))
/* frames of status that belong to so many frames of version 2 entries */
#define STATUS_FRAMES(n)  DIV_UP((n)*V2_PER_FRAME, STATUS_PER_FRAME)
/* and the frames of entries that one of status serves */
#define GRANTS_PER_STATUS (STATUS_PER_FRAME / V2_PER_FRAME)
#define MAX_FRAMES	  64 /* what a domain may be given at most */
#define MAX_TRACK_FRAMES  1024

/*
 * Our side of an entry. Users of a kind: a host mapping and a device mapping
 * count one each, a copy counts while it runs. With any user the frame has a
 * reference, with a writing one also a writable type reference. A transitive
 * entry has no frame of its own.
 */
#define NO_FRAME	  (~0ull)
/* Kept in chunks, of which one is there once an entry in it had a user. */
#define ACTIVE_CHUNK	  64
#define ACTIVE_CHUNKS	  (ENTRIES_PER_FRAME / ACTIVE_CHUNK)
struct active {
	u64 mfn;     /* while there are users */
	u16 readers; /* read-only users */
	u16 writers;
	domid_t user; /* the domain they all belong to */
	u16 unused;
};

/* One mapping, named by a handle: its index. */
struct track {
	struct domain *lender; /* referenced; NULL: free */
	union {
		u32 ref;
		u32 next_free; /* handle + 1, 0: none */
	};
	u16 flags; /* GNTMAP_*: what is still mapped */
	u16 busy;  /* an unmap is on its way */
};

#define TRACKS_PER_FRAME (PAGE_SIZE / sizeof(struct track))

struct grant_table {
	spinlock_t lock;      /* GRANT */
	unsigned int version; /* 1 or 2: what shared[] consists of */
	unsigned int max_version;
	unsigned int max_frames, nr_frames;
	union {
		struct grant_entry_v1 *shared[MAX_FRAMES];
		union grant_entry_v2 *shared_v2[MAX_FRAMES];
	};
	struct active **active[MAX_FRAMES]; /* [ACTIVE_CHUNKS]; or NULL there */
	unsigned int nr_status;		    /* frames; version 2 only */
	grant_status_t *status[STATUS_FRAMES(MAX_FRAMES)];
	/* as a mapper of others' frames */
	unsigned int max_track_frames, nr_track_frames;
	struct track **track; /* [max_track_frames], once needed */
	u32 free_track;	      /* handle + 1, 0: none */
	unsigned int nr_maps;
	u32 release_at; /* where grant_domain_release() goes on */
};

static inline unsigned int nr_entries(const struct grant_table *gt)
{
	return gt->nr_frames *
	       (gt->version == 1 ? ENTRIES_PER_FRAME : V2_PER_FRAME);
}

static inline union grant_entry_v2 *v2_at(const struct grant_table *gt, u32 ref)
{
	return &gt->shared_v2[ref / V2_PER_FRAME][ref % V2_PER_FRAME];
}

static inline grant_status_t *status_at(const struct grant_table *gt, u32 ref)
{
	return &gt->status[ref / STATUS_PER_FRAME][ref % STATUS_PER_FRAME];
}

static inline struct grant_entry_v1 *shared_at(const struct grant_table *gt,
					       u32 ref)
{
	return &gt->shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

/* flags and domid, together, of either version */
static inline u32 *header_at(const struct grant_table *gt, u32 ref)
{
	return gt->version == 1 ? (u32 *)(void *)shared_at(gt, ref)
				: (u32 *)(void *)v2_at(gt, ref);
}

/* The chunk of @ref, which its frame has room for */
static inline struct active **active_chunk(const struct grant_table *gt,
					   u32 ref)
{
	return &gt->active[ref / ENTRIES_PER_FRAME]
			  [ref % ENTRIES_PER_FRAME / ACTIVE_CHUNK];
}

extern struct active active_none; /* an entry that never had a user */

/* Written only while there are users. */
static inline struct active *active_at(const struct grant_table *gt, u32 ref)
{
	struct active *chunk = *active_chunk(gt, ref);

	return chunk ? &chunk[ref % ACTIVE_CHUNK] : &active_none;
}

/* ---- entry.c ---- */
/* What a user of an entry gets. */
struct lent {
	u64 mfn;	/* NO_FRAME: transitive */
	u16 start, end; /* bytes of it he may use, when copying */
	domid_t next;	/* transitive: whose entry it stands for */
	grant_ref_t next_ref;
};

/**
 * entry_claim() - set GTF_reading, and unless @readonly GTF_writing, for an
 * entry that permits @user access
 * @copy: sub-page and transitive entries will do; @lent tells
 *
 * Returns:  0, -EINVAL not permitted, or it keeps changing
 */
int entry_claim(struct grant_table *gt, u32 ref, domid_t user, bool readonly,
		bool copy);
/** entry_clear() - take GTF_reading, GTF_writing back */
void entry_clear(struct grant_table *gt, u32 ref, u16 flags);
/**
 * grant_pin() - one more user of a lent frame
 * @user: who uses it
 * @copy: for a copy, not for a mapping
 * @lent: set on success
 *
 * Locks:    takes the lender's GRANT
 * Returns:  0, -ENOENT no such entry, -EINVAL not permitted (or its frame has
 *           another use), -ENXIO its frame is not the lender's
 */
int grant_pin(struct domain *lender, u32 ref, domid_t user, bool readonly,
	      bool copy, struct lent *lent);
void grant_unpin(struct domain *lender, u32 ref, bool readonly);

/* ---- table.c ---- */
/** grant_grow() - at least @nr frames; -EINVAL over the limit, -ENOMEM */
int grant_grow(struct domain *d, unsigned int nr);

/* ---- version.c ---- */
/** grant_set_version() - of the running domain. -EINVAL no such, -ENOSYS not
 * this domain's, -EBUSY entries in use, -ERANGE reserved ones that version 1
 * cannot hold, -ENOMEM */
int grant_set_version(u32 version);
/** grant_grow_status() - status frames for @nr frames; GRANT. -ENOMEM */
int grant_grow_status(struct domain *d, unsigned int nr);
/** grant_drop_status() - all of them; GRANT */
void grant_drop_status(struct domain *d);

/* ---- track.c; each takes GRANT of @d ---- */
/** track_new() - a handle; -ENOSPC. It is busy until track_publish() */
s64 track_new(struct domain *d);
void track_publish(struct domain *d, u32 handle, struct domain *lender, u32 ref,
		   u16 flags);
/** track_claim() - copy of a mapping nobody else is undoing; -EBADF */
int track_claim(struct domain *d, u32 handle, struct track *t);
/** track_release() - @gone of its flags were undone; with none of the maps
 * left the handle is free again */
void track_release(struct domain *d, u32 handle, u16 gone);
/** track_cancel() - of a new handle */
void track_cancel(struct domain *d, u32 handle);

/* ---- map.c ---- */
int grant_map(struct gnttab_map_grant_ref *op);

struct unmap {
	u64 host_addr, dev_addr, new_addr;
	u32 handle;
	u16 undone; /* GNTMAP_host_map, GNTMAP_device_map */
};
/** grant_unmap_start() - remove the mappings; the frame is still held */
int grant_unmap_start(struct unmap *u);
/** grant_unmap_finish() - after the TLB flush: let go of it */
void grant_unmap_finish(const struct unmap *u);

/* ---- copy.c, transfer.c ---- */
/** grant_cache_flush() - -EINVAL no such bytes or operation, -EPERM neither
 * own nor lent to the running domain, -EOPNOTSUPP without writing back */
int grant_copy(const struct gnttab_copy *op);
int grant_transfer(const struct gnttab_transfer *op);
int grant_swap(u32 a, u32 b);
int grant_cache_flush(const struct gnttab_cache_flush *op);

#endif
