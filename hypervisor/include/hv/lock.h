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
	u32 held;  /* 0 free, 1 held */
	u16 rank;  /* enum lockrank */
	u16 owner; /* pcpu id + 1 while held; debug builds */
} spinlock_t;

#define SPINLOCK_INIT(r)       \
	{                      \
		0, LOCK_##r, 0 \
	}

static inline void spin_lock_init(spinlock_t *l, enum lockrank rank)
{
	*l = (spinlock_t){0, (u16)rank, 0};
}

void spin_lock(spinlock_t *l);
bool spin_trylock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
/** spin_locked() - held by this pcpu? For ASSERT(); true in release builds */
bool spin_locked(const spinlock_t *l);
/** spin_lock_pair() - both, of one rank, the first argument's domain lower */
void spin_lock_pair(spinlock_t *first, spinlock_t *second);
void spin_unlock_pair(spinlock_t *first, spinlock_t *second);

#endif
