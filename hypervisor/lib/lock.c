/*
 * lock.c: spin locks; in debug builds with owner and rank checks
 *
 * A pcpu's held_ranks has one bit per rank it holds. A second lock of a rank
 * is legal only through spin_lock_pair(), which leaves that one bit until
 * both are gone.
 */
#include <hv/lock.h>
#include <hv/cpu.h>

#if CONFIG_DEBUG
static const char *const rank_name[NR_LOCKRANKS] = {
#define LOCKRANK(name, what) #name,
#include <hv/lockrank.def>
#undef LOCKRANK
};

static void check_rank(const spinlock_t *l, bool second)
{
	u32 held = this_pcpu()->held_ranks;
	u32 not_before = second ? ~0u << (l->rank + 1) : ~0u << l->rank;

	if (READ_ONCE(l->owner) == this_pcpu()->id + 1)
		panic("Lock %s taken twice", rank_name[l->rank]);
	if (held & not_before)
		panic("Lock %s taken while holding %s", rank_name[l->rank],
		      rank_name[31 - __builtin_clz(held & not_before)]);
}

static void note_taken(spinlock_t *l)
{
	WRITE_ONCE(l->owner, (u16)(this_pcpu()->id + 1));
	this_pcpu()->held_ranks |= 1u << l->rank;
}

static void note_released(spinlock_t *l, bool last)
{
	if (l->owner != this_pcpu()->id + 1)
		panic("Lock %s released by pcpu %u, owner %d",
		      rank_name[l->rank], this_pcpu()->id, (int)l->owner - 1);
	WRITE_ONCE(l->owner, 0);
	if (last)
		this_pcpu()->held_ranks &= ~(1u << l->rank);
}
#else
static void check_rank(const spinlock_t *l, bool second)
{
}

static void note_taken(spinlock_t *l)
{
}

static void note_released(spinlock_t *l, bool last)
{
}
#endif

/*
 * How long a newcomer leaves a free lock to those who waited before, in ticks
 * of the TSC: not in turns, each of which may take long where processors are
 * emulated.
 */
#define PATIENCE 50000

static __attribute__((noinline)) void wait_turn(spinlock_t *l)
{
	u64 from = rdtsc();

	if (__atomic_fetch_add(&l->waiting, 1, __ATOMIC_RELAXED))
		while (!READ_ONCE(l->held) && rdtsc() - from < PATIENCE)
			cpu_relax();
	while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
		while (READ_ONCE(l->held))
			cpu_relax();
	__atomic_fetch_sub(&l->waiting, 1, __ATOMIC_RELAXED);
}

static void acquire(spinlock_t *l)
{
	u32 free = 0;

	if (unlikely(!__atomic_compare_exchange_n(&l->word, &free, 1, false,
						  __ATOMIC_ACQUIRE,
						  __ATOMIC_RELAXED)))
		wait_turn(l);
}

void spin_lock(spinlock_t *l)
{
	check_rank(l, false);
	acquire(l);
	note_taken(l);
}

bool spin_trylock(spinlock_t *l)
{
	if (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
		return false;
	note_taken(l);
	return true;
}

void spin_unlock(spinlock_t *l)
{
	note_released(l, true);
	STORE_REL(l->held, 0);
}

bool spin_locked(const spinlock_t *l)
{
#if CONFIG_DEBUG
	return READ_ONCE(l->owner) == this_pcpu()->id + 1;
#else
	return true;
#endif
}

void spin_lock_pair(spinlock_t *first, spinlock_t *second)
{
	spin_lock(first);
	if (first == second)
		return;
	check_rank(second, true);
	acquire(second);
	note_taken(second);
}

void spin_unlock_pair(spinlock_t *first, spinlock_t *second)
{
	if (first != second) {
		note_released(second, false);
		STORE_REL(second->held, 0);
	}
	spin_unlock(first);
}
