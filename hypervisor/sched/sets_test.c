/*
 * sets_test.c: 256 pcpus are found by their bits, and not one by one
 *
 * The queues of those that have no business in a decision lie in memory that
 * nobody can read: who looks at them dies.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "../../tests/host/fake.h"
#include "internal.h"

struct sched_params sched_params = {.slice_ns = 10 * NS_PER_MS,
				    .ratelimit_ns = NS_PER_MS};
static struct pcpu pcpu[NR_PCPUS];
static struct runq *queue, *forbidden;
static struct domain *d;
static struct vcpu *v;
static u64 raised[BITS_TO_LONGS(NR_PCPUS)];
static const u64 time_now = NS_PER_SEC;

/* ---- the rest of sched/, and the machine ---- */
u64 now(void)
{
	return time_now;
}

void softirq_raise(struct pcpu *p, enum softirq s)
{
	bit_set(raised, p->id);
}

bool cap_allows(const struct domain *dom)
{
	return true;
}

void runstate_set(struct vcpu *w, int state, u64 t)
{
	w->sched.state = state;
}

/* ---- helpers ---- */
static void give_queue(unsigned int i)
{
	struct runq *q = &queue[i];

	spin_lock_init(&q->lock, LOCK_SCHED);
	q->id = i;
	list_init(&q->waiting);
	q->first_vrt = q->curr_vrt = NOBODY;
	pcpu[i].runq = q;
}

/* All busy with somebody at virtual time @vrt, but idle queues are readable */
static void setup(void)
{
	unsigned int i;

	fake_base_init();
	nr_pcpus = NR_PCPUS;
	queue = calloc(NR_PCPUS, sizeof(*queue));
	forbidden = mmap(NULL, PAGE_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(forbidden, MAP_FAILED);
	for (i = 0; i < NR_PCPUS; i++) {
		pcpu[i] = (struct pcpu){.id = i, .online = true};
		pcpus[i] = &pcpu[i];
		pcpu[i].runq = forbidden;
	}
	host_stack.pcpu = &pcpu[0];
	d = fake_domain(1, 4, false);
	v = d->vcpu[0];
	for (i = 0; i < 4; i++) {
		memset(d->vcpu[i]->sched.affinity, 0xff, NR_PCPUS / 8);
		memset(d->vcpu[i]->sched.soft, 0xff, NR_PCPUS / 8);
		list_init(&d->vcpu[i]->sched.runq);
	}
	memset(raised, 0, sizeof(raised));
}

static void teardown(void)
{
	fake_domain_free(d);
	free(queue);
	munmap(forbidden, PAGE_SIZE);
}

static void only(u64 *map, unsigned int a, unsigned int b)
{
	memset(map, 0, NR_PCPUS / 8);
	bit_set(map, a);
	bit_set(map, b);
}

static void busy(unsigned int i, struct vcpu *w, u64 vrt)
{
	give_queue(i);
	queue[i].curr = w;
	queue[i].curr_vrt = vrt;
	sched_note(&queue[i]);
}

static void idle(unsigned int i)
{
	give_queue(i);
	sched_note(&queue[i]);
}

static unsigned int find(const u64 *set, const struct vcpu *w,
			 unsigned int from)
{
	const struct choice c = {set, w, false};
	const struct pcpu *p = sched_find(&c, from);

	return p ? p->id : NR_PCPUS;
}

/* ---- finding ---- */
START_TEST(goes_round_once)
{
	u64 set[BITS_TO_LONGS(NR_PCPUS)];

	only(set, 3, 200);
	ck_assert_uint_eq(find(set, NULL, 0), 3);
	ck_assert_uint_eq(find(set, NULL, 3), 3);
	ck_assert_uint_eq(find(set, NULL, 4), 200);
	ck_assert_uint_eq(find(set, NULL, 200), 200);
	ck_assert_uint_eq(find(set, NULL, 201), 3);
	ck_assert_uint_eq(find(set, NULL, NR_PCPUS), 3);
	memset(set, 0, sizeof(set));
	ck_assert_uint_eq(find(set, NULL, 77), NR_PCPUS);
	bit_set(set, 64);
	ck_assert_uint_eq(find(set, NULL, 65), 64);
}
END_TEST

START_TEST(each_other_one_comes_once)
{
	u64 set[BITS_TO_LONGS(NR_PCPUS)];
	const struct choice c = {.set = set};
	unsigned int from, n;

	for (from = 0; from < NR_PCPUS; from += 51) {
		struct pcpu *p = &pcpu[from];

		memset(set, 0xff, sizeof(set));
		for (n = 0; (p = sched_next(&c, &pcpu[from], p)); n++) {
			ck_assert(bit_test_clear(set, p->id));
			ck_assert_uint_ne(p->id, from);
		}
		ck_assert_uint_eq(n, NR_PCPUS - 1);
	}
}
END_TEST

START_TEST(numbers_past_the_last_do_not_count)
{
	u64 set[BITS_TO_LONGS(NR_PCPUS)];

	memset(set, 0xff, sizeof(set));
	nr_pcpus = 70;
	ck_assert_uint_eq(find(set, NULL, 69), 69);
	ck_assert_uint_eq(find(set, NULL, 70), 0);
	nr_pcpus = 64;
	ck_assert_uint_eq(find(set, NULL, 64), 0);
	pcpu[63].online = false;
	ck_assert_uint_eq(find(set, NULL, 63), 0);
	ck_assert_uint_eq(find(NULL, NULL, 62), 62);
}
END_TEST

START_TEST(affinity_pin_and_taste_are_kept)
{
	struct choice c = {NULL, v, false};

	only(v->sched.affinity, 9, 130);
	ck_assert_uint_eq(find(NULL, v, 10), 130);
	ck_assert_uint_eq(find(NULL, v, 131), 9);
	only(v->sched.soft, 130, 131);
	v->sched.soft_counts = true;
	ck_assert_uint_eq(find(NULL, v, 0), 130);
	c.any = true;
	ck_assert_uint_eq(sched_find(&c, 0)->id, 9);
	v->sched.pinned = &pcpu[255];
	ck_assert_uint_eq(find(NULL, v, 0), 255);
	c.set = sched_idle;
	ck_assert_ptr_null(sched_find(&c, 0));
}
END_TEST

/* ---- deciding ---- */
static struct pcpu *wake(struct vcpu *w)
{
	struct runq *q = w->sched.pcpu->runq;

	w->sched.state = RUNSTATE_blocked;
	spin_lock(&q->lock);
	while (!sched_well_placed(q, w, time_now))
		q = sched_lock_runq(w);
	spin_unlock(&q->lock);
	return w->sched.pcpu;
}

START_TEST(waker_looks_at_the_idle_one_alone)
{
	busy(40, d->vcpu[1], NS_PER_MS);
	v->sched.pcpu = &pcpu[40];
	v->sched.vrt = NS_PER_SEC; /* not before him */
	idle(200);
	ck_assert_uint_eq(wake(v)->id, 200);
	/* somebody waits there now: no longer idle */
	v->sched.vrt = 5;
	runq_enter(pcpu[200].runq, v);
	ck_assert_uint_eq(find(sched_idle, NULL, 0), NR_PCPUS);
	ck_assert_uint_eq(find(sched_waiting, NULL, 0), 200);
	runq_leave(pcpu[200].runq, v);
	ck_assert_uint_eq(find(sched_idle, NULL, 0), 200);
	ck_assert_uint_eq(find(sched_waiting, NULL, 0), NR_PCPUS);
}
END_TEST

START_TEST(with_none_idle_few_are_asked)
{
	unsigned int i;

	busy(250, d->vcpu[1], NS_PER_MS);
	for (i = 1; i <= PROBES; i++)
		busy((250 + i) % NR_PCPUS, d->vcpu[1],
		     i == 7 ? 9 * NS_PER_SEC : NS_PER_MS);
	v->sched.pcpu = &pcpu[250];
	v->sched.vrt = NS_PER_SEC;
	/* there he runs at once */
	ck_assert_uint_eq(wake(v)->id, 1);
	queue[1].curr_vrt = 0;
	v->sched.pcpu = &pcpu[250];
	ck_assert_uint_eq(wake(v)->id, 250);
}
END_TEST

START_TEST(poke_goes_to_one_that_idles)
{
	v->sched.pcpu = &pcpu[40];
	sched_poke_idle(v);
	idle(10);
	idle(60);
	sched_poke_idle(v);
	ck_assert(bit_test(raised, 60) && !bit_test(raised, 10));
	ck_assert_uint_eq(find(raised, NULL, 0), 60);
}
END_TEST

START_TEST(those_without_a_slice_are_told)
{
	busy(7, d->vcpu[1], 0);
	busy(100, d->vcpu[2], 0);
	busy(101, d->vcpu[3], 0);
	queue[101].slice.pcpu = &pcpu[101];
	sched_note_slice(&queue[7]);
	sched_note_slice(&queue[100]);
	sched_note_slice(&queue[101]);
	sched_tell_others(&pcpu[7]);
	ck_assert_uint_eq(find(raised, NULL, 0), 100);
	ck_assert_uint_eq(find(raised, NULL, 101), 100);
	queue[100].curr = NULL;
	sched_note_slice(&queue[100]);
	bit_clear(raised, 100);
	sched_tell_others(&pcpu[0]);
	ck_assert_uint_eq(find(raised, NULL, 0), 7);
	ck_assert_uint_eq(find(raised, NULL, 8), 7);
}
END_TEST

START_TEST(idle_one_takes_from_where_somebody_waits)
{
	idle(3);
	busy(77, d->vcpu[1], 0);
	busy(180, d->vcpu[1], 0);
	v->sched.pcpu = &pcpu[180];
	v->sched.state = RUNSTATE_runnable;
	only(v->sched.affinity, 3, 180);
	runq_enter(&queue[180], v);
	/* may not come */
	d->vcpu[2]->sched.pcpu = &pcpu[77];
	only(d->vcpu[2]->sched.affinity, 77, 78);
	runq_enter(&queue[77], d->vcpu[2]);
	host_stack.pcpu = &pcpu[3];
	ck_assert(sched_waiting_anywhere());
	ck_assert(sched_behind_elsewhere(&pcpu[3], NS_PER_SEC));
	ck_assert(!sched_behind_elsewhere(&pcpu[3], PULL_NS));
	spin_lock(&queue[3].lock);
	ck_assert(sched_steal(&pcpu[3]));
	ck_assert_ptr_eq(v->sched.pcpu, &pcpu[3]);
	runq_leave(&queue[3], v);
	ck_assert(!sched_steal(&pcpu[3]));
	sched_pull(&pcpu[3], NS_PER_SEC);
	ck_assert_ptr_null(runq_first(&queue[3]));
	spin_unlock(&queue[3].lock);
	ck_assert_uint_eq(queue[77].nr_vcpus, 0);
}
END_TEST

/* All must be asked for it, but not each time. */
START_TEST(floor_is_looked_for_now_and_then)
{
	unsigned int i;

	for (i = 0; i < NR_PCPUS; i++)
		idle(i);
	queue[99].vrt = 12345;
	ck_assert_uint_eq(sched_floor(time_now), 12345);
	for (i = 0; i < NR_PCPUS; i++)
		pcpu[i].runq = forbidden;
	ck_assert_uint_eq(sched_floor(time_now), 12345);
	ck_assert_uint_eq(sched_floor(time_now + FLOOR_NS - 1), 12345);
	for (i = 0; i < NR_PCPUS; i++)
		pcpu[i].runq = &queue[i];
	queue[200].vrt = 20000;
	ck_assert_uint_eq(sched_floor(time_now + FLOOR_NS), 20000);
	queue[99].vrt = queue[200].vrt = 0;
	ck_assert_uint_eq(sched_floor(time_now + 2 * FLOOR_NS), 20000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sets");
	TCase *c = tcase_create("sets");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, goes_round_once);
	tcase_add_test(c, each_other_one_comes_once);
	tcase_add_test(c, numbers_past_the_last_do_not_count);
	tcase_add_test(c, affinity_pin_and_taste_are_kept);
	tcase_add_test(c, waker_looks_at_the_idle_one_alone);
	tcase_add_test(c, with_none_idle_few_are_asked);
	tcase_add_test(c, poke_goes_to_one_that_idles);
	tcase_add_test(c, those_without_a_slice_are_told);
	tcase_add_test(c, idle_one_takes_from_where_somebody_waits);
	tcase_add_test(c, floor_is_looked_for_now_and_then);
	suite_add_tcase(s, c);
	return fake_main(s);
}
