/*
 * remote_test.c: whoever asks for a flush gets it, with all asking at once
 *
 * Pcpus are threads. Before a request each raises a number of its own; a flush
 * notes all numbers. When the request is done, its targets have noted it.
 */
#include <pthread.h>
#include <sched.h>
#include "../../tests/host/fake.h"

#define PCPUS	 3
#define REQUESTS 200

static struct pcpu pcpu[PCPUS];
static u64 raised[PCPUS], noted[PCPUS][PCPUS];
static u32 at_work, ipis, whole;

static void note_all(void)
{
	unsigned int me = this_pcpu()->id, i;

	for (i = 0; i < PCPUS; i++)
		__atomic_store_n(&noted[me][i],
				 __atomic_load_n(&raised[i], __ATOMIC_SEQ_CST),
				 __ATOMIC_SEQ_CST);
}

void cpu_flush_guest(void)
{
	note_all();
}

void cpu_flush_all(void)
{
	__atomic_add_fetch(&whole, 1, __ATOMIC_RELAXED);
	note_all();
}

void cpu_flush_page(u64 va)
{
	ck_assert_uint_ne(va, 0);
	note_all();
}

void lapic_send_ipi(u32 apic_id, u8 vector)
{
	ck_assert_uint_lt(apic_id, PCPUS);
	__atomic_add_fetch(&ipis, 1, __ATOMIC_RELAXED);
}

static void request(unsigned int me, u64 random)
{
	u64 mask[BITS_TO_LONGS(NR_PCPUS)] = {random % (1u << PCPUS)};
	u64 mine, va = random & 0x100 ? ~0ull : 0x1000 * (me + 1);
	unsigned int i;

	mine = __atomic_add_fetch(&raised[me], 1, __ATOMIC_SEQ_CST);
	cpu_flush_mask(mask, va);
	for (i = 0; i < PCPUS; i++)
		if (mask[0] >> i & 1)
			ck_assert_uint_ge(LOAD_ACQ(noted[i][me]), mine);
}

static void *run(void *arg)
{
	struct pcpu *p = arg;
	u64 random = p->id * 77 + 1;
	unsigned int n;

	host_stack.pcpu = p;
	for (n = 0; n < REQUESTS; n++) {
		random = random * 6364136223846793005ull + 1442695040888963407u;
		request(p->id, random >> 33);
		cpu_serve_flush();
	}
	__atomic_sub_fetch(&at_work, 1, __ATOMIC_SEQ_CST);
	while (LOAD_ACQ(at_work)) {
		cpu_serve_flush();
		sched_yield();
	}
	return NULL;
}

START_TEST(all_ask_all)
{
	pthread_t thread[PCPUS];
	unsigned int i;

	fake_base_init();
	nr_pcpus = PCPUS;
	at_work = PCPUS;
	for (i = 0; i < PCPUS; i++) {
		pcpu[i] = (struct pcpu){.id = i, .apic_id = i, .online = true};
		pcpus[i] = &pcpu[i];
	}
	for (i = 0; i < PCPUS; i++)
		ck_assert(!pthread_create(&thread[i], NULL, run, &pcpu[i]));
	for (i = 0; i < PCPUS; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < PCPUS; i++) {
		ck_assert_uint_eq(pcpu[i].flush_left, 0);
		ck_assert_uint_eq(pcpu[i].flush_from[0], 0);
	}
	ck_assert_uint_gt(ipis, 0);
}
END_TEST

/* Two who wait are told after one flush of everything. */
START_TEST(several_are_served_at_once)
{
	unsigned int i;

	fake_base_init();
	nr_pcpus = PCPUS;
	for (i = 0; i < PCPUS; i++) {
		pcpu[i] = (struct pcpu){.id = i, .online = true};
		pcpus[i] = &pcpu[i];
	}
	host_stack.pcpu = &pcpu[0];
	pcpu[1].flush_left = pcpu[2].flush_left = 1;
	pcpu[1].flush_va = 0x1000;
	pcpu[2].flush_va = 0x3000;
	pcpu[0].flush_from[0] = 1u << 1 | 1u << 2;
	whole = 0;
	cpu_serve_flush(); /* not marked: nothing */
	ck_assert_uint_eq(pcpu[1].flush_left, 1);
	pcpu[0].flush_wanted = true;
	cpu_serve_flush();
	ck_assert_uint_eq(whole, 1);
	ck_assert_uint_eq(pcpu[1].flush_left + pcpu[2].flush_left, 0);
}
END_TEST

/* One that is not online yet is not waited for. */
START_TEST(offline_is_left_out)
{
	const u64 mask[BITS_TO_LONGS(NR_PCPUS)] = {2};

	fake_base_init();
	pcpu[1] = (struct pcpu){.id = 1};
	pcpus[1] = &pcpu[1];
	nr_pcpus = 2;
	ipis = 0;
	cpu_flush_mask(mask, ~0ull);
	ck_assert_uint_eq(ipis, 0);
	ck_assert_uint_eq(pcpu[1].flush_wanted, false);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("remote");
	TCase *c = tcase_create("remote");

	tcase_set_timeout(c, 120);
	tcase_add_test(c, all_ask_all);
	tcase_add_test(c, several_are_served_at_once);
	tcase_add_test(c, offline_is_left_out);
	suite_add_tcase(s, c);
	return fake_main(s);
}
