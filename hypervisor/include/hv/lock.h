/*
 * hv/lock.h: spin locks with ranks
 *
 * Owns:       spinlock_t, the table of ranks (lockrank.def)
 * Invariants: interrupts are off in the hypervisor, always, so there is one
 *             kind of lock; a pcpu takes locks in rising rank, two of one
 *             rank only through spin_lock_pair()
 * Lock:       checked in debug builds at each acquisition
 */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include <hv/types.h>

enum lockrank {
#define LOCKRANK(name, what) LOCK_##name,
#include <hv/lockrank.def>
#undef LOCKRANK
	NR_LOCKRANKS
};

typedef struct {
	union {
		u32 word; /* both; 0: free, and nobody wants it */
		struct {
			u16 held;    /* 0 free, 1 held */
			u16 waiting; /* pcpus that spin for it */
		};
	};
	u16 rank;  /* enum lockrank */
	u16 owner; /* pcpu id + 1 while held; debug builds */
} spinlock_t;

#define SPINLOCK_INIT(r)         \
	{                        \
		.rank = LOCK_##r \
	}

static inline void spin_lock_init(spinlock_t *l, enum lockrank rank)
{
	*l = (spinlock_t){.rank = (u16)rank};
}

/** spin_lock() - whoever waited before goes first, unless he takes too long:
 * one who lets go and comes back at once does not starve others */
void spin_lock(spinlock_t *l);
bool spin_trylock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
/** spin_locked() - held by this pcpu? For ASSERT(); true in release builds */
bool spin_locked(const spinlock_t *l);
/** spin_wanted() - does anybody wait for it? A hint for its holder */
static inline bool spin_wanted(const spinlock_t *l)
{
	return READ_ONCE(l->waiting) != 0;
}
/** spin_lock_pair() - both, of one rank, the first argument's domain lower */
void spin_lock_pair(spinlock_t *first, spinlock_t *second);
void spin_unlock_pair(spinlock_t *first, spinlock_t *second);

#endif
