/*
 * guests/regress: class: multicalls that are preempted in the middle
 *
 * Published defects of this class lost the place, did an entry twice or not
 * at all, or trusted a list that the guest had changed by the time the call
 * went on.
 */
#include "regress.h"

#define CALLS	24
#define REQS	256
#define TICK_NS 60000

static struct multicall_entry list[CALLS] __attribute__((aligned(4096)));
static struct mmu_update req[CALLS][REQS];
static u32 done[CALLS];
static u64 *table, *data;

static void fill(void)
{
	unsigned int i, k;

	if (!table) {
		table = table_new();
		data = page_alloc();
		if (mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table), 0))
			guest_broken("cannot pin an empty table");
	}
	for (i = 0; i < CALLS; i++) {
		for (k = 0; k < REQS; k++) {
			req[i][k].ptr = va_to_maddr(table + (i & 1) * REQS + k);
			req[i][k].val = map_ro(data) | (u64)(i & 7) << 9;
		}
		done[i] = 77;
		list[i] = (struct multicall_entry){
			.op = HYPERCALL_mmu_update,
			.result = 99,
			.args = {(u64)req[i], REQS, (u64)&done[i], DOMID_SELF},
		};
	}
}

PROMISE(interrupted_multicall,
	"every entry is done once, its results are its own")
{
	unsigned int i, k, round;
	u32 seen = 0;

	for (round = 0; round < 300 && seen < 3; round++) {
		fill();
		ticking_on(TICK_NS, NULL);
		expect_eq(hypercall(multicall, list, CALLS), 0);
		ticking_off();
		seen += preempted;
		for (i = 0; i < CALLS; i++) {
			expect_eq(list[i].result, 0);
			expect_eq(done[i], REQS);
		}
		for (k = 0; k < 2 * REQS; k++)
			if (!expect_eq(table[k] & 7UL << 9,
				       (u64)((CALLS - 2 + k / REQS) & 7) << 9))
				break;
	}
	printf("multicall: interrupted %u times in %u rounds\n", seen, round);
	expect(seen > 0);
}

PROMISE(interrupted_and_refused,
	"an entry that fails does so once, the rest is done")
{
	unsigned int i;

	fill();
	req[11][200].val = map_rw(table);
	ticking_on(TICK_NS, NULL);
	expect_eq(hypercall(multicall, list, CALLS), 0);
	ticking_off();
	for (i = 0; i < CALLS; i++) {
		expect_eq(list[i].result, i == 11 ? -XEN_EBUSY : 0);
		expect_eq(done[i], i == 11 ? 200 : REQS);
	}
}

/* From here on the list says something else. */
static void meddle(void)
{
	unsigned int i;

	for (i = 0; i < CALLS; i++)
		list[i] = (struct multicall_entry){
			.op = HYPERCALL_multicall,
			.result = 99,
			.args = {(u64)list, CALLS},
		};
}

PROMISE(list_changes_meanwhile,
	"a list changed in the middle: read anew, checked")
{
	unsigned int i, round;

	for (round = 0; round < 30; round++) {
		fill();
		ticking_on(TICK_NS, meddle);
		expect_eq(hypercall(multicall, list, CALLS), 0);
		ticking_off();
		if (!preempted)
			continue;
		/* At least the last one was read after the change. */
		expect_eq(list[CALLS - 1].result, -XEN_EINVAL);
		for (i = 0; i < CALLS; i++)
			expect(list[i].result == 99 ||
			       list[i].result == (u64)-XEN_EINVAL ||
			       list[i].result == 0);
	}
}

static void take_away(void)
{
	va_map(list, 0);
}

PROMISE(list_goes_meanwhile, "the list's page goes in the middle: -EFAULT")
{
	unsigned int round;
	u32 seen = 0;

	for (round = 0; round < 300 && !seen; round++) {
		long rc;

		fill();
		ticking_on(TICK_NS, take_away);
		rc = hypercall(multicall, list, CALLS);
		ticking_off();
		seen += preempted;
		require(!page_make_rw(list));
		expect_eq(rc, preempted ? -XEN_EFAULT : 0);
	}
	expect(seen > 0);
}

PROMISE(multicalls_end_clean, "the table they wrote is an ordinary page again")
{
	require(table != NULL);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(table), 0), 0);
	table_free(table);
	page_free(data);
}
