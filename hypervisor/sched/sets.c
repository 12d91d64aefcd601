/*
 * sched/sets.c: which pcpus idle, have somebody waiting, or run without a slice
 *
 * A bit for each pcpu, changed under the lock of its queue and only when it
 * differs. Others read without the lock, word by word: no wake-up looks at the
 * queues of all pcpus to find one that idles.
 */
#include "internal.h"

u64 sched_idle[BITS_TO_LONGS(NR_PCPUS)];
u64 sched_waiting[BITS_TO_LONGS(NR_PCPUS)];
u64 sched_unsliced[BITS_TO_LONGS(NR_PCPUS)];

static void put(u64 *set, unsigned int id, bool in)
{
	if (bit_test(set, id) == in)
		return;
	if (in)
		bit_set(set, id);
	else
		bit_clear(set, id);
}

/* With only capped vcpus waiting a pcpu idles, too. */
void sched_note(const struct runq *q)
{
	bool waiting = !list_empty(&q->waiting);

	put(sched_waiting, q->id, waiting);
	put(sched_idle, q->id, !q->curr && (!waiting || q->idling));
}

void sched_note_slice(const struct runq *q)
{
	put(sched_unsliced, q->id, q->curr && !q->slice.pcpu);
}

bool sched_place_ok(const struct vcpu *v, const struct pcpu *p)
{
	if (!p->online || !p->runq)
		return false;
	return v->sched.pinned ? v->sched.pinned == p
			       : bit_test(v->sched.affinity, p->id);
}

bool sched_choosy(const struct vcpu *v)
{
	return READ_ONCE(v->sched.soft_counts) && !v->sched.pinned;
}

bool sched_prefers(const struct vcpu *v, const struct pcpu *p)
{
	return !sched_choosy(v) || bit_test(v->sched.soft, p->id);
}

/* Those of word @w that are meant. */
static u64 members(const struct choice *c, unsigned int w)
{
	const struct vcpu *v = c->v;
	unsigned int last = nr_pcpus / 64;
	u64 m = w == last ? (1ull << nr_pcpus % 64) - 1 : ~0ull;

	if (c->set)
		m &= READ_ONCE(c->set[w]);
	if (!v)
		return m;
	if (v->sched.pinned)
		return v->sched.pinned->id / 64 == w
			       ? m & 1ull << v->sched.pinned->id % 64
			       : 0;
	m &= READ_ONCE(v->sched.affinity[w]);
	if (!c->any && READ_ONCE(v->sched.soft_counts))
		m &= READ_ONCE(v->sched.soft[w]);
	return m;
}

static struct pcpu *first_online(u64 m, unsigned int w)
{
	struct pcpu *p;

	for (; m; m &= m - 1) {
		p = pcpus[w * 64 + (unsigned int)__builtin_ctzll(m)];
		if (p->online && p->runq)
			return p;
	}
	return NULL;
}

struct pcpu *sched_find(const struct choice *c, unsigned int from)
{
	unsigned int words = DIV_UP(nr_pcpus, 64), w, i;
	u64 first, not_before;
	struct pcpu *p;

	if (from >= nr_pcpus)
		from = 0;
	w = from / 64;
	first = members(c, w);
	if (!first && words == 1)
		return NULL;
	not_before = ~0ull << from % 64;
	p = first_online(first & not_before, w);
	for (i = 1; !p && i < words; i++) {
		w = w + 1 == words ? 0 : w + 1;
		p = first_online(members(c, w), w);
	}
	return p ? p : first_online(first & ~not_before, from / 64);
}

/* How far @q is after @p, going round. */
static unsigned int distance(const struct pcpu *p, const struct pcpu *q)
{
	return q->id >= p->id ? q->id - p->id : q->id + nr_pcpus - p->id;
}

struct pcpu *sched_next(const struct choice *c, const struct pcpu *p,
			const struct pcpu *at)
{
	struct pcpu *q;

	if (nr_pcpus == 1)
		return NULL;
	q = sched_find(c, at->id + 1);
	return q && distance(p, q) > distance(p, at) ? q : NULL;
}
