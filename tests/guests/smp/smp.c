/*
 * guests/smp: two vcpus at once
 *
 * ABI: TLB flushes reach the other vcpu before a call returns; page types,
 * pins and events hold under concurrent use.
 */
#include <guest.h>
#include <second.h>
#include <xen/grant_table.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static u8 *page, *other;
static volatile u64 reads, faults;

static bool count_fault(struct frame *f)
{
	if (f->vector != VEC_PF || vcpu_self() != 1)
		return false;
	faults++;
	f->rip = f->r15; /* the reader's resume address */
	return true;
}

/* Reads through `page` until told to stop; notes what it saw. */
static volatile u64 seen;

static void read_page(void)
{
	while (!second_stop) {
		u64 v = ~0UL;

		__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
				 "movq (%1), %0\n"
				 "1:"
				 : "+r"(v)
				 : "r"(page)
				 : "r15", "memory");
		seen = v;
		reads++;
	}
}

/* Waits until the reader went round twice. */
static void reader_round(void)
{
	u64 from = reads, i;

	for (i = 0; reads < from + 2 && i < 100000000; i++)
		__asm__ volatile("pause");
}

PROMISE(flush_reaches_the_other_vcpu, "after INVLPG on all, no stale mapping")
{
	unsigned int i;

	if (!second_start())
		skip("one vcpu");
	page = page_alloc();
	other = page_alloc();
	*(u64 *)page = 1;
	*(u64 *)other = 2;
	hook = count_fault;
	second_begin(read_page);
	for (i = 0; i < 200; i++) {
		u8 *target = i & 1 ? other : page;
		u64 want = i & 1 ? 2 : 1;

		if (hypercall(update_va_mapping, page,
			      va_to_mfn(target) << 12 | PTE_RO,
			      UVMF_INVLPG | UVMF_ALL)) {
			expect(!"update is refused");
			break;
		}
		reader_round();
		if (!expect_eq(seen, want))
			break;
	}
	expect(second_finish());
	require(!page_make_rw(page));
}

PROMISE(flush_by_mmuext_all, "after mmu_update and TLB_FLUSH_ALL, no stale one")
{
	unsigned int i;

	if (!second_start())
		skip("one vcpu");
	hook = count_fault;
	second_begin(read_page);
	for (i = 0; i < 200; i++) {
		u8 *target = i & 1 ? other : page;

		if (pte_write(pte_maddr(page, 1),
			      va_to_mfn(target) << 12 | PTE_RO) ||
		    mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0)) {
			expect(!"update is refused");
			break;
		}
		reader_round();
		if (!expect_eq(seen, i & 1 ? 2 : 1))
			break;
	}
	expect(second_finish());
	require(!page_make_rw(page));
}

PROMISE(unmapped_page_faults_there, "an unmapped page faults on the other vcpu")
{
	u64 before;

	if (!second_start())
		skip("one vcpu");
	hook = count_fault;
	second_begin(read_page);
	reader_round();
	before = faults;
	expect_eq(hypercall(update_va_mapping, page, 0, UVMF_INVLPG | UVMF_ALL),
		  0);
	reader_round();
	expect(faults > before);
	expect(second_finish());
	require(!page_make_rw(page));
}

static u64 *table;
static volatile u64 rival_pins;

/* The rival maps the table's frame RW elsewhere whenever it may. */
static void rival_maps(void)
{
	while (!second_stop) {
		if (!hypercall(update_va_mapping, other,
			       va_to_mfn(table) << 12 | PTE_DATA,
			       UVMF_INVLPG | UVMF_LOCAL)) {
			rival_pins++;
			hypercall(update_va_mapping, other, 0,
				  UVMF_INVLPG | UVMF_LOCAL);
		}
	}
}

PROMISE(never_table_and_writable,
	"pins and RW mappings of a frame exclude each other")
{
	unsigned int i;
	u64 pins = 0;

	if (!second_start())
		skip("one vcpu");
	table = page_alloc();
	require(!page_make_ro(table));
	second_begin(rival_maps);
	for (i = 0; i < 4000 || (pins < 10 && i < 100000); i++) {
		u64 v;

		if (mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table), 0))
			continue;
		pins++;
		/* While we hold the pin, the rival's page must be absent. */
		v = *pte_walk(other, 1);
		if (v & PTE_P && v & PTE_RW &&
		    (v & PTE_MFN) >> 12 == va_to_mfn(table)) {
			expect(!"a pinned table is mapped RW");
			break;
		}
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(table), 0), 0);
	}
	expect(second_finish());
	expect(pins > 0);
	require(!page_make_rw(other));
	require(!page_make_rw(table));
	page_free(table);
}

static u64 *shared_l1, *l2_a;

/* Links and unlinks the same L1 under an L2 of its own. */
static void rival_links(void)
{
	u64 *l2 = l2_a;

	while (!second_stop) {
		pte_write(va_to_maddr(l2),
			  va_to_mfn(shared_l1) << 12 | PTE_TABLE);
		pte_write(va_to_maddr(l2), 0);
	}
}

PROMISE(links_keep_count, "an L1 linked from two sides ends untyped")
{
	u64 *l2 = page_alloc();
	unsigned int i;

	if (!second_start()) {
		page_free(l2);
		skip("one vcpu");
	}
	l2_a = page_alloc();
	shared_l1 = page_alloc();
	require(!page_make_ro(l2) && !page_make_ro(l2_a) &&
		!page_make_ro(shared_l1));
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2_a), 0));
	second_begin(rival_links);
	for (i = 0; i < 500; i++) {
		u64 link = va_to_mfn(shared_l1) << 12 | PTE_TABLE;

		if (!expect_eq(pte_write(va_to_maddr(l2), link), 0) ||
		    !expect_eq(pte_write(va_to_maddr(l2), 0), 0))
			break;
	}
	expect(second_finish());
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2_a), 0), 0);
	expect_eq(page_make_rw(shared_l1), 0);
	expect_eq(page_make_rw(l2), 0);
	expect_eq(page_make_rw(l2_a), 0);
}

static u32 storm_port;
static volatile u64 sent;
static volatile u64 received;

static void storm(void)
{
	while (!second_stop) {
		event_send(storm_port);
		sent++;
	}
}

static void on_storm(u32 port)
{
	if (port == storm_port)
		received++;
}

static bool stormed(void)
{
	return received >= 100;
}

PROMISE(event_storm_arrives, "events sent in a storm arrive, the last one too")
{
	long port;
	u64 before;

	if (!second_start())
		skip("one vcpu");
	port = event_bind_ipi(0);
	require(port > 0);
	storm_port = (u32)port;
	event_mask_port(storm_port, false);
	event_handler = on_storm;
	events_on();
	second_begin(storm);
	expect(wait_until(stormed));
	expect(second_finish());
	/* Nothing is in flight now: one more must arrive. */
	before = received;
	expect_eq(event_send(storm_port), 0);
	expect(received > before);
	events_off();
	event_close(storm_port);
}

static volatile u64 made;

static void rival_ports(void)
{
	while (!second_stop) {
		long p = event_alloc(DOMID_SELF);

		if (p > 0) {
			made++;
			event_close((u32)p);
		}
	}
}

PROMISE(ports_are_not_given_twice, "two vcpus never get the same port")
{
	unsigned int i, j;

	if (!second_start())
		skip("one vcpu");
	second_begin(rival_ports);
	for (i = 0; i < 300 || (made < 50 && i < 100000); i++) {
		long p[8];

		hypercall(sched_op, SCHEDOP_yield, 0);
		for (j = 0; j < 8; j++)
			p[j] = event_alloc(DOMID_SELF);
		for (j = 1; j < 8; j++)
			expect(p[j] > 0 && p[j] != p[j - 1]);
		for (j = 0; j < 8; j++)
			if (!expect_eq(event_close((u32)p[j]), 0))
				i = 100000;
	}
	expect(second_finish());
	expect(made > 0);
}

static u64 clock_seen[2];

static volatile u32 turn;
static volatile u64 backwards;
static u64 slack; /* ns that two vcpus may disagree by */

static void clock_rival(void)
{
	while (!second_stop) {
		if (turn != 1)
			continue;
		clock_seen[1] = clock_of(1);
		if (clock_seen[1] + slack < clock_seen[0])
			backwards++;
		__sync_synchronize();
		turn = 0;
	}
}

/* Only the stable flag promises one clock; without it 50 ms is close enough. */
PROMISE(clocks_agree,
	"vcpus agree on the time: exactly if stable, else to 50 ms")
{
	unsigned int i;
	u8 stable = shared_info->vcpu_info[0].time.flags &
		    shared_info->vcpu_info[1].time.flags &
		    XEN_PVCLOCK_TSC_STABLE_BIT;

	if (!second_start())
		skip("one vcpu");
	slack = stable ? 0 : 50000000;
	turn = 0;
	second_begin(clock_rival);
	for (i = 0; i < 200; i++) {
		u64 spin;

		clock_seen[0] = clock_of(0);
		if (i && clock_seen[0] + slack < clock_seen[1])
			backwards++;
		__sync_synchronize();
		turn = 1;
		for (spin = 0; turn == 1 && spin < 200000000; spin++)
			__asm__ volatile("pause");
		if (turn == 1) {
			expect(!"vcpu 1 stands still");
			break;
		}
	}
	expect(second_finish());
	printf("clocks: vcpu 0 %lu, vcpu 1 %lu, stable %u\n", clock_seen[0],
	       clock_seen[1], (u32)stable);
	expect_eq(backwards, 0);
}

static u64 watched, unwatched;

static long pin(int pcpu)
{
	struct sched_pin_override op = {.pcpu = pcpu};

	return hypercall(sched_op, SCHEDOP_pin_override, &op);
}

static void watch_other(void)
{
	if (pin(0))
		guest_broken("vcpu 1 cannot be pinned");
	hypercall(set_debugreg, 0, &unwatched);
	while (!second_stop)
		hypercall(sched_op, SCHEDOP_yield, 0);
	pin(-1);
}

PROMISE(breakpoint_addresses_are_ours, "DR7 arms what this vcpu put into DR0")
{
	if (!is_dom0() || !second_start())
		skip("dom0 with two vcpus only");
	require(!pin(0));
	expect_eq(hypercall(set_debugreg, 0, &watched), 0);
	second_begin(watch_other);
	sleep_ns(20 * MS);
	expect(second_finish());
	expect_eq(hypercall(set_debugreg, 7, 0xd0401), 0);
	PROBE("movq $1, %0\n\tnop\n\tnop", : "+m"(watched) : : "memory");
	expect_trap(VEC_DB);
	expect_eq(hypercall(set_debugreg, 7, 0), 0);
	expect_eq(hypercall(set_debugreg, 0, 0), 0);
	expect_eq(pin(-1), 0);
}

static volatile u64 latest; /* that any vcpu read */
static volatile u64 moved[2], ran_back;

/* From one pcpu to the other and back, reading what the others read before. */
static void wander(unsigned int me)
{
	u64 before, t;

	if (pin((int)((moved[me] + me) % 2)))
		guest_broken("a vcpu cannot be pinned");
	moved[me]++;
	before = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
	t = system_time();
	if (t < before)
		ran_back++;
	while (t > before &&
	       !__atomic_compare_exchange_n(&latest, &before, t, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	pin(-1);
}

static void wander_on(void)
{
	while (!second_stop)
		wander(1);
}

PROMISE(clock_goes_on_from_pcpu_to_pcpu,
	"time never runs back, whichever vcpu reads it on whichever pcpu")
{
	unsigned int i;

	if (!is_dom0() || !second_start())
		skip("dom0 with two vcpus only");
	if (!(vcpu_info()->time.flags & XEN_PVCLOCK_TSC_STABLE_BIT))
		skip("only the stable flag promises it");
	latest = 0;
	second_begin(wander_on);
	for (i = 0; i < 500; i++)
		wander(0);
	expect(second_finish());
	expect(moved[1] > 0);
	expect_eq(ran_back, 0);
}
