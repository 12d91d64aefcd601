/*
 * guests/frenzy: all vcpus at events, grants and vcpus, a million times
 *
 * ABI: whatever several vcpus ask at once of event_channel_op, grant_table_op,
 * vcpu_op and the timers, right, nearly right or nonsense: it is done or
 * refused, the counts of all frames stay right, nobody else's memory changes,
 * and afterwards everything works. As initial domain under Paravane it has the
 * hypervisor check its counts every thousand requests. Options: seed=N count=N
 * every=N.
 */
#include <counts.h>
#include <guest.h>
#include <vcpu.h>
#include <victim.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define PAGES	    24
#define CHECK_EVERY 1000
#define HANDLES	    64
#define REFS	    32

static u64 frame[PAGES];
static u8 *window[PAGES];
static u8 *table; /* the first frame of our grant table */
static struct {
	u32 handle;
	u64 host, dev;
} mapped[HANDLES];
static u32 nr_mapped;

static unsigned int vcpus;
static u16 self;
static u32 first_port;
static u64 count, every, requests, refused, kinds;
static u64 seed[MAX_VCPUS];
static volatile bool stop;
static volatile bool stopped[MAX_VCPUS];

static u64 roll(u64 below)
{
	return random_next(&seed[vcpu_self()]) % below;
}

static u64 any_bits(void)
{
	return random_next(&seed[vcpu_self()]);
}

static u64 any_frame(void)
{
	static const u64 odd[] = {0, 0xfee00, 1UL << 24, ~0UL >> 12, ~0UL};

	return roll(16) ? frame[roll(PAGES)] : odd[roll(ARRAY_SIZE(odd))];
}

static u16 any_domain(void)
{
	static const u16 odd[] = {DOMID_IO, DOMID_XEN, 0x7ff3, 0x1234};

	if (!roll(12))
		return odd[roll(ARRAY_SIZE(odd))];
	return roll(8) ? self : victim_id();
}

static void *any_argument(void *op)
{
	return roll(80) ? op : roll(2) ? BAD_UNMAPPED : BAD_HYPERVISOR;
}

static u32 any_vcpu(void)
{
	return roll(30) ? (u32)roll(vcpus) : (u32)any_bits();
}

/* ---- event channels ---- */
static u32 any_port(void)
{
	return roll(40) ? first_port + (u32)roll(200)
			: (u32)(any_bits() >> roll(32));
}

static long do_bind(void)
{
	struct evtchn_alloc_unbound alloc = {.remote_dom = any_domain()};
	struct evtchn_bind_interdomain inter = {.remote_port = any_port()};

	switch (roll(6)) {
	case 0:
		alloc.dom = roll(4) ? DOMID_SELF : any_domain();
		return hypercall(event_channel_op, EVTCHNOP_alloc_unbound,
				 any_argument(&alloc));
	case 1:
		return event_bind_ipi(any_vcpu());
	case 2:
		return event_bind_virq(roll(10) ? (u32)roll(NR_VIRQS)
						: (u32)any_bits(),
				       any_vcpu());
	case 3: {
		struct evtchn_bind_pirq pirq = {.pirq = (u32)roll(600)};

		return hypercall(event_channel_op, EVTCHNOP_bind_pirq, &pirq);
	}
	default:
		inter.remote_dom = any_domain();
		return hypercall(event_channel_op, EVTCHNOP_bind_interdomain,
				 any_argument(&inter));
	}
}

static long do_send(void)
{
	return event_send(any_port());
}

static long do_close(void)
{
	return event_close(any_port());
}

static long do_port(void)
{
	struct evtchn_bind_vcpu bind = {.port = any_port(), .vcpu = any_vcpu()};
	struct evtchn_set_priority prio = {.port = any_port(),
					   .priority = (u32)roll(18)};
	struct evtchn_status st = {.dom = any_domain(), .port = any_port()};

	switch (roll(5)) {
	case 0:
		return hypercall(event_channel_op, EVTCHNOP_bind_vcpu,
				 any_argument(&bind));
	case 1:
		return hypercall(event_channel_op, EVTCHNOP_set_priority,
				 &prio);
	case 2:
		return hypercall(event_channel_op, EVTCHNOP_status,
				 any_argument(&st));
	case 3:
		event_mask_port(any_port() % 4096, roll(2));
		return 0;
	default:
		return event_unmask_call(any_port());
	}
}

/* FIFO pages come from the frames at hand; reset gives them back. */
static long do_layout(void)
{
	struct evtchn_init_control init = {
		.control_gfn = any_frame(),
		.offset = (u32)roll(60) * 8,
		.vcpu = any_vcpu(),
	};
	struct evtchn_expand_array grow = {.array_gfn = any_frame()};
	struct evtchn_reset reset = {.dom = any_domain()};

	switch (roll(8)) {
	case 0:
		reset.dom = DOMID_SELF;
		/* fall through */
	case 1:
		if (!is_dom0())
			return -1; /* it would close the console's port */
		return hypercall(event_channel_op, EVTCHNOP_reset, &reset);
	case 2:
	case 3:
		return hypercall(event_channel_op, EVTCHNOP_init_control,
				 any_argument(&init));
	default:
		return hypercall(event_channel_op, EVTCHNOP_expand_array,
				 &grow);
	}
}

/* ---- grants ---- */
static u32 any_ref(void)
{
	return roll(20) ? 8 + (u32)roll(REFS) : (u32)(any_bits() >> roll(32));
}

static u64 any_place(u32 flags)
{
	u8 *w = window[roll(PAGES)];

	if (!roll(30))
		return roll(2) ? (u64)BAD_UNMAPPED : (u64)BAD_HYPERVISOR;
	return flags & GNTMAP_contains_pte ? pte_maddr(w, 1) : (u64)w;
}

/* As a guest writes it: of either version, whichever is in force. */
static long do_entry(void)
{
	static const u16 type[] = {
		GTF_permit_access,
		GTF_permit_access,
		GTF_permit_access | GTF_readonly,
		GTF_accept_transfer,
		GTF_invalid,
		GTF_permit_access | GTF_sub_page,
		GTF_transitive,
		GTF_permit_access | GTF_reading,
	};
	u32 ref = 8 + (u32)roll(REFS);
	u16 flags = type[roll(ARRAY_SIZE(type))];

	if (roll(3)) {
		struct grant_entry_v1 *e = (struct grant_entry_v1 *)table + ref;

		e->domid = any_domain();
		e->frame = (u32)any_frame();
		WRITE_ONCE(e->flags, flags);
	} else {
		union grant_entry_v2 *e = (union grant_entry_v2 *)table + ref;

		e->full_page.frame = any_frame();
		e->sub_page.page_off = (u16)roll(5000);
		e->sub_page.length = (u16)roll(5000);
		e->hdr.domid = any_domain();
		WRITE_ONCE(e->hdr.flags, flags);
	}
	return 0;
}

static long do_map(void)
{
	struct gnttab_map_grant_ref op[2];
	u64 n = 1 + roll(2), i;
	long rc, bad = 0;

	for (i = 0; i < n; i++) {
		op[i] = (struct gnttab_map_grant_ref){
			.flags = (u32)roll(32),
			.ref = any_ref(),
			.dom = any_domain(),
		};
		op[i].host_addr = any_place(op[i].flags);
	}
	rc = hypercall(grant_table_op, GNTTABOP_map_grant_ref, op, n);
	for (i = 0; !rc && i < n; i++) {
		u32 at;

		if (op[i].status) {
			bad = -1;
			continue;
		}
		at = __sync_fetch_and_add(&nr_mapped, 1) % HANDLES;
		mapped[at].handle = op[i].handle;
		mapped[at].host = op[i].host_addr;
		mapped[at].dev = op[i].dev_bus_addr;
	}
	return rc ? rc : bad;
}

static long do_unmap(void)
{
	u64 at = roll(HANDLES);
	struct gnttab_unmap_grant_ref op[2] = {{
		.host_addr = roll(10) ? mapped[at].host : any_place(0),
		.dev_bus_addr = roll(10) ? mapped[at].dev : 0,
		.handle = roll(20) ? mapped[at].handle : (u32)roll(300),
	}};
	struct gnttab_unmap_and_replace r = {
		.host_addr = op[0].host_addr,
		.new_addr = roll(2) ? any_place(0) : 0,
		.handle = op[0].handle,
	};
	long rc;

	if (!roll(4)) {
		rc = hypercall(grant_table_op, GNTTABOP_unmap_and_replace, &r,
			       1);
		return rc ? rc : r.status;
	}
	op[1] = op[0];
	rc = hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, op,
		       1 + roll(2));
	return rc ? rc : op[0].status;
}

static long do_copy(void)
{
	struct gnttab_copy op = {
		.source = {.domid = any_domain(), .offset = (u16)roll(4200)},
		.dest = {.domid = any_domain(), .offset = (u16)roll(4200)},
		.len = (u16)roll(300),
		.flags = (u16)roll(4),
	};
	long rc;

	if (op.flags & GNTCOPY_source_gref) {
		op.source.u.ref = any_ref();
	} else {
		op.source.u.gmfn = any_frame();
		op.source.domid = DOMID_SELF;
	}
	if (op.flags & GNTCOPY_dest_gref) {
		op.dest.u.ref = any_ref();
	} else {
		op.dest.u.gmfn = any_frame();
		op.dest.domid = DOMID_SELF;
	}
	rc = hypercall(grant_table_op, GNTTABOP_copy, &op, 1);
	return rc ? rc : op.status;
}

static long do_table(void)
{
	struct gnttab_set_version version = {.version = 1 + (u32)roll(3)};
	struct gnttab_swap_grant_ref swap = {.ref_a = any_ref(),
					     .ref_b = any_ref()};
	struct gnttab_transfer give = {
		.mfn = any_frame(), .domid = any_domain(), .ref = any_ref()};
	struct gnttab_cache_flush flush = {
		.length = 64, .op = (u32)roll(4), .offset = (u16)roll(4200)};
	struct gnttab_setup_table setup = {.dom = any_domain(),
					   .nr_frames = (u32)roll(6)};
	struct gnttab_get_status_frames st = {.dom = any_domain(),
					      .nr_frames = (u32)roll(3)};
	/* no leftovers of the stack: an address among them would be ours */
	u64 list[16], i; /* room for two of any operation */

	for (i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = roll(3) ? roll(256) : any_bits() >> (4 + roll(50));
	switch (roll(7)) {
	case 0:
		return hypercall(grant_table_op, GNTTABOP_set_version, &version,
				 1);
	case 1:
		hypercall(grant_table_op, GNTTABOP_swap_grant_ref, &swap, 1);
		return swap.status;
	case 2:
		hypercall(grant_table_op, GNTTABOP_transfer, &give, 1);
		return give.status;
	case 3:
		flush.a.dev_bus_addr = any_frame() << 12;
		return hypercall(grant_table_op, GNTTABOP_cache_flush, &flush,
				 1);
	case 4:
		setup.frame_list.p = list;
		hypercall(grant_table_op, GNTTABOP_setup_table, &setup, 1);
		return setup.status;
	case 5:
		st.frame_list.p = list;
		hypercall(grant_table_op, GNTTABOP_get_status_frames, &st, 1);
		return st.status;
	default:
		return hypercall(grant_table_op, roll(14), any_argument(list),
				 roll(3));
	}
}

/* ---- vcpus ---- */
static void raise_the_dead(void)
{
	unsigned int i;

	for (i = 1; i < vcpus; i++)
		vcpu_op(VCPUOP_up, i, NULL);
}

static long do_up_down(void)
{
	/* vcpu 0 stays, to wake the others */
	u32 id = 1 + (u32)roll(vcpus - 1 ? vcpus - 1 : 1);

	if (roll(3))
		return vcpu_op(VCPUOP_up, roll(20) ? id : any_vcpu(), NULL);
	return vcpu_op(VCPUOP_down, id, NULL);
}

static long do_timer(void)
{
	struct vcpu_set_periodic_timer tick = {.period_ns = roll(4 * MS)};
	struct vcpu_set_singleshot_timer shot = {
		.timeout_abs_ns =
			roll(20) ? system_time() + roll(MS) : any_bits(),
		.flags = (u32)roll(3),
	};

	switch (roll(6)) {
	case 0:
		return vcpu_op(VCPUOP_set_periodic_timer, any_vcpu(), &tick);
	case 1:
		return vcpu_op(VCPUOP_stop_periodic_timer, any_vcpu(), NULL);
	case 2:
		return vcpu_op(VCPUOP_set_singleshot_timer, vcpu_self(),
			       any_argument(&shot));
	case 3:
		return vcpu_op(VCPUOP_stop_singleshot_timer, vcpu_self(), NULL);
	case 4:
		return vcpu_op(VCPUOP_set_singleshot_timer, any_vcpu(), &shot);
	default:
		return hypercall(set_timer_op, system_time() + roll(MS));
	}
}

static long do_vcpu(void)
{
	static struct vcpu_runstate_info area[MAX_VCPUS];
	struct vcpu_register_runstate_memory_area reg;
	struct vcpu_register_vcpu_info info = {
		.mfn = any_frame(), .offset = 1 + (u32)roll(4000) * 2};
	struct vcpu_runstate_info state;
	u64 context[16] = {0};

	reg.addr.p = roll(10) ? (u64)&area[vcpu_self()] : any_bits();
	switch (roll(6)) {
	case 0:
		return vcpu_op(VCPUOP_get_runstate_info, any_vcpu(), &state);
	case 1:
		return vcpu_op(VCPUOP_register_runstate_memory_area,
			       vcpu_self(), &reg);
	case 2: /* misaligned: never granted, for our library needs its own */
		return vcpu_op(VCPUOP_register_vcpu_info, any_vcpu(), &info);
	case 3:
		return vcpu_op(VCPUOP_initialise, any_vcpu(),
			       roll(4) ? BAD_UNMAPPED : (void *)context);
	case 4:
		return vcpu_op(VCPUOP_send_nmi, any_vcpu(), NULL);
	default:
		return vcpu_op(VCPUOP_is_up, any_vcpu(), NULL);
	}
}

static long do_wait(void)
{
	evtchn_port_t ports[4];
	struct sched_poll poll = {.nr_ports = (u32)roll(5)};
	unsigned int i;

	for (i = 0; i < 4; i++)
		ports[i] = any_port();
	poll.ports.p = ports;
	poll.timeout = 1 + (roll(4) ? system_time() + roll(MS / 4) : 0);
	if (roll(3))
		return hypercall(sched_op, SCHEDOP_yield, 0);
	return hypercall(sched_op, SCHEDOP_poll, any_argument(&poll));
}

/* What is pending is delivered; nobody looks at it. */
static long do_upcalls(void)
{
	events_on();
	events_off();
	return 0;
}

static const struct {
	long (*run)(void);
	u8 weight;
} request[] = {
	{do_bind, 14},	{do_send, 20},	{do_close, 12},	 {do_port, 10},
	{do_layout, 1}, {do_entry, 16}, {do_map, 20},	 {do_unmap, 24},
	{do_copy, 10},	{do_table, 6},	{do_up_down, 3}, {do_timer, 4},
	{do_vcpu, 5},	{do_wait, 3},	{do_upcalls, 4},
};
#define WEIGHTS 152

static void one_request(void)
{
	u64 pick = roll(WEIGHTS), i = 0;

	while (pick >= request[i].weight)
		pick -= request[i++].weight;
	if (request[i].run() < 0)
		__sync_fetch_and_add(&refused, 1);
	__sync_fetch_and_or(&kinds, 1UL << i);
	__sync_fetch_and_add(&requests, 1);
}

/* ---- all vcpus ---- */
static bool take_nmi(struct frame *f)
{
	return f->vector == 2;
}

static void helper(u32 id)
{
	while (!READ_ONCE(stop))
		one_request();
	stopped[id] = true;
}

static bool our_table(void)
{
	u64 mfn = 0;
	struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 1};

	op.frame_list.p = &mfn;
	if (hypercall(grant_table_op, GNTTABOP_setup_table, &op, 1) ||
	    op.status)
		return false;
	table = page_alloc();
	return !va_map(table, mfn << 12 | PTE_DATA);
}

static void begin(void)
{
	u64 i;

	for (i = 0; i < PAGES; i++) {
		window[i] = page_alloc();
		frame[i] = va_to_mfn(window[i]);
	}
	for (i = 0; i < MAX_VCPUS; i++)
		seed[i] = (option_number("seed", 1) * 2 + 1) * (2 * i + 1) *
			  0x9e3779b97f4a7c15UL;
	count = option_number("count", 20000);
	every = option_number("every", CHECK_EVERY);
	self = own_domid();
	first_port = 1;
	if (!is_dom0()) {
		first_port = start_info->console.domU.evtchn + 1;
		if (first_port <= start_info->store_evtchn)
			first_port = start_info->store_evtchn + 1;
	}
	for (vcpus = 1; vcpus < MAX_VCPUS; vcpus++)
		if (vcpu_op(VCPUOP_is_up, vcpus, NULL) < 0)
			break;
	hook = take_nmi;
	for (i = 1; i < vcpus; i++)
		if (vcpu_prepare((u32)i, helper) ||
		    vcpu_op(VCPUOP_up, (u32)i, NULL))
			guest_broken("a vcpu does not start");
}

static void rampage(void)
{
	u64 checks = 0, mine = 0, step;

	while (READ_ONCE(requests) < count) {
		one_request();
		if (++mine % 64 == 0)
			raise_the_dead();
		step = READ_ONCE(requests) / every;
		if (step <= checks)
			continue;
		if (step / 100 != checks / 100)
			printf("frenzy: %lu requests\n", step * every);
		checks = step;
		if (is_dom0() && !counts_right()) {
			printf("%s", counts_said);
			expect(!"the counts of frames are right");
			break;
		}
	}
	printf("frenzy: %lu requests of %u vcpus, %lu by vcpu 0, %lu refused, "
	       "%u grants mapped\n",
	       requests, vcpus, mine, refused, nr_mapped);
}

static bool all_stopped(void)
{
	u64 end = system_time() + 20000 * MS;
	unsigned int i = 1;

	stop = true;
	while (i < vcpus && system_time() < end) {
		raise_the_dead();
		hypercall(sched_op, SCHEDOP_yield, 0);
		i += stopped[i];
	}
	return i >= vcpus;
}

PROMISE(nobody_is_harmed, "random requests of all vcpus leave all counts right")
{
	bool victim = is_dom0() && victim_make();

	require(!is_dom0() || victim);
	require(our_table());
	counts_forget();
	begin();
	rampage();
	expect(all_stopped());
	expect_eq(kinds, (1UL << ARRAY_SIZE(request)) - 1);
	expect(refused > 0 && refused < requests);
	expect(nr_mapped > 0);
	if (victim)
		expect_eq(victim_damage(), 0);
}

/* Whatever handles there are: unmapped they are where they were mapped. */
static void unmap_all(void)
{
	struct gnttab_unmap_grant_ref op;
	u32 handle, w;

	for (handle = 0; handle < 4096; handle++) {
		for (w = 0; w < 2 * PAGES; w++) {
			u8 *va = window[w / 2];

			op = (struct gnttab_unmap_grant_ref){
				.host_addr = w & 1 ? pte_maddr(va, 1) : (u64)va,
				.handle = handle};
			hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, &op,
				  1);
			if (op.status == GNTST_bad_handle)
				break;
		}
	}
}

PROMISE(everything_works_again, "afterwards ports and grants are as ever")
{
	struct evtchn_reset reset = {.dom = DOMID_SELF};
	struct gnttab_set_version version = {.version = 1};
	struct grant_entry_v1 *e = (struct grant_entry_v1 *)table + 300;
	struct gnttab_map_grant_ref map = {
		.flags = GNTMAP_host_map, .ref = 300, .dom = 0};
	u8 *page = page_alloc();
	long port;
	u64 v;

	require(window[0] != NULL);
	if (!is_dom0())
		skip("reset would close the console's port");
	require(all_stopped());
	expect_eq(hypercall(event_channel_op, EVTCHNOP_reset, &reset), 0);
	memset(shared_info->evtchn_mask, 0, sizeof(shared_info->evtchn_mask));
	port = event_bind_ipi(0);
	expect(port > 0);
	expect_eq(event_send((u32)port), 0);
	expect(event_pending((u32)port));
	expect_eq(event_close((u32)port), 0);
	unmap_all();
	/* only device mappings may be left, and hold the version */
	hypercall(grant_table_op, GNTTABOP_set_version, &version, 1);
	if (version.version == 1) {
		e->domid = 0;
		e->frame = (u32)va_to_mfn(page);
		e->flags = GTF_permit_access;
		*(u64 *)page = 0x7e7;
		map.host_addr = (u64)window[0];
		expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref,
				    &map, 1),
			  0);
		expect_eq(map.status, GNTST_okay);
		expect(probe_read(window[0], &v));
		expect_eq(v, 0x7e7);
	}
	expect(counts_right());
	victim_end();
	hook = NULL;
}
